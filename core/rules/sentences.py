"""Divide a text into sentences and clauses, and reduce words to what they share with their other forms."""

import functools
import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from core.rules.folding import fold
from core.rules.locales import months

_END = re.compile(r"(?:[.!?…]+[\"”»)’]*(?=\s|$)|[\n]+|[;:](?=\s))")
_ORDINAL = re.compile(r"\s([^\W\d_]+)")
_BREAK = re.compile(
    r",\s|\s[–—-]\s|[()]|\s(?:and|et|und|y|e|but|mais|aber|pero|sowie|then|puis|dann|luego)\s", re.IGNORECASE
)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|\d+(?:[.,:]\d+)*")
MOST_PARTS = 400
"""Sentences, and clauses, that one text is divided into; the rest of a longer one is its last."""

_FEWEST_WORDS = 3
_STEM = 5
_COMMON = frozenset(
    [
        "the",
        "and",
        "for",
        "you",
        "your",
        "our",
        "with",
        "from",
        "that",
        "this",
        "are",
        "was",
        "have",
        "has",
        "will",
        "can",
        "not",
        "but",
        "all",
        "more",
        "out",
        "who",
        "what",
        "when",
        "its",
        "der",
        "die",
        "das",
        "und",
        "fur",
        "mit",
        "ist",
        "sind",
        "wir",
        "ihr",
        "sie",
        "ein",
        "eine",
        "einen",
        "dem",
        "den",
        "des",
        "auf",
        "von",
        "bei",
        "zum",
        "zur",
        "auch",
        "nicht",
        "oder",
        "noch",
        "les",
        "des",
        "est",
        "une",
        "pour",
        "vous",
        "nous",
        "avec",
        "sur",
        "dans",
        "aux",
        "par",
        "pas",
        "qui",
        "que",
        "son",
        "ses",
        "leur",
        "plus",
        "tout",
        "tous",
        "cette",
        "ces",
        "elle",
        "los",
        "las",
        "una",
        "del",
        "con",
        "por",
        "para",
        "que",
        "sus",
        "como",
        "mas",
        "esta",
        "son",
        "hay",
        "tus",
    ]
)


class Part(NamedTuple):
    """A piece of one text, with the number of its sentence."""

    start: int
    end: int
    sentence: int


@functools.lru_cache(maxsize=16)
def sentences(text: str) -> tuple[tuple[int, int], ...]:
    """Where each sentence starts and ends; a heading before a colon is one of its own."""
    found: list[tuple[int, int]] = []
    at = 0
    for match in islice(_END.finditer(text), MOST_PARTS):
        if text[match.start()] == "." and text[match.start() - 1 : match.start()].isdigit():
            after = _ORDINAL.match(text, match.end())
            if after and fold(after[1]).text in months():
                continue
        found += _trimmed(text, at, match.end())
        at = match.end()
    return (*found, *_trimmed(text, at, len(text)))


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if end > start:
        yield start, end


def clauses(text: str) -> list[Part]:
    """The clauses of a text; what has fewer than three words belongs to the one before it."""
    parts: list[Part] = []
    for number, (start, end) in enumerate(sentences(text)):
        at, first, words = start, len(parts), 0
        breaks = islice(_BREAK.finditer(text, start, end), max(MOST_PARTS - len(parts), 0))
        for stop, following in [*((m.start(), m.end()) for m in breaks), (end, end)]:
            for left, right in _trimmed(text, at, stop):
                more = len(_WORD.findall(text, left, right))
                if len(parts) > first and min(more, words) < _FEWEST_WORDS:
                    words += len(_WORD.findall(text, parts[-1].end, right))
                    parts[-1] = parts[-1]._replace(end=right)
                else:
                    words = more
                    parts.append(Part(left, right, number))
            at = following
    return parts


def stems(text: str) -> set[str]:
    """The words of a text that mean something, each by its first letters."""
    return set(_stems(text))


@functools.lru_cache(maxsize=256)
def _stems(text: str) -> frozenset[str]:
    words = (fold(word).text for word in _WORD.findall(text))
    return frozenset(
        word[:_STEM] for word in words if word not in _COMMON and (len(word) > 2 or word.isdigit())
    )


def names(text: str) -> list[tuple[int, int]]:
    """Capitalised words that do not start a sentence, runs of them as one."""
    starts = {start for start, _ in sentences(text)}
    pattern = re.compile(r"[^\W\d_a-z][\w'’-]+(?:\s(?:d[eu]s?\s|of\s|la\s|le\s)?[^\W\d_a-z][\w'’-]+)*")
    return [
        match.span()
        for match in pattern.finditer(text)
        if match.start() not in starts and match[0][0].isupper()
    ]
