"""Drive one claimed run: lease, cancel, events, end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from time import monotonic
from typing import Literal, Protocol

import orjson

from core.conversation import Run
from core.errors import MarqueeError, Unavailable
from core.events import OpenItems, run_error, run_finished
from core.scope import Scope
from memory.event_log import EventLog, Lane, RunWriter
from memory.run_event_reader import RunEventReader
from services.runs import RunResult, Runs

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
"""How often the documents are asked whether a run is to stop: signals get lost while Redis is away."""


class Work(Protocol):
    """One attempt of a run, ready to start."""

    async def __call__(self) -> None:
        """Work to the end; raises a MarqueeError that says why it could not."""
        ...

    def result(self, status: Literal["completed", "failed", "cancelled"]) -> RunResult:
        """What there is by now, finished or not."""
        ...


Prepare = Callable[[Scope, Run, "Recorder"], Work]


class Recorder:
    """A run's writer that knows what it left open."""

    def __init__(self, writer: RunWriter) -> None:
        self._writer = writer
        self._open = OpenItems()

    def append(self, event: bytes, *, now: bool = False) -> None:
        """Add one event."""
        self._open.feed(orjson.loads(event))
        self._writer.append(event, now=now)

    def delta(self, lane: Lane, item_id: str, text: str) -> None:
        """Add text to an open message or call."""
        self._writer.delta(lane, item_id, text)

    def close_items(self) -> None:
        """Close what is open."""
        for event in self._open.closing():
            self.append(event)


Stop = Literal["cancel", "lost"]


class RunDriver:
    """Takes runs, keeps their lease while they work, and writes their end exactly once.

    An attempt works in a task of its own, so that stopping it closes the model call it waits for,
    wherever that is.
    """

    def __init__(
        self,
        runs: Runs,
        log: EventLog,
        feed: RunEventReader,
        prepare: Prepare,
        owner: str,
        beat: timedelta,
    ) -> None:
        self._runs = runs
        self._log = log
        self._feed = feed
        self._prepare = prepare
        self._owner = owner
        self._beat = beat.total_seconds()
        self._active: dict[str, _Attempt] = {}
        self._watcher: asyncio.Task[None] | None = None

    @property
    def active(self) -> int:
        """How many runs work in this process."""
        return len(self._active)

    def cancel(self, run_id: str) -> None:
        """Stop a run that works here; one that does not is left to its own worker."""
        attempt = self._active.get(run_id)
        if attempt is not None:
            attempt.stop("cancel")

    async def __call__(self, business_id: str, run_id: str) -> None:
        """Do what a wake-up asks for; one that is late or comes twice finds nothing to do."""
        scope = Scope.of(business_id)
        run = await self._runs.claim(scope, run_id, self._owner)
        if run is None:
            return
        attempt = _Attempt(run, monotonic() + self._beat)
        writer = self._log.writer(scope, run.id, run.attempt, on_fenced=lambda: attempt.stop("lost"))
        recorder = Recorder(writer)
        self._active[run_id] = attempt
        if self._watcher is None or self._watcher.done():
            self._watcher = asyncio.create_task(self._watch())
        try:
            result = await self._attempt(scope, run, recorder, attempt)
            if result is not None and await self._runs.finish(scope, run, result):
                self._end(run, recorder, result)
                await writer.close()
        finally:
            del self._active[run_id]

    async def _attempt(
        self, scope: Scope, run: Run, recorder: Recorder, attempt: _Attempt
    ) -> RunResult | None:
        """What came of the attempt; None when another worker has the run now."""
        if run.attempt > 1:
            await self._close_earlier(scope, run, recorder)
        if run.cancel_requested_at is not None:
            return RunResult("cancelled", "cancelled")
        if self._runs.exhausted(run):
            return RunResult("failed", problem=self._runs.lost().problem())
        work = self._prepare(scope, run, recorder)
        attempt.task = asyncio.create_task(work())
        if attempt.stopped is not None:
            attempt.task.cancel()
        try:
            await attempt.task
        except asyncio.CancelledError:
            if attempt.stopped is None:
                # The worker itself stops: another one may take the run at once.
                await self._runs.release(scope, run)
                raise
            if attempt.stopped == "lost":
                logger.info("run.lost", extra={"run_id": run.id, "attempt": run.attempt})
                return None
            return work.result("cancelled")
        except MarqueeError as error:
            return replace(work.result("failed"), problem=error.problem())
        except Exception:
            logger.exception("run.failed", extra={"run_id": run.id, "attempt": run.attempt})
            return replace(work.result("failed"), problem=MarqueeError().problem())
        return work.result("completed")

    def _end(self, run: Run, recorder: Recorder, result: RunResult) -> None:
        """Exactly one terminal event, after everything open is closed."""
        recorder.close_items()
        if result.problem is not None:
            recorder.append(run_error(result.problem), now=True)
        else:
            usage = [use.model_dump() for use in result.usage]
            outcome = result.outcome or "success"
            recorder.append(run_finished(run.thread_client_id, run.client_id, outcome, usage), now=True)

    async def _close_earlier(self, scope: Scope, run: Run, recorder: Recorder) -> None:
        """Close what the attempt before left open in the log."""
        items = OpenItems()
        try:
            for event in await self._feed.tail(scope, run.id):
                items.feed(orjson.loads(event.data))
        except Unavailable:
            return
        for closing in items.closing():
            recorder.append(closing)

    async def _watch(self) -> None:
        """Look after all runs with one command each, while there are any."""
        while True:
            await asyncio.sleep(min(LOOK_SECONDS, self._beat))
            if not self._active:
                return
            await asyncio.gather(self._look(), self._renew())

    async def _renew(self) -> None:
        """Renew the leases that are due; stop an attempt whose lease is lost."""
        now = monotonic()
        due = {run_id: attempt for run_id, attempt in self._active.items() if attempt.renew_at <= now}
        if not due:
            return
        for attempt in due.values():
            attempt.renew_at = now + self._beat
        try:
            lost = await self._runs.heartbeat([attempt.run for attempt in due.values()])
        except Exception:
            # The database does not answer: the attempts go on, since the attempt number fences them.
            logger.warning("run.heartbeat", exc_info=True)
            return
        for run_id in lost:
            due[run_id].stop("lost")

    async def _look(self) -> None:
        """Stop what somebody asked to stop."""
        scope = Scope.of(*(attempt.run.business_id for attempt in self._active.values()))
        try:
            for run_id in await self._runs.to_stop(scope, list(self._active)):
                self.cancel(run_id)
        except Exception:
            logger.warning("run.look", exc_info=True)


class _Attempt:
    """The task of an attempt, and why it was stopped."""

    def __init__(self, run: Run, renew_at: float) -> None:
        self.run = run
        self.renew_at = renew_at
        self.task: asyncio.Task[None] | None = None
        self.stopped: Stop | None = None

    def stop(self, why: Stop) -> None:
        if self.stopped is None:
            self.stopped = why
            if self.task is not None:
                self.task.cancel()
