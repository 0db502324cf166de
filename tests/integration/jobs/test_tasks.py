"""Background tasks: requests become one task, none is lost, and failures end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from core.business import Business
from core.ids import new_id
from core.scope import Scope
from core.task import Task
from jobs.claimed import Driver
from jobs.tasks import ATTEMPTS, BACKOFF_SECONDS, TaskHandler, TaskKind
from memory.database import Database
from memory.leases import Scans
from memory.mongo import Mongo
from services.tasks import DELAY, LONGEST_DELAY, Tasks
from tests.stored import store_business


class HandClock:
    """A clock that a test moves on."""

    def __init__(self) -> None:
        self.time = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def pass_by(self, span: timedelta) -> None:
        self.time += span


class Bench:
    """A business, its tasks, and workers that do them with one handler."""

    def __init__(self, mongo: Mongo, business: Business) -> None:
        self.clock = HandClock()
        self.mongo = mongo
        self.scope = Scope.of(business.id)
        self.database = Database(mongo, self.clock)
        self.tasks = Tasks(self.database, self.clock)

    async def task(self, task_id: str) -> Task:
        return await self.database.tasks.get(self.scope, task_id)

    async def due(self) -> list[str]:
        return [ref.document_id for ref in await Scans(self.mongo).due_tasks(self.clock.now())]

    async def work(self, handler: TaskHandler) -> None:
        """Do what is due, as one worker does after a sweep."""
        driver = Driver(TaskKind(self.tasks, {"recheck": handler}), f"worker {new_id()}", 10.0)
        for task_id in await self.due():
            await driver(self.scope.business_id, task_id)


@pytest_asyncio.fixture
async def bench(database: Database) -> AsyncIterator[Bench]:
    yield Bench(database.mongo, await store_business(database))


async def nothing(scope: Scope, task: Task) -> None:
    """A handler that succeeds."""


async def test_requests_within_the_delay_are_one_task(bench: Bench) -> None:
    ids = set()
    for _ in range(5):
        bench.clock.pass_by(DELAY / 2)
        ids.add(await bench.tasks.request(bench.scope, "recheck"))
    assert len(ids) == 1
    assert await bench.due() == []
    bench.clock.pass_by(DELAY)
    assert await bench.due() == list(ids)


async def test_requests_without_a_pause_do_not_postpone_a_task_for_ever(bench: Bench) -> None:
    for _ in range(1 + int(LONGEST_DELAY / (DELAY / 2))):
        await bench.tasks.request(bench.scope, "recheck")
        bench.clock.pass_by(DELAY / 2)
    assert len(await bench.due()) == 1


async def test_subjects_and_businesses_have_tasks_of_their_own(bench: Bench) -> None:
    other = Scope.of((await store_business(bench.database)).id)
    ids = {
        await bench.tasks.request(bench.scope, "recheck"),
        await bench.tasks.request(bench.scope, "recheck", "a campaign"),
        await bench.tasks.request(other, "recheck"),
    }
    assert len(ids) == 3


async def test_a_request_during_the_work_makes_it_run_again(bench: Bench) -> None:
    seen: list[str] = []

    async def handler(scope: Scope, task: Task) -> None:
        seen.append(task.payload["fact"])
        if len(seen) == 1:
            await bench.tasks.request(scope, "recheck", payload={"fact": "new"})

    task_id = await bench.tasks.request(bench.scope, "recheck", payload={"fact": "old"})
    for _ in range(3):
        bench.clock.pass_by(DELAY)
        await bench.work(handler)
    assert seen == ["old", "new"]
    assert (await bench.task(task_id)).status == "completed"


async def test_a_finished_task_runs_again_when_it_is_requested_again(bench: Bench) -> None:
    runs = 0

    async def handler(scope: Scope, task: Task) -> None:
        nonlocal runs
        runs += 1

    for _ in range(ATTEMPTS + 2):
        await bench.tasks.request(bench.scope, "recheck")
        bench.clock.pass_by(DELAY)
        await bench.work(handler)
    assert runs == ATTEMPTS + 2


async def test_a_failing_task_is_tried_later_and_ends_with_a_problem(bench: Bench) -> None:
    runs = 0

    async def handler(scope: Scope, task: Task) -> None:
        nonlocal runs
        runs += 1
        raise OSError

    task_id = await bench.tasks.request(bench.scope, "recheck")
    bench.clock.pass_by(DELAY)
    for number in range(ATTEMPTS):
        await bench.work(handler)
        assert runs == number + 1
        await bench.work(handler)
        assert runs == number + 1, "it waits before it tries again"
        bench.clock.pass_by(timedelta(seconds=BACKOFF_SECONDS * 2**number))
    task = await bench.task(task_id)
    assert task.status == "failed"
    assert task.problem is not None
    assert task.problem["slug"] == "internal"
    # Requested anew it starts with all its attempts.
    await bench.tasks.request(bench.scope, "recheck")
    bench.clock.pass_by(DELAY)
    await bench.work(nothing)
    assert (await bench.task(task_id)).status == "completed"


async def test_a_task_whose_worker_stops_goes_on_elsewhere_at_once(bench: Bench) -> None:
    begun = asyncio.Event()

    async def handler(scope: Scope, task: Task) -> None:
        begun.set()
        await asyncio.Event().wait()

    task_id = await bench.tasks.request(bench.scope, "recheck")
    bench.clock.pass_by(DELAY)
    working = asyncio.create_task(bench.work(handler))
    await begun.wait()
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    (left,) = await Scans(bench.mongo).running("tasks")
    assert left.claimable
    driver = Driver(TaskKind(bench.tasks, {"recheck": nothing}), "another", 10.0)
    await driver(bench.scope.business_id, task_id)
    task = await bench.task(task_id)
    assert (task.status, task.attempt) == ("completed", 2)


async def test_a_kind_that_only_a_newer_release_knows_is_left_to_it(bench: Bench) -> None:
    task_id = await bench.tasks.request(bench.scope, "something new")
    bench.clock.pass_by(DELAY)
    await bench.work(nothing)
    assert (await bench.task(task_id)).status == "queued"


@pytest.mark.parametrize("kind", ["recheck", "something new"])
async def test_a_task_that_is_not_there_is_no_work(bench: Bench, kind: str) -> None:
    driver = Driver(TaskKind(bench.tasks, {"recheck": nothing}), "a worker", 10.0)
    await driver(bench.scope.business_id, new_id())
    assert driver.active == 0
