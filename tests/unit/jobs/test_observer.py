"""Whose heartbeat has stopped, by the observer's own clock and by nobody else's."""

from __future__ import annotations

from core.lease import Lease
from jobs.observer import LeaseObserver
from memory.leases import DocumentRef, Running

LEASE = 10.0
BEAT = 2.0


class Watch:
    """An observer, and the clock that it looks by."""

    def __init__(self) -> None:
        self.time = 1_000.0
        self._observer = LeaseObserver(LEASE, lambda: self.time)

    def look(self, after: float, *running: Running) -> list[Running]:
        """Look again `after` seconds."""
        self.time += after
        return self._observer.stopped(running)


def held(beat: int, attempt: int = 1) -> Running:
    return Running(DocumentRef("b" * 24, "d" * 24), attempt, Lease(owner="a worker", beat=beat))


def test_a_lease_that_is_not_renewed_for_its_duration_has_stopped() -> None:
    watch = Watch()
    looks = [watch.look(BEAT, held(1)) for _ in range(7)]
    assert looks == [[], [], [], [], [], [held(1)], [held(1)]]


def test_a_lease_that_is_renewed_late_has_not_stopped() -> None:
    watch = Watch()
    for beat in range(20):
        assert [watch.look(BEAT, held(beat)) for _ in range(4)] == [[]] * 4


def test_a_new_attempt_begins_anew() -> None:
    watch = Watch()
    for attempt in range(1, 5):
        assert [watch.look(BEAT, held(0, attempt)) for _ in range(4)] == [[]] * 4


def test_after_an_outage_every_holder_has_time_to_renew() -> None:
    watch = Watch()
    watch.look(BEAT, held(1))
    assert watch.look(14.0, held(1)) == []
    assert watch.look(BEAT, held(1)) == []
    assert watch.look(BEAT, held(2)) == []


def test_a_document_that_was_away_meanwhile_begins_anew() -> None:
    watch = Watch()
    for _ in range(5):
        watch.look(BEAT, held(1))
    assert watch.look(BEAT) == []
    assert watch.look(BEAT, held(1)) == []


def test_what_nobody_holds_is_not_judged() -> None:
    watch = Watch()
    ref = DocumentRef("b" * 24, "d" * 24)
    free = [Running(ref, 1, None), Running(ref, 1, Lease(owner="a worker", beat=1, expired=True))]
    for _ in range(10):
        assert watch.look(BEAT, *free) == []
