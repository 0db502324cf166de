"""Requests are understood and calendars planned, in four languages."""

from __future__ import annotations

from datetime import date

import pytest

from agents.offline import times
from agents.strategy import Plan
from core.business import Business
from core.campaign import Platform
from tests.unit.offline.businesses import ALL, BAKERY, CAFE, GROOMER, GYM, LAW_FIRM, TODAY
from tests.unit.offline.desk import Desk


@pytest.mark.parametrize(
    ("business", "request_text", "intent", "platforms", "theme"),
    [
        (
            GYM,
            "Plan a two-week Instagram and e-mail push for my March membership drive",
            "plan",
            ["instagram", "email"],
            "March membership drive",
        ),
        (GYM, "Write a LinkedIn post about our open house", "write", ["linkedin"], "Open house"),
        (GYM, "How long is a trial session?", "answer", [], ""),
        (
            BAKERY,
            "Prépare deux semaines de posts Instagram et d'e-mails pour la galette des rois en janvier",
            "plan",
            ["instagram", "email"],
            "Galette des rois",
        ),
        (
            BAKERY,
            "Rédige un SMS pour annoncer la fermeture de lundi",
            "write",
            ["sms"],
            "Fermeture de lundi",
        ),
        (
            GROOMER,
            "Plane eine Kampagne für den Frühling: zwei Wochen Instagram und E-Mail",
            "plan",
            ["instagram", "email"],
            "Frühling",
        ),
        (GROOMER, "Was kostet der Erstbesuch?", "answer", [], None),
        (
            CAFE,
            "Planifica una campaña de tres semanas en Instagram para el menú de otoño",
            "plan",
            ["instagram"],
            "Menú de otoño",
        ),
        (CAFE, "¿A qué hora abrimos mañana?", "answer", [], ""),
    ],
)
async def test_requests_are_understood_in_four_languages(
    desk: Desk,
    business: Business,
    request_text: str,
    intent: str,
    platforms: list[Platform],
    theme: str | None,
) -> None:
    (action,) = await desk.understand(business, request_text)
    assert action.intent == intent
    assert action.platforms == platforms
    assert theme is None or action.theme == theme


@pytest.mark.parametrize(
    ("business", "request_text", "with_drafts"),
    [
        (GROOMER, "Mach einen Plan für zwei Wochen zum Fellwechsel", True),
        (GROOMER, "Nur der Plan für zwei Wochen zum Fellwechsel, bitte", False),
        (GYM, "Make a two-week plan for our open house", True),
        (GYM, "Make a content calendar for next month", False),
        (GYM, "Five posts in May on Instagram. Plan them, don't write them yet", False),
    ],
)
async def test_a_plan_is_written_too_unless_only_the_plan_is_wanted(
    desk: Desk, business: Business, request_text: str, with_drafts: bool
) -> None:
    (action,) = await desk.understand(business, request_text)
    assert (action.intent, action.with_drafts) == ("plan", with_drafts)


@pytest.mark.parametrize(
    ("text", "start", "days"),
    [
        ("a two-week push for my March membership drive", date(2027, 3, 1), 14),
        ("in March", date(2027, 3, 1), 31),
        ("between 2027-03-05 and 2027-03-14", date(2027, 3, 5), 10),
        ("next week", date(2026, 11, 30), 7),
        ("you may do it", None, None),
        ("deux semaines en février", date(2027, 2, 1), 14),
        ("vom 3. Mai bis 16. Mai", date(2027, 5, 3), 14),
        ("durante diez días en agosto", date(2027, 8, 1), 10),
        ("30 February", date(2027, 2, 1), 28),
        ("no time at all", None, None),
    ],
)
def test_days_are_read_in_four_languages(text: str, start: date | None, days: int | None) -> None:
    assert times.window(text, TODAY) == (start, days)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("write three posts", 3),
        ("2 e-mails and two posts", 4),
        ("trois publications", 3),
        ("vier Beiträge", 4),
        ("cinco correos", 5),
        ("two weeks of posts", None),
    ],
)
def test_numbers_of_pieces_are_read(text: str, number: int | None) -> None:
    assert times.pieces(text) == number


async def test_what_says_nothing_is_answered_with_a_question(desk: Desk) -> None:
    (action,) = await desk.understand(GYM, "blorf zug wibble 77 quux")
    assert action.intent == "answer"


def plan(business: Business, platforms: list[Platform], days: int = 14, pieces: int | None = None) -> Plan:
    start = date(2027, 3, 1)
    return Plan(
        platforms=platforms,
        start=start,
        end=date.fromordinal(start.toordinal() + days - 1),
        pieces=pieces,
        language=business.language,
        theme="Spring",
    )


@pytest.mark.parametrize("business", ALL, ids=lambda business: business.business_name)
async def test_a_calendar_fills_its_window(desk: Desk, business: Business) -> None:
    answer = await desk.calendar(business, plan(business, ["instagram", "email"]))
    slots = answer.slots
    assert len(slots) == 6
    assert {slot.platform for slot in slots} == {"instagram", "email"}
    assert len({slot.theme for slot in slots}) == 6
    assert slots[0].day == 1
    assert 12 <= slots[-1].day <= 14
    assert len({(slot.platform, slot.day) for slot in slots}) == 6
    stages = [slot.funnel_stage for slot in slots]
    order = ["awareness", "consideration", "conversion", "retention"]
    assert stages == sorted(stages, key=order.index)
    assert set(stages) == set(order)
    weekdays = [date(2027, 3, slot.day).weekday() for slot in slots if slot.platform == "email"]
    assert sum(weekday in {1, 2, 3} for weekday in weekdays) >= 2
    assert {slot.segment for slot in slots} == {business.target_audience[0].segment_name}


@pytest.mark.parametrize(("days", "pieces"), [(1, 1), (1, 4), (3, 12), (92, 24), (14, None)])
async def test_any_window_and_number_gives_a_calendar(desk: Desk, days: int, pieces: int | None) -> None:
    wanted = plan(CAFE, ["instagram", "linkedin", "email", "sms"], days, pieces)
    answer = await desk.calendar(CAFE, wanted)
    assert len(answer.slots) == (pieces or 10)
    assert all(1 <= slot.day <= days for slot in answer.slots)


async def test_no_theme_has_a_banned_word(desk: Desk) -> None:
    answer = await desk.calendar(LAW_FIRM, plan(LAW_FIRM, ["linkedin"], pieces=20))
    assert not [slot.theme for slot in answer.slots if "guarantee" in slot.theme.lower()]
