"""Deterministic graders: named checks of a run."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from pydantic_evals.evaluators import EvaluationReason, Evaluator, EvaluatorContext

from agents.strategy import usual_pieces
from core.actions import Intent
from core.content import Content
from core.rules.claims import Source
from core.rules.findings import Check
from core.rules.matching import Setting
from core.rules.platforms import check_limits
from core.rules.verdicts import check_claims
from core.rules.wording import (
    check_banned_words,
    check_cliches,
    check_language,
    check_placeholders,
    check_repetition,
)
from evals import labels
from evals.cases import NOW, CaseInputs, Expected, Notes
from evals.exam import Exam, ExamText, Finding, examine
from evals.record import RunRecord
from services.businesses import BusinessDraft
from services.checks import local_day, run_checks, sources_of

_FEWEST_TAGS, _MOST_TAGS, _THEME_CHARACTERS = 3, 5, 80
_ON_A_SCENE: tuple[Intent, ...] = ("edit", "variants", "calendar", "answer", "clarify", "decide")
_CONTACT = re.compile(r"https?://\S+|\+?\d[\d ()./-]{7,}\d")


Grade = Callable[[Exam], Iterator[Finding]]


@dataclass(frozen=True)
class Grader:
    """A named check of a run.

    A failed `must` grader fails the command; others are reported. `only` are the intents whose work it reads,
    if it does not read all. A grader that reads texts does not apply to a run without any.
    """

    name: str
    grade: Grade
    must: bool = True
    only: tuple[Intent, ...] = ()
    reads_texts: bool = True

    def applies(self, expected: Expected) -> bool:
        """Return whether the grader applies to the case."""
        return not self.only or not set(self.only).isdisjoint(expected.did)


def route(exam: Exam) -> Iterator[Finding]:
    """The run completes, and does what is expected on the expected platforms."""
    record, expected = exam.record, exam.expected
    if record.status != "completed":
        yield Finding(None, f"the run {record.status}: {record.problem}")
    if set(record.did) != set(expected.did):
        yield Finding(None, f"{record.did} instead of {expected.did}")
    if "write" not in expected.did:
        return
    platforms = {draft.platform for draft in record.drafts}
    strange = platforms - set(expected.platforms)
    if strange or ("plan" not in expected.did and platforms != set(expected.platforms)):
        yield Finding(None, f"drafts for {sorted(platforms)} instead of {sorted(expected.platforms)}")
    if "plan" not in expected.did and expected.pieces not in {None, len(record.drafts)}:
        yield Finding(None, f"{len(record.drafts)} drafts instead of {expected.pieces}")


def shape(exam: Exam) -> Iterator[Finding]:
    """Every text has the parts of its kind."""
    if "plan" in exam.expected.did:
        if exam.record.plan is None or exam.record.campaign is None:
            yield Finding(exam.calendar, "there is no calendar")
        elif not exam.record.plan.summary.strip() or not exam.record.campaign.calendar:
            yield Finding(exam.calendar, "the calendar has no summary or no slot")
    if "write" in exam.expected.did and not exam.drafts:
        yield Finding(None, "there is no draft")
    for one, content in exam.drafts:
        yield from (Finding(one, wrong) for wrong in _misshapen(exam, content))


def _misshapen(exam: Exam, content: Content) -> Iterator[str]:
    words = content.text_content
    match content.platform:
        case "email":
            parts = {
                "subject": content.title,
                "preheader": words.preheader,
                "body": words.body,
                "cta": words.cta,
            }
            body = words.body or ""
            if words.preheader and words.preheader == content.title:
                yield "the preheader repeats the subject"
        case "sms":
            parts, body = {"text": words.caption}, words.caption
            name = re.escape(exam.record.business.business_name)
            # French has a space before the colon.
            if not re.match(rf"{name}\s?:", body):
                yield "it does not begin with the business's name"
            if "STOP" not in body:
                yield "it does not say how to stop"
        case _:
            parts, body = {"caption": words.caption, "cta": words.cta}, words.caption
            if re.search(r"(?<!\w)#\w", body):
                yield "there are hashtags in the caption"
    yield from (f"{name} is empty" for name, text in parts.items() if not (text or "").strip())
    if words.cta and words.cta in body:
        yield "the call to action stands in the text too"


def figures(exam: Exam) -> Iterator[Finding]:
    """Every figure has a source in facts, profile, campaign or request."""
    record = exam.record
    today = local_day(record.business, NOW)
    slots = record.campaign.calendar if record.campaign else []
    for one in exam.texts:
        slot_id = one.content.slot_id if one.content else None
        slot = next((slot for slot in slots if slot.slot_id == slot_id), None)
        sources = sources_of(record.business, record.campaign, slot, [exam.inputs.request], [], NOW)
        if one.content is None and record.plan is not None:
            # The strategist may count its own slots and days.
            counted = f"{len(record.plan.slots)} slots, {_days(exam.expected)} days"
            sources.append(Source(kind="result", ref="calendar", text=counted))
        yield from _of(one, check_claims(one.text, sources, Setting(today, one.text.language))[0][0])


def limits(exam: Exam) -> Iterator[Finding]:
    """Every length is within the limits of platform and prompt, except hashtags."""
    for one, _ in exam.drafts:
        for check in check_limits(one.text):
            if check.stage == "approval" and not check.name.startswith("limits.hashtags"):
                yield from _of(one, check)


def language(exam: Exam) -> Iterator[Finding]:
    """Every text is in the expected language."""
    for one in exam.texts:
        yield from _of(
            one, check_language(one.text, exam.expected.language, [exam.record.business.business_name])
        )


def banned_words(exam: Exam) -> Iterator[Finding]:
    """No text has a banned word, in any form."""
    for one in exam.texts:
        yield from _of(one, check_banned_words(one.text, exam.record.business.banned_words))


def cliches(exam: Exam) -> Iterator[Finding]:
    """No stock phrases."""
    for one in exam.texts:
        yield from _of(one, check_cliches(one.text))


def placeholders(exam: Exam) -> Iterator[Finding]:
    """No placeholders."""
    for one in exam.texts:
        yield from _of(one, check_placeholders(one.text))


def repetition(exam: Exam) -> Iterator[Finding]:
    """No repeated sentence or long phrase, except themes."""
    for one, _ in exam.drafts:
        yield from _of(one, check_repetition(one.text))


def hashtags(exam: Exam) -> Iterator[Finding]:
    """Three to five on a post, none elsewhere."""
    for one, content in exam.drafts:
        count = len(content.text_content.hashtags)
        post = content.platform in {"instagram", "linkedin"}
        if post and not _FEWEST_TAGS <= count <= _MOST_TAGS:
            yield Finding(one, f"{count} hashtags")
        if not post:
            for check in check_limits(one.text):
                if check.name.startswith("limits.hashtags"):
                    yield from _of(one, check)


def own_facts(exam: Exam) -> Iterator[Finding]:
    """A draft states and cites one of the facts that the request is about."""
    wanted = {fact.id: fact.key for fact in exam.record.business.facts if fact.key in exam.expected.uses}
    for one, content in exam.drafts:
        cited = {source.ref for source in content.ai_metadata.sources if source.kind == "fact"}
        if wanted and not cited & wanted.keys():
            yield Finding(one, f"nothing of {sorted(wanted.values())}")


def foreign(exam: Exam) -> Iterator[Finding]:
    """No name, number or address of another business."""
    own = exam.record.business
    mine = {own.business_name, *_contacts(fact.value for fact in own.facts)}
    theirs = {other.business_name for other in exam.others}
    theirs |= {mark for other in exam.others for mark in _contacts(fact.value for fact in other.facts)}
    for one in exam.texts:
        text = "\n".join(text for _, text in one.text.texts())
        yield from (Finding(one, mark) for mark in sorted(theirs - mine) if mark in text)


def marked(exam: Exam) -> Iterator[Finding]:
    """The saved checks equal new checks of the text."""
    record = exam.record
    slots = record.campaign.calendar if record.campaign else []
    for one, content in exam.drafts:
        slot = next((slot for slot in slots if slot.slot_id == content.slot_id), None)
        text = content.draft_text(content.platform)
        checks, _ = run_checks(text, record.business, record.campaign, slot, [exam.inputs.request], [], NOW)
        saved = {check.name: check.passed for check in content.ai_metadata.checks}
        for check in checks:
            if saved.get(check.name) != check.passed:
                yield Finding(one, f"{check.name} was saved as {saved.get(check.name)}")


def window(exam: Exam) -> Iterator[Finding]:
    """Every planned day and saved slot is within the requested days."""
    record, expected = exam.record, exam.expected
    if record.plan is None or expected.start is None or expected.end is None:
        return
    for slot in record.plan.slots:
        day = expected.start + timedelta(days=slot.day - 1)
        if not expected.start <= day <= expected.end:
            yield Finding(exam.calendar, f"day {slot.day} of {_days(expected)}")
    for saved in record.campaign.calendar if record.campaign else []:
        if not expected.start.isoformat() <= saved.local_time[:10] <= expected.end.isoformat():
            yield Finding(None, f"a slot was saved at {saved.local_time}")


def platforms_asked(exam: Exam) -> Iterator[Finding]:
    """Every requested platform occurs, and no other."""
    if exam.record.plan is not None:
        planned = {slot.platform for slot in exam.record.plan.slots}
        if planned != set(exam.expected.platforms):
            yield Finding(exam.calendar, f"{sorted(planned)} instead of {sorted(exam.expected.platforms)}")


def piece_count(exam: Exam) -> Iterator[Finding]:
    """The number of slots is the requested or the usual one."""
    expected = exam.expected
    if exam.record.plan is not None:
        wanted = expected.pieces or usual_pieces(_days(expected), len(expected.platforms))
        if len(exam.record.plan.slots) != wanted:
            yield Finding(exam.calendar, f"{len(exam.record.plan.slots)} slots instead of {wanted}")


def distinct_themes(exam: Exam) -> Iterator[Finding]:
    """No duplicate theme, and none too long."""
    if exam.record.plan is not None:
        themes = Counter(" ".join(slot.theme.casefold().split()) for slot in exam.record.plan.slots)
        for theme, times in themes.items():
            if times > 1:
                yield Finding(exam.calendar, f"{times} times {theme!r}")
            if len(theme) > _THEME_CHARACTERS:
                yield Finding(exam.calendar, f"a theme of {len(theme)} characters")


def _of(one: ExamText, check: Check) -> Iterator[Finding]:
    if not check.passed:
        yield Finding(one, check.message)


def _days(expected: Expected) -> int:
    return (expected.end - expected.start).days + 1 if expected.start and expected.end else 0


def _contacts(values: Iterator[str]) -> set[str]:
    return {match for value in values for match in _CONTACT.findall(value)}


GRADERS = (
    Grader("route", route, reads_texts=False),
    Grader("shape", shape, only=("plan", "write"), reads_texts=False),
    Grader("figures", figures),
    Grader("limits", limits, only=("write",)),
    Grader("language", language),
    Grader("banned-words", banned_words),
    Grader("cliches", cliches, must=False),
    Grader("placeholders", placeholders),
    Grader("repetition", repetition, only=("write",)),
    Grader("hashtags", hashtags, must=False, only=("write",)),
    Grader("own-facts", own_facts, must=False, only=("write",)),
    Grader("foreign", foreign),
    Grader("marked", marked, only=("write",)),
    Grader("window", window, only=("plan",)),
    Grader("platforms", platforms_asked, only=("plan",)),
    Grader("pieces", piece_count, only=("plan",)),
    Grader("themes", distinct_themes, only=("plan",)),
    Grader("untouched", labels.untouched, only=_ON_A_SCENE, reads_texts=False),
    Grader("changed", labels.changed, only=("edit",), reads_texts=False),
    Grader("kept", labels.kept, only=("edit",), reads_texts=False),
    Grader("alternatives", labels.alternatives, only=("variants",), reads_texts=False),
    Grader("calendar", labels.calendar, only=("calendar",), reads_texts=False),
    Grader("says", labels.says, only=_ON_A_SCENE, reads_texts=False),
    Grader("invented", labels.invented, only=_ON_A_SCENE, reads_texts=False),
    Grader("options", labels.options, only=("clarify",), reads_texts=False),
    Grader("proposal", labels.proposal, only=("decide",), reads_texts=False),
    Grader("tongue", labels.tongue, only=_ON_A_SCENE, reads_texts=False),
)

GRADER_OF_RULE: Mapping[str, str] = {
    "figures-from-facts": "figures",
    "banned-words": "banned-words",
    "language": "language",
    "length": "limits",
    "cliches": "cliches",
    "placeholders": "placeholders",
    "repetition": "repetition",
    "hashtag-count": "hashtags",
    "window": "window",
    "platforms-asked": "platforms",
    "piece-count": "pieces",
    "distinct-themes": "themes",
}
"""The grader that detects a violation of each rule of the prompts."""


def grade(exam: Exam) -> dict[str, list[Finding]]:
    """Run every grader that applies; an empty list is a pass.

    If nothing was written, only that is graded.
    """
    written = bool(exam.texts)
    return {
        grader.name: list(grader.grade(exam))
        for grader in GRADERS
        if grader.applies(exam.expected) and (written or not grader.reads_texts)
    }


@dataclass
class Graded(Evaluator[CaseInputs, RunRecord, Notes]):
    """All graders as one evaluator of pydantic-evals."""

    businesses: Mapping[str, BusinessDraft]

    def evaluate(self, ctx: EvaluatorContext[CaseInputs, RunRecord, Notes]) -> dict[str, EvaluationReason]:
        """Return pass or fail of each grader, with its findings."""
        if ctx.metadata is None:
            raise ValueError(f"case {ctx.name} says nothing about what it expects")
        found = grade(examine(ctx.output, ctx.inputs, ctx.metadata, self.businesses))
        return {
            name: EvaluationReason(not findings, "; ".join(str(finding) for finding in findings) or None)
            for name, findings in found.items()
        }
