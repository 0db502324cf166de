"""The seats of a user: each holds one business, and passes the rest of its month to the next."""

from __future__ import annotations

from collections.abc import Sequence

from core.account import BusinessSeat
from core.clock import Clock
from core.errors import TooManyBusinesses
from core.ids import derived_id
from core.scope import Scope
from memory.budgets import Budgets
from memory.collections import AlreadyThere
from memory.database import Database

_ALL = 100_000
"""Upper bound of seats, also after the setting was lowered."""


class Seats:
    """Limits the businesses of a user, also under concurrent creation.

    A seat is free when its business no longer exists, so deleting a business needs no step here. The next
    business on a seat gets the rest of the previous one's month: a seat has one quota.
    """

    def __init__(self, database: Database, budgets: Budgets, clock: Clock, most: int) -> None:
        self._seats = database.seats
        self._businesses = database.businesses
        self._budgets = budgets
        self._clock = clock
        self._most = most

    async def take(self, user_id: str, scope: Scope) -> None:
        """Take a seat for a stored business; idempotent.

        Raises:
            TooManyBusinesses: Every seat of the user holds a business.
        """
        seat: BusinessSeat | None = None
        # Another request may take the free seat; each retry has one less, so this ends.
        while seat is None:
            seat = await self._try(user_id, scope.business_id)
        if seat.previous_id is not None:
            await self._budgets.succeed(Scope.of(seat.previous_id), scope)

    async def _try(self, user_id: str, business_id: str) -> BusinessSeat | None:
        """Take and return a seat; None when another request was first."""
        seats = await self._seats.all({"user_id": user_id}, limit=_ALL)
        for seat in seats:
            if seat.business_id == business_id:
                return seat
        present = await self._present([seat.business_id for seat in seats])
        if len(present) >= self._most:
            raise TooManyBusinesses(self._most)
        for seat in seats:
            if seat.business_id not in present:
                values = {"business_id": business_id, "previous_id": seat.business_id}
                where = {"_id": seat.id, "business_id": seat.business_id}
                return seat.model_copy(update=values) if await self._seats.change(where, values) else None
        return await self._add(user_id, len(seats), business_id)

    async def _present(self, business_ids: Sequence[str]) -> set[str]:
        """Return which of these businesses exist."""
        if not business_ids:
            return set()
        where = {"_id": {"$in": list(business_ids)}, **Scope.of(*business_ids).filter()}
        return {stored["_id"] async for stored in self._businesses.raw.find(where, {"_id": 1})}

    async def _add(self, user_id: str, number: int, business_id: str) -> BusinessSeat | None:
        """Add a seat; seats are never removed, so a duplicate number means that another request was first."""
        now = self._clock.now()
        seat = BusinessSeat(
            id=derived_id("business-seat", user_id, str(number)),
            user_id=user_id,
            business_id=business_id,
            created_at=now,
            updated_at=now,
        )
        try:
            return await self._seats.insert(seat)
        except AlreadyThere:
            return None
