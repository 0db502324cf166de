"""What writers are handed over of plan, conversation and other texts, and what they tell the owner."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import takewhile
from typing import Any

import orjson

from core.ids import new_id
from tests.doubles.fault_server import FaultServer
from tests.doubles.routes import action, is_router, routed
from tests.doubles.wire import Reply, fitting, schema_of
from tests.e2e.grammar import Frame, check
from tests.e2e.world import World

BRIEFS = {
    "The second room": "Open with the light, name the trial week, ask them to come and look",
    "A quiet hour": "Open with the noise outside, no prices, leave the room to the other text",
    "Thank you": "Three lines, sign as Kim",
}
EMAIL = {"subject": "Light", "preheader": "", "body": "Come and look.\n\nHarbour Yoga", "cta": "Look"}
POST = {"caption": "The light comes in from the quay.", "hashtags": ["yoga"], "cta": "Come and look"}

Answer = Callable[[dict[str, Any]], Awaitable[Reply]]


def planning(write: Callable[[dict[str, Any]], dict[str, Any]], **plan: Any) -> Answer:
    """A model that plans three slots and writes what `write` makes of a writer's call."""
    platforms = ("email", "instagram", "email")

    async def answer(body: dict[str, Any]) -> Reply:
        schema = schema_of(body)
        if is_router(body):
            when = "2027-03-01/2027-03-14"
            return routed(action("plan", platforms=["email", "instagram"], when=when, **plan))
        if schema is None:
            return Reply("Done.")
        if "slots" not in schema["properties"]:
            return Reply(orjson.dumps({"note_to_owner": "", **write(body)}).decode())
        value = orjson.loads(fitting(schema))
        slot = {**value["slots"][0], "segment": "Everybody"}
        value["slots"] = [
            {**slot, "day": 1 + 3 * place, "platform": platforms[place], "theme": theme, "brief": brief}
            for place, (theme, brief) in enumerate(BRIEFS.items())
        ]
        return Reply(orjson.dumps(value).decode())

    return answer


def text_for(body: dict[str, Any]) -> dict[str, Any]:
    return EMAIL if "\nplatform: email\n" in str(body["messages"][-1]["content"]) else POST


def beginning(prompts: list[str]) -> str:
    """The characters that all prompts begin with."""
    columns = zip(*prompts, strict=False)
    return "".join(column[0] for column in takewhile(lambda column: len(set(column)) == 1, columns))


def writers(model: FaultServer) -> list[str]:
    return [call.prompt for call in model.calls if "\nagent: copywriter\n" in call.prompt]


def results(frames: list[Frame]) -> list[dict[str, Any]]:
    return [orjson.loads(frame.event["content"]) for frame in frames if frame.kind == "TOOL_CALL_RESULT"]


async def test_a_writer_knows_its_brief_the_other_texts_and_the_conversation(
    served: World, model: FaultServer
) -> None:
    thread = new_id()

    async def talk(body: dict[str, Any]) -> Reply:
        return routed(action("answer")) if is_router(body) else Reply("Good to know: no shoes in there.")

    model.answer = talk
    await served.say("We open a second room with a wooden floor", thread=thread)
    model.answer = planning(text_for)
    model.calls.clear()
    await served.say("Plan our spring", thread=thread)
    prompts = writers(model)
    assert len(prompts) == 3
    for prompt in prompts:
        told, _, task = prompt.partition("<task>")
        for known in (
            "We open a second room with a wooden floor",
            "Good to know: no shoes in there.",
            "user: Plan our spring",
            *BRIEFS.values(),
        ):
            assert known in told
        theme = next(line.removeprefix("theme: ") for line in task.splitlines() if "theme: " in line)
        assert f"\nbrief: {BRIEFS[theme]}\n" in task
        # The strategist named readers whom the profile does not have.
        assert "segment:" not in task
    days = sorted(line for prompt in prompts for line in prompt.splitlines() if line.startswith("goes_out"))
    assert [line.partition(" ")[2][:14] for line in days] == [
        "Mon 2027-03-01",
        "Sun 2027-03-07",
        "Thu 2027-03-04",
    ]
    # A server that did not keep to a schema in another test is told it once more, after the task.
    tasks = [prompt.partition("</task>")[0] for prompt in prompts]
    assert all(len(beginning(prompts)) >= 0.6 * len(task) for task in tasks)


async def test_a_later_text_knows_how_the_earlier_ones_begin(served: World, model: FaultServer) -> None:
    thread = new_id()
    model.answer = planning(text_for, with_drafts=False)
    await served.say("Only the plan", thread=thread)
    planned = (await served.thread(thread))["state"]["calendar"]
    assert [slot["brief"] for slot in planned] == list(BRIEFS.values())

    async def next_one(body: dict[str, Any]) -> Reply:
        if is_router(body):
            return routed(action("write", targets=["S1" if "drafted" not in str(body) else "S2"]))
        return Reply(orjson.dumps(text_for(body)).decode()) if schema_of(body) else Reply("Done.")

    model.answer = next_one
    model.calls.clear()
    await served.say("Write the first", thread=thread)
    await served.say("And the second", thread=thread)
    first, second = writers(model)
    assert "begins:" not in first
    assert "| begins: Light / Come and look." in second


async def test_a_note_to_the_owner_reaches_document_stream_and_answer(
    served: World, model: FaultServer
) -> None:
    note = "The trial week is £15 in your facts; no timetable is, so I left it out."

    def doubting(body: dict[str, Any]) -> dict[str, Any]:
        invented = "It is said to cost £999."
        return {**text_for(body), "note_to_owner": note if text_for(body) is POST else invented}

    model.answer = planning(doubting, count=3)
    frames = await served.say("Plan our spring")
    check(frame.event for frame in frames)
    notes = {draft["platform"]: draft["ai_metadata"]["note_to_owner"] for draft in await served.drafts()}
    # A figure that nothing says is no better in a note than in a text.
    assert notes == {"instagram": note, "email": ""}
    assert [result["note"] for result in results(frames) if "note" in result] == [note]
    assert [line for line in model.calls[-1].prompt.splitlines() if line.startswith("note:")] == [
        f"note: A quiet hour: {note}"
    ]
    (post,) = [draft for draft in await served.drafts() if draft["platform"] == "instagram"]
    shown = (await served.client.get(f"/content/{post['_id']}")).json()
    assert shown["ai_metadata"]["note_to_owner"] == note
    assert note not in str(shown["text_content"])


async def test_a_repair_is_told_the_whole_statement_and_keeps_its_line_breaks(
    served: World, model: FaultServer
) -> None:
    wrong = {**EMAIL, "body": "Hello,\n\nThe trial week is £29 for everybody.\n\nHarbour Yoga"}

    async def answer(body: dict[str, Any]) -> Reply:
        if is_router(body):
            return routed(action("write", platforms=["email"], theme="The trial week"))
        if schema_of(body) is None:
            return Reply("Done.")
        return Reply(orjson.dumps(EMAIL if "<findings>" in str(body) else wrong).decode())

    model.answer = answer
    await served.say("Write an e-mail about the trial week")
    first, second = writers(model)
    finding = second.partition("<findings>")[2]
    assert "“The trial week is £29 for everybody.”" in finding
    assert "Hello,\\n\\nThe trial week" in finding
    assert beginning([first, second]) == first.partition("Write this e-mail now")[0]
