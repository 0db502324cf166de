"""Losing Redis costs time, never a run or its answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from core.ids import new_id
from memory.embedded import StoreUrls
from tests.doubles.fault_server import FaultServer
from tests.e2e.conftest import quick, served_by
from tests.e2e.grammar import check, kinds, text
from tests.e2e.world import PLAN, World, eventually, newcomer, run_input, town, working
from tests.integration.memory.following import Processor
from tests.integration.memory.own_redis import OwnRedis
from tests.patience import PATIENCE

IDLE = 0.5
"""The share of a processor under which nobody spins; API, worker and test are one process here."""


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnRedis]:
    server = OwnRedis(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest_asyncio.fixture(scope="module")
async def fragile(
    store_urls: StoreUrls, data_dir: Path, redis: OwnRedis, model_server: FaultServer
) -> AsyncIterator[World]:
    settings = quick(
        store_urls, data_dir, **served_by(model_server), redis_url=redis.url, model_stall_seconds=1.0
    )
    async with town(settings) as place, working(settings), newcomer(place) as person:
        yield person


@pytest.fixture
def world(fragile: World, model: FaultServer) -> World:
    model.calm()
    return fragile


async def saved(world: World, thread: str) -> str:
    """The answer as the documents have it."""
    message = (await world.thread(thread))["messages"][-1]
    assert (message["role"], message["status"]) == ("assistant", "complete")
    return str(message["content"])


async def test_redis_emptied_in_the_middle_of_a_run(
    world: World, model: FaultServer, redis: OwnRedis
) -> None:
    """FLUSHALL between two calls: who reads sees a proper end, and so does who comes later."""
    run, thread = new_id(), new_id()
    model.plan("ok", "ok", "stall")
    body = run_input(thread, run, PLAN)
    async with asyncio.timeout(PATIENCE), world.stream("POST", world.copilot, json=body) as (_, frames):
        got = []
        flushed = False
        async for frame in frames:
            got.append(frame)
            if frame.kind == "TOOL_CALL_ARGS" and not flushed:
                flushed = True
                redis.flush()
    check(frame.event for frame in got)
    assert got[-1].event["outcome"] == {"type": "success"}
    later = await world.events(run)
    check(frame.event for frame in later)
    assert later[-1] == got[-1]
    assert kinds(later)[:2] == ["RUN_STARTED", "marquee.stream_gap"]
    # Whoever came later has the whole answer, from the snapshot if not from the deltas.
    snapshot = [frame for frame in later if frame.kind == "MESSAGES_SNAPSHOT"][-1]
    assert snapshot.event["messages"][1]["content"] == await saved(world, thread)
    await world.settled()


async def test_redis_restarted_empty_in_the_middle_of_a_run(
    world: World, model: FaultServer, redis: OwnRedis
) -> None:
    """Every connection breaks; the events of the outage are sent afterwards."""
    run, thread = new_id(), new_id()
    model.pause = 0.002
    body = run_input(thread, run, PLAN)
    async with asyncio.timeout(PATIENCE), world.stream("POST", world.copilot, json=body) as (_, frames):
        got = []
        async for frame in frames:
            got.append(frame)
            if frame.kind == "TOOL_CALL_RESULT":
                redis.stop()
                await eventually(world.drafts)
                redis.start()
                break
        got += [frame async for frame in frames]
    check(frame.event for frame in got)
    assert got[-1].event["outcome"] == {"type": "success"}
    later = await world.events(run)
    check(frame.event for frame in later)
    answer = await saved(world, thread)
    assert text(got) == answer
    assert len(await world.drafts()) >= 4
    await world.settled()


async def test_worker_and_api_work_again_after_flushall_and_an_outage(world: World, redis: OwnRedis) -> None:
    redis.flush()
    frames = await world.say("Hello", specialists=[])
    check(frame.event for frame in frames)
    redis.stop()
    assert await Processor().share_over(2.0) < IDLE
    health = await world.client.get("/readyz")
    assert health.status_code in {200, 503}
    redis.start()
    frames = await world.say("Hello again", specialists=[])
    check(frame.event for frame in frames)
    assert frames[-1].event["outcome"] == {"type": "success"}
    assert await Processor().share_over(1.0) < IDLE


async def test_a_run_asked_for_while_redis_is_away_is_done_all_the_same(
    world: World, redis: OwnRedis
) -> None:
    """Nobody can be woken: the worker's own look at the documents finds the run."""
    redis.stop()
    try:
        run, thread = new_id(), new_id()
        body = run_input(thread, run, "Hello", specialists=[])
        async with world.stream("POST", world.copilot, json=body) as (answer, _):
            assert answer.status_code == 200
            ended = await world.ended(run)
        assert ended["status"] == "completed"
        frames = await world.events(run)
        check(frame.event for frame in frames)
        assert kinds(frames) == ["RUN_STARTED", "MESSAGES_SNAPSHOT", "STATE_SNAPSHOT", "RUN_FINISHED"]
        assert await saved(world, thread)
    finally:
        redis.start()
