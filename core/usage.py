"""Month budget, reservation, ledger row; the month of the whole installation."""

from __future__ import annotations

from pydantic import Field

from core.clock import Instant
from core.document import Document, TenantDocument, Value


class Reservation(Value):
    """Tokens set aside for one model call, prompt plus most possible output."""

    id: str
    tokens: int
    run_id: str | None = None
    expires_at: Instant


class MonthBudget(TenantDocument):
    """Tokens of one business in one UTC month: `remaining = limit - tokens_used - reserved`.

    The roll-ups are kept here, so that a report never scans the ledger; a dot in a model's name is
    written as `%2E`, since it would part a field path.
    """

    month: str
    limit: int
    tokens_used: int = 0
    reserved: int = 0
    remaining: int
    cost_micro_usd: int = 0
    by_agent: dict[str, int] = Field(default_factory=dict)
    by_model: dict[str, int] = Field(default_factory=dict)
    by_day: dict[str, int] = Field(default_factory=dict)
    reservations: list[Reservation] = Field(default_factory=list)


class TokenBlock(Value):
    """Tokens that a process has taken for its calls, and not given back yet."""

    id: str
    tokens: int
    expires_at: Instant


class InstallationMonth(Document):
    """Tokens of all businesses in one UTC month: `committed` is what was used, and what lies in blocks."""

    month: str
    committed: int = 0
    blocks: list[TokenBlock] = Field(default_factory=list)


class LedgerEntry(Value):
    """One provider attempt and what it cost (micro-USD, with the price table's version)."""

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

    @property
    def tokens(self) -> int:
        """What counts against the budget."""
        return self.tokens_in + self.tokens_out


class LedgerRow(LedgerEntry, TenantDocument):
    """A ledger entry as it is stored."""

    month: str
