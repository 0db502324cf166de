"""Budget, admission and report of a business's tokens."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from core.clock import Clock, month_of, next_month, rfc3339
from core.errors import InvalidFields, QuotaExhausted
from core.scope import Scope
from core.usage import LedgerEntry
from memory.budgets import Budgets, first_day, plain_name

_MONTH = re.compile(r"20[0-9]{2}-(?:0[1-9]|1[0-2])\Z")


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
        """Replace the reservation by what was used, once, with its row in the ledger."""
        await self._budgets.settle(scope, reservation_id, entry)

    async def charge_lost(self, scope: Scope, run_id: str) -> None:
        """Charge what the lost worker of a run had reserved and can no longer settle."""
        await self._budgets.charge_run(scope, run_id)

    async def report(self, scope: Scope, month: str | None = None) -> dict[str, Any]:
        """A month, the present one by default, as `GET /business/{id}/usage` answers it.

        Raises:
            InvalidFields: `month` is not `YYYY-MM`, or has not begun.
        """
        present = month_of(self._clock.now())
        wanted = month or present
        if not _MONTH.match(wanted) or wanted > present:
            problem = f"must be a month such as {present}, and not a later one"
            raise InvalidFields([{"field": "month", "message": problem}])
        budget = await self._budgets.month(scope, wanted)
        return {
            "month": budget.month,
            "limit": budget.limit,
            "tokens_used": budget.tokens_used,
            "reserved": budget.reserved,
            "remaining": max(budget.remaining, 0),
            "resets_at": rfc3339(next_month(first_day(budget.month))),
            "cost": {"micro_usd": budget.cost_micro_usd},
            "by_agent": _named(budget.by_agent),
            "by_model": _named(budget.by_model),
            "by_day": dict(sorted(budget.by_day.items())),
        }

    def _exhausted(self, limit: int, remaining: int) -> QuotaExhausted:
        return QuotaExhausted(next_month(self._clock.now()), limit, remaining)


def _named(roll_up: Mapping[str, int]) -> dict[str, int]:
    return {plain_name(path): tokens for path, tokens in roll_up.items()}
