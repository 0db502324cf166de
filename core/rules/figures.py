"""Find every factual figure in a text: prices, percentages, phones, dates, times, links and other numbers."""

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice

from phonenumbers import (
    NumberParseException,
    PhoneNumberFormat,
    convert_alpha_characters_in_number,
    format_number,
    is_possible_number,
    parse,
)
from pydantic import BaseModel

from core.rules.amounts import find_numbers, find_offers, find_percentages, find_prices
from core.rules.clock import find_lengths, find_times
from core.rules.findings import DraftText, named_texts
from core.rules.folding import Folded, fold, visible
from core.rules.hosts import canonical_host, find_emails, find_links, split_link
from core.rules.moments import find_dates, find_tomorrow, find_weekdays
from core.rules.numerals import NUMBER, spelled
from core.rules.values import HARD, FigureKind, Hit, Key, Value

MOST_NUMBERS = 300
"""Rows of digits, and links, of one text that are read as figures; no text for people has so many."""

_SHORT = 1_000
# Fractions, circled and superscript numbers become digits as well.
_DIGITS = re.compile(r"\d+|[²³¹¼-¾⁰-₟⅐-↋①-⓿❶-➓]")
MOST_PHONES = 200
_PHONE = re.compile(
    r"(?<![\w.,/+-])1?-?\(?[89]00\)?-[a-z]{7}(?![\w])"
    r"|(?<![\w.,/+-])(?:\+\s?)?\(?\d(?:(?:(?! - )[ ()\-/]|\.(?! )){0,3}\d){6,14}(?![\w%€$£]|[.,]\d)"
)


_SENTENCE_END = re.compile(r"。(?![a-zA-Z0-9])")


class Figure(BaseModel, frozen=True):
    """A factual figure: what it says, where it stands, and its normalised value."""

    kind: FigureKind
    text: str
    field: str
    start: int
    end: int
    value: Value


def find_figures(source: DraftText | Mapping[str, str]) -> list[Figure]:
    """Every figure in a draft or in named texts, in reading order."""
    return [
        Figure(
            kind=hit.kind,
            text=text[hit.start : hit.end],
            field=field,
            start=hit.start,
            end=hit.end,
            value=hit.value,
        )
        for field, text in named_texts(source)
        for hit in figures_in(text)
    ]


def figures_in(text: str) -> tuple[Hit, ...]:
    """The figures of one text, with offsets into it; short texts, such as facts, are remembered."""
    return _remembered(text) if len(text) <= _SHORT else _read(text)


@functools.lru_cache(maxsize=2048)
def _remembered(text: str) -> tuple[Hit, ...]:
    return _read(text)


def _read(text: str) -> tuple[Hit, ...]:
    folded = spelled(fold(text[: readable(text)]))
    characters = list(folded.text)
    hits: list[Hit] = []
    finders: tuple[Callable[[str, Folded], Iterator[Hit]], ...] = (
        _emails,
        _links,
        find_dates,
        find_lengths,
        find_prices,
        find_percentages,
        find_times,
        _phones,
        find_tomorrow,
        find_weekdays,
        lambda left, whole: islice(find_offers(left, whole), MOST_NUMBERS),
        lambda left, whole: islice(find_numbers(left, whole), MOST_NUMBERS),
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


def has_figures(text: str) -> bool:
    """Whether a text has a figure that needs a source; small counts and weekdays are none."""
    return any(hit.kind in HARD for hit in figures_in(text))


def readable(text: str) -> int:
    """Where `figures_in` stops: behind so many rows of digits, else at the end of the text."""
    beyond = next(islice(_DIGITS.finditer(text), MOST_NUMBERS, None), None)
    return len(text) if beyond is None else beyond.start()


def _emails(text: str, folded: Folded) -> Iterator[Hit]:
    for start, end in islice(find_emails(folded), MOST_NUMBERS):
        local, _, host = visible(folded.slice(start, end)).casefold().rpartition("@")
        yield Hit("email", start, end, Key(key=f"{local}@{canonical_host(host) or host}"))


def _links(text: str, folded: Folded) -> Iterator[Hit]:
    for start, end in islice(find_links(folded), MOST_NUMBERS):
        # A full stop of another script ends a sentence where no letter of a host follows it.
        stop = _SENTENCE_END.search(folded.slice(start, end))
        end = start + stop.start() if stop else end
        yield Hit("url", start, end, Key(key=link_key(folded.slice(start, end))))


def link_key(link: str) -> str:
    """Host, path and query of a link as two links are compared; campaign parameters do not count."""
    link = visible(link)
    parts = split_link(link if re.match(r"[a-zA-Z][\w+.-]*:[/\\]{2}", link) else f"https://{link}")
    if parts is None:
        return link
    path, _, query = parts[2].partition("#")[0].partition("?")
    kept = "&".join(item for item in query.split("&") if item and not item.startswith("utm_"))
    return f"{parts[1]}{path.rstrip('/')}{'?' + kept if kept else ''}"


def _phones(text: str, folded: Folded) -> Iterator[Hit]:
    for match in islice(_PHONE.finditer(text), MOST_PHONES):
        shown = match[0].rstrip()
        if _is_phone(shown):
            yield Hit("phone", match.start(), match.start() + len(shown), Key(key=phone_key(shown)))


def _is_phone(shown: str) -> bool:
    groups = re.findall(r"[\da-z]+", shown)
    if shown[0] in "+(0" or any(group.isalpha() for group in groups):
        return True
    if len(groups) == 1 or re.fullmatch(NUMBER, shown):
        return False
    if len(groups) == 2:
        ranged = len(groups[0]) == len(groups[1]) or all(group.endswith("0") for group in groups)
        return not ranged
    return True


def phone_key(shown: str) -> str:
    """The digits of a phone number, letters read as on a keypad; `+` before them with the country code."""
    shown = convert_alpha_characters_in_number(shown.upper())
    digits = "".join(re.findall(r"\d", re.sub(r"(?<=\d)\s?\(0\)", "", shown)))
    if shown.lstrip("( ").startswith("+"):
        return f"+{digits}"
    if digits.startswith("00"):
        return f"+{digits[2:]}"
    return f"+{digits}" if len(digits) == 11 and digits[0] == "1" else digits


def international(key: str, country: str | None) -> str:
    """A phone number as ITU E.164 writes it, if it is a possible one in its country; else as it is."""
    try:
        number = parse(key, country)
    except NumberParseException:
        return key
    return format_number(number, PhoneNumberFormat.E164) if is_possible_number(number) else key
