"""Work of a claimed run: graph, events, end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal, Protocol

import orjson

from core.conversation import Run
from core.errors import RunLate, RunLost, Unavailable
from core.events import LaterAttempt, OpenItems, custom, run_error, run_finished
from core.scope import Scope
from jobs.claimed import Abandon, Attempt, Decision, Finish, GiveUp, Release, Retry, RetryPolicy
from memory.event_log import EventLog, Lane, RunWriter
from memory.leases import DocumentRef, Leases
from memory.mongo import cannot_serve
from memory.run_event_reader import RunEventReader
from services.run_result import RunResult
from services.runs import Runs


class GraphRun(Protocol):
    """One attempt at driving the graph."""

    async def __call__(self) -> None:
        """Drive the graph to its end; raises MarqueeError if the run failed."""
        ...

    def result(self, status: Literal["completed", "failed", "cancelled"]) -> RunResult:
        """Return the result so far."""
        ...


Prepare = Callable[[Scope, Run, "Recorder"], GraphRun]


class Recorder:
    """A run's writer that tracks its open items."""

    def __init__(self, writer: RunWriter) -> None:
        self._writer = writer
        self._open = OpenItems()

    def append(self, event: bytes, *, now: bool = False) -> None:
        """Append one event."""
        self._open.feed(orjson.loads(event))
        self._writer.append(event, now=now)

    def delta(self, lane: Lane, item_id: str, text: str) -> None:
        """Add text to an open message or call."""
        self._writer.delta(lane, item_id, text)

    def close_items(self) -> None:
        """Close the open items."""
        for event in self._open.closing():
            self.append(event)


class RunKind:
    """Runs as claimed documents (`jobs/claimed.py`).

    Args:
        runs: The service that writes run status.
        log: The event log.
        reader: Reads the events of an earlier attempt.
        prepare: Creates the graph work of an attempt.
        attempts: Limit of attempts that lose their worker.
        seconds: Deadline of a run in seconds from its first attempt.
    """

    def __init__(
        self,
        runs: Runs,
        log: EventLog,
        reader: RunEventReader,
        prepare: Prepare,
        attempts: int,
        seconds: float,
    ) -> None:
        self._runs = runs
        self._log = log
        self._reader = reader
        self._prepare = prepare
        self._seconds = seconds
        self.policy = RetryPolicy(
            attempts,
            retries=cannot_serve,
            backoff=0.0,
            lost=RunLost(f"It was started {attempts} times and its worker was lost each time."),
            late=RunLate(f"It took longer than {seconds / 60:g} minutes."),
        )

    @property
    def leases(self) -> Leases[Run]:
        """The leases of the runs."""
        return self._runs.leases

    async def claim(self, ref: DocumentRef, owner: str, admits: Callable[[Run], bool]) -> Run | None:
        """Claim a run that is queued, lost its worker, or is to be cancelled."""
        return await self._runs.claim(
            Scope.of(ref.business_id),
            ref.document_id,
            owner,
            lambda run: run.cancel_requested_at is not None or admits(run),
        )

    def seconds(self, run: Run) -> float:
        """Return the remaining seconds of the run; a clock behind the first worker's adds none."""
        return min(self._seconds, self._seconds - self._runs.age(run))

    def begin(self, run: Run, attempt: Attempt[Run]) -> RunWork:
        """Create the work of an attempt; a run to cancel only ends."""
        if run.cancel_requested_at is not None:
            attempt.stop("cancelled")
        scope = Scope.of(run.business_id)
        writer = self._log.writer(scope, run.id, run.attempt, on_fenced=lambda: attempt.stop("lost"))
        recorder = Recorder(writer)
        graph_run = self._prepare(scope, run, recorder)
        return RunWork(self._runs, self._reader, scope, run, writer, recorder, graph_run)

    async def cancelled(self, runs: Sequence[Run]) -> list[str]:
        """Return the runs that a person asked to cancel."""
        return await self._runs.cancelled(
            Scope.of(*(run.business_id for run in runs)), [run.id for run in runs]
        )


class RunWork:
    """One attempt of a run: the graph's work, then answer, run status and one terminal event."""

    def __init__(
        self,
        runs: Runs,
        reader: RunEventReader,
        scope: Scope,
        run: Run,
        writer: RunWriter,
        recorder: Recorder,
        graph_run: GraphRun,
    ) -> None:
        self._runs = runs
        self._reader = reader
        self._scope = scope
        self._run = run
        self._writer = writer
        self._recorder = recorder
        self._graph_run = graph_run
        self._earlier_open = run.attempt > 1
        self._result: RunResult | None = None

    async def __call__(self) -> None:
        """Drive the graph."""
        await self._close_earlier()
        await self._graph_run()

    async def settle(self, decision: Decision) -> None:
        """Write answer and run, then the terminal event; or leave the run to a later attempt."""
        match decision:
            case Finish(status):
                self._result = self._result or self._graph_run.result(status)
            case GiveUp(problem):
                self._result = self._result or replace(self._graph_run.result("failed"), problem=problem)
            case Retry() | Release():
                await self._runs.leases.release(self._run, failed=isinstance(decision, Retry))
                return
            case Abandon():
                return
        if await self._runs.finish(self._scope, self._run, self._result):
            await self._close_earlier()
            self._append_end(self._result)
            await self._writer.close()

    def _append_end(self, result: RunResult) -> None:
        """Close the open items and append one terminal event."""
        self._recorder.close_items()
        if result.problem is not None:
            self._recorder.append(run_error(result.problem), now=True)
        else:
            run, usage = self._run, [use.model_dump() for use in result.usage]
            outcome = result.outcome or "success"
            self._recorder.append(run_finished(run.thread_client_id, run.client_id, outcome, usage), now=True)

    async def _close_earlier(self) -> None:
        """Close the items that the earlier attempt left open in the log."""
        if not self._earlier_open:
            return
        items = OpenItems()
        # Once this is in the log, the earlier attempt is fenced and cannot append.
        self._recorder.append(custom(LaterAttempt(attempt=self._run.attempt)))
        await self._writer.flush()
        try:
            for event in await self._reader.tail(self._scope, self._run.id):
                items.feed(orjson.loads(event.data))
        except Unavailable:
            return
        self._earlier_open = False
        for closing in items.closing():
            self._recorder.append(closing)
