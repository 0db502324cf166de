"""The monthly token limit of the installation; processes reserve it in blocks."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.clock import Clock, month_of
from core.ids import derived_id, new_id
from core.usage import InstallationMonth, TokenBlock
from memory.collections import AlreadyThere, SystemCollection

LARGEST_BLOCK = 250_000
"""Tokens of some fifty calls: one in fifty waits for the database."""
SHARE_OF_LIMIT = 100
"""A block holds a hundredth of the limit, or what the waiting calls need: little lies idle near the limit."""

LIFETIME = timedelta(minutes=20)
"""A block that was not returned by then counts as used."""
IN_USE = timedelta(minutes=5)
"""Time in which calls may start on a block; they have the rest of its lifetime to end."""
LOOK_AGAIN = timedelta(seconds=1)
"""Age at which `used_up` reads the month again while there are tokens left; reservations always do."""
IDLE = timedelta(seconds=10)
"""A block unused for this time is returned."""


@dataclass
class _Held:
    """A block of this process: its remaining tokens, and its open calls."""

    id: str
    month: str
    left: int
    taken_at: datetime
    used_at: datetime
    calls: int = 0


@dataclass(frozen=True)
class InstallationReservation:
    """Tokens of a block that are reserved for one call."""

    block: _Held
    tokens: int


class InstallationQuota:
    """One document per month, `committed = used + in blocks`; reservations never exceed the limit.

    A block is taken by one conditional update and then divided in memory, so that most calls need no database
    access. The rest is returned when the block is idle. A block that was not returned counts as used in full,
    like a reservation of a business.
    """

    def __init__(self, months: SystemCollection[InstallationMonth], clock: Clock, limit: int) -> None:
        self._months = months
        self._clock = clock
        self._limit = limit
        self._block = min(LARGEST_BLOCK, limit // SHARE_OF_LIMIT)
        self._held: list[_Held] = []
        self._wanted = 0
        self._left_at: datetime | None = None
        self._taking = asyncio.Lock()

    async def used_up(self) -> bool:
        """Return whether the month is used up, without counting blocks."""
        now = self._clock.now()
        if self._left_at is not None and self._left_at <= now < self._left_at + LOOK_AGAIN:
            return False
        month = await self._months.find({"_id": _id(month_of(now))})
        used = month.committed - sum(block.tokens for block in month.blocks) if month else 0
        self._left_at = now if used < self._limit else None
        return used >= self._limit

    async def reserve(self, tokens: int) -> InstallationReservation | None:
        """Reserve tokens; None when the month has too few left."""
        if (reservation := self._from_held(tokens)) is not None:
            return reservation
        self._wanted += tokens
        try:
            # One caller takes a block for all that wait.
            async with self._taking:
                if (reservation := self._from_held(tokens)) is not None:
                    return reservation
                for size in dict.fromkeys((max(self._block, self._wanted), tokens)):
                    if (block := await self._take(size)) is not None:
                        return self._share(block, tokens)
                return None
        finally:
            self._wanted -= tokens

    def settle(self, reservation: InstallationReservation, used: int) -> None:
        """Return unused tokens to the block; usage beyond the reservation is taken from it."""
        block = reservation.block
        self._left_at = None
        block.left += reservation.tokens - used
        block.calls -= 1
        block.used_at = self._clock.now()

    async def give_back(self, *, idle_for: timedelta = IDLE) -> None:
        """Return the rest of blocks without calls that are idle or too old to use."""
        now = self._clock.now()
        self._held = [block for block in self._held if now - block.taken_at < LIFETIME]
        for block in list(self._held):
            if not block.calls and (now - block.used_at >= idle_for or not self._usable(block, now)):
                self._held.remove(block)
                try:
                    await self._return(block)
                except BaseException:
                    self._held.append(block)
                    raise

    async def charge_expired(self) -> None:
        """Count expired blocks as used."""
        gone = {"expires_at": {"$lt": self._clock.now()}}
        await self._months.raw.update_many(
            {"blocks.expires_at": gone["expires_at"]}, {"$pull": {"blocks": gone}, "$inc": {"version": 1}}
        )

    def _usable(self, block: _Held, now: datetime) -> bool:
        return block.month == month_of(now) and now - block.taken_at < IN_USE

    def _from_held(self, tokens: int) -> InstallationReservation | None:
        now = self._clock.now()
        for block in self._held:
            if block.left >= tokens and self._usable(block, now):
                return self._share(block, tokens)
        return None

    def _share(self, block: _Held, tokens: int) -> InstallationReservation:
        block.left -= tokens
        block.calls += 1
        block.used_at = self._clock.now()
        return InstallationReservation(block, tokens)

    async def _take(self, tokens: int) -> _Held | None:
        """Take another block, if the month has enough tokens left."""
        now = self._clock.now()
        month = month_of(now)
        block = TokenBlock(id=new_id(), tokens=tokens, expires_at=now + LIFETIME)
        if not await self._commit(month, block):
            with suppress(AlreadyThere):
                await self._months.insert(
                    InstallationMonth(id=_id(month), month=month, created_at=now, updated_at=now)
                )
            if not await self._commit(month, block):
                return None
        held = _Held(block.id, month, tokens, now, now)
        self._held.append(held)
        return held

    async def _commit(self, month: str, block: TokenBlock) -> bool:
        # Not journaled, as for the month of a business: a person waits for the call.
        result = await self._months.unjournaled.update_one(
            {"_id": _id(month), "committed": {"$lte": self._limit - block.tokens}},
            {
                "$inc": {"committed": block.tokens, "version": 1},
                "$push": {"blocks": block.model_dump()},
                "$set": {"updated_at": self._clock.now()},
            },
        )
        return bool(result.matched_count)

    async def _return(self, block: _Held) -> None:
        # No match if the block was counted as used meanwhile.
        await self._months.unjournaled.update_one(
            {"_id": _id(block.month), "blocks.id": block.id},
            {
                "$inc": {"committed": -block.left, "version": 1},
                "$pull": {"blocks": {"id": block.id}},
                "$set": {"updated_at": self._clock.now()},
            },
        )


def _id(month: str) -> str:
    return derived_id("installation-month", month)
