"""Workers die in the middle of runs: each run ends once, honestly, and nothing is written twice."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from core.events import call_start, text_start
from core.ids import new_id
from core.lease import Lease
from memory.embedded import StoreUrls
from memory.leases import DocumentRef, Running
from services.run_result import RunResult
from tests.doubles.fault_server import FaultServer
from tests.doubles.wire import Reply, prompt_of
from tests.e2e.conftest import quick, served_by
from tests.e2e.gate import Gate
from tests.e2e.grammar import check, kinds, text
from tests.e2e.processes import api_process, worker_process
from tests.e2e.world import PLAN, World, eventually, newcomer, town, working
from tests.patience import PATIENCE


async def nothing_twice(world: World, thread: str) -> None:
    """Assert that each place of the calendar has one draft, and that the answer tells each once."""
    drafts = await world.drafts()
    slots = Counter(draft["slot_id"] for draft in drafts)
    assert set(slots.values()) == {1}
    message = (await world.thread(thread))["messages"][-1]
    assert message["status"] == "complete"
    told = Counter(artefact["result"].get("content_id") for artefact in message["artefacts"])
    del told[None]
    assert told == Counter(draft["_id"] for draft in drafts)
    campaigns = (await world.client.get("/campaign", params={"business_id": world.business_id})).json()
    assert len(campaigns["items"]) == 1


async def test_a_worker_killed_in_the_middle_is_followed_by_another(here: World, model: FaultServer) -> None:
    run, thread = new_id(), new_id()
    settings = here.settings.model_copy(update={**served_by(model), "lease_seconds": 4.0})
    model.plan("ok", "ok", "stall")
    async with worker_process(settings) as first:
        await here.start(PLAN, run=run, thread=thread)
        await model.until(lambda: any(call.fault == "stall" for call in model.calls))
        before = await eventually(here.drafts)
        first.send_signal(signal.SIGKILL)
        await first.wait()
    async with working(settings):
        ended = await here.ended(run)
        frames = await here.events(run)
    assert (ended["status"], ended["attempt"]) == ("completed", 2)
    check(frame.event for frame in frames)
    after = {draft["_id"]: draft for draft in await here.drafts()}
    for draft in before:
        assert after[draft["_id"]] == {**draft, "awaits_slot": False}
    assert len(after) == 4
    await nothing_twice(here, thread)
    assert text(frames) == (await here.thread(thread))["messages"][-1]["content"]


async def test_a_worker_that_is_stopped_gives_its_run_to_another(here: World, model: FaultServer) -> None:
    """As a new version of the worker would come: nobody waits for the lease, nothing is told twice."""
    run, thread = new_id(), new_id()
    settings = here.settings.model_copy(update={**served_by(model), "lease_seconds": 60.0})
    model.plan("ok", "ok", "stall")
    async with working(settings):
        await here.start(PLAN, run=run, thread=thread)
        await model.until(lambda: any(call.fault == "stall" for call in model.calls))
        await eventually(here.drafts)
    async with working(settings):
        ended = await here.ended(run)
        frames = await here.events(run)
    assert (ended["status"], ended["attempt"]) == ("completed", 2)
    check(frame.event for frame in frames)
    await nothing_twice(here, thread)
    assert (await here.settled())["used"] > 0


async def test_asking_again_writes_no_second_draft_where_a_worker_died_before_the_slot_named_it(
    here: World,
) -> None:
    thread, database = new_id(), here.services.database
    async with working(here.settings, rare=False):
        await here.say(PLAN, thread=thread)
        draft = (await here.drafts())[0]
        open_again = {"calendar.$.state": "proposed", "calendar.$.content_id": None}
        slot = {"calendar.slot_id": draft["slot_id"]}
        assert await database.campaigns.change(here.scope, draft["campaign_id"], open_again, slot)
        assert await database.content.note(here.scope, draft["_id"], {"awaits_slot": True})
        await here.say("Go on", thread=thread)
        drafts = await here.drafts()
    campaign = await database.campaigns.get(here.scope, draft["campaign_id"])
    named = {one.slot_id: one.content_id for one in campaign.calendar}
    assert [one["_id"] for one in drafts if one["slot_id"] == draft["slot_id"]] == [draft["_id"]]
    assert named[draft["slot_id"]] == draft["_id"]


async def test_a_run_that_kills_its_worker_each_time_ends_as_lost(here: World) -> None:
    run, thread = new_id(), new_id()
    services = here.services
    await here.start(PLAN, run=run, thread=thread)
    ours = (await here.run(run))["id"]
    for number in range(1, here.settings.run_attempts + 1):
        claimed = await services.runs.claim(here.scope, ours, "a worker that dies")
        assert claimed is not None
        assert claimed.attempt == number
        assert await services.runs.claim(here.scope, ours, "another") is None
        services.log.writer(here.scope, ours, number).append(text_start(f"answer {number}"), now=True)
        # As another worker does that sees no heartbeat for the lease duration.
        held = Running(DocumentRef(here.business_id, ours), number, Lease(owner="a worker that dies"))
        assert await services.runs.leases.expire(held)
    async with working(here.settings):
        ended = await here.ended(run)
        frames = await here.events(run)
        assert ended["status"] == "failed"
        assert ended["problem"]["slug"] == "run-lost"
        check(frame.event for frame in frames)
        assert frames[-1].event["code"] == "run-lost"
        # Its thread is free, and asking again works.
        again = await here.say(PLAN, thread=thread)
    assert again[-1].event["outcome"] == {"type": "success"}


async def test_a_worker_killed_between_the_end_and_its_event(here: World) -> None:
    """The document says that the run ended, the log does not: readers get the end all the same."""
    run, thread = new_id(), new_id()
    services = here.services
    await here.start(PLAN, run=run, thread=thread)
    ours = (await here.run(run))["id"]
    claimed = await services.runs.claim(here.scope, ours, "a worker that dies")
    assert claimed is not None
    writer = services.log.writer(here.scope, ours, 1)
    writer.append(text_start(claimed.answer_id))
    writer.delta("text", claimed.answer_id, "All is")
    writer.append(call_start("call", "write_post", claimed.answer_id))
    assert await writer.flush()
    assert await services.runs.finish(
        here.scope, claimed, RunResult("completed", "success", text="All is well.")
    )
    frames = await here.events(run)
    check(frame.event for frame in frames)
    assert kinds(frames)[-6:] == [
        "TEXT_MESSAGE_END",
        "TOOL_CALL_END",
        "marquee.stream_gap",
        "MESSAGES_SNAPSHOT",
        "STATE_SNAPSHOT",
        "RUN_FINISHED",
    ]
    assert frames[-3].event["messages"][1]["content"] == "All is well."
    cut = next(frame for frame in frames if frame.kind == "TEXT_MESSAGE_CONTENT")
    rest = await here.events(run, str(cut.id))
    check([*(frame.event for frame in frames[: frames.index(cut) + 1]), *(frame.event for frame in rest)])
    # A worker that comes later leaves it as it is.
    async with working(here.settings):
        assert await here.events(run) == frames
        assert (await here.run(run))["attempt"] == 1


async def test_an_api_that_is_stopped_says_that_its_streams_are_cut(here: World, model: FaultServer) -> None:
    """As a new version of the API would come: a stock client must not take the cut for the end."""
    run, thread = new_id(), new_id()
    settings = here.settings.model_copy(update=served_by(model))
    model.plan("ok", "ok", "stall")
    async with working(settings), api_process(settings) as (process, url):
        there = replace(here, client=httpx.AsyncClient(base_url=url, headers=here.client.headers, timeout=30))
        async with there.client:
            reading = asyncio.create_task(there.say(PLAN, run=run, thread=thread))
            await model.until(lambda: any(call.fault == "stall" for call in model.calls))
            process.send_signal(signal.SIGTERM)
            cut = await reading
            await process.wait()
        assert (cut[-1].event["type"], cut[-1].event["code"]) == ("RUN_ERROR", "stream-cut")
        assert not cut[-1].id
        assert (await here.run(run))["status"] == "running"
        await here.client.post(f"/runs/{run}/cancel")
        whole = await here.events(run)
    assert [frame.id for frame in whole[: len(cut) - 1]] == [frame.id for frame in cut[:-1]]


async def test_a_run_that_kills_its_workers_ends_and_the_next_tenant_gets_an_answer(
    store_urls: StoreUrls, data_dir: Path, model: FaultServer
) -> None:
    settings = quick(store_urls, data_dir, **served_by(model), lease_seconds=1.0, run_attempts=2)
    poison, innocent, poisoned, gate = new_id(), new_id(), asyncio.Event(), Gate(model.answer)

    async def answer(body: dict[str, Any]) -> Reply:
        if "Kill the worker" in prompt_of(body):
            poisoned.set()
            await asyncio.Event().wait()
        return await gate(body)

    model.answer = answer
    async with town(settings) as place, newcomer(place) as here, newcomer(place) as there:
        # Leaving a worker's block kills it.
        async with worker_process(settings):
            await there.start("What do you know of us?", run=innocent, specialists=[])
            await model.until(lambda: bool(model.calls))
            await here.start("Kill the worker", run=poison, specialists=[])
            await asyncio.wait_for(poisoned.wait(), PATIENCE)
        gate.open.set()
        poisoned.clear()
        async with worker_process(settings):
            await asyncio.wait_for(poisoned.wait(), PATIENCE)
        async with worker_process(settings):
            assert (await here.ended(poison, 30))["problem"]["slug"] == "run-lost"
            assert (await there.ended(innocent, 30))["status"] == "completed"
