"""Any number of slots is written in one request, a few at a time; what is done and what is left is said."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from core.campaign import Slot
from core.ids import new_id
from tests.doubles.fault_server import Answerer, FaultServer
from tests.doubles.routes import action, is_router, routed
from tests.doubles.wire import Raw, Reply, schema_of
from tests.e2e.conftest import served_by
from tests.e2e.grammar import check, text
from tests.e2e.world import World, eventually, working

NUMBER = 10


async def planned(world: World) -> tuple[str, list[str]]:
    """A campaign whose slots are all open: its id and theirs."""
    made = await world.client.post("/campaign/", json={"business_id": world.business_id, "name": "May"})
    slots = [
        Slot(
            local_time=f"2027-05-{day:02d}T09:00",
            timezone="Europe/London",
            platform="sms",
            theme=f"Class {day}",
        )
        for day in range(1, NUMBER + 1)
    ]
    campaign = await world.services.campaigns.save_calendar(world.scope, made.json()["id"], slots, new_id())
    return campaign.id, [slot.slot_id for slot in campaign.calendar]


class Writers:
    """The model's answers to writers: the first ones come at once, the others once the gate is open."""

    def __init__(self, model: FaultServer, at_once: int) -> None:
        self.begun = self.held = self.most = 0
        self.gate = asyncio.Event()
        self._model, self._well, self._at_once = model, model.answer, at_once
        model.answer = self

    async def __call__(self, body: dict[str, Any]) -> Reply | Raw:
        """Answer one call."""
        if schema_of(body) is not None:
            self.begun += 1
            self.most = max(self.most, self._model.open_streams)
            if self.begun > self._at_once:
                self.held += 1
                await self.gate.wait()
        return await answered(self._well, body)

    async def until_held(self) -> None:
        """Wait until every draft that is begun and not saved waits for its answer."""

        async def look() -> bool:
            return self.held == 4

        await eventually(look)


async def answered(well: Answerer, body: dict[str, Any]) -> Reply | Raw:
    reply = well(body)
    return reply if isinstance(reply, Reply | Raw) else await reply


async def every_slot_once(world: World, slots: list[str]) -> None:
    """Assert that each slot has one draft, which the calendar names."""
    drafts = await world.drafts()
    assert Counter(draft["slot_id"] for draft in drafts) == Counter(slots)
    campaign = await world.services.campaigns.get(world.scope, drafts[0]["campaign_id"])
    named = {slot.slot_id: slot.content_id for slot in campaign.calendar}
    assert named == {draft["slot_id"]: draft["_id"] for draft in drafts}


async def test_a_stopped_batch_keeps_what_is_written_and_the_rest_is_written_next(
    served: World, model: FaultServer
) -> None:
    campaign, slots = await planned(served)
    run, thread = new_id(), new_id()
    writers = Writers(model, at_once=5)
    reading = asyncio.create_task(
        served.say("Write all 10", run=run, thread=thread, campaign_id=campaign, slot_ids=slots)
    )
    await writers.until_held()
    kept = {draft["_id"] for draft in await served.drafts()}
    await served.client.post(f"/runs/{run}/cancel")
    frames = await reading
    check(frame.event for frame in frames)
    assert frames[-1].event["outcome"] == {"type": "cancelled"}
    assert (writers.held, writers.most) == (4, 4)
    assert {draft["_id"] for draft in await served.drafts()} == kept
    answer = (await served.thread(thread))["messages"][-1]
    assert answer["status"] == "stopped"
    assert {artefact["result"]["content_id"] for artefact in answer["artefacts"]} == kept
    assert 0 < len(kept) < NUMBER

    writers.gate.set()
    open_slots = [slot for slot in slots if slot not in {one["slot_id"] for one in await served.drafts()}]
    await served.say("Continue", thread=thread, slot_ids=open_slots)
    await every_slot_once(served, slots)
    assert kept <= {draft["_id"] for draft in await served.drafts()}


async def test_tokens_that_end_in_the_middle_keep_what_is_written_and_begin_nothing_more(
    served: World, model: FaultServer
) -> None:
    campaign, slots = await planned(served)
    thread = new_id()
    await served.say("Hello", specialists=[])
    budgets = served.services.database.budgets.raw
    mine = {"business_id": served.business_id}
    model.calls.clear()
    well = model.answer

    async def answer(body: dict[str, Any]) -> Reply | Raw:
        if len(model.calls) == 5:
            await budgets.update_one(mine, {"$set": {"remaining": -1_000_000}})
        return await answered(well, body)

    model.answer = answer
    frames = await served.say("Write all 10", thread=thread, campaign_id=campaign, slot_ids=slots)
    check(frame.event for frame in frames)
    problem = frames[-1].event["metadata"]["problem"]
    drafts = await served.drafts()
    assert (problem["slug"], problem["written"]) == ("quota-exhausted", len(drafts))
    assert problem["left"] == NUMBER - len(drafts) > 0
    assert len(drafts) >= 4
    told = [frame.event for frame in frames if frame.event.get("name") == "marquee.artefact"]
    assert len(told) <= len(drafts) + 4

    model.answer = well
    await budgets.update_one(mine, {"$set": {"remaining": 1_000_000}})
    done = {draft["slot_id"] for draft in drafts}
    await served.say("Continue", thread=thread, slot_ids=[slot for slot in slots if slot not in done])
    await every_slot_once(served, slots)


async def test_a_batch_whose_worker_is_lost_is_finished_by_another_and_written_once(
    here: World, model: FaultServer
) -> None:
    campaign, slots = await planned(here)
    run, thread = new_id(), new_id()
    writers = Writers(model, at_once=5)
    settings = here.settings.model_copy(update={**served_by(model), "lease_seconds": 60.0})
    async with working(settings):
        await here.start("Write all 10", run=run, thread=thread, campaign_id=campaign, slot_ids=slots)
        await writers.until_held()
    before = {draft["_id"]: draft for draft in await here.drafts()}
    writers.gate.set()
    async with working(settings):
        ended = await here.ended(run)
        frames = await here.events(run)
    check(frame.event for frame in frames)
    assert (ended["status"], ended["attempt"]) == ("completed", 2)
    await every_slot_once(here, slots)
    after = {draft["_id"]: draft for draft in await here.drafts()}
    assert {name: after[name] for name in before} == before
    assert len((await here.thread(thread))["messages"][-1]["artefacts"]) == NUMBER


@pytest.mark.parametrize(
    "routing",
    [{"targets": [f"S{number}" for number in range(1, NUMBER + 1)]}, {"count": NUMBER}],
    ids=["named slots", "a number"],
)
async def test_typed_requests_write_as_many_as_they_ask_for(
    served: World, model: FaultServer, routing: dict[str, Any]
) -> None:
    campaign, slots = await planned(served)
    well = model.answer

    async def answer(body: dict[str, Any]) -> Reply | Raw:
        return routed(action("write", **routing)) if is_router(body) else await answered(well, body)

    model.answer = answer
    frames = await served.say("Write them all", campaign_id=campaign)
    check(frame.event for frame in frames)
    await every_slot_once(served, slots)
    assert "drafts written: 10" in model.calls[-1].prompt


async def test_the_demo_model_writes_all_that_is_open(alive: World) -> None:
    campaign, slots = await planned(alive)
    frames = await alive.say("Write all the open slots", campaign_id=campaign)
    await every_slot_once(alive, slots)
    assert "10" in text(frames)
