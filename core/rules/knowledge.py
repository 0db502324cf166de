"""Read what is known: each fact with its words, figures, opening days, hours and repeating days."""

from __future__ import annotations

import datetime as dt
import functools
import re
from typing import NamedTuple

from core.rules.claims import Source
from core.rules.figures import figures_in
from core.rules.folding import fold
from core.rules.locales import alternatives, weekdays
from core.rules.sentences import stems
from core.rules.values import Hit, Key, TimeOfDay

_SHUT = r"closed|shut|geschlossen|zu|ruhetag|ferme(?:e|s)?|cerrad[oa]s?|chius[oa]|fechad[oa]|gesloten"
_IS_SHUT = re.compile(rf"(?<!\w)(?:{_SHUT})(?!\w)")
_CLOSED = re.compile(
    rf"(?<!\w)(?:{_SHUT}|rest(?:ing)?|off|sleep|dort|dormons|descans\w*|frei|not|nicht|kein\w*|pas|no|sauf|except"
    r"|ausser|excepto)(?!\w)"
)
_ORDINALS = {
    **dict.fromkeys(["first", "erste", "ersten", "erster", "premier", "premiere", "primer", "primero"], 1),
    **dict.fromkeys(["second", "zweite", "zweiten", "zweiter", "deuxieme", "segundo"], 2),
    **dict.fromkeys(["third", "dritte", "dritten", "dritter", "troisieme", "tercer", "tercero"], 3),
    **dict.fromkeys(["fourth", "vierte", "vierten", "vierter", "quatrieme", "cuarto"], 4),
    **dict.fromkeys(["last", "letzte", "letzten", "letzter", "dernier", "ultimo"], -1),
}
_FROM = re.compile(
    r"(?<!\w)(?:from|starts?|starting|at least|ab|beginn\w*|mindestens|a partir|des|commenc\w*|desde"
    r"|empieza\w*|dès|min)(?!\w)"
)


_MOST_HITS = 60


class Hours(NamedTuple):
    """Times that belong to some days, or to no days in particular."""

    days: frozenset[int]
    times: tuple[TimeOfDay, ...]


class Fact(NamedTuple):
    """A fact as it is compared with sentences."""

    place: int
    source: Source
    key: str
    stems: frozenset[str]
    key_stems: frozenset[str]
    hits: tuple[Hit, ...]
    open_days: frozenset[int]
    closed_days: frozenset[int]
    hours: tuple[Hours, ...]
    rules: tuple[tuple[int, int], ...]
    folded: str

    def has_from(self, hit: Hit) -> bool:
        """Whether the fact gives a price or number as the least one."""
        return bool(_FROM.search(fold(self.source.text[max(0, hit.start - 14) : hit.start]).text))

    def falls_on(self, date: dt.date) -> bool:
        """Whether a day is one of those that the fact's rule names, such as each first Saturday."""
        after = date + dt.timedelta(days=7)
        return any(
            (date.weekday() == weekday and (date.day + 6) // 7 == nth)
            or (nth == -1 and after.month != date.month)
            for nth, weekday in self.rules
            if date.weekday() == weekday
        )


@functools.lru_cache(maxsize=64)
def says_from(text: str) -> bool:
    """Whether a text gives its price as the least one."""
    return bool(_FROM.search(fold(text).text))


@functools.lru_cache(maxsize=64)
def says_closed(text: str) -> bool:
    """Whether a clause says that something is closed, or not so."""
    return bool(_CLOSED.search(fold(text).text))


@functools.cache
def _ordinal_pattern() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)({alternatives(_ORDINALS)})\s({alternatives(weekdays())})(?!\w)")


def ordinal_days(text: str) -> tuple[tuple[int, int], ...]:
    """Each `second Tuesday` of a text, as the number in the month and the weekday."""
    found = _ordinal_pattern().findall(fold(text).text)
    return tuple((_ORDINALS[nth], weekdays()[day]) for nth, day in found)


@functools.lru_cache(maxsize=1024)
def read_fact(place: int, source: Source) -> Fact:
    """A fact, taken apart."""
    text = source.text
    key, _, _ = text.partition(": ")
    hits = figures_in(text)
    opened, closed = set(), set()
    hours: list[tuple[set[int], list[TimeOfDay]]] = []
    fresh = True
    for hit in hits:
        if hit.kind == "weekday" and isinstance(hit.value, Key):
            days = {int(day) for day in hit.value.key}
            segment = text[_cut(text, hit.start, -1) : _cut(text, hit.end, 1)]
            if (
                _IS_SHUT.search(fold(segment).text)
                and not any(h.kind == "time" and h.start in _range(text, hit) for h in hits)
                and len(days) < 5
            ):
                closed |= days
                continue
            opened |= days
            if fresh and hours and not hours[-1][1]:
                hours[-1][0].update(days)
            else:
                hours.append((set(days), []))
        elif hit.kind == "time" and isinstance(hit.value, TimeOfDay):
            if not hours:
                hours.append((set(), []))
            hours[-1][1].append(hit.value)
    return Fact(
        place,
        source,
        key,
        frozenset(stems(text)),
        frozenset(stems(key)),
        hits[:_MOST_HITS],
        frozenset(opened),
        frozenset(closed - opened),
        tuple(Hours(frozenset(days), tuple(times)) for days, times in hours if times),
        ordinal_days(text),
        fold(text).text,
    )


def _range(text: str, hit: Hit) -> range:
    return range(_cut(text, hit.start, -1), _cut(text, hit.end, 1))


def _cut(text: str, at: int, step: int) -> int:
    """The nearest comma, semicolon, colon or end from a place in a text."""
    while 0 < at < len(text) and text[at - (step < 0)] not in ",;:":
        at += step
    return at
