"""Every grader by label against a run that is right, and against the same run with one thing wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.actions import Action, Option
from core.business import Business
from core.campaign import Campaign, Slot
from core.content import Approval, Content, TextContent
from core.conversation import Artefact, Clarification, Named, ProposedAction
from core.ids import new_id
from evals.cases import NOW, CaseInputs, Expected, SlotLabel, businesses, scenes
from evals.exam import Exam
from evals.graders import GRADERS, grade
from evals.record import Before, RunRecord

STAMPS: dict[str, Any] = {"created_at": NOW, "updated_at": NOW}
SCENE = scenes()["bookshop"]


def bookshop() -> Business:
    own, draft = new_id(), businesses()["bookshop"]
    facts = [{"key": fact.key, "value": fact.value} for fact in draft.facts]
    return Business(
        **{**draft.model_dump(), "facts": facts}, id=own, business_id=own, user_id=new_id(), **STAMPS
    )


def a_run(expected: Expected, answer: str = "It is done.") -> Exam:
    """A run that did what the labels say and changed nothing."""
    business = bookshop()
    slots, drafts = [], {}
    for number, asked in enumerate(SCENE.slots, 1):
        slot = Slot(timezone="Europe/London", **asked.model_dump(exclude={"draft"}))
        if asked.draft is not None:
            words = TextContent.model_validate(asked.draft.model_dump(exclude={"title"}))
            draft = Content(
                business_id=business.id,
                campaign_id="c" * 24,
                platform=asked.platform,
                title=asked.draft.title,
                text_content=words,
                **STAMPS,
            )
            drafts[f"D{number}"] = draft
            slot = slot.model_copy(update={"content_id": draft.id, "state": "drafted"})
        slots.append(slot)
    ids = {f"S{number}": slot.slot_id for number, slot in enumerate(slots, 1)}
    before = Before(
        drafts={draft.id: draft for draft in drafts.values()},
        slots=slots,
        ids=ids | {name: draft.id for name, draft in drafts.items()},
    )
    campaign = Campaign(
        **SCENE.campaign.model_dump(),
        business_id=business.id,
        calendar=[slot.model_copy() for slot in slots],
        **STAMPS,
    )
    record = RunRecord(
        status="completed",
        did=expected.did,
        business=business,
        before=before,
        campaign=campaign,
        kept=list(drafts.values()),
        answer=answer,
        model="a model",
        simulated=False,
    )
    return Exam(record, CaseInputs(business="bookshop", request="Do it", scene=True), expected)


def failing(exam: Exam) -> set[str]:
    return {name for name, findings in grade(exam).items() if findings}


def change(exam: Exam, name: str, title: str | None = None, **words: Any) -> None:
    """Change a draft as a run would."""
    old = exam.record.before.drafts[exam.record.before.ids[name]]
    text = old.text_content.model_copy(update=words)
    new = old.model_copy(update={"text_content": text, "title": old.title if title is None else title})
    exam.record.kept = [draft for draft in exam.record.kept if draft.id != old.id]
    exam.record.drafts.append(new)


SHORT = "Somebody reads to you on Friday 12 March at 19:30. Tickets are £6."


def an_edit(title: str | None = None, **words: Any) -> Exam:
    expected = Expected(
        did=["edit"], language="en", targets=["D1"], length="shorter", keeps=["£6"], stays=["hashtags", "cta"]
    )
    exam = a_run(expected)
    change(exam, "D1", title, **{"caption": SHORT, **words})
    return exam


def offer(exam: Exam, *texts: str, field: str = "subject", target: str = "D2") -> None:
    made = [{"text": text, "note": ""} for text in texts]
    result = {"field": field, "alternatives": made, "content_id": exam.record.before.ids[target]}
    exam.record.artefacts = [Artefact(tool_call_id="1", name="suggest_variants", result=result)]


def some_variants(*texts: str, **other: str) -> Exam:
    expected = Expected(did=["variants"], language="en", targets=["D2"], field=["subject"], count=2)
    exam = a_run(expected)
    offer(exam, *(texts or ("An evening in a chair", "Bring your own cushion")), **other)
    return exam


def a_calendar(**changed: Any) -> Exam:
    label = SlotLabel(local_time="2027-03-06T11:00")
    exam = a_run(Expected(did=["calendar"], language="en", slots={"S4": label}))
    slot(exam, "S4", **{"local_time": "2027-03-06T11:00", **changed})
    return exam


def slot(exam: Exam, name: str, **changed: Any) -> None:
    assert exam.record.campaign is not None
    for one in exam.record.campaign.calendar:
        if one.slot_id == exam.record.before.ids[name]:
            for field, value in changed.items():
                setattr(one, field, value)


def an_answer(text: str = "A ticket for the reading night is £6.") -> Exam:
    return a_run(Expected(did=["answer"], language="en", says=[["£6", "6 pounds"]], lacks=["award"]), text)


def a_question(*names: str, labels: tuple[str, ...] = ("The first", "The second")) -> Exam:
    exam = a_run(Expected(did=["clarify"], language="en", options=["D1", "D3"]), "Which one is it?")
    offered = [
        Option(label=label, actions=[Action(intent="edit", targets=[exam.record.before.ids[name]])])
        for label, name in zip(labels, names or ("D1", "D3"), strict=False)
    ]
    exam.record.clarify = Clarification(question="Which one?", options=offered)
    return exam


def a_proposal(operation: str = "delete", at: str | None = None, name: str = "D4") -> Exam:
    exam = a_run(Expected(did=["decide"], language="en", operation=["delete"], targets=["D4"]))
    target = Named(content_id=exam.record.before.ids[name], title="It")
    exam.record.proposed = [
        ProposedAction.model_validate({"operation": operation, "targets": [target], "at": at})
    ]
    return exam


def test_a_right_run_passes_every_grader() -> None:
    exams = (an_edit(), some_variants(), a_calendar(), an_answer(), a_question(), a_proposal())
    for exam in exams:
        assert failing(exam) == set()
    used = {name for exam in exams for name in grade(exam)}
    assert {grader.name for grader in GRADERS if set(grader.only) - {"plan", "write"}} <= used


@pytest.mark.parametrize(
    ("exam", "grader"),
    [
        (an_edit(caption=SHORT + " It is a good evening." * 20), "changed"),
        (an_edit(caption="Somebody reads to you on Friday 12 March."), "kept"),
        (an_edit(cta="Come and get it."), "kept"),
        (an_edit(hashtags=[]), "kept"),
        (some_variants("An evening in a chair"), "alternatives"),
        (some_variants("An evening in a chair", "an evening  in a chair"), "alternatives"),
        (some_variants("An evening in a chair", "Somebody else reads, you listen"), "alternatives"),
        (some_variants(field="cta"), "alternatives"),
        (some_variants(target="D1"), "alternatives"),
        (some_variants("An evening in a chair", "All 47 lamps go down"), "invented"),
        (a_calendar(local_time="2027-03-06T10:00"), "calendar"),
        (a_calendar(theme="Something else"), "calendar"),
        (a_calendar(state="dropped"), "calendar"),
        (a_calendar(content_id=None), "calendar"),
        (an_answer("A ticket for the reading night is not dear."), "says"),
        (an_answer("A ticket is £6, and it won an award."), "says"),
        (an_answer("A ticket is £6, and 47 are left."), "invented"),
        (an_answer("Der Eintritt kostet £6, und es ist nicht zu teuer für dich."), "tongue"),
        (a_question("D1"), "options"),
        (a_question("D1", "D2"), "options"),
        (a_question(labels=("This one", "This one")), "options"),
        (a_proposal("publish"), "proposal"),
        (a_proposal(at="2027-03-01T09:00"), "proposal"),
        (a_proposal(name="D1"), "proposal"),
    ],
)
def test_one_wrong_thing_fails_one_grader(exam: Exam, grader: str) -> None:
    assert failing(exam) == {grader}


def another_draft(exam: Exam) -> None:
    change(exam, "D3", caption="Every book that leaves us may leave in paper.")


def a_decision(exam: Exam) -> None:
    draft = exam.record.kept.pop()
    made = Approval(decision="approved", by="u" * 24, at=NOW, digest="0" * 64, revision=1)
    exam.record.drafts.append(draft.model_copy(update={"approval": made}))


@pytest.mark.parametrize(
    "meddle",
    [
        another_draft,
        a_decision,
        lambda exam: exam.record.kept.pop(),
        lambda exam: slot(exam, "S5", local_time="2027-03-10T09:00"),
        lambda exam: slot(exam, "S6", state="dropped"),
        lambda exam: exam.record.campaign.calendar.append(
            Slot(local_time="2027-03-02T09:00", timezone="Europe/London", platform="email", theme="A day")
        ),
        lambda exam: exam.record.campaign.calendar.pop(),
    ],
)
@pytest.mark.parametrize(
    "made",
    [an_edit, some_variants, a_calendar, an_answer, a_question, a_proposal],
    ids=lambda one: one.__name__,
)
def test_what_was_not_named_must_not_change(
    made: Callable[[], Exam], meddle: Callable[[Exam], object]
) -> None:
    exam = made()
    meddle(exam)
    assert failing(exam) == {"untouched"}


def test_a_draft_that_was_to_be_changed_and_is_as_it_was_is_seen() -> None:
    exam = a_run(Expected(did=["edit"], language="en", targets=["D1"], keeps=["£6"]))
    assert failing(exam) == {"changed"}


def test_an_added_slot_is_compared_with_its_label() -> None:
    label = SlotLabel(local_time="2027-03-02T09:00", platform="email", theme="wrapping")
    exam = a_run(Expected(did=["calendar"], language="en", slots={"NEW": label}))
    assert failing(exam) == {"calendar", "untouched"}
    assert exam.record.campaign is not None
    new = Slot(local_time="2027-03-02T09:00", timezone="Europe/London", platform="email", theme="Wrapping")
    exam.record.campaign.calendar.append(new)
    assert failing(exam) == set()
    new.platform = "sms"
    assert failing(exam) == {"calendar"}
