"""Detect stopped heartbeats with the monotonic clock of this process."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import monotonic

from core.lease import Lease
from memory.leases import Running

BEATS_PER_LEASE = 5
"""Renewals within a lease duration."""


@dataclass
class _Seen:
    attempt: int
    lease: Lease
    unchanged: float = 0.0


class LeaseObserver:
    """Watches the running documents of one collection.

    A lease has stopped when it was unchanged for the lease duration. The time between two observations counts
    as one heartbeat at most: after an outage of the database every holder has several heartbeats to renew,
    and time in which this process was suspended does not count.

    Args:
        duration: The lease duration in seconds.
        now: A monotonic clock in seconds.
    """

    def __init__(self, duration: float, now: Callable[[], float] = monotonic) -> None:
        self._duration = duration
        self._now = now
        self._seen: dict[str, _Seen] = {}
        self._looked_at = now()

    def stopped(self, running: Iterable[Running]) -> list[Running]:
        """Observe every running document; return those whose heartbeat has stopped."""
        now = self._now()
        passed = min(now - self._looked_at, self._duration / BEATS_PER_LEASE)
        self._looked_at = now
        before, self._seen = self._seen, {}
        found: list[Running] = []
        for one in running:
            if one.lease is None or one.lease.expired:
                continue
            seen = before.get(one.ref.document_id)
            if seen is None or (seen.attempt, seen.lease) != (one.attempt, one.lease):
                seen = _Seen(one.attempt, one.lease)
            else:
                seen.unchanged += passed
            self._seen[one.ref.document_id] = seen
            if seen.unchanged >= self._duration:
                found.append(one)
        return found
