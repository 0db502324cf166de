"""The stock HttpAgent of @ag-ui/client consumes our stream over HTTP without a protocol error."""

from __future__ import annotations

import json
import signal

from core.ids import new_id
from tests.doubles.fault_server import FaultServer
from tests.e2e.ag_ui.stock import StockAgent, Told
from tests.e2e.conftest import served_by
from tests.e2e.grammar import check, conform
from tests.e2e.processes import worker_process
from tests.e2e.world import ASK, PLAN, World, eventually


def without_complaint(told: Told) -> None:
    assert told.thrown is None
    assert told.failure is None
    assert told.warnings == []
    check(told.events)
    conform(told.events)


def parallel(events: list[dict[str, object]]) -> int:
    """How many tool calls were open at once, at most."""
    now, most = 0, 0
    for event in events:
        now += {"TOOL_CALL_START": 1, "TOOL_CALL_END": -1}.get(str(event["type"]), 0)
        most = max(most, now)
    return most


async def drafts_of(world: World, told: Told) -> None:
    """Assert that the client shows each saved draft once, with its result."""
    calls = [call for call in told.answer.get("toolCalls", []) if call["function"]["name"] != "plan_calendar"]
    results = {
        message["toolCallId"]: json.loads(message["content"])
        for message in told.messages
        if message["role"] == "tool"
    }
    shown = [
        results[call["id"]]["content_id"] for call in calls if "content_id" in results.get(call["id"], {})
    ]
    saved = {draft["_id"] for draft in await world.drafts()}
    assert sorted(shown) == sorted(saved)
    assert set(told.state["drafts"]) == saved
    for call in calls:
        json.loads(call["function"]["arguments"])


async def test_a_clean_run_with_parallel_drafts(served: World, model: FaultServer) -> None:
    run, thread = new_id(), new_id()
    model.pause = 0.001
    told = await (await StockAgent.start(served, thread, run, PLAN)).told()
    without_complaint(told)
    assert told.types[0] == "RUN_STARTED"
    assert told.events[-1]["outcome"] == {"type": "success"}
    assert parallel(told.events) > 1
    message = (await served.thread(thread))["messages"][-1]
    assert told.answer["content"] == message["content"]
    assert len(await served.drafts()) == 4
    await drafts_of(served, told)
    assert len(told.state["calendar"]) >= 4
    await served.settled()


async def test_a_cancelled_run(served: World, model: FaultServer) -> None:
    run = new_id()
    model.plan("ok", "ok", "stall", "ok", "stall")
    agent = await StockAgent.start(served, new_id(), run, PLAN, cancel_at="TOOL_CALL_RESULT")
    told = await agent.told()
    without_complaint(told)
    assert told.events[-1]["outcome"] == {"type": "cancelled"}
    assert (await served.run(run))["status"] == "cancelled"
    await served.settled()


async def test_a_crash_and_a_second_attempt(here: World, model: FaultServer) -> None:
    run, thread = new_id(), new_id()
    settings = here.settings.model_copy(update={**served_by(model), "lease_seconds": 4.0})
    # Some drafts are there and one hangs when the worker dies.
    model.plan("ok", "ok", "stall")
    async with worker_process(settings) as first:
        agent = await StockAgent.start(here, thread, run, PLAN)
        await agent.until("TOOL_CALL_RESULT")
        await model.until(lambda: any(call.fault == "stall" for call in model.calls))
        await eventually(here.drafts)
        first.send_signal(signal.SIGKILL)
        await first.wait()
    async with worker_process(settings):
        told = await agent.told()
    without_complaint(told)
    assert (await here.run(run))["attempt"] == 2
    assert "MESSAGES_SNAPSHOT" in told.types
    assert told.types[-1] == "RUN_FINISHED", told.events[-1]
    assert told.events[-1]["outcome"] == {"type": "success"}
    message = (await here.thread(thread))["messages"][-1]
    assert told.answer["content"] == message["content"]
    await drafts_of(here, told)


async def test_a_failed_run(served: World, model: FaultServer) -> None:
    model.plan(*["context-openai"] * 4)
    told = await (await StockAgent.start(served, new_id(), new_id(), ASK)).told()
    check(told.events)
    assert told.types[-1] == "RUN_ERROR"
    assert told.events[-1]["code"] == "context-overflow"
    assert told.events[-1]["metadata"]["problem"]["slug"] == "context-overflow"
