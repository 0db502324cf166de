"""Drive claimed documents: heartbeat, cancel signal, deadline and retry decision per attempt."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import count
from time import monotonic
from typing import Any, Generic, Literal, Protocol, TypeVar, assert_never

from core.errors import MarqueeError, Unavailable
from core.lease import Claimable
from jobs.observer import BEATS_PER_LEASE
from memory.leases import DocumentRef, Leases
from memory.mongo import PyMongoError, cannot_serve
from memory.redis import Backoff

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
"""Seconds between polls for cancellations: signals are lost while Redis is unreachable."""

GIVE_BACK_SECONDS = 5.0
"""Seconds that a stopping worker waits for its documents to be written."""

D = TypeVar("D", bound=Claimable)

StopReason = Literal["cancelled", "deadline", "exhausted", "lost", "stopping"]
"""Why an attempt is stopped: cancelled by a person, past its deadline, too many lost workers, claimed by
another worker, or this worker stops."""


@dataclass(frozen=True)
class AttemptEnd:
    """How an attempt ended: completed, failed, or stopped."""

    stopped: StopReason | None = None
    error: Exception | None = None


@dataclass(frozen=True)
class Finish:
    """End the document: completed or cancelled."""

    status: Literal["completed", "cancelled"]


@dataclass(frozen=True)
class GiveUp:
    """End the document with a problem."""

    problem: dict[str, Any]


@dataclass(frozen=True)
class Retry:
    """Retry in `after` seconds; this attempt counts as a failure."""

    after: float
    problem: dict[str, Any]


@dataclass(frozen=True)
class Release:
    """Release the lease at once; this attempt is no failure."""


@dataclass(frozen=True)
class Abandon:
    """Write nothing: another worker holds the lease."""


Decision = Finish | GiveUp | Retry | Release | Abandon


@dataclass(frozen=True)
class RetryPolicy:
    """The retry policy of a kind of document.

    Args:
        attempts: Limit of attempts that fail or lose their worker.
        retries: Whether an error is retried; after any other the document ends.
        backoff: Seconds before the second attempt; doubled for each later one.
        lost: The problem of a document whose attempts lost their workers.
        late: The problem of an attempt past its deadline.
    """

    attempts: int
    retries: Callable[[Exception], bool]
    backoff: float
    lost: MarqueeError
    late: MarqueeError


def decide(end: AttemptEnd, failures: int, policy: RetryPolicy) -> Decision:
    """Decide what happens to a document after an attempt.

    Args:
        end: How the attempt ended.
        failures: Failed attempts, including this one.
        policy: The retry policy of the kind.
    """
    error = end.error
    match end.stopped:
        case "lost":
            return Abandon()
        case "stopping":
            return Release()
        case "cancelled":
            return Finish("cancelled")
        case "exhausted":
            return GiveUp(policy.lost.problem())
        case "deadline":
            error = policy.late
        case None:
            pass
        case _:
            assert_never(end.stopped)
    if error is None:
        return Finish("completed")
    if policy.retries(error) and failures < policy.attempts:
        return Retry(policy.backoff * 2 ** (failures - 1), problem_of(error))
    return GiveUp(problem_of(error))


def problem_of(error: Exception) -> dict[str, Any]:
    """Return the problem of an error; an unexpected error shows no details."""
    if isinstance(error, MarqueeError):
        return error.problem()
    if cannot_serve(error):
        return Unavailable(part="mongodb").problem()
    return MarqueeError().problem()


class Work(Protocol):
    """The work of one attempt."""

    async def __call__(self) -> None:
        """Run; raises on failure."""
        ...

    async def settle(self, decision: Decision) -> None:
        """Write the decision, fenced by the attempt; called again after an outage of the database."""
        ...


class Kind(Protocol[D]):
    """One kind of claimed document: a run, a task."""

    @property
    def leases(self) -> Leases[D]:
        """The leases of its collection."""
        ...

    @property
    def policy(self) -> RetryPolicy:
        """The retry policy."""
        ...

    async def claim(self, ref: DocumentRef, owner: str, admits: Callable[[D], bool]) -> D | None:
        """Claim a waiting document, after a failure only if `admits` allows; None when there is none."""
        ...

    def seconds(self, document: D) -> float:
        """Return the seconds that an attempt starting now may take."""
        ...

    def begin(self, document: D, attempt: Attempt[D]) -> Work:
        """Create the work of an attempt without starting it."""
        ...

    async def cancelled(self, documents: Sequence[D]) -> list[str]:
        """Return the ids of documents to cancel."""
        ...


class Attempt(Generic[D]):
    """One claim of one document, with its heartbeat, cancel signal and deadline.

    The work runs in its own task, so that cancelling it closes its model call.
    """

    def __init__(self, document: D, beat: float) -> None:
        self.document = document
        self.key = (document.id, document.attempt)
        self.lost = False
        self.renew_at = monotonic() + beat
        self._stopped: StopReason | None = None
        self._task: asyncio.Task[None] | None = None

    def stop(self, reason: StopReason) -> None:
        """Stop the work; the first reason is kept, except that `lost` overrides it."""
        if reason == "lost":
            self.lost = True
        if self._stopped is None:
            self._stopped = reason
            if self._task is not None:
                self._task.cancel()

    async def run(self, work: Work, seconds: float) -> AttemptEnd:
        """Run until it ends, is stopped, or reaches `seconds`; return how it ended."""
        deadline = asyncio.get_running_loop().call_later(seconds, self.stop, "deadline")
        self._task = asyncio.create_task(work())
        if self._stopped is not None:
            self._task.cancel()
        try:
            await self._task
        except asyncio.CancelledError:
            if self._stopped is None:
                raise
            return AttemptEnd(self._stopped)
        except Exception as error:
            # A client library may convert the cancellation to another error.
            return AttemptEnd(self._stopped, error)
        finally:
            deadline.cancel()
            self._task = None
        return AttemptEnd()


class Driver(Generic[D]):
    """Claims documents of one kind, renews their leases, and settles each attempt once.

    Args:
        kind: The kind of document.
        owner: The name of this worker.
        lease: The lease duration in seconds.
    """

    def __init__(self, kind: Kind[D], owner: str, lease: float) -> None:
        self._kind = kind
        self._owner = owner
        self._beat = lease / BEATS_PER_LEASE
        self._beats = count(1)
        self._active: dict[tuple[str, int], Attempt[D]] = {}
        self._suspect: str | None = None
        self._watcher: asyncio.Task[None] | None = None

    @property
    def active(self) -> int:
        """The number of running attempts in this process."""
        return len(self._active)

    def cancel(self, document_id: str) -> None:
        """Cancel a document that runs here; others are left to their workers."""
        for attempt in list(self._active.values()):
            if attempt.document.id == document_id:
                attempt.stop("cancelled")

    async def __call__(self, business_id: str, document_id: str) -> None:
        """Handle a wake-up; a late or duplicate one has no effect."""
        ref = DocumentRef(business_id, document_id)
        suspected = False

        def admits(document: D) -> bool:
            nonlocal suspected
            if not self._last_try(document.failures + 1):
                return True
            if self._suspect is not None:
                return False
            self._suspect, suspected = document_id, True
            return True

        try:
            document = await self._kind.claim(ref, self._owner, admits)
            if document is not None:
                await self._attend(document)
        finally:
            if suspected:
                self._suspect = None

    def _last_try(self, failures: int) -> bool:
        """Return whether one more failure ends the document.

        Such a document may be the one that kills the worker. It runs without another of its sort, so that it
        does not take others down with it again.
        """
        return failures == self._kind.policy.attempts > 1

    async def _attend(self, document: D) -> None:
        attempt = Attempt(document, self._beat)
        self._active[attempt.key] = attempt
        if self._watcher is None:
            self._watcher = asyncio.create_task(self._watch())
        driving = asyncio.create_task(self._drive(attempt))
        try:
            await asyncio.shield(driving)
        except asyncio.CancelledError:
            attempt.stop("stopping")
            _, unsettled = await asyncio.wait({driving}, timeout=GIVE_BACK_SECONDS)
            if unsettled:
                # The database is unreachable: the lease expires.
                attempt.stop("lost")
                driving.cancel()
                await asyncio.wait({driving}, timeout=GIVE_BACK_SECONDS)
            raise

    async def _drive(self, attempt: Attempt[D]) -> None:
        document, policy = attempt.document, self._kind.policy
        note = {"document_id": document.id, "attempt": document.attempt}
        try:
            if document.failures > policy.attempts:
                attempt.stop("exhausted")
            work = self._kind.begin(document, attempt)
            end = await attempt.run(work, self._kind.seconds(document))
            if end.error is not None and not isinstance(end.error, MarqueeError):
                logger.error("attempt.failed", exc_info=end.error, extra=note)
            decision = decide(end, document.failures, policy)
            if isinstance(decision, Abandon):
                logger.info("attempt.lost", extra=note)
            else:
                await self._settle(attempt, work, decision)
        except Exception:
            # The lease expires, and another attempt continues.
            logger.exception("attempt.unsettled", extra=note)
        finally:
            del self._active[attempt.key]
            if not self._active and self._watcher is not None:
                self._watcher.cancel()
                self._watcher = None

    async def _settle(self, attempt: Attempt[D], work: Work, decision: Decision) -> None:
        """Write the decision, retrying while the database is unavailable."""
        backoff = Backoff()
        while not attempt.lost:
            try:
                await work.settle(decision)
            except PyMongoError as error:
                if not cannot_serve(error):
                    raise
                logger.warning("attempt.settle: %s", error, extra={"document_id": attempt.document.id})
                await backoff.pause()
            else:
                return

    async def _watch(self) -> None:
        """Renew leases and poll cancellations of all attempts, until cancelled."""
        await asyncio.gather(self._repeat(self._look), self._repeat(self._renew))

    async def _repeat(self, step: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(min(LOOK_SECONDS, self._beat))
            await step()

    async def _renew(self) -> None:
        """Renew the leases that are due; stop attempts whose lease is lost."""
        now = monotonic()
        due = [attempt for attempt in self._active.values() if attempt.renew_at <= now]
        if not due:
            return
        for attempt in due:
            attempt.renew_at = now + self._beat
        documents = [attempt.document for attempt in due]
        try:
            lost = await self._kind.leases.renew(documents, self._owner, next(self._beats))
        except Exception as error:
            # The attempts continue: nobody can claim their documents while the database is unreachable.
            logger.warning("attempt.heartbeat: %s", error)
            return
        gone = {(document.id, document.attempt) for document in lost}
        for attempt in due:
            if attempt.key in gone:
                attempt.stop("lost")

    async def _look(self) -> None:
        """Cancel the attempts that a person asked to cancel."""
        try:
            asked = await self._kind.cancelled([attempt.document for attempt in self._active.values()])
        except Exception as error:
            logger.warning("attempt.look: %s", error)
            return
        for document_id in asked:
            self.cancel(document_id)
