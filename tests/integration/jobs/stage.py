"""Runs whose graph works as long as a test wants, and the workers that drive them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Literal

import orjson

from core.conversation import Run
from core.events import TERMINAL, text_start
from core.ids import new_id
from core.lease import Lease
from core.scope import Scope
from jobs.claimed import Driver
from jobs.runs import Recorder, RunKind
from memory.leases import Scans
from memory.redis import run_log_key
from services.businesses import BusinessDraft
from services.container import Services
from services.run_request import RunRequest
from services.run_result import RunResult
from tests.patience import PATIENCE


async def until(holds: Callable[[], Awaitable[Any]]) -> Any:
    """What `holds` gives as soon as it gives something."""
    deadline = monotonic() + PATIENCE
    while not (found := await holds()):
        assert monotonic() < deadline, f"not within {PATIENCE:g} seconds: {holds.__qualname__}"
        await asyncio.sleep(0.005)
    return found


class HeldGraph:
    """Stands where the graph's work on one attempt stands; ends when the test says so."""

    def __init__(self, run: Run, recorder: Recorder) -> None:
        self.run = run
        self._recorder = recorder
        self._go: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.working = False
        self.lingers = False
        """Whether stopping it takes for ever, as where a reservation is settled without a database."""

    async def __call__(self) -> None:
        self.working = True
        self._recorder.append(text_start(f"{self.run.answer_id}-{self.run.attempt}"))
        try:
            await self._go
        finally:
            self.working = False
            if self.lingers:
                await asyncio.Event().wait()

    def result(self, status: Literal["completed", "failed", "cancelled"]) -> RunResult:
        outcome: Any = {"completed": "success", "cancelled": "cancelled"}.get(status)
        return RunResult(status, outcome, text=f"written by attempt {self.run.attempt}")

    def end(self, error: Exception | None = None) -> None:
        """Let it return, or raise."""
        if self._go.done():
            return
        if error is None:
            self._go.set_result(None)
        else:
            self._go.set_exception(error)


@dataclass
class Stage:
    """The services, a business, and every graph that a worker has begun."""

    services: Services
    scope: Scope
    graphs: list[HeldGraph] = field(default_factory=list)

    @classmethod
    async def with_a_business(cls, services: Services) -> Stage:
        """A stage with a business of somebody new."""
        draft = BusinessDraft(business_name="Bakery", industry="Bakery")
        return cls(services, Scope.of((await services.businesses.create(new_id(), draft)).id))

    def worker(
        self, *, lease: float = 3_600.0, attempts: int = 3, seconds: float = 900.0, reader: Any = None
    ) -> Driver[Run]:
        """A worker that drives runs, with a reader of the logs that does more than read."""

        def prepare(_: Scope, run: Run, recorder: Recorder) -> HeldGraph:
            graph = HeldGraph(run, recorder)
            self.graphs.append(graph)
            return graph

        reader = reader or self.services.event_reader
        kind = RunKind(self.services.runs, self.services.log, reader, prepare, attempts, seconds)
        return Driver(kind, f"worker {new_id()}", lease)

    def wake(self, worker: Driver[Run], run_id: str) -> asyncio.Task[None]:
        """What a wake-up starts."""
        return asyncio.create_task(worker(self.scope.business_id, run_id))

    async def start(self) -> str:
        """A run of somebody new in a thread of its own; its id."""
        request = RunRequest(thread_id=new_id(), run_id=new_id(), text="Hello")
        return (await self.services.runs.start(self.scope, new_id(), request)).id

    async def run(self, run_id: str) -> Run:
        return await self.services.database.runs.get(self.scope, run_id)

    async def lease(self, run_id: str) -> Lease:
        """The lease of a run in work."""
        lease = (await self.run(run_id)).lease
        assert lease is not None
        return lease

    async def expire(self, run_id: str) -> bool:
        """What an observer does that saw no heartbeat for the lease duration; again if one came just then."""
        scans = Scans(self.services.database.mongo)
        while seen := [
            running
            for running in await scans.running("runs")
            if running.ref.document_id == run_id and not running.claimable
        ]:
            if await self.services.runs.leases.expire(seen[0]):
                return True
        return False

    async def working(self, run_id: str, attempt: int) -> HeldGraph:
        """The graph of an attempt once it works."""

        async def look() -> HeldGraph | None:
            found = (g for g in self.graphs if (g.run.id, g.run.attempt) == (run_id, attempt) and g.working)
            return next(found, None)

        graph: HeldGraph = await until(look)
        return graph

    async def ends(self, run_id: str) -> list[str]:
        """The types of the terminal events in the run's log."""
        rows: Any = await self.services.redis.xrange(run_log_key(self.scope, run_id))
        kinds = [orjson.loads(fields[b"event"])["type"] for _, fields in rows]
        return [kind for kind in kinds if kind in TERMINAL]
