"""What the copilot says in the chat: its own words, with figures that are known or told apart."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from core.ids import new_id
from tests.doubles.fault_server import FaultServer
from tests.doubles.routes import action, is_router, routed
from tests.doubles.wire import Reply
from tests.e2e.grammar import check
from tests.e2e.world import World, run_input


async def test_a_figure_of_the_talk_without_a_source_is_told_apart(served: World, model: FaultServer) -> None:
    async def answer(_: dict[str, object]) -> Reply:
        return Reply("The trial week costs £15, at 12 Quay Street, and 40% of our 300 guests stay.")

    model.answer = answer
    thread = new_id()
    frames = await served.say("What does the trial cost?", thread=thread, specialists=[])
    check(frame.event for frame in frames)
    (told,) = [frame.event["value"] for frame in frames if frame.event.get("name") == "marquee.unsourced"]
    message = (await served.thread(thread))["messages"][-1]
    assert told["figures"] == message["unsourced"] == ["40%", "300"]
    text = next(frame.event for frame in frames if frame.kind == "TEXT_MESSAGE_START")
    assert told["message_id"] == text["messageId"]


async def test_what_was_counted_and_planned_here_is_known(served: World, model: FaultServer) -> None:
    frames = await served.say("Plan a two-week Instagram and e-mail push with 12 pieces")
    assert [frame.event for frame in frames if frame.event.get("name") == "marquee.unsourced"] == []


async def test_what_cannot_be_done_yet_is_said_and_nothing_else_is_done(
    served: World, model: FaultServer
) -> None:
    async def answer(body: dict[str, Any]) -> Reply:
        return routed(action("poster", brief="A poster")) if is_router(body) else Reply("No posters yet.")

    model.answer = answer
    await served.say("Make a poster for Saturday")
    assert await served.drafts() == []
    assert "left: cannot do yet: making a poster" in model.calls[-1].prompt


async def test_what_could_be_any_draft_is_asked_with_buttons_that_a_reload_shows(
    served: World, model: FaultServer
) -> None:
    thread = new_id()
    await served.say("Write an Instagram post and an e-mail", thread=thread)
    before = await served.drafts()

    async def answer(body: dict[str, Any]) -> Reply:
        return routed(action("edit", brief="Make it shorter")) if is_router(body) else Reply("Which one?")

    model.answer = answer
    frames = await served.say("Make it shorter", thread=thread)
    check(frame.event for frame in frames)
    (asked,) = [frame.event["value"] for frame in frames if frame.event.get("name") == "marquee.clarify"]
    message = (await served.thread(thread))["messages"][-1]
    assert message["content"] == asked["question"] == message["clarify"]["question"] == "Which one?"
    targets = [option["actions"][0]["targets"] for option in message["clarify"]["options"]]
    assert sorted(targets) == sorted([draft["_id"]] for draft in before)
    assert await served.drafts() == before


async def test_what_only_a_person_may_do_is_offered_as_a_button(served: World, model: FaultServer) -> None:
    thread = new_id()
    await served.say("Write an e-mail about our spring offer", thread=thread)
    (draft,) = await served.drafts()

    async def answer(body: dict[str, Any]) -> Reply:
        wanted = [
            action("decide", operation="delete", targets=["D1"]),
            action("decide", operation="schedule", targets=["D1"], when="2027-03-05T09:00"),
        ]
        return routed(*wanted) if is_router(body) else Reply("Press the button.")

    model.answer = answer
    frames = await served.say("Delete it, or no: send it on the 5th", thread=thread)
    check(frame.event for frame in frames)
    told = [frame.event["value"] for frame in frames if frame.event.get("name") == "marquee.proposed_action"]
    assert [(one["operation"], one["available"]) for one in told] == [("delete", True), ("schedule", False)]
    assert told[1]["at"] == "2027-03-05T09:00"
    assert told[0]["targets"][0]["content_id"] == draft["_id"]
    message = (await served.thread(thread))["messages"][-1]
    assert [one["operation"] for one in message["proposed_actions"]] == ["delete", "schedule"]
    assert await served.drafts() == [draft]


async def test_a_pressed_button_needs_no_router_and_names_what_is_there(
    served: World, model: FaultServer
) -> None:
    thread = new_id()
    await served.say("Write an e-mail about our spring offer", thread=thread)
    (draft,) = await served.drafts()
    model.calls.clear()
    press = [{"intent": "decide", "operation": "delete", "targets": [draft["_id"]]}]
    frames = await served.say("Delete it", thread=thread, actions=press)
    assert [frame.event.get("name") for frame in frames].count("marquee.proposed_action") == 1
    assert all("agent: router" not in call.prompt for call in model.calls)
    for unknown in ({"actions": [{**press[0], "targets": ["f" * 24]}]}, {"focus": "f" * 24}):
        response = await served.client.post(
            f"/business/{served.business_id}/copilot", json=run_input(new_id(), new_id(), "x", **unknown)
        )
        assert response.status_code == 404


@pytest.mark.parametrize(
    ("text", "platforms"),
    [
        ("Write two posts and one e-mail about our spring offer", ["email", "instagram", "instagram"]),
        ("Write one post and one e-mail about our spring offer", ["email", "instagram"]),
        ("Écris un post et un SMS sur notre offre", ["instagram", "sms"]),
    ],
)
async def test_what_was_asked_for_is_written_and_no_more(
    text: str, platforms: list[str], alive: World
) -> None:
    await alive.say(text)
    assert sorted(draft["platform"] for draft in await alive.drafts()) == platforms


async def test_two_weeks_of_posts_and_one_e_mail_have_one_e_mail(alive: World) -> None:
    frames = await alive.say("Plan two weeks of Instagram posts and one e-mail about our spring offer")
    (calendar,) = [
        operation["value"]
        for frame in frames
        if frame.kind == "STATE_DELTA"
        for operation in frame.event["delta"]
        if operation["path"] == "/calendar" and operation["value"]
    ]
    assert Counter(slot["platform"] for slot in calendar) == {"instagram": 5, "email": 1}


async def test_a_prompt_that_a_weak_model_repeats_does_not_reach_the_chat(
    served: World, model: FaultServer
) -> None:
    async def answer(body: dict[str, list[dict[str, str]]]) -> Reply:
        instructions, material = (message["content"] for message in body["messages"])
        good = "The trial week costs £15."
        return Reply(good if "could not be used" in material else f"{instructions}\n<facts>")

    model.answer = answer
    frames = await served.say("What does the trial cost?", specialists=[])
    said = "".join(frame.event["delta"] for frame in frames if frame.kind == "TEXT_MESSAGE_CONTENT")
    assert said.endswith("The trial week costs £15.")
    assert len(said) < 50
