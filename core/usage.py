"""Month budget, reservation, ledger row."""

from __future__ import annotations

from pydantic import Field

from core.clock import Instant
from core.document import TenantDocument, Value


class Reservation(Value):
    """Tokens set aside for one model call, prompt plus most possible output."""

    id: str
    tokens: int
    run_id: str | None = None
    expires_at: Instant


class MonthBudget(TenantDocument):
    """Tokens of one business in one UTC month: `remaining = limit - tokens_used - reserved`."""

    month: str
    limit: int
    tokens_used: int = 0
    reserved: int = 0
    remaining: int
    reservations: list[Reservation] = Field(default_factory=list)


class LedgerRow(TenantDocument):
    """One provider attempt and what it cost (micro-USD, with the price table's version)."""

    month: str
    user_id: str | None = None
    run_id: str | None = None
    agent: str = ""
    prompt: str = ""
    prompt_digest: str = ""
    model: str = ""
    tokens_in: int = 0
    tokens_cached: int = 0
    tokens_out: int = 0
    tokens_reasoning: int = 0
    cost_micro_usd: int = 0
    price_table: str = ""
    offline: bool = False
    estimated: bool = False
    outcome: str = "ok"
