"""Find every factual figure in a text: prices, percentages, phones, dates, times, links and other numbers."""

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice

from pydantic import BaseModel

from core.rules.amounts import find_numbers, find_percentages, find_prices
from core.rules.findings import DraftText, named_texts
from core.rules.folding import Folded, fold, visible
from core.rules.hosts import find_emails, find_links, split_link
from core.rules.moments import find_dates, find_times
from core.rules.numerals import NUMBER
from core.rules.values import FigureKind, Hit, Key, Value

MOST_NUMBERS = 1_000
"""Limit of digit groups of one text that are read as figures."""

_SHORT = 1_000
# Fractions, circled and superscript numbers become digits as well.
_DIGITS = re.compile(r"\d+|[²³¹¼-¾⁰-₟⅐-↋①-⓿❶-➓]")
_PHONE = re.compile(r"(?<![\w.,/+-])(?:\+\s?)?\(?\d(?:(?:(?! - )[ ().\-/]){0,3}\d){6,14}(?![\w%€$£]|[.,]\d)")


class Figure(BaseModel, frozen=True):
    """A factual figure: its text, position and normalised value."""

    kind: FigureKind
    text: str
    field: str
    start: int
    end: int
    value: Value


def find_figures(source: DraftText | Mapping[str, str], most: int | None = None) -> list[Figure]:
    """Find the figures of a draft or of named texts, in reading order: all, or the first so many."""
    hits = ((field, text, hit) for field, text in named_texts(source) for hit in figures_in(text))
    return [
        Figure(
            kind=hit.kind,
            text=text[hit.start : hit.end],
            field=field,
            start=hit.start,
            end=hit.end,
            value=hit.value,
        )
        for field, text, hit in islice(hits, most)
    ]


def figures_in(text: str) -> tuple[Hit, ...]:
    """Find the figures of one text, with offsets; results for short texts, such as facts, are cached."""
    return _remembered(text) if len(text) <= _SHORT else _read(text)


@functools.lru_cache(maxsize=2048)
def _remembered(text: str) -> tuple[Hit, ...]:
    return _read(text)


def _read(text: str) -> tuple[Hit, ...]:
    folded = fold(text[: readable(text)])
    characters = list(folded.text)
    hits: list[Hit] = []
    finders: tuple[Callable[[str, Folded], Iterator[Hit]], ...] = (
        _emails,
        _links,
        find_dates,
        find_prices,
        find_percentages,
        find_times,
        _phones,
        find_numbers,
    )
    for find in finders:
        found = find("".join(characters), folded)
        for hit in sorted(found, key=lambda hit: (hit.start, -hit.end)):
            if "\0" in characters[hit.start : hit.end]:
                continue
            characters[hit.start : hit.end] = "\0" * (hit.end - hit.start)
            start, end = folded.span(hit.start, hit.end)
            hits.append(hit._replace(start=start, end=end))
    return tuple(sorted(hits, key=lambda hit: hit.start))


def readable(text: str) -> int:
    """Return the offset where `figures_in` stops: after MOST_NUMBERS digit groups, or at the end."""
    beyond = next(islice(_DIGITS.finditer(text), MOST_NUMBERS, None), None)
    return len(text) if beyond is None else beyond.start()


def _emails(text: str, folded: Folded) -> Iterator[Hit]:
    for start, end in find_emails(folded):
        yield Hit("email", start, end, Key(key=visible(folded.slice(start, end)).casefold()))


def _links(text: str, folded: Folded) -> Iterator[Hit]:
    for start, end in find_links(folded):
        yield Hit("url", start, end, Key(key=link_key(folded.slice(start, end))))


def link_key(link: str) -> str:
    """Return host, path and query of a link for comparison, without campaign parameters."""
    link = visible(link)
    parts = split_link(link if re.match(r"[a-zA-Z][\w+.-]*:[/\\]{2}", link) else f"https://{link}")
    if parts is None:
        return link
    path, _, query = parts[2].partition("#")[0].partition("?")
    kept = "&".join(item for item in query.split("&") if item and not item.startswith("utm_"))
    return f"{parts[1]}{path.rstrip('/')}{'?' + kept if kept else ''}"


def _phones(text: str, folded: Folded) -> Iterator[Hit]:
    for match in _PHONE.finditer(text):
        shown = match[0]
        if _is_phone(shown):
            yield Hit("phone", *match.span(), Key(key=phone_key(shown)))


def _is_phone(shown: str) -> bool:
    groups = re.findall(r"\d+", shown)
    if shown[0] in "+(0":
        return True
    if len(groups) == 1 or re.fullmatch(NUMBER, shown):
        return False
    if len(groups) == 2:
        ranged = len(groups[0]) == len(groups[1]) or all(group.endswith("0") for group in groups)
        return not ranged
    return True


def phone_key(shown: str) -> str:
    """Return the digits of a phone number, with `+` if it has a country code."""
    digits = "".join(re.findall(r"\d", re.sub(r"(?<=\d)\s?\(0\)", "", shown)))
    if shown.lstrip("( ").startswith("+"):
        return f"+{digits}"
    if digits.startswith("00"):
        return f"+{digits[2:]}"
    return f"+{digits}" if len(digits) == 11 and digits[0] == "1" else digits
