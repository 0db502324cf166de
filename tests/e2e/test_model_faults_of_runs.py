"""Whatever the model server does, a run ends in a good answer or a clear problem, and is paid for once."""

from __future__ import annotations

import pytest

from core.ids import new_id
from tests.doubles.fault_server import FaultServer
from tests.e2e.grammar import check
from tests.e2e.world import PLAN, World

GOOD = "success"
# At one call in the middle of the run's work, and at every call: the outcome, or the problem's slug.
OUTCOMES = {
    "401": (GOOD, "model-refused"),
    "429": (GOOD, "model-busy"),
    "429-credit": (GOOD, "model-refused"),
    "500": (GOOD, "model-unreachable"),
    "503": (GOOD, "model-unreachable"),
    "hang": (GOOD, "model-unreachable"),
    "slow-first-token": (GOOD, "model-unreachable"),
    "stall": (GOOD, "model-unreachable"),
    "cut": (GOOD, "model-unreachable"),
    "cut-before-first-token": (GOOD, "model-unreachable"),
    "error-event": (GOOD, "model-unreachable"),
    "malformed": (GOOD, "unusable-answer"),
    "broken-json-answer": (GOOD, "unusable-answer"),
    "wrong-schema": (GOOD, "unusable-answer"),
    "empty": (GOOD, "unusable-answer"),
    "length": (GOOD, "unusable-answer"),
    "refusal": (GOOD, "unusable-answer"),
    "unknown-tool": (GOOD, "unusable-answer"),
    "wrong-arguments": (GOOD, "unusable-answer"),
    "missing-usage": (GOOD, GOOD),
    "context-openai": (GOOD, "context-overflow"),
    "context-vllm": (GOOD, "context-overflow"),
}
ROUTE, PLAN_CALL = "ok", "ok"
LITTLE = 5_500
"""Tokens that are enough for the route and the calendar."""


async def outcome(world: World) -> str:
    """What became of one run, after everything that must hold whatever it is."""
    run, thread = new_id(), new_id()
    frames = await world.say(PLAN, run=run, thread=thread)
    check(frame.event for frame in frames)
    await world.settled()
    ended = await world.run(run)
    message = (await world.thread(thread))["messages"][-1]
    shown = {
        artefact["result"]["content_id"]
        for artefact in message["artefacts"]
        if "content_id" in artefact["result"]
    }
    drafts = await world.drafts()
    assert shown == {draft["_id"] for draft in drafts}
    for draft in drafts:
        words = draft["text_content"]
        assert words.get("caption") or words.get("body")
        assert draft["ai_metadata"]["checks"]
    last = frames[-1].event
    if last["type"] == "RUN_ERROR":
        problem = last["metadata"]["problem"]
        assert ended["status"] == message["status"] == "failed"
        assert ended["problem"] == message["problem"] == problem
        assert last["code"] == problem["slug"]
        assert problem["detail"] == last["message"]
        return str(last["code"])
    assert (ended["status"], message["status"]) == ("completed", "complete")
    assert message["content"]
    return str(last["outcome"]["type"])


@pytest.mark.parametrize("fault", OUTCOMES)
async def test_a_fault_at_one_call(impatient: World, impatient_model: FaultServer, fault: str) -> None:
    impatient_model.plan(ROUTE, PLAN_CALL, fault)
    assert await outcome(impatient) == OUTCOMES[fault][0]
    assert any(call.fault == fault for call in impatient_model.calls)


@pytest.mark.parametrize("fault", OUTCOMES)
async def test_a_fault_that_stays(impatient: World, impatient_model: FaultServer, fault: str) -> None:
    impatient_model.plan(*[fault] * 30)
    assert await outcome(impatient) == OUTCOMES[fault][1]


async def test_a_server_that_refuses_connections(impatient: World, impatient_model: FaultServer) -> None:
    await impatient_model.stop()
    try:
        assert await outcome(impatient) == "model-unreachable"
    finally:
        await impatient_model.start()


async def test_a_quota_that_ends_in_the_middle_keeps_what_is_finished(
    served: World, model: FaultServer
) -> None:
    await served.say("Hello", specialists=[])
    changed = await served.services.database.budgets.raw.update_one(
        {"business_id": served.business_id},
        {"$set": {"limit": LITTLE, "remaining": LITTLE, "tokens_used": 0}},
    )
    assert changed.matched_count
    assert await outcome(served) == "quota-exhausted"
    now = await served.services.budgets.month(served.scope)
    assert 0 < now.tokens_used <= LITTLE
    assert now.remaining == LITTLE - now.tokens_used
    # The calendar was finished before.
    campaigns = (await served.client.get("/campaign", params={"business_id": served.business_id})).json()
    assert campaigns["items"][0]["calendar"]
