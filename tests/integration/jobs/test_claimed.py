"""Claimed runs: heartbeat, cancel, deadline and retry belong to one attempt, and each run ends once."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from pathlib import Path

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.conversation import ENDED, Run
from core.events import step_finished, step_started
from core.scope import Scope
from jobs.claimed import Driver
from memory.embedded import StoreUrls
from memory.leases import Scans
from memory.mongo import ConnectionFailure
from memory.run_event_reader import Event
from services.checker import Checker
from services.container import open_services
from tests.e2e.grammar import check
from tests.integration.jobs.stage import Stage, until
from tests.integration.stand_ins import started
from tests.stored import settings_on

QUICK = 0.1
"""A lease whose heartbeat comes every 20 milliseconds."""


async def beats_on(stage: Stage, run_id: str) -> None:
    """Wait until the lease was renewed."""
    before = await stage.lease(run_id)

    async def renewed() -> bool:
        return await stage.lease(run_id) != before

    await until(renewed)


async def test_a_run_that_its_own_worker_takes_again_keeps_heartbeat_and_cancel(stage: Stage) -> None:
    """A stall of the process: its lease expires, and it is the same process that claims the run again."""
    worker, run_id = stage.worker(lease=QUICK), await stage.start()
    first = stage.wake(worker, run_id)
    graph = await stage.working(run_id, 1)
    second = None
    while second is None or second.done():
        # Its heartbeat goes on, so it may take the lease back first.
        await stage.expire(run_id)
        second = stage.wake(worker, run_id)
        await asyncio.wait({second}, timeout=0.2)
    await stage.working(run_id, 2)
    await first
    assert not graph.working
    await beats_on(stage, run_id)
    worker.cancel(run_id)
    await second
    run = await stage.run(run_id)
    assert (run.status, run.attempt) == ("cancelled", 2)
    assert await stage.ends(run_id) == ["RUN_FINISHED"]
    assert worker.active == 0


async def test_an_attempt_takes_its_expired_lease_back_if_nobody_else_did(stage: Stage) -> None:
    worker, run_id = stage.worker(lease=QUICK), await stage.start()
    working = stage.wake(worker, run_id)
    graph = await stage.working(run_id, 1)
    assert await stage.expire(run_id)

    async def taken_back() -> bool:
        return not (await stage.lease(run_id)).expired

    await until(taken_back)
    graph.end()
    await working
    run = await stage.run(run_id)
    assert (run.status, run.attempt) == ("completed", 1)


async def test_an_observer_that_looked_before_the_last_heartbeat_takes_nothing(stage: Stage) -> None:
    worker, run_id = stage.worker(lease=QUICK), await stage.start()
    working = stage.wake(worker, run_id)
    graph = await stage.working(run_id, 1)
    (seen,) = await Scans(stage.services.database.mongo).running("runs")
    await beats_on(stage, run_id)
    assert not await stage.services.runs.leases.expire(seen)
    graph.end()
    await working


async def test_a_run_past_its_deadline_ends_with_a_problem_and_keeps_what_is_written(stage: Stage) -> None:
    run_id = await stage.start()
    await stage.wake(stage.worker(seconds=0.05), run_id)
    (graph,) = stage.graphs
    assert not graph.working
    run = await stage.run(run_id)
    assert run.status == "failed"
    assert run.problem is not None
    assert run.problem["slug"] == "run-late"
    answer = await stage.services.database.messages.get(stage.scope, run.answer_id)
    assert answer.content == "written by attempt 1"
    assert await stage.ends(run_id) == ["RUN_ERROR"]


async def test_a_run_that_loses_its_worker_each_time_ends_without_being_tried_again(stage: Stage) -> None:
    run_id = await stage.start()
    lost = []
    for attempt in (1, 2):
        # It works on, as one does that the network has cut off; nobody hears of it.
        lost.append(stage.wake(stage.worker(attempts=2), run_id))
        await stage.working(run_id, attempt)
        assert await stage.expire(run_id)
    await stage.wake(stage.worker(attempts=2), run_id)
    run = await stage.run(run_id)
    assert run.problem is not None
    assert run.problem["slug"] == "run-lost"
    assert {graph.run.attempt for graph in stage.graphs if graph.working} <= {1, 2}
    for graph in stage.graphs:
        graph.end()
    await asyncio.gather(*lost)
    assert await stage.run(run_id) == run
    assert await stage.ends(run_id) == ["RUN_ERROR"]


async def test_workers_that_stop_in_order_are_no_failures_of_the_run(stage: Stage) -> None:
    run_id = await stage.start()
    for attempt in range(1, 6):
        working = stage.wake(stage.worker(attempts=2), run_id)
        await stage.working(run_id, attempt)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    working = stage.wake(stage.worker(attempts=2), run_id)
    (await stage.working(run_id, 6)).end()
    await working
    assert (await stage.run(run_id)).status == "completed"


async def test_a_run_whose_database_went_away_is_tried_again(stage: Stage) -> None:
    worker, run_id = stage.worker(), await stage.start()
    working = stage.wake(worker, run_id)
    (await stage.working(run_id, 1)).end(ConnectionFailure("refused"))
    await working
    assert (await stage.run(run_id)).status == "running"
    working = stage.wake(worker, run_id)
    (await stage.working(run_id, 2)).end()
    await working
    assert (await stage.run(run_id)).status == "completed"


async def test_a_worker_can_stop_while_the_database_is_away(
    store_urls: StoreUrls, tmp_path: Path, checker: Checker
) -> None:
    elsewhere = {"REDIS_URL": store_urls.redis, "CHROMA_URL": store_urls.chroma}
    async with (
        started(tmp_path, **elsewhere) as (servers, urls),
        open_services(settings_on(urls, tmp_path), checker=checker, database_patience=0.5) as services,
    ):
        stage = await Stage.with_a_business(services)
        worker, run_id = stage.worker(), await stage.start()
        working = stage.wake(worker, run_id)
        (await stage.working(run_id, 1)).lingers = True
        servers.kill()
        working.cancel()
        done, _ = await asyncio.wait({working}, timeout=60)
        assert done
        assert worker.active == 0


async def test_runs_that_died_with_a_poison_run_do_not_die_with_it_again(stage: Stage) -> None:
    """The last attempt of a run is made without another run's last attempt beside it."""
    poison, innocent = await stage.start(), await stage.start()
    lost = []
    for attempt in (1, 2):
        dying = stage.worker(attempts=3)
        for run_id in (poison, innocent):
            lost.append(stage.wake(dying, run_id))
            await stage.working(run_id, attempt)
        for run_id in (poison, innocent):
            assert await stage.expire(run_id)
    dying = stage.worker(attempts=3)
    lost.append(stage.wake(dying, poison))
    await stage.working(poison, 3)
    await stage.wake(dying, innocent)
    assert (await stage.run(innocent)).attempt == 2, "it waits until the suspect is over"
    assert await stage.expire(poison)
    well = stage.worker(attempts=3)
    await stage.wake(well, poison)
    assert (await stage.run(poison)).status == "failed"
    working = stage.wake(well, innocent)
    (await stage.working(innocent, 3)).end()
    await working
    assert (await stage.run(innocent)).status == "completed"
    for graph in stage.graphs:
        graph.end()
    await asyncio.gather(*lost)


