"""Every grader against a run that is right, and against the same run with one thing wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from agents.strategy import CalendarPlan, PlannedSlot
from core.business import Business
from core.campaign import Campaign, Platform, Slot
from core.content import AiMetadata, Cited, Content, TextContent
from core.ids import new_id
from evals.cases import NOW, CaseInputs, Expected, businesses
from evals.exam import Exam
from evals.graders import GRADERS, grade
from evals.record import RunRecord
from services.checks import run_checks

KNOWN = businesses()
REQUEST = "Write a post, an e-mail and a text message about the boiler service"
STAMPS = {"created_at": NOW, "updated_at": NOW}
START, END = date(2027, 3, 1), date(2027, 3, 14)


def plumber() -> Business:
    draft = KNOWN["plumber"]
    own = new_id()
    facts = [{"key": fact.key, "value": fact.value} for fact in draft.facts]
    return Business(
        **{**draft.model_dump(), "facts": facts}, id=own, business_id=own, user_id=new_id(), **STAMPS
    )


def a_campaign(business: Business, slots: list[Slot]) -> Campaign:
    return Campaign(
        name="Boiler month",
        start_date=START,
        end_date=END,
        business_id=business.id,
        calendar=slots,
        **STAMPS,
    )


WORDS: dict[Platform, dict[str, Any]] = {
    "instagram": {
        "caption": "The house is warm, and nobody thinks about why.\n\nA boiler service costs £85 fixed.",
        "hashtags": ["leeds", "boiler", "plumbing"],
        "cta": "Call us before the next cold night.",
    },
    "email": {
        "title": "Before the next cold night",
        "preheader": "A short note about your boiler",
        "body": "Hello,\n\nboilers fail on cold days.\n\nA service costs £85 fixed.\n\nBrightwater Plumbing",
        "cta": "Reply with a day that suits you",
    },
    "sms": {
        "caption": "Brightwater Plumbing: a boiler service costs £85 fixed. Reply for a day. STOP to opt out."
    },
}


def a_draft(business: Business, campaign: Campaign, platform: Platform, **changed: Any) -> Content:
    words = {**WORDS[platform], **changed}
    title = words.pop("title", "")
    fact = business.facts[0]
    draft = Content(
        business_id=business.id,
        campaign_id=campaign.id,
        platform=platform,
        title=title,
        text_content=TextContent(**words),
        ai_metadata=AiMetadata(sources=[Cited(kind="fact", ref=fact.id, label=fact.key)]),
        **STAMPS,
    )
    checks, claims = run_checks(draft.draft_text(platform), business, campaign, None, [REQUEST], [], NOW)
    draft.ai_metadata.checks, draft.ai_metadata.claims = checks, claims
    return draft


def pieces_exam(**changed: dict[str, Any]) -> Exam:
    business = plumber()
    campaign = a_campaign(business, [])
    drafts = [a_draft(business, campaign, platform, **changed.get(platform, {})) for platform in WORDS]
    record = RunRecord(
        status="completed",
        did=["write"],
        business=business,
        campaign=campaign,
        drafts=drafts,
        model="a model",
        simulated=False,
    )
    expected = Expected(
        did=["write"], language="en", platforms=list(WORDS), pieces=3, uses=["boiler service"]
    )
    others = [draft for name, draft in KNOWN.items() if name != "plumber"]
    return Exam(record, CaseInputs(business="plumber", request=REQUEST), expected, others)


def planned(day: int, platform: Platform, theme: str) -> PlannedSlot:
    return PlannedSlot(
        day=day,
        local_time="09:00",
        platform=platform,
        type="text",
        theme=theme,
        segment="",
        funnel_stage="awareness",
    )


THEMES = (
    "The coldest morning of the year",
    "What a service looks at first",
    "Four signs that a boiler is tired",
    "Who pays for the parts",
    "The kettle trick that is none",
    "A day that suits you",
)


def calendar_exam(
    slots: list[PlannedSlot] | None = None, summary: str = "We begin early and end warm."
) -> Exam:
    business = plumber()
    platforms: list[Platform] = ["instagram", "email"]
    if slots is None:
        slots = [planned(1 + 2 * at, platforms[at % 2], theme) for at, theme in enumerate(THEMES)]
    saved = Slot(local_time="2027-03-02T09:00", timezone="Europe/London", platform="email", theme="A day")
    record = RunRecord(
        status="completed",
        did=["plan"],
        business=business,
        campaign=a_campaign(business, [saved]),
        plan=CalendarPlan(summary=summary, slots=slots),
        model="a model",
        simulated=False,
    )
    expected = Expected(
        did=["plan"], language="en", platforms=platforms, pieces=len(THEMES), start=START, end=END
    )
    return Exam(record, CaseInputs(business="plumber", request=REQUEST), expected)


def failing(exam: Exam) -> set[str]:
    return {name for name, findings in grade(exam).items() if findings}


def test_a_good_run_passes_every_grader() -> None:
    for exam in (pieces_exam(), calendar_exam()):
        assert failing(exam) == set()
    used = grade(pieces_exam()).keys() | grade(calendar_exam()).keys()
    assert used == {grader.name for grader in GRADERS if not set(grader.only) - {"plan", "write"}}


FRENCH = "Il fait froid dans la maison et personne ne sait pourquoi la chaudière ne marche plus ce matin."
LONG = " ".join(f"Word{chr(97 + at % 26)}{chr(97 + at // 26)} is new." for at in range(200))


@pytest.mark.parametrize(
    ("platform", "changed", "grader"),
    [
        ("instagram", {"caption": "Half price: £42 for the first 30 callers."}, "figures"),
        ("email", {"body": "Hello,\n\nwe came 370 times last year.\n\nCall us.\n\nBrightwater"}, "figures"),
        ("sms", {"caption": f"Brightwater Plumbing: {LONG} STOP to opt out."}, "limits"),
        ("email", {"title": "A subject that goes on and on about boilers, pipes and taps"}, "limits"),
        ("instagram", {"caption": FRENCH}, "language"),
        (
            "instagram",
            {"caption": "A warm house must not be dear. Ours is the cheapest service."},
            "banned-words",
        ),
        ("email", {"preheader": "Take your boiler to the next level"}, "cliches"),
        (
            "sms",
            {"caption": "Brightwater Plumbing: Hello [Name], reply for a day. STOP to opt out."},
            "placeholders",
        ),
        ("instagram", {"caption": "It really is that simple. " * 4}, "repetition"),
        ("instagram", {"hashtags": [f"tag{chr(97 + at)}" for at in range(9)]}, "hashtags"),
        ("instagram", {"hashtags": []}, "hashtags"),
        ("sms", {"caption": "Brightwater Plumbing: the boiler service #warm. STOP to opt out."}, "hashtags"),
        ("sms", {"caption": "Dear home owner, the boiler service is due. STOP to opt out."}, "shape"),
        ("sms", {"caption": "Brightwater Plumbing: the boiler service is due."}, "shape"),
        ("instagram", {"cta": ""}, "shape"),
        ("instagram", {"cta": "A boiler service costs £85 fixed."}, "shape"),
        ("email", {"preheader": "Before the next cold night"}, "shape"),
        ("instagram", {"caption": "As our friends at Fellglück say: warm is better than cold."}, "foreign"),
    ],
)
def test_one_wrong_thing_fails_one_grader(platform: str, changed: dict[str, Any], grader: str) -> None:
    assert failing(pieces_exam(**{platform: changed})) == {grader}


def test_a_draft_without_its_fact_is_seen() -> None:
    exam = pieces_exam()
    for draft in exam.record.drafts:
        draft.ai_metadata.sources = []
    assert failing(exam) == {"own-facts"}


def test_a_check_that_was_not_saved_as_it_is_is_seen() -> None:
    exam = pieces_exam()
    saved = exam.record.drafts[0].ai_metadata.checks
    saved[0] = saved[0].model_copy(update={"passed": False})
    assert failing(exam) == {"marked"}


@pytest.mark.parametrize(
    "change",
    [
        lambda record: setattr(record, "status", "failed"),
        lambda record: setattr(record, "did", ["plan", "write"]),
        lambda record: record.drafts.pop(),
    ],
)
def test_who_worked_and_how_it_ended_is_seen(change: Callable[[RunRecord], object]) -> None:
    exam = pieces_exam()
    change(exam.record)
    assert failing(exam) == {"route"}


def test_no_text_is_not_a_good_text() -> None:
    exam = pieces_exam()
    exam.record.drafts.clear()
    assert grade(exam).keys() == failing(exam) == {"route", "shape"}


def themes_with(**changed: Any) -> list[PlannedSlot]:
    slots = [planned(1 + 2 * at, ("instagram", "email")[at % 2], theme) for at, theme in enumerate(THEMES)]
    slots[-1] = slots[-1].model_copy(update=changed)
    return slots


@pytest.mark.parametrize(
    ("slots", "grader"),
    [
        (themes_with(day=15), "window"),
        (themes_with(platform="sms"), "platforms"),
        (themes_with()[:-1], "pieces"),
        (themes_with(theme=THEMES[0].upper()), "themes"),
        (
            themes_with(
                theme="A theme that goes on until nobody knows any more what the piece was about, or why"
            ),
            "themes",
        ),
        (themes_with(theme="More than 570 people have signed up"), "figures"),
        (themes_with(theme="The cheapest boiler in Leeds"), "banned-words"),
    ],
)
def test_one_wrong_slot_fails_one_grader(slots: list[PlannedSlot], grader: str) -> None:
    assert failing(calendar_exam(slots)) == {grader}


def test_a_calendar_may_count_its_own_slots_and_days() -> None:
    assert failing(calendar_exam(summary="In 14 days we go from first notice to a full week.")) == set()
    assert failing(calendar_exam(summary="In 99 days we go from first notice to a full week.")) == {"figures"}


def test_a_calendar_that_cannot_be_read_is_seen() -> None:
    exam = calendar_exam()
    exam.record.plan = None
    assert failing(exam) == {"shape"}


def test_a_slot_that_was_saved_outside_the_window_is_seen() -> None:
    exam = calendar_exam()
    assert exam.record.campaign is not None
    exam.record.campaign.calendar[0].local_time = "2027-03-15T09:00"
    assert failing(exam) == {"window"}
