"""Month budget, reservation, ledger row; the month of the whole installation."""

from __future__ import annotations

from pydantic import Field

from core.clock import Instant
from core.document import Document, TenantDocument, Value


class Reservation(Value):
    """Tokens reserved for one model call: prompt plus largest possible output."""

    id: str
    tokens: int
    run_id: str | None = None
    expires_at: Instant


class MonthBudget(TenantDocument):
    """Tokens of one business in one UTC month: `remaining = limit - tokens_used - reserved`.

    Roll-ups are stored here, so a report does not scan the ledger. A dot in a model's name is written as
    `%2E`, since it would separate a field path.
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
    """Tokens that a process holds for its calls."""

    id: str
    tokens: int
    expires_at: Instant


class InstallationMonth(Document):
    """Tokens of all businesses in one UTC month: `committed` is used plus held in blocks."""

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
        """Tokens that count against the budget."""
        return self.tokens_in + self.tokens_out


class LedgerRow(LedgerEntry, TenantDocument):
    """A stored ledger entry."""

    month: str
