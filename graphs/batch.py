"""The drafts of one run: how many at a time, and whether another one may begin."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import monotonic

from core.errors import QuotaExhausted


class Batch:
    """Bounds of the drafts of one attempt, so that a run ends with an answer and not at its deadline.

    Args:
        at_once: Drafts that are written or changed at the same time, and the number of drafts of a request
            that names none.
        seconds: Seconds that are left until the deadline of the run.
        clock: A monotonic clock in seconds.
    """

    def __init__(self, at_once: int, seconds: float, clock: Callable[[], float] = monotonic) -> None:
        self.at_once = at_once
        # Not the graph's own limit: that one leaves coroutines unawaited when a run is cancelled.
        self._places = asyncio.Semaphore(at_once)
        self._clock = clock
        self._deadline = clock() + seconds
        self._longest = 0.0
        self._exhausted = False

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[bool]:
        """Wait for a place, and say whether another draft may begin in it.

        It may not if a draft has found the quota exhausted, or if one as long as the longest so far, with as
        much again for the answer, would not end before the deadline.
        """
        async with self._places:
            started = self._clock()
            try:
                yield not self._exhausted and started + 2 * self._longest < self._deadline
            except QuotaExhausted:
                self._exhausted = True
                raise
            finally:
                self._longest = max(self._longest, self._clock() - started)
