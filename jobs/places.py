"""Share the slots of a worker fairly between users and businesses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class Places:
    """The concurrency of a worker.

    A user may hold as many places as are free: one user at most half, two a third each, and so on (dynamic
    threshold of shared buffers, Choudhury and Hahne 1998). So a later user always finds a free place.

    Args:
        count: The number of places.
        of_business: Limit for one business.
    """

    def __init__(self, count: int, of_business: int) -> None:
        self.count = count
        self._of_business = of_business
        self._taken = 0
        self._by_user: Counter[str] = Counter()
        self._by_business: Counter[str] = Counter()

    @contextmanager
    def take(self, business_id: str, user_id: str = "") -> Iterator[bool]:
        """Hold a place for the block if there is one; yield whether there is.

        Args:
            business_id: The business of the work.
            user_id: The user who asked for it; empty for background work.
        """
        user = user_id or business_id
        if (
            self._by_business[business_id] >= self._of_business
            or self._by_user[user] >= self.count - self._taken
        ):
            yield False
            return
        self._count(business_id, user, 1)
        try:
            yield True
        finally:
            self._count(business_id, user, -1)

    def _count(self, business_id: str, user: str, number: int) -> None:
        self._taken += number
        for counter, key in ((self._by_user, user), (self._by_business, business_id)):
            counter[key] += number
            if not counter[key]:
                del counter[key]
