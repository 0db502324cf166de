"""A run prepared for the graders: its texts with request and expectations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from core.content import Content
from core.rules.findings import DraftText
from evals.cases import CaseInputs, Expected, Notes
from evals.record import RunRecord
from services.businesses import BusinessDraft

CALENDAR = "strategy/calendar"
PROMPTS = {
    "instagram": "copywriter/post",
    "linkedin": "copywriter/post",
    "email": "copywriter/email",
    "sms": "copywriter/sms",
}


@dataclass(frozen=True)
class ExamText:
    """One text of a run in the form that the rules read, with its prompt."""

    prompt: str
    label: str
    text: DraftText
    content: Content | None = None


@dataclass(frozen=True)
class Exam:
    """A run with its request and expectations; `others` are the other prepared businesses."""

    record: RunRecord
    inputs: CaseInputs
    expected: Expected
    others: Sequence[BusinessDraft] = ()

    @property
    def drafts(self) -> list[tuple[ExamText, Content]]:
        """The saved drafts."""
        return [(one, one.content) for one in self.texts if one.content is not None]

    @property
    def calendar(self) -> ExamText | None:
        """The calendar, if there is one."""
        return next((one for one in self.texts if one.content is None), None)

    @cached_property
    def texts(self) -> list[ExamText]:
        """The calendar as written, then every saved draft, all in the expected language."""
        language, found = self.expected.language, []
        if (plan := self.record.plan) is not None:
            themes = {
                f"theme {number}": slot.theme for number, slot in enumerate(plan.slots, 1) if slot.theme
            }
            text = DraftText(
                platform="linkedin", language=language, fields={"summary": plan.summary, **themes}
            )
            found.append(ExamText(CALENDAR, "calendar", text))
        for draft in self.record.drafts:
            text = draft.draft_text(draft.platform).model_copy(update={"language": language})
            found.append(ExamText(PROMPTS[draft.platform], draft.platform, text, draft))
        return found


@dataclass(frozen=True)
class Finding:
    """A failure of one text, or of the whole run."""

    source: ExamText | None
    said: str

    def __str__(self) -> str:
        return f"{self.source.label}: {self.said}" if self.source else self.said


def examine(
    record: RunRecord, inputs: CaseInputs, notes: Notes, businesses: Mapping[str, BusinessDraft]
) -> Exam:
    """Combine a record with its request, expectations, and the businesses whose words it must not contain."""
    others = [draft for name, draft in businesses.items() if name != inputs.business]
    return Exam(record, inputs, notes.labels(simulated=record.simulated), others)
