"""Written drafts are changed in the chat: one more revision of the same document, never over a person's."""

from __future__ import annotations

from typing import Any

import orjson

from core.ids import new_id
from tests.doubles.fault_server import FaultServer
from tests.doubles.routes import action, is_router, routed
from tests.doubles.wire import Reply, fitting, schema_of
from tests.e2e.grammar import Frame, check
from tests.e2e.world import World

EMAIL = {
    "subject": "Spring",
    "preheader": "Come",
    "body": "Hello,\n\nCome in spring.\n\nHarbour Yoga",
    "cta": "Book",
}


def results(frames: list[Frame]) -> list[dict[str, Any]]:
    return [orjson.loads(frame.event["content"]) for frame in frames if frame.kind == "TOOL_CALL_RESULT"]


async def written(served: World, thread: str) -> dict[str, Any]:
    await served.say("Write an e-mail about our spring offer", thread=thread)
    (draft,) = await served.drafts()
    return draft


async def test_a_change_is_the_next_revision_of_the_same_draft_with_its_reason(
    served: World, model: FaultServer
) -> None:
    thread = new_id()
    draft = await written(served, thread)

    async def answer(body: dict[str, Any]) -> Reply:
        if is_router(body):
            return routed(action("edit", targets=["D1"], brief="Make the e-mail shorter"))
        return Reply(orjson.dumps(EMAIL).decode()) if schema_of(body) else Reply("It is shorter now.")

    model.answer = answer
    model.calls.clear()
    frames = await served.say("Make it shorter", thread=thread)
    check(frame.event for frame in frames)
    (result,) = results(frames)
    assert result["content_id"] == draft["_id"]
    assert (result["revision"], result["reason"]) == (2, "Make the e-mail shorter")
    (changed,) = await served.drafts()
    assert (changed["title"], changed["text_content"]["body"]) == (EMAIL["subject"], EMAIL["body"])
    started = [frame.event for frame in frames if frame.event.get("name") == "marquee.artefact"]
    assert [(one["value"]["kind"], one["value"]["content_id"]) for one in started] == [
        ("edit_draft", draft["_id"])
    ]
    editor = next(call.prompt for call in model.calls if "agent: editor" in call.prompt)
    assert draft["title"] in editor
    assert "drafts changed: 1 (Spring)" in model.calls[-1].prompt

    versions = (await served.client.get(f"/content/{draft['_id']}/versions")).json()["items"]
    assert [one["revision"] for one in versions] == [2, 1]
    assert versions[0]["authorship"]["reason"] == "Make the e-mail shorter"
    restored = await served.client.post(f"/content/{draft['_id']}/restore", json={"revision": 1})
    assert restored.status_code == 200
    assert restored.json()["title"] == draft["title"]
    assert restored.json()["revision"] == 3
    missing = await served.client.post(f"/content/{draft['_id']}/restore", json={"revision": 9})
    assert missing.status_code == 404


async def test_words_that_a_person_saved_meanwhile_stay(served: World, model: FaultServer) -> None:
    thread = new_id()
    draft = await written(served, thread)

    async def answer(body: dict[str, Any]) -> Reply:
        if is_router(body):
            return routed(action("edit", targets=["D1"], brief="Shorter"))
        if schema_of(body) is None:
            return Reply("You were quicker.")
        await served.client.put(f"/content/{draft['_id']}", json={"title": "My own words"})
        return Reply(orjson.dumps(EMAIL).decode())

    model.answer = answer
    await served.say("Shorter", thread=thread)
    (kept,) = await served.drafts()
    assert kept["title"] == "My own words"
    assert "not changed, since the person has changed it meanwhile" in model.calls[-1].prompt


async def test_a_change_that_cannot_be_used_leaves_the_draft_as_it_was(
    served: World, model: FaultServer
) -> None:
    thread = new_id()
    draft = await written(served, thread)

    async def answer(body: dict[str, Any]) -> Reply:
        if is_router(body):
            return routed(action("edit", targets=["D1"], brief="Shorter"))
        return Reply("I would rather not.")

    model.answer = answer
    frames = await served.say("Shorter", thread=thread)
    assert frames[-1].event["type"] == "RUN_ERROR"
    assert await served.drafts() == [draft]


async def test_words_that_were_chosen_are_put_in_without_a_model(served: World, model: FaultServer) -> None:
    thread = new_id()
    draft = await written(served, thread)
    model.calls.clear()
    chosen = {
        "intent": "edit",
        "targets": [draft["_id"]],
        "brief": "The second",
        "replacement": {"subject": "Two"},
    }
    await served.say("The second", thread=thread, actions=[chosen])
    (changed,) = await served.drafts()
    assert (changed["title"], changed["text_content"]) == ("Two", draft["text_content"])
    assert len(model.calls) == 1


async def test_the_demo_model_shortens_and_lengthens_and_says_what_it_cannot(alive: World) -> None:
    thread = new_id()
    await alive.say("Write an e-mail about our spring offer", thread=thread)
    (draft,) = await alive.drafts()
    length = len(draft["text_content"]["body"])
    await alive.say("Make the e-mail shorter", thread=thread)
    (shorter,) = await alive.drafts()
    assert len(shorter["text_content"]["body"]) < length
    assert shorter["revision"] == 2
    await alive.say("longer please", thread=thread, focus=draft["_id"])
    (longer,) = await alive.drafts()
    assert len(longer["text_content"]["body"]) > len(shorter["text_content"]["body"])
    frames = await alive.say("Translate it into French", thread=thread, focus=draft["_id"])
    assert (await alive.drafts()) == [longer]
    said = "".join(frame.event["delta"] for frame in frames if frame.kind == "TEXT_MESSAGE_CONTENT")
    assert "real model" in said


