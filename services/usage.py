"""Budget, admission and report of a business's tokens."""

from __future__ import annotations

from typing import Any

from core.clock import Clock, next_month, rfc3339
from core.errors import QuotaExhausted
from core.scope import Scope
from core.usage import LedgerEntry
from memory.budgets import Budgets


class Usage:
    """The meter that every model call passes; see DESIGN of quota: admission never exceeds the limit."""

    def __init__(self, budgets: Budgets, clock: Clock) -> None:
        self._budgets = budgets
        self._clock = clock

    async def admit(self, scope: Scope) -> None:
        """Refuse new work of a business whose month is used up."""
        month = await self._budgets.month(scope)
        if month.remaining <= 0:
            raise self._exhausted(month.limit, month.remaining)

    async def reserve(self, scope: Scope, tokens: int, run_id: str | None) -> str:
        """Set tokens aside for one call.

        Raises:
            QuotaExhausted: The month has not so many left.
        """
        reservation = await self._budgets.reserve(scope, tokens, run_id)
        if reservation is None:
            month = await self._budgets.month(scope)
            raise self._exhausted(month.limit, month.remaining)
        return reservation

    async def settle(self, scope: Scope, reservation_id: str, entry: LedgerEntry) -> None:
        """Replace the reservation by what was used, once, and write the ledger row."""
        if await self._budgets.settle(scope, reservation_id, entry):
            await self._budgets.record(scope, [entry])

    async def record(self, scope: Scope, entry: LedgerEntry) -> None:
        """Write a ledger row of an attempt that cost nothing."""
        await self._budgets.record(scope, [entry])

    async def report(self, scope: Scope) -> dict[str, Any]:
        """The present month, as `GET /business/{id}/usage` answers it."""
        month = await self._budgets.month(scope)
        return {
            "month": month.month,
            "limit": month.limit,
            "tokens_used": month.tokens_used,
            "reserved": month.reserved,
            "remaining": max(month.remaining, 0),
            "resets_at": rfc3339(next_month(self._clock.now())),
            "cost": {"micro_usd": month.cost_micro_usd},
            "by_agent": month.by_agent,
            "by_model": {name.replace("%2E", "."): tokens for name, tokens in month.by_model.items()},
            "by_day": month.by_day,
        }

    def _exhausted(self, limit: int, remaining: int) -> QuotaExhausted:
        return QuotaExhausted(next_month(self._clock.now()), limit, remaining)