STEPS = ("wake",) * 3 + ("expire",) * 2 + ("stop", "return", "raise", "away", "cancel", "beat")


@given(
    steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 2)), min_size=1, max_size=14),
    late=st.booleans(),
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
async def test_whatever_happens_a_run_ends_exactly_once_and_no_heartbeat_is_lost(
    stage: Stage, caplog: pytest.LogCaptureFixture, steps: list[tuple[str, int]], late: bool
) -> None:
    caplog.clear()
    stage.graphs.clear()
    seconds = 0.2 if late else 900.0
    workers: list[Driver[Run]] = [stage.worker(lease=QUICK, seconds=seconds) for _ in range(3)]
    tasks: list[tuple[int, asyncio.Task[None]]] = []
    run_id = await stage.start()
    for step, number in steps:
        working = [graph for graph in stage.graphs if graph.working]
        graph = working[number % len(working)] if working else None
        if step == "wake":
            tasks.append((number, stage.wake(workers[number], run_id)))
            await asyncio.wait({tasks[-1][1]}, timeout=0.02)
        elif step == "expire":
            await stage.expire(run_id)
        elif step == "stop":
            for owner, task in tasks:
                if owner == number:
                    task.cancel()
        elif step == "cancel":
            workers[number].cancel(run_id)
        elif step == "return" and graph:
            graph.end()
        elif step == "raise" and graph:
            graph.end(ValueError("a bug"))
        elif step == "away" and graph:
            graph.end(ConnectionFailure("refused"))
        elif step == "beat":
            await heartbeat_of_the_holder(stage, run_id)

    # A last worker ends it, whatever is left.
    async def ended() -> bool:
        if (await stage.run(run_id)).status in ENDED:
            return True
        await stage.expire(run_id)
        tasks.append((0, stage.wake(workers[0], run_id)))
        await asyncio.wait({tasks[-1][1]}, timeout=0.02)
        for graph in stage.graphs:
            graph.end()
        return False

    await until(ended)
    raised = await asyncio.gather(*(task for _, task in tasks), return_exceptions=True)
    assert [one for one in raised if one and not isinstance(one, asyncio.CancelledError)] == []
    assert [worker.active for worker in workers] == [0, 0, 0]
    assert len(await stage.ends(run_id)) == 1
    attempts = Counter(graph.run.attempt for graph in stage.graphs)
    assert set(attempts.values()) <= {1}, "an attempt belongs to one worker"
    assert not [graph for graph in stage.graphs if graph.working]
    errors = [
        one for one in caplog.records if one.levelno >= logging.ERROR and one.message != "attempt.failed"
    ]
    assert errors == []


async def heartbeat_of_the_holder(stage: Stage, run_id: str) -> None:
    """If an attempt works that holds the run, its lease is renewed, also after it expired."""
    before = await stage.run(run_id)

    async def renewed_or_over() -> bool:
        run = await stage.run(run_id)
        if run.attempt != before.attempt or run.lease is None or run.lease != before.lease:
            return True
        return not any(graph.working and graph.run.attempt == run.attempt for graph in stage.graphs)

    await until(renewed_or_over)


async def test_an_attempt_that_still_writes_while_a_later_one_begins_closes_nothing_twice(
    stage: Stage,
) -> None:
    services, run_id = stage.services, await stage.start()
    assert await services.runs.claim(stage.scope, run_id, "a worker that stalls") is not None
    stalled = services.log.writer(stage.scope, run_id, 1)
    stalled.append(step_started("copywriter 1/4"))
    assert await stalled.flush()
    assert await stage.expire(run_id)

    class Interrupted:
        """Between the look at the log and what follows from it, the stalled worker goes on."""

        async def tail(self, scope: Scope, run_id: str) -> list[Event]:
            found = await services.event_reader.tail(scope, run_id)
            stalled.append(step_finished("copywriter 1/4"))
            await stalled.flush()
            return found

    later = stage.wake(stage.worker(reader=Interrupted()), run_id)
    (await stage.working(run_id, 2)).end()
    await later
    check(orjson.loads(event.data) for event in await services.event_reader.tail(stage.scope, run_id))
