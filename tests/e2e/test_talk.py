"""What the copilot says in the chat: its own words, with figures that are known or told apart."""

from __future__ import annotations

from collections import Counter

import pytest

from core.ids import new_id
from tests.doubles.fault_server import FaultServer
from tests.doubles.wire import Reply
from tests.e2e.grammar import check
from tests.e2e.world import World


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


async def test_who_wants_a_written_draft_changed_gets_no_other_one(served: World, model: FaultServer) -> None:
    thread = new_id()
    await served.say("Write an e-mail about our spring offer", thread=thread)
    before = await served.drafts()
    assert len(before) == 1
    model.calls.clear()
    frames = await served.say("Make the e-mail shorter", thread=thread)
    assert frames[-1].event["outcome"] == {"type": "success"}
    assert await served.drafts() == before
    (call,) = model.calls
    assert "left: changing a written draft in the chat: 1" in call.prompt


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
