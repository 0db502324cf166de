"""Deleting while a run works: the run ends, its stream too, and nothing of what is deleted comes back."""

from __future__ import annotations

import pytest

from core.ids import new_id
from tests.doubles.fault_server import FaultServer
from tests.e2e.grammar import Frame, check
from tests.e2e.test_stop import begin
from tests.e2e.world import PLAN, World, eventually, run_input
from tests.integrity import orphans


async def run_ids(world: World) -> list[str]:
    """Our ids of the runs of the business."""
    return await world.services.database.runs.ids(world.scope, {})


async def deleting(world: World, kind: str, thread: str) -> None:
    """Delete the thread, or the campaign or business that its run works on."""
    campaigns = await world.services.database.campaigns.ids(world.scope, {})
    path = {
        "thread": f"/threads/{thread}",
        "campaign": f"/campaign/{campaigns[0]}",
        "business": f"/business/{world.business_id}",
    }[kind]
    answer = await world.client.delete(path, params={"cascade": "true"})
    assert answer.status_code == 204, answer.text
    assert (await world.client.get(path)).status_code == 404


@pytest.mark.parametrize("kind", ["thread", "campaign", "business"])
async def test_a_deletion_during_a_run_ends_it_and_leaves_nothing(
    kind: str, served: World, model: FaultServer
) -> None:
    run, thread = new_id(), new_id()
    reading = await begin(served, model, run, thread, PLAN)
    drafts = await eventually(served.drafts)
    ids = await run_ids(served)
    await deleting(served, kind, thread)
    await model.until(lambda: model.open_streams == 0)
    frames = await reading
    check(frame.event for frame in frames)
    last = frames[-1].event
    # A draft that is saved between the mark and the cancellation is not found, which ends the run as well.
    assert last.get("outcome") == {"type": "cancelled"} or last.get("code") in {"deleted", "not-found"}
    assert (await served.settled())["used"] > 0
    assert await orphans(served.services, served.business_id, ids) == []
    left = {draft["_id"] for draft in await served.drafts()}
    assert left >= {draft["_id"] for draft in drafts} if kind == "thread" else left == set()
    calls = len(model.calls)
    if kind != "business":
        # What stays works on.
        answer = await served.say("Thank you", thread=thread)
        assert answer[-1].event["outcome"] == {"type": "success"}
        assert len(model.calls) > calls


async def test_a_draft_deleted_during_its_run_is_not_written_again(served: World, model: FaultServer) -> None:
    run, thread, frames = new_id(), new_id(), list[Frame]()
    deleted = ""
    async with served.stream("POST", served.copilot, json=run_input(thread, run, PLAN)) as (_, stream):
        async for frame in stream:
            frames.append(frame)
            if not deleted and frame.kind == "TOOL_CALL_RESULT" and "content_id" in frame.event["content"]:
                (draft, *_) = await served.drafts()
                deleted = draft["_id"]
                assert (await served.client.delete(f"/content/{deleted}")).status_code == 204
    check(frame.event for frame in frames)
    assert deleted
    assert frames[-1].event["outcome"] == {"type": "success"}
    assert deleted not in {draft["_id"] for draft in await served.drafts() if "deleting_at" not in draft}
    assert (await served.client.get(f"/content/{deleted}")).status_code == 404
