"""How many drafts of a run are written at a time, and whether another one may begin."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from core.errors import QuotaExhausted, UnusableAnswer
from graphs.batch import Batch


class Watch:
    """A clock that a test turns."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


async def may_begin(batch: Batch) -> bool:
    async with batch.turn() as may:
        return may


async def test_no_draft_begins_that_would_leave_no_time_for_the_answer() -> None:
    watch = Watch()
    batch = Batch(4, 100.0, watch)
    assert await may_begin(batch)
    for seconds in (20.0, 5.0):
        async with batch.turn():
            watch.seconds += seconds
    assert await may_begin(batch)
    watch.seconds = 59.9
    assert await may_begin(batch)
    watch.seconds = 60.0
    assert not await may_begin(batch)


async def test_the_first_draft_begins_as_long_as_there_is_time() -> None:
    assert await may_begin(Batch(4, 1.0, Watch()))
    assert not await may_begin(Batch(4, 0.0, Watch()))


async def test_no_draft_begins_after_the_quota_was_exhausted() -> None:
    batch = Batch(4, 100.0, Watch())
    with pytest.raises(UnusableAnswer):
        async with batch.turn():
            raise UnusableAnswer("It held no draft.", agent="copywriter")
    assert await may_begin(batch)
    with pytest.raises(QuotaExhausted):
        async with batch.turn():
            raise QuotaExhausted(datetime(2027, 4, 1, tzinfo=UTC), 1_000, 0)
    assert not await may_begin(batch)


async def test_only_so_many_have_a_turn_at_a_time() -> None:
    batch, inside, most = Batch(2, 100.0, Watch()), 0, 0

    async def write() -> None:
        nonlocal inside, most
        async with batch.turn():
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(write() for _ in range(7)))
    assert most == 2
