"""Admission, reservation and report of tokens."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from core.clock import Clock, month_of, next_month, rfc3339
from core.errors import InstallationQuotaExhausted, InvalidFields, QuotaExhausted
from core.scope import Scope
from core.usage import LedgerEntry
from memory.budgets import Budgets, first_day, plain_name
from memory.installation_quota import InstallationQuota, InstallationReservation

logger = logging.getLogger(__name__)


class Usage:
    """The meter of all model calls: reservations stay within the limits of business and installation."""

    def __init__(self, budgets: Budgets, installation: InstallationQuota, clock: Clock) -> None:
        self._budgets = budgets
        self._installation = installation
        self._clock = clock
        self._reserved: dict[str, InstallationReservation] = {}

    async def admit(self, scope: Scope) -> None:
        """Refuse new work if the month of the business or the installation is used up."""
        month, used_up = await asyncio.gather(self._budgets.month(scope), self._installation.used_up())
        if month.remaining <= 0:
            raise self._exhausted(month.limit, month.remaining)
        if used_up:
            raise InstallationQuotaExhausted(next_month(self._clock.now()))

    async def reserve(self, scope: Scope, tokens: int, run_id: str | None) -> str:
        """Reserve tokens for one call.

        Raises:
            QuotaExhausted: The month of the business or the installation has too few left.
        """
        common = await self._installation.reserve(tokens)
        if common is None:
            raise InstallationQuotaExhausted(next_month(self._clock.now()))
        reservation: str | None = None
        try:
            reservation = await self._budgets.reserve(scope, tokens, run_id)
        finally:
            if reservation is None:
                self._installation.settle(common, 0)
        if reservation is None:
            month = await self._budgets.month(scope)
            raise self._exhausted(month.limit, month.remaining)
        self._reserved[reservation] = common
        return reservation

    async def settle(self, scope: Scope, reservation_id: str, entry: LedgerEntry) -> None:
        """Replace the reservation by the used tokens, once, with a ledger row."""
        if (common := self._reserved.pop(reservation_id, None)) is not None:
            self._installation.settle(common, entry.tokens)
        await self._budgets.settle(scope, reservation_id, entry)

    async def charge_lost(self, scope: Scope, run_id: str) -> None:
        """Charge the open reservations of a run that lost its worker."""
        await self._budgets.charge_run(scope, run_id)

    async def tidy(self) -> None:
        """Return idle tokens of the installation, and charge those of lost processes."""
        await self._installation.charge_expired()
        await self._installation.give_back()

    async def close(self) -> None:
        """Return the installation's tokens held by this process; the rest counts as used later."""
        try:
            await self._installation.give_back(idle_for=timedelta())
        except Exception:
            logger.warning("usage.not_given_back", exc_info=True)

    async def report(self, scope: Scope, month: str | None = None) -> dict[str, Any]:
        """Return the usage of a month, by default the current one, for `GET /business/{id}/usage`.

        Raises:
            InvalidFields: `month` has not begun.
        """
        present = month_of(self._clock.now())
        wanted = month or present
        if wanted > present:
            raise InvalidFields([{"field": "month", "message": f"must not be later than {present}"}])
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
