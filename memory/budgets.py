"""Reserve and settle on the month document; the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from core.clock import Clock, month_of
from core.ids import derived_id, new_id
from core.scope import Scope
from core.usage import LedgerEntry, LedgerRow, MonthBudget, Reservation
from memory.collections import AlreadyThere, Collection


@dataclass(frozen=True)
class ReservationId:
    """`<month>.<tokens>.<hex>`: all that settling needs without reading the budget."""

    month: str
    tokens: int
    unique: str

    def __str__(self) -> str:
        return f"{self.month}.{self.tokens}.{self.unique}"

    @classmethod
    def parse(cls, text: str) -> ReservationId:
        """Read the text form."""
        month, tokens, unique = text.split(".")
        return cls(month, int(tokens), unique)


def budget_id(business_id: str, month: str) -> str:
    """The id of a business's month, so that two creators meet in one document."""
    return derived_id("month-budget", business_id, month)


def _path(name: str) -> str:
    return (name or "unknown").replace("%", "%25").replace(".", "%2E").replace("$", "%24")


class Budgets:
    """Tokens per business and month.

    A reservation is one conditional update, so admission never exceeds the limit; settling removes it in
    one update that matches only while it is open, so it counts once however often it is repeated.
    """

    def __init__(
        self,
        months: Collection[MonthBudget],
        ledger: Collection[LedgerRow],
        clock: Clock,
        default_limit: int,
        lifetime: timedelta = timedelta(minutes=15),
    ) -> None:
        self._months = months
        self._ledger = ledger
        self._clock = clock
        self._default_limit = default_limit
        self._lifetime = lifetime

    async def month(self, scope: Scope) -> MonthBudget:
        """The budget of the present month; a new one has the default limit."""
        now = self._clock.now()
        month = month_of(now)
        found = await self._months.find(scope, {"_id": budget_id(scope.business_id, month)})
        if found is not None:
            return found
        fresh = MonthBudget(
            id=budget_id(scope.business_id, month),
            business_id=scope.business_id,
            month=month,
            limit=self._default_limit,
            remaining=self._default_limit,
            created_at=now,
            updated_at=now,
        )
        try:
            return await self._months.insert(scope, fresh)
        except AlreadyThere:
            return await self._months.get(scope, fresh.id)

    async def reserve(self, scope: Scope, tokens: int, run_id: str | None) -> str | None:
        """Set tokens aside; None when the month has not that many left."""
        now = self._clock.now()
        reservation = ReservationId(month_of(now), tokens, new_id())
        entry = Reservation(
            id=str(reservation), tokens=tokens, run_id=run_id, expires_at=now + self._lifetime
        )
        for _ in range(2):
            result = await self._months.raw.update_one(
                {
                    "_id": budget_id(scope.business_id, reservation.month),
                    **scope.filter(),
                    "remaining": {"$gte": tokens},
                },
                {
                    "$inc": {"reserved": tokens, "remaining": -tokens, "version": 1},
                    "$push": {"reservations": entry.model_dump()},
                    "$set": {"updated_at": now},
                },
            )
            if result.matched_count:
                return entry.id
            if (await self.month(scope)).remaining < tokens:
                return None
        return None

    async def settle(self, scope: Scope, reservation_id: str, entry: LedgerEntry) -> bool:
        """Replace a reservation by what was used; false if it was settled before."""
        now = self._clock.now()
        reservation = ReservationId.parse(reservation_id)
        result = await self._months.raw.update_one(
            {
                "_id": budget_id(scope.business_id, reservation.month),
                **scope.filter(),
                "reservations.id": reservation_id,
            },
            {
                "$inc": {
                    "reserved": -reservation.tokens,
                    "remaining": reservation.tokens - entry.tokens,
                    "tokens_used": entry.tokens,
                    "cost_micro_usd": entry.cost_micro_usd,
                    f"by_agent.{_path(entry.agent)}": entry.tokens,
                    f"by_model.{_path(entry.model)}": entry.tokens,
                    f"by_day.{now:%Y-%m-%d}": entry.tokens,
                    "version": 1,
                },
                "$pull": {"reservations": {"id": reservation_id}},
                "$set": {"updated_at": now},
            },
        )
        return bool(result.matched_count)

    async def record(self, scope: Scope, entries: Sequence[LedgerEntry]) -> None:
        """Add rows to the ledger."""
        now = self._clock.now()
        for entry in entries:
            row: dict[str, Any] = entry.model_dump()
            await self._ledger.insert(
                scope,
                LedgerRow(
                    **row,
                    month=month_of(now),
                    business_id=scope.business_id,
                    created_at=now,
                    updated_at=now,
                ),
            )

    async def charge_expired(self, scope: Scope, document_id: str) -> int:
        """Charge what crashed calls had reserved, in full; how many reservations."""
        budget = await self._months.get(scope, document_id)
        charged = 0
        for reservation in budget.reservations:
            if reservation.expires_at > self._clock.now():
                continue
            entry = LedgerEntry(
                run_id=reservation.run_id,
                agent="lost call",
                tokens_in=reservation.tokens,
                estimated=True,
                outcome="lost",
            )
            if await self.settle(scope, reservation.id, entry):
                await self.record(scope, [entry])
                charged += 1
        return charged
