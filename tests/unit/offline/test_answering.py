"""What the copilot says in the chat."""

from __future__ import annotations

from typing import Any

import pytest

from agents.route import Handles, Listed
from core.business import Business, Memory
from tests.unit.offline.businesses import BAKERY, CAFE, GROOMER, GYM, NOW
from tests.unit.offline.desk import Desk, asked


@pytest.mark.parametrize(
    ("business", "question", "expected"),
    [
        (GYM, "What are our opening hours?", "Mon–Fri 6:00–22:00"),
        (GYM, "¿Cuánto cuesta la membresía de nuestro estudio?", "$29/month"),
        (BAKERY, "Combien coûte la brioche ?", "4,50 €"),
        (GROOMER, "Was kostet der Erstbesuch?", "45 €"),
        (CAFE, "¿A qué hora abrimos?", "8:00–18:00"),
        (GYM, "What is our price?", "$29/month"),
        (GYM, "Who should I target?", "Young Professionals"),
        (GYM, "Do we have parking?", "could not find"),
        (GROOMER, "Habt ihr Parkplätze?", "steht nicht"),
    ],
)
async def test_a_question_is_answered_from_the_facts_or_not_at_all(
    desk: Desk, business: Business, question: str, expected: str
) -> None:
    assert expected in await desk.ask("copilot/answer", asked(business, question))


async def test_the_answer_counts_what_was_done_and_what_is_left(desk: Desk) -> None:
    work = {"planned": 6, "drafts": [("instagram", "One", 0), ("email", "Two", 1)], "left": 4, "failed": 1}
    answer = await desk.ask("copilot/answer", asked(GYM, "Plan a two-week push for us", **work))
    assert answer.startswith("I planned 6 posts and wrote 2 drafts.")
    assert "one draft with a failed check, one draft that did not work out and 4 posts to write" in answer
    german = await desk.ask("copilot/answer", asked(GROOMER, "Plane eine Kampagne für uns", planned=4))
    assert german == "Ich habe 4 Beiträge geplant. Soll ich als Nächstes die Texte dazu schreiben?"


@pytest.mark.parametrize(
    ("request_text", "expected"),
    [
        ("What should I post tomorrow?", "25 November 2026 09:00, email: Rest days"),
        ("What is planned this month?", "email: Rest days; 1 December 2026 12:00, instagram: Stairs"),
        ("Is anything planned on 30 November?", "Nothing is planned for that day."),
        ("Was ist geplant?", "email: Rest days"),
    ],
)
async def test_what_is_planned_is_told_from_the_calendar(
    desk: Desk, request_text: str, expected: str
) -> None:
    slots = [
        Listed("S1", "s1", "email", "Rest days", "open", when="2026-11-25T09:00"),
        Listed("S2", "s2", "instagram", "Stairs", "open", when="2026-12-01T12:00"),
    ]
    inputs = asked(GYM, request_text, known=Handles((), slots).inputs())
    assert expected in await desk.ask("copilot/answer", inputs)


async def test_a_draft_is_read_out_and_go_on_is_answered_where_nothing_is_left(desk: Desk) -> None:
    draft = Listed("D1", "d1", "email", "Rest days", "draft", text="Sleep well / Come back stronger")
    slot = Listed("S1", "s1", "email", "Rest days", "drafted", when="2026-11-25T09:00", other="d1")
    known = Handles([draft], [slot]).inputs(shown={"d1"})
    assert "Come back stronger" in await desk.ask("copilot/answer", asked(GYM, "show me it", known=known))
    done = await desk.ask("copilot/answer", asked(GYM, "continue", known=known))
    assert done.startswith("Everything in the calendar is written.")


def decision(text: str) -> Memory:
    return Memory(
        business_id="1" * 24,
        kind="decision",
        ref="run:1",
        dedupe_key="run:1",
        text=text,
        created_at=NOW,
        updated_at=NOW,
    )


@pytest.mark.parametrize(
    ("business", "question", "memory", "expected"),
    [
        (
            GYM,
            "What did we decide about March?",
            "2026-11-24: “write two posts”. March Drive. Drafts: Fitness; Fitness; Hours",
            (
                "On 24 November 2026 you asked, for the campaign “March Drive”: “write two posts”."
                " It gave the drafts “Fitness” and “Hours”."
            ),
        ),
    ],
)
async def test_a_remembered_decision_is_told_in_a_sentence(
    desk: Desk, business: Business, question: str, memory: str, expected: str
) -> None:
    inputs = asked(business, question, memories=[decision(memory)])
    assert await desk.ask("copilot/answer", inputs) == expected


@pytest.mark.parametrize(
    ("business", "request_text", "known", "expected"),
    [
        (GYM, "Delete the second draft", {"proposed": [("delete", ["Two"], True)]}, "the button below"),
        (GROOMER, "Lösch den zweiten Entwurf", {"proposed": [("delete", ["Zwei"], True)]}, "Knopf darunter"),
        (BAKERY, "Publie le post sur notre page", {"proposed": [("publish", ["Un"], False)]}, "sans vous"),
        (CAFE, "Publica el texto", {"proposed": [("publish", ["Uno"], False)]}, "sin ti"),
        (GYM, "Make it warmer", {"unchanged": ["Two"]}, "takes a real model"),
        (GYM, "Make a poster", {"cannot": ["poster"]}, "I cannot do yet"),
        (GYM, "Make it shorter", {"asks": "Make it shorter"}, "Which one do you mean?"),
    ],
)
async def test_what_the_chat_does_not_do_is_said_plainly(
    desk: Desk, business: Business, request_text: str, known: dict[str, Any], expected: str
) -> None:
    answer = await desk.ask("copilot/answer", asked(business, request_text, **known))
    assert expected in answer


@pytest.mark.parametrize("nonsense", ["asdfghjkl", "???"])
async def test_what_says_nothing_is_not_greeted(desk: Desk, nonsense: str) -> None:
    assert (await desk.ask("copilot/answer", asked(GYM, nonsense))).startswith("I am not sure I understood")


@pytest.mark.parametrize(
    ("business", "request_text", "missing"),
    [
        (
            GYM,
            "Write a post about the trial with our phone number and the sauna",
            "“Phone number” and “Sauna”",
        ),
        (
            BAKERY,
            "Écris un post sur la brioche avec le lien et la terrasse",
            "«\u00a0Lien\u00a0» et «\u00a0Terrasse\u00a0»",
        ),
    ],
)
async def test_what_was_asked_for_and_is_no_fact_is_said_in_one_sentence(
    desk: Desk, business: Business, request_text: str, missing: str
) -> None:
    answer = await desk.ask("copilot/answer", asked(business, request_text, drafts=[("email", "One", 0)]))
    assert f" {missing}" in answer