async def test_named_slots_move_and_drop_and_nothing_else_of_the_calendar_changes(
    served: World, model: FaultServer
) -> None:
    thread = new_id()

    async def plan(body: dict[str, Any]) -> Reply:
        value = orjson.loads(fitting(schema)) if (schema := schema_of(body)) else {}
        if is_router(body):
            return routed(action("plan", platforms=["email"], when="2027-03-01/2027-03-14", count=3))
        if "slots" in value:
            slot = value["slots"][0]
            value["slots"] = [{**slot, "day": day, "theme": f"Theme {'x' * day}"} for day in (1, 4, 8)]
        return Reply(orjson.dumps(value).decode()) if schema else Reply("Planned.")

    model.answer = plan
    await served.say("Plan it", thread=thread)
    before = (await served.thread(thread))["state"]["calendar"]

    async def answer(body: dict[str, Any]) -> Reply:
        move = action("calendar", operation="move", targets=["S1"], when="2027-03-20")
        drop = action("calendar", operation="drop", targets=["S2"])
        past = action("calendar", operation="move", targets=["S3"], when="2020-01-01")
        return routed(move, drop, past) if is_router(body) else Reply("Done.")

    model.answer = answer
    frames = await served.say("Move the first to the 20th, drop the second", thread=thread)
    check(frame.event for frame in frames)
    after = {slot["slot_id"]: slot for slot in (await served.thread(thread))["state"]["calendar"]}
    first, second, third = before
    assert after[first["slot_id"]]["local_time"] == f"2027-03-20{first['local_time'][10:]}"
    assert after[first["slot_id"]]["content_id"] == first["content_id"]
    assert after[second["slot_id"]]["state"] == "dropped"
    assert after[third["slot_id"]] == third
    (result,) = results(frames)
    assert [one["operation"] for one in result["operations"]] == ["move", "drop"]
    assert "calendar changes to a time that is over: 1" in model.calls[-1].prompt
    assert len(await served.drafts()) == 3


async def test_alternatives_are_offered_and_the_chosen_one_is_put_in(
    served: World, model: FaultServer
) -> None:
    thread = new_id()
    draft = await written(served, thread)
    offered = {"field": "subject", "alternatives": [{"text": name, "note": ""} for name in ("One", "Two")]}

    async def answer(body: dict[str, Any]) -> Reply:
        if is_router(body):
            return routed(action("variants", targets=["D1"], count=2, brief="Two other subject lines"))
        return Reply(orjson.dumps(offered).decode()) if schema_of(body) else Reply("Which one?")

    model.answer = answer
    frames = await served.say("Two other subject lines", thread=thread)
    check(frame.event for frame in frames)
    assert results(frames) == [{**offered, "content_id": draft["_id"]}]
    assert await served.drafts() == [draft]
    assert "alternatives offered: 2" in model.calls[-1].prompt


async def test_the_demo_model_offers_subject_lines_and_writes_nothing(alive: World) -> None:
    thread = new_id()
    await alive.say("Write an e-mail about our spring offer", thread=thread)
    before = await alive.drafts()
    frames = await alive.say("Give me three other subject lines for the e-mail", thread=thread)
    (result,) = results(frames)
    assert len({one["text"] for one in result["alternatives"]}) == 3
    assert await alive.drafts() == before


async def test_a_button_asks_for_another_language(served: World, model: FaultServer) -> None:
    thread = new_id()
    draft = await written(served, thread)
    french = {
        "subject": "Notre offre de printemps",
        "preheader": "Venez nous voir cette semaine",
        "body": "Bonjour,\n\nVenez nous voir au printemps, nous vous attendons avec plaisir.\n\nHarbour Yoga",
        "cta": "Réserver",
    }

    async def answer(body: dict[str, Any]) -> Reply:
        return Reply(orjson.dumps(french).decode()) if schema_of(body) else Reply("It is in French now.")

    model.answer = answer
    translate = {"intent": "edit", "targets": [draft["_id"]], "brief": "Translate it", "language": "fr"}
    await served.say("Translate it into French", thread=thread, actions=[translate])
    (changed,) = await served.drafts()
    assert (changed["language"], changed["revision"]) == ("fr", 2)
    assert changed["title"] == french["subject"]


async def test_what_the_demo_model_cannot_translate_stays_in_its_language(alive: World) -> None:
    thread = new_id()
    await alive.say("Write an e-mail about our spring offer", thread=thread)
    (draft,) = await alive.drafts()
    translate = {"intent": "edit", "targets": [draft["_id"]], "brief": "Translate it", "language": "fr"}
    frames = await alive.say("Translate it into French", thread=thread, actions=[translate])
    assert await alive.drafts() == [draft]
    said = "".join(frame.event["delta"] for frame in frames if frame.kind == "TEXT_MESSAGE_CONTENT")
    assert "real model" in said
