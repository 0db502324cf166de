"""A run laid out for the graders: its pieces beside what was asked for and what was expected."""

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
class Piece:
    """One text of a run as the rules read it, and the prompt that it comes from."""

    prompt: str
    label: str
    text: DraftText
    content: Content | None = None


@dataclass(frozen=True)
class Exam:
    """A run beside what was asked for and what was expected; `others` are the other prepared businesses."""

    record: RunRecord
    inputs: CaseInputs
    expected: Expected
    others: Sequence[BusinessDraft] = ()

    @property
    def drafts(self) -> list[tuple[Piece, Content]]:
        """The saved drafts."""
        return [(piece, piece.content) for piece in self.pieces if piece.content is not None]

    @property
    def calendar(self) -> Piece | None:
        """The calendar, if there is one."""
        return next((piece for piece in self.pieces if piece.content is None), None)

    @cached_property
    def pieces(self) -> list[Piece]:
        """The calendar as it was written, then every saved draft; all in the language that was wanted."""
        language, found = self.expected.language, []
        if (plan := self.record.plan) is not None:
            themes = {
                f"theme {number}": slot.theme for number, slot in enumerate(plan.slots, 1) if slot.theme
            }
            text = DraftText(
                platform="linkedin", language=language, fields={"summary": plan.summary, **themes}
            )
            found.append(Piece(CALENDAR, "calendar", text))
        for draft in self.record.drafts:
            text = draft.draft_text(draft.platform).model_copy(update={"language": language})
            found.append(Piece(PROMPTS[draft.platform], draft.platform, text, draft))
        return found


@dataclass(frozen=True)
class Finding:
    """What is wrong in which piece; without one it is the run as a whole."""

    piece: Piece | None
    said: str

    def __str__(self) -> str:
        return f"{self.piece.label}: {self.said}" if self.piece else self.said


def examine(
    record: RunRecord, inputs: CaseInputs, notes: Notes, businesses: Mapping[str, BusinessDraft]
) -> Exam:
    """A record with what was asked for, what is expected, and whose words must not stand in it."""
    others = [draft for name, draft in businesses.items() if name != inputs.business]
    return Exam(record, inputs, notes.expected, others)
