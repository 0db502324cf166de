"""Input and output of the rules: a draft's texts, spans and checks."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, Field

Platform = Literal["instagram", "linkedin", "email", "sms"]
Severity = Literal["block", "warn"]
Stage = Literal["approval", "send"]


MOST_READ = 30_000
"""Limit of characters of one draft that the rules read: ten times a long newsletter."""

MOST_SPANS = 100
"""Limit of spans that one rule reports per text; the verdict covers the whole text."""


class Span(BaseModel, frozen=True):
    """A part of one field; offsets are code points, `text` is the text between them."""

    field: str
    start: int
    end: int
    text: str


class Check(BaseModel, frozen=True):
    """The result of one rule; a failed `block` stops approval or, by `stage`, only sending."""

    name: str
    passed: bool
    severity: Severity
    stage: Stage = "approval"
    message: str
    spans: list[Span] = Field(default_factory=list)

    @property
    def stops_approval(self) -> bool:
        """Return whether the check stops approval; warnings and `send` checks do not."""
        return not self.passed and self.severity == "block" and self.stage == "approval"


class DraftText(BaseModel, frozen=True):
    """The texts of a draft in the form that the rules read.

    `fields` is keyed by title (an e-mail's subject), preheader, caption, body and cta.
    """

    platform: Platform
    language: str
    fields: dict[str, str] = Field(default_factory=dict)
    hashtags: list[str] = Field(default_factory=list)
    has_media: bool = False
    has_postal_address: bool = False

    def texts(self) -> Iterator[tuple[str, str]]:
        """Yield every text with its field name; hashtags are `hashtags.0`, `hashtags.1` and so on."""
        yield from self.fields.items()
        for index, tag in enumerate(self.hashtags):
            yield f"hashtags.{index}", tag


def first_part(draft: DraftText) -> DraftText:
    """Return the draft cut to the characters that the rules read; offsets stay valid."""
    fields: dict[str, str] = {}
    room = MOST_READ
    for name, text in draft.fields.items():
        fields[name] = text[:room]
        room -= len(fields[name])
    return draft.model_copy(update={"fields": fields})


def check_length(draft: DraftText) -> list[Check]:
    """Run the check `length.read`; it exists only for drafts longer than MOST_READ."""
    length = sum(map(len, draft.fields.values()))
    if length <= MOST_READ:
        return []
    message = f"Only the first {MOST_READ:,} of {length:,} characters were checked; shorten the text."
    return [Check(name="length.read", passed=False, severity="block", message=message)]


def named_texts(source: DraftText | Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the field names and texts of a draft or a mapping."""
    return list(source.texts()) if isinstance(source, DraftText) else list(source.items())


def spoken_list(items: Sequence[str], limit: int = 5) -> str:
    """Quote items for a sentence: at most `limit` different ones, then how many more."""
    unique = list(dict.fromkeys(item.strip() for item in items))
    shown = ", ".join(f"“{item}”" for item in unique[:limit])
    return shown if len(unique) <= limit else f"{shown} and {len(unique) - limit} more"
