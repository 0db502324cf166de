"""A second finder of figures, simpler than the product's and made of other parts: the test's own eyes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from core.content import Content

_LINK = re.compile(
    r"(?:https?://|www\.)\S+|\b[\w-]+\.(?:com|org|net|co\.uk|fr|de|example|info|shop)\b\S*", re.IGNORECASE
)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_BESIDE = "%‰€$£¥"


class Found(NamedTuple):
    """A figure in one field of a draft."""

    field: str
    start: int
    end: int
    text: str


def figures(field: str, text: str) -> list[Found]:
    """Links, addresses, and numbers of two digits or more, or with a currency or percent sign beside them."""
    found: list[Found] = []
    for pattern in (_MAIL, _LINK, _NUMBER):
        for match in pattern.finditer(text):
            inside = any(other.start < match.end() and match.start() < other.end for other in found)
            if not inside and (pattern is not _NUMBER or _tells(text, match)):
                found.append(Found(field, *match.span(), match[0]))
    return found


def _tells(text: str, number: re.Match[str]) -> bool:
    beside = text[: number.start()].rstrip()[-1:] + text[number.end() :].lstrip()[:1]
    return sum(char.isdigit() for char in number[0]) > 1 or any(sign in beside for sign in _BESIDE)


def known_words(sources: Iterable[str]) -> set[str]:
    """Everything that a figure may be, word for word: numbers without leading zeros, links, addresses."""
    known: set[str] = set()
    for text in sources:
        flat = _flat(text)
        known.update(_plain(number) for number in re.findall(r"\d+(?:[.,:]\d+)*|\d+", flat))
        known.update(_plain(number) for number in re.findall(r"\d+", flat))
        known.update(_plain(match) for pattern in (_MAIL, _LINK) for match in pattern.findall(flat))
    return known


def unknown(content: Content, known: set[str]) -> list[Found]:
    """The figures of a draft that stand nowhere in what is known."""
    texts = content.draft_text(content.platform).texts()
    return [found for field, text in texts for found in unknown_in(text, known, field)]


def unknown_in(text: str, known: set[str], field: str = "") -> list[Found]:
    """The figures of a text that stand nowhere in what is known."""
    return [found for found in figures(field, text) if _plain(found.text) not in known]


def marked(content: Content, found: Found) -> bool:
    """Whether the draft shows this figure as one without a source, in its claims and in its failed check."""
    spans = [
        span
        for check in content.ai_metadata.checks
        if not check.passed
        for span in check.spans
        if check.name == "figures.sourced"
    ]
    claims = [claim.figure for claim in content.ai_metadata.claims if claim.source is None]
    return all(
        any(
            here.field == found.field and here.start < found.end and found.start < here.end for here in places
        )
        for places in (spans, claims)
    )


def _flat(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _plain(figure: str) -> str:
    return _flat(figure).casefold().rstrip("/.,;:!?)'\"").lstrip("0") or "0"
