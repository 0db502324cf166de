"""Reserve and settle tokens on the month document, with the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.clock import Clock, month_of, next_month
from core.ids import derived_id, new_id
from core.scope import Scope
from core.usage import LedgerEntry, LedgerRow, MonthBudget, Reservation
from memory.collections import AlreadyThere, Collection


@dataclass(frozen=True)
class ReservationId:
    """`<month>.<tokens>.<hex>`, so that settling needs no read of the budget."""

    month: str
    tokens: int
    unique: str

    def __str__(self) -> str:
        return f"{self.month}.{self.tokens}.{self.unique}"

    @classmethod
    def parse(cls, text: str) -> ReservationId:
        """Parse the text form."""
        month, tokens, unique = text.split(".")
        return cls(month, int(tokens), unique)


def budget_id(business_id: str, month: str) -> str:
    """Derive the id of a business's month, so that concurrent creators write one document."""
    return derived_id("month-budget", business_id, month)


_ESCAPES = (("%", "%25"), (".", "%2E"), ("$", "%24"))


def _path(name: str) -> str:
    for plain, escaped in _ESCAPES:
        name = name.replace(plain, escaped)
    return name or "unknown"


def plain_name(path: str) -> str:
    """Decode the name of an agent or a model from a field path of a roll-up."""
    for plain, escaped in reversed(_ESCAPES):
        path = path.replace(escaped, plain)
    return path


def first_day(month: str) -> datetime:
    """Return the first instant of a month, `2027-03`, in UTC."""
    return datetime.fromisoformat(f"{month}-01T00:00:00+00:00")


class Budgets:
    """Tokens per business and month.

    A reservation is one conditional update, so reservations never exceed the limit. Settling is one update
    that matches only while the reservation is open, so it is idempotent. The ledger row is written first,
    with the reservation's id: a concurrent or later settlement charges what the row says, so that ledger and
    month agree.
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

    async def month(self, scope: Scope, month: str | None = None) -> MonthBudget:
        """Return the budget of a month, by default the current one; an unused one has the default limit."""
        fresh = self._fresh(scope, month or month_of(self._clock.now()))
        return await self._months.find(scope, {"_id": fresh.id}) or fresh

    async def succeed(self, predecessor: Scope, scope: Scope) -> None:
        """Give a new business the rest of a deleted one's month.

        Open reservations of the deleted one count as used.
        """
        left = max((await self.month(predecessor)).remaining, 0)
        fresh = self._fresh(scope, month_of(self._clock.now()))
        if left < fresh.limit:
            with suppress(AlreadyThere):
                await self._months.insert(scope, fresh.model_copy(update={"limit": left, "remaining": left}))

    async def reserve(self, scope: Scope, tokens: int, run_id: str | None) -> str | None:
        """Reserve tokens; None when the month has too few left."""
        now = self._clock.now()
        reservation = ReservationId(month_of(now), tokens, new_id())
        entry = Reservation(
            id=str(reservation), tokens=tokens, run_id=run_id, expires_at=now + self._lifetime
        )
        if await self._admit(scope, reservation, entry, now):
            return entry.id
        try:
            await self._months.insert(scope, self._fresh(scope, reservation.month))
        except AlreadyThere:
            # The document exists but has too few tokens, or was just created by another process.
            budget = await self.month(scope, reservation.month)
            if budget.remaining < tokens:
                return None
        return entry.id if await self._admit(scope, reservation, entry, now) else None

    async def settle(self, scope: Scope, reservation_id: str, entry: LedgerEntry) -> bool:
        """Replace a reservation by the used tokens; false if it was settled before."""
        reservation = ReservationId.parse(reservation_id)
        row = await self._record(scope, reservation, entry)
        day = min(row.created_at, next_month(first_day(reservation.month)) - timedelta(days=1))
        # If a crash loses this write, the sweeper settles by the row or charges the whole reservation.
        result = await self._months.unjournaled.update_one(
            {
                "_id": budget_id(scope.business_id, reservation.month),
                **scope.filter(),
                "reservations.id": reservation_id,
            },
            {
                "$inc": {
                    "reserved": -reservation.tokens,
                    "remaining": reservation.tokens - row.tokens,
                    "tokens_used": row.tokens,
                    "cost_micro_usd": row.cost_micro_usd,
                    f"by_agent.{_path(row.agent)}": row.tokens,
                    f"by_model.{_path(row.model)}": row.tokens,
                    f"by_day.{day:%Y-%m-%d}": row.tokens,
                    "version": 1,
                },
                "$pull": {"reservations": {"id": reservation_id}},
                "$set": {"updated_at": self._clock.now()},
            },
        )
        return bool(result.matched_count)

    async def charge_expired(self, scope: Scope, document_id: str) -> int:
        """Charge the reservations of crashed calls in full; return their number."""
        now = self._clock.now()
        budget = await self._months.get(scope, document_id)
        return await self._charge(scope, [one for one in budget.reservations if one.expires_at <= now])

    async def charge_run(self, scope: Scope, run_id: str) -> int:
        """Charge the reservations of a run's lost worker in full; return their number."""
        budget = await self.month(scope)
        return await self._charge(scope, [one for one in budget.reservations if one.run_id == run_id])

    async def _charge(self, scope: Scope, reservations: Sequence[Reservation]) -> int:
        charged = 0
        for reservation in reservations:
            lost = LedgerEntry(
                run_id=reservation.run_id,
                agent="lost call",
                tokens_in=reservation.tokens,
                estimated=True,
                outcome="lost",
            )
            charged += await self.settle(scope, reservation.id, lost)
        return charged

    async def _admit(
        self, scope: Scope, reservation: ReservationId, entry: Reservation, now: datetime
    ) -> bool:
        # Not journaled, since a person waits for the call. After a crash of the database within a tenth of a
        # second only the ledger has the call.
        result = await self._months.unjournaled.update_one(
            {
                "_id": budget_id(scope.business_id, reservation.month),
                **scope.filter(),
                "remaining": {"$gte": entry.tokens},
            },
            {
                "$inc": {"reserved": entry.tokens, "remaining": -entry.tokens, "version": 1},
                "$push": {"reservations": entry.model_dump()},
                "$set": {"updated_at": now},
            },
        )
        return bool(result.matched_count)

    async def _record(self, scope: Scope, reservation: ReservationId, entry: LedgerEntry) -> LedgerRow:
        """Insert and return the ledger row of a reservation, or return the one that was written first."""
        now = self._clock.now()
        row = LedgerRow(
            **entry.model_dump(),
            id=derived_id("ledger", scope.business_id, str(reservation)),
            month=reservation.month,
            business_id=scope.business_id,
            created_at=now,
            updated_at=now,
        )
        try:
            return await self._ledger.insert(scope, row, durable=False)
        except AlreadyThere:
            return await self._ledger.get(scope, row.id)

    def _fresh(self, scope: Scope, month: str) -> MonthBudget:
        now = self._clock.now()
        return MonthBudget(
            id=budget_id(scope.business_id, month),
            business_id=scope.business_id,
            month=month,
            limit=self._default_limit,
            remaining=self._default_limit,
            created_at=now,
            updated_at=now,
        )
