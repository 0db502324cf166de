"""Stop closes the model call, and no call follows."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from core.ids import new_id
from memory.embedded import StoreUrls
from tests.doubles.fault_server import FaultServer
from tests.e2e.conftest import quick, served_by
from tests.e2e.grammar import Frame, check
from tests.e2e.world import ASK, PLAN, World, eventually, newcomer, run_input, town, working
from tests.integration.memory.own_redis import OwnRedis


async def begin(
    world: World, model: FaultServer, run: str, thread: str, text: str
) -> asyncio.Task[list[Frame]]:
    """Start a run whose third call hangs in its middle, and wait until it does."""
    model.plan("ok", "ok", "stall")
    reading = asyncio.create_task(world.say(text, run=run, thread=thread))
    await model.until(lambda: any(call.fault == "stall" for call in model.calls))
    return reading


async def test_stop_closes_the_call_and_keeps_what_is_finished(served: World, model: FaultServer) -> None:
    run, thread = new_id(), new_id()
    reading = await begin(served, model, run, thread, PLAN)
    finished = await eventually(served.drafts)
    answer = await served.client.post(f"/runs/{run}/cancel")
    assert answer.status_code == 202
    await model.until(lambda: model.open_streams == 0)
    calls = len(model.calls)
    frames = await reading
    check(frame.event for frame in frames)
    assert frames[-1].event["outcome"] == {"type": "cancelled"}
    ended = await served.run(run)
    assert (ended["status"], ended["outcome"]) == ("cancelled", "cancelled")
    assert {draft["_id"] for draft in finished} <= {draft["_id"] for draft in await served.drafts()}
    told = (await served.thread(thread))["messages"][-1]
    assert told["status"] == "stopped"
    month = await served.settled()
    assert month["used"] > 0
    assert len(model.calls) == calls
    # The thread is free again.
    assert (await served.say("Thank you", thread=thread))[-1].event["outcome"] == {"type": "success"}


async def test_the_deadline_closes_the_call_and_keeps_what_is_finished(
    here: World, model: FaultServer
) -> None:
    run, thread = new_id(), new_id()
    settings = here.settings.model_copy(update={**served_by(model), "run_seconds": 8.0})
    async with working(settings):
        reading = await begin(here, model, run, thread, PLAN)
        frames = await reading
        assert model.open_streams == 0
    check(frame.event for frame in frames)
    assert frames[-1].event["code"] == "run-late"
    ended = await here.run(run)
    assert (ended["status"], ended["problem"]["slug"]) == ("failed", "run-late")
    answer = (await here.thread(thread))["messages"][-1]
    assert answer["status"] == "failed"
    told = {artefact["result"].get("content_id") for artefact in answer["artefacts"]} - {None}
    assert told == {draft["_id"] for draft in await here.drafts()}
    assert (await here.settled())["used"] > 0


@pytest.mark.parametrize("event", ["TOOL_CALL_END", "CUSTOM", "TOOL_CALL_RESULT"])
async def test_whatever_is_saved_when_a_run_is_stopped_is_told(
    event: str, served: World, model: FaultServer
) -> None:
    run, thread = new_id(), new_id()
    body = run_input(thread, run, PLAN)
    async with served.stream("POST", served.copilot, json=body) as (_, frames):
        written = False
        async for frame in frames:
            written |= frame.kind == "TOOL_CALL_START" and frame.event["toolCallName"].startswith("write_")
            if written and frame.kind == event:
                break
        await served.client.post(f"/runs/{run}/cancel")
    await served.ended(run)
    answer = (await served.thread(thread))["messages"][-1]
    told = {artefact["result"].get("content_id") for artefact in answer["artefacts"]} - {None}
    assert told == {draft["_id"] for draft in await served.drafts()}


async def test_stop_comes_through_while_redis_is_away(
    store_urls: StoreUrls, data_dir: Path, model: FaultServer, tmp_path: Path
) -> None:
    redis = OwnRedis(tmp_path)
    redis.start()
    try:
        settings = quick(store_urls, data_dir, **served_by(model), redis_url=redis.url)
        async with town(settings) as place, newcomer(place) as person, working(settings):
            run, thread = new_id(), new_id()
            reading = await begin(person, model, run, thread, PLAN)
            redis.stop()
            answer = await person.client.post(f"/runs/{run}/cancel")
            assert answer.status_code == 202
            await model.until(lambda: model.open_streams == 0)
            calls = len(model.calls)
            ended = await person.ended(run)
            assert (ended["status"], ended["outcome"]) == ("cancelled", "cancelled")
            assert len(model.calls) == calls
            # Without Redis a new reader has the end from the documents at once.
            fresh = await person.events(run)
            check(frame.event for frame in fresh)
            redis.start()
            frames = await reading
            check(frame.event for frame in frames)
            assert frames[-1].event["outcome"] == {"type": "cancelled"}
            await person.settled()
    finally:
        redis.stop()


async def test_a_queued_run_is_stopped_before_it_asks_the_model(here: World, model: FaultServer) -> None:
    run, thread = new_id(), new_id()
    await here.start(ASK, run=run, thread=thread)
    assert (await here.client.post(f"/runs/{run}/cancel")).status_code == 202
    assert (await here.run(run))["status"] == "queued"
    async with working(here.settings.model_copy(update=served_by(model))):
        ended = await here.ended(run)
        frames = await here.events(run)
    assert ended["status"] == "cancelled"
    assert model.calls == []
    check(frame.event for frame in frames)
    assert frames[-1].event["outcome"] == {"type": "cancelled"}
    assert (await here.usage())["used"] == 0


async def test_leaving_stops_nothing(served: World, model: FaultServer) -> None:
    run = new_id()
    body = run_input(new_id(), run, ASK)
    async with served.stream("POST", served.copilot, json=body) as (_, frames):
        async for frame in frames:
            if frame.kind == "TOOL_CALL_ARGS":
                break
    assert (await served.ended(run))["status"] == "completed"
    check(frame.event for frame in await served.events(run))


async def test_stopping_what_has_ended_changes_nothing(alive: World) -> None:
    run = new_id()
    whole = await alive.say(ASK, run=run)
    answer = await alive.client.post(f"/runs/{run}/cancel")
    assert answer.status_code == 202
    assert answer.json()["status"] == "completed"
    assert await alive.events(run) == whole


async def test_a_late_stop_leaves_the_next_run_alone(served: World, model: FaultServer) -> None:
    first, run, thread = new_id(), new_id(), new_id()
    await served.say(ASK, run=first, thread=thread)
    body = run_input(thread, run, ASK)
    async with served.stream("POST", served.copilot, json=body) as (_, frames):
        async for frame in frames:
            if frame.kind == "TOOL_CALL_ARGS":
                break
        assert (await served.client.post(f"/runs/{first}/cancel")).json()["status"] == "completed"
    assert (await served.ended(run))["status"] == "completed"


@pytest.mark.parametrize("size", [300_000, 3_000_000])
async def test_a_message_that_is_much_too_long_is_refused_in_a_sentence(size: int, alive: World) -> None:
    answer = await alive.client.post(
        alive.copilot, json=run_input(new_id(), new_id(), "bread " * (size // 6))
    )
    assert answer.status_code in {413, 422}
    assert len(answer.json()["detail"]) < 300
