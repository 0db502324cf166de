"""Drive one claimed document of any kind: heartbeat, cancel, deadline, retry decision, per attempt."""

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
"""How often the documents are asked what is to be cancelled: signals get lost while Redis is away."""

GIVE_BACK_SECONDS = 5.0
"""How long a worker that stops waits for its documents to be written."""

D = TypeVar("D", bound=Claimable)

StopReason = Literal["cancelled", "deadline", "exhausted", "lost", "stopping"]
"""Why an attempt is stopped: a person cancels, its time is over, the attempts before it lost their workers,
another worker has claimed the document, or this worker stops."""


@dataclass(frozen=True)
class AttemptEnd:
    """How the work of an attempt ended: by itself, with an error, or stopped."""

    stopped: StopReason | None = None
    error: Exception | None = None


@dataclass(frozen=True)
class Finish:
    """End the document: its work is done or cancelled."""

    status: Literal["completed", "cancelled"]


@dataclass(frozen=True)
class GiveUp:
    """End the document with a problem."""

    problem: dict[str, Any]


@dataclass(frozen=True)
class Retry:
    """Leave the document to a later attempt, in `after` seconds; this one counts as a failure."""

    after: float
    problem: dict[str, Any]


@dataclass(frozen=True)
class Release:
    """Leave the document to the next owner at once; the attempt counts as no failure."""


@dataclass(frozen=True)
class Abandon:
    """Write nothing: another worker has the document."""


Decision = Finish | GiveUp | Retry | Release | Abandon


@dataclass(frozen=True)
class RetryPolicy:
    """When a kind of document is tried again.

    Args:
        attempts: Attempts that may fail or lose their worker.
        retries: Whether it is tried again after an error; after any other the document ends.
        backoff: Seconds before the second attempt; doubled for each later one.
        lost: The problem of a document whose attempts lost their workers.
        late: The problem of an attempt that is past its deadline.
    """

    attempts: int
    retries: Callable[[Exception], bool]
    backoff: float
    lost: MarqueeError
    late: MarqueeError


def decide(end: AttemptEnd, failures: int, policy: RetryPolicy) -> Decision:
    """What becomes of a document, by how an attempt ended.

    Args:
        end: How it ended.
        failures: The attempts that failed so far, this one included.
        policy: The kind's.
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
    """The problem object that people see for an error; nothing of an unexpected one."""
    if isinstance(error, MarqueeError):
        return error.problem()
    if cannot_serve(error):
        return Unavailable(part="mongodb").problem()
    return MarqueeError().problem()


class Work(Protocol):
    """The work of one attempt."""

    async def __call__(self) -> None:
        """Do it; an error says why it could not be done."""
        ...

    async def settle(self, decision: Decision) -> None:
        """Write the decision, fenced by the attempt; is called again after the database was away."""
        ...


class Kind(Protocol[D]):
    """One kind of claimed document: a run, a task."""

    @property
    def leases(self) -> Leases:
        """The leases of its collection."""
        ...

    @property
    def policy(self) -> RetryPolicy:
        """When it is tried again."""
        ...

    async def claim(self, ref: DocumentRef, owner: str, admits: Callable[[D], bool]) -> D | None:
        """Take a document that waits, if `admits` allows it after a failure; None when there is none."""
        ...

    def seconds(self, document: D) -> float:
        """How long an attempt may take that begins now."""
        ...

    def begin(self, document: D, attempt: Attempt[D]) -> Work:
        """The work of an attempt, not started yet."""
        ...

    async def cancelled(self, documents: Sequence[D]) -> list[str]:
        """The ids of those that a person asked to cancel."""
        ...


class Attempt(Generic[D]):
    """One claim of one document: its heartbeat, its cancel signal and its deadline.

    The work runs in a task of its own, so that stopping it closes the model call it waits for.
    """

    def __init__(self, document: D, beat: float) -> None:
        self.document = document
        self.key = (document.id, document.attempt)
        self.lost = False
        self.renew_at = monotonic() + beat
        self._stopped: StopReason | None = None
        self._task: asyncio.Task[None] | None = None

    def stop(self, reason: StopReason) -> None:
        """Stop the work; the first reason counts, except that a lost document stays lost."""
        if reason == "lost":
            self.lost = True
        if self._stopped is None:
            self._stopped = reason
            if self._task is not None:
                self._task.cancel()

    async def run(self, work: Work, seconds: float) -> AttemptEnd:
        """Work until it ends, is stopped, or is `seconds` old; how it ended."""
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
            # A client may turn the cancellation into an error of its own.
            return AttemptEnd(self._stopped, error)
        finally:
            deadline.cancel()
            self._task = None
        return AttemptEnd()


class Driver(Generic[D]):
    """Claims documents of one kind, keeps their leases while they work, and settles each attempt once.

    Args:
        kind: What the documents are.
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
        """How many attempts work in this process."""
        return len(self._active)

    def cancel(self, document_id: str) -> None:
        """Cancel a document that works here; one that does not is left to its own worker."""
        for attempt in list(self._active.values()):
            if attempt.document.id == document_id:
                attempt.stop("cancelled")

    async def __call__(self, business_id: str, document_id: str) -> None:
        """Do what a wake-up asks for; one that is late or comes twice finds nothing to do."""
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
        """Whether one more failure ends the document.

        Such a document may be what kills the worker. It works without another of its sort beside it: those
        that died with it the last time do not die with it again.
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
                # The database is away: the lease ends without a word.
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
            # Its lease ends, and another attempt finds what this one has left.
            logger.exception("attempt.unsettled", extra=note)
        finally:
            del self._active[attempt.key]
            if not self._active and self._watcher is not None:
                self._watcher.cancel()
                self._watcher = None

    async def _settle(self, attempt: Attempt[D], work: Work, decision: Decision) -> None:
        """Write the decision; while the database cannot serve, as soon as it can."""
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
        """Look after all attempts with one command each, until cancelled."""
        await asyncio.gather(self._repeat(self._look), self._repeat(self._renew))

    async def _repeat(self, step: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(min(LOOK_SECONDS, self._beat))
            await step()

    async def _renew(self) -> None:
        """Renew the leases that are due; stop the attempts whose document another worker has."""
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
            # The attempts go on: nobody can claim their documents while the database is away.
            logger.warning("attempt.heartbeat: %s", error)
            return
        gone = {(document.id, document.attempt) for document in lost}
        for attempt in due:
            if attempt.key in gone:
                attempt.stop("lost")

    async def _look(self) -> None:
        """Cancel what a person asked to cancel."""
        try:
            asked = await self._kind.cancelled([attempt.document for attempt in self._active.values()])
        except Exception as error:
            logger.warning("attempt.look: %s", error)
            return
        for document_id in asked:
            self.cancel(document_id)
