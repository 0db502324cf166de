"""Find times of day and lengths of time in a folded text whose numbers are digits."""

import functools
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from core.rules.folding import Folded
from core.rules.locales import alternatives, day_parts
from core.rules.values import Amount, Hit, TimeOfDay

_H = r"(?:[01]?\d|2[0-4])"
_MIN = r"[0-5]\d"
_LEAD = (
    rf"(?:(?P<lead>{_H}(?:[:.h]{_MIN})?)(?:\s?h|\s?uhr)?"
    r"\s?(?:-|to|until|till|a|bis|and|et|und|y)\s?(?:las\s)?)?"
)
_START = r"(?<![\d:.,/$€£+])"
_GERMAN_AM = (
    r"(?!\s(?:montag|dienstag|mittwoch|donnerstag|freitag|sams|sonn|nachmittag|vormittag"
    r"|mittag|start|ende|anfang|abend|tag|wochen|\d))"
)
_ZONE = r"(?:\s(?P<zone>(?:c|e|w|p|m)(?:s|d)?e?s?t|gmt|utc|bst)(?![a-z]))?"
_TIMES = (
    re.compile(
        rf"{_START}{_LEAD}(?P<h>{_H})(?:[:.](?P<m>{_MIN}))?\s?(?P<mer>[ap])\.?\s?m(?![a-z]){_GERMAN_AM}"
        rf"(?:\.(?=\s?[a-z\d,]))?{_ZONE}(?:-(?P<then>1?\d)(?![\d:.%]))?"
    ),
    re.compile(
        rf"{_START}{_LEAD}(?P<h>{_H})(?:[:.](?P<m>{_MIN}))?\s?uhr(?![a-z])(?:\s?(?P<m2>{_MIN})(?!\d|[.:]\d))?"
    ),
    re.compile(rf"{_START}{_LEAD}(?P<h>{_H})\s?(?:h|heures)\s?(?P<m>{_MIN})(?![\d%€$])"),
    re.compile(rf"{_START}{_LEAD}(?P<h>{_H})(?:[:.,](?P<m>{_MIN}))?\s?h(?![a-z\d])\.?"),
    re.compile(rf"(?<![\d.,])(?P<h>[01]\d|2[0-3])(?P<m>{_MIN})\s(?:hrs|hours)(?![a-z])"),
    re.compile(
        rf"(?P<east>上午|下午|晚上|午前|午後|오전|오후)?\s?(?P<h>{_H})\s?[点點時시](?![間间])(?:(?P<m>{_MIN})[分분])?"
    ),
    re.compile(rf"{_START}(?P<h>{_H}):(?P<m>{_MIN})(?::{_MIN})?(?!\d|:\d){_ZONE}"),
    # With a dot only where it cannot be an amount: whole five minutes, and nothing that is counted behind it.
    re.compile(
        r"(?<![\d:.,/$€£+v])(?P<h>[01]?\d|2[0-3])\.(?P<m>[0-5][05])(?![\d%€$£]|[.,]\d|\s?[€$£%a-z](?!\s)|\s(?:eur|euro|m²|km|kg|min|std)|[.,]?-)"
    ),
)
_CLOSE = (
    r"(?=\s?(?:$|[.,;:!?)\n\0-]|\s(?:on|in the|and|or|und|de la|del|du|de l'|y|et|el|los|le|der|sharp"
    r"|every|each|this"
    r"|today|tomorrow|heute|morgen|als|en|im|in|dans|o|ou|oder|precises|nachmittags|abends|morgens|vormittags|am|at)\b))"
)
_HOUR = r"(?P<h>1?\d|2[0-4])(?!\d|[.,:]\d)"


@functools.cache
def _spoken() -> tuple[re.Pattern[str], ...]:
    """Times as they are said: `half past 7`, `halb 9`, `7 heures et demie`, `las 8 y media`, `until 9`."""
    before, after, named = day_parts()
    part = (
        rf"(?:\s(?:uhr|am)?\s?(?:(?P<am>{alternatives(before)})|(?P<pm>{alternatives(after)})"
        rf"|in the arvo)(?!\w))?"
    )
    at = r"(?<!\w)(?:at|until|till|til|by|from|before|after|around|um|ab|bis|gegen|vor|nach|von)\s"
    las = r"(?<!\w)(?:(?:a|hasta|desde|de|sobre)\slas?\s|las\s|alle\s|dalle\s)"
    return tuple(
        re.compile(pattern)
        for pattern in (
            rf"(?P<half>half past)\s{_HOUR}{part}",
            rf"(?P<quarter>quarter past|viertel nach)\s{_HOUR}{part}",
            rf"(?P<less>quarter to|viertel vor|dreiviertel)\s{_HOUR}{part}",
            rf"(?<!\w)(?:by|at|until|till|from)\s(?P<half>half)\s{_HOUR}{part}",
            rf"(?<![\d.,:]){_HOUR}\s?o'clock{part}",
            rf"(?<!\w)(?P<minus>halb)\s{_HOUR}{part}",
            (
                rf"(?<![\d.,:]){_HOUR}\s?(?:heures?|h)\s(?:et\s(?:(?P<half>demie?)|(?P<quarter>quart))"
                rf"|(?P<less>moins le quart)){part}"
            ),
            (
                rf"(?<![\d.,:])(?:las?\s)?{_HOUR}\s(?:y\s(?:(?P<half>media)|(?P<quarter>cuarto))(?!\shora)"
                rf"|(?P<less>menos cuarto)){part}"
            ),
            (
                rf"(?<!\w)(?<!moins )(?<!plus )(?:a|de|des|vers|jusqu'a|avant|apres|entre)"
                rf"\s{_HOUR}\s(?:heures?|horas)(?![a-z]){part}"
            ),
            (
                rf"(?<!\w)(?:(?:von|from|de|entre|between|desde)\s)?(?:las\s)?(?<![\d.,:])(?P<lead>1?\d)\s(?:bis|to|until|a|y|and)\s(?:las\s)?"
                rf"{_HOUR}(?:{part.removesuffix('?')}|{_CLOSE})"
            ),
            (
                rf"(?<![\d.,:/]){_HOUR}\s?(?:uhr\s)?(?:(?P<am>{alternatives(before)})"
                rf"|(?P<pm>{alternatives(after)})|in the arvo)(?!\w)"
            ),
            rf"{at}{_HOUR}{_CLOSE}",
            rf"{las}{_HOUR}{part}{_CLOSE}",
            rf"(?<!\w)(?:hasta|a|desde|de)\sla\s(?P<one>1|una)(?:\sy\s(?P<half>media))?{part}(?!\w)",
            rf"(?<![^\W_])(?P<named>{alternatives(named)})(?![^\W_])(?!\s(?:toast|snack))",
        )
    )


def find_times(text: str, folded: Folded) -> Iterator[Hit]:
    """Times of day: `9am`, `9:00`, `9 h 30`, `18 Uhr`, `half past 7`, and both ends of a span."""
    # Without a digit, only the last two can be met: `una` and the names of noon and midnight.
    digits = re.search(r"\d", text) is not None
    for pattern in _TIMES if digits else ():
        matches = list(pattern.finditer(text))
        for match in matches:
            yield from _written(match)
        text = _without(text, matches)
    for pattern in _spoken() if digits else _spoken()[-2:]:
        matches = list(pattern.finditer(text))
        for match in matches:
            if "\0" not in match[0]:
                yield from _said(match)
        text = _without(text, matches)


def _without(text: str, matches: Sequence[re.Match[str]]) -> str:
    """The text with each match taken out of it, at the same places."""
    if not matches:
        return text
    left = list(text)
    for match in matches:
        left[match.start() : match.end()] = "\0" * (match.end() - match.start())
    return "".join(left)


def _written(match: re.Match[str]) -> Iterator[Hit]:
    groups = match.groupdict()
    hour, minute = int(match["h"]), int(groups.get("m") or groups.get("m2") or 0)
    half = groups.get("mer")
    if half is None and hour < 12:
        _, after, _ = day_parts()
        rest = match.string[match.end() : match.end() + 30].lstrip()
        half = (
            "p"
            if groups.get("east") in after or rest.startswith(tuple(word for word in after if word))
            else None
        )
    if hour > 23 or (half and not 1 <= hour <= 12):
        return
    start = match.start()
    if groups.get("lead"):
        first = re.split(r"[:.h]", groups["lead"])
        early = half if half != "p" or int(first[0]) == 12 or int(first[0]) <= hour % 12 else "a"
        minutes = _minutes(int(first[0]), int(first[1]) if len(first) > 1 else 0, early)
        if minutes is not None:
            yield Hit("time", *match.span("lead"), TimeOfDay(minutes=minutes))
        start = match.start("h")
    found = _minutes(hour, minute, half)
    end = match.end()
    if groups.get("then"):
        end = match.start("then")
        yield Hit(
            "time", *match.span("then"), TimeOfDay(minutes=int(groups["then"]) % 12 * 60 + 720, loose=True)
        )
    if found is not None:
        yield Hit("time", start, end, TimeOfDay(minutes=found, zone=groups.get("zone") or ""))


def _said(match: re.Match[str]) -> Iterator[Hit]:
    groups = match.groupdict()
    if groups.get("named"):
        yield Hit("time", *match.span(), TimeOfDay(minutes=day_parts()[2][match["named"]], loose=True))
        return
    hour = 1 if groups.get("one") else int(match["h"])
    minutes = hour * 60 + 30 * bool(groups.get("half")) + 15 * bool(groups.get("quarter"))
    minutes -= 15 * bool(groups.get("less")) + 30 * bool(groups.get("minus"))
    half = "p" if groups.get("pm") else "a" if groups.get("am") else None
    if half == "p" and hour < 12:
        minutes += 720
    if not 0 <= minutes < 1440:
        return
    loose = half is None and hour <= 12
    if groups.get("lead"):
        first = int(match["lead"]) * 60
        if half == "p" and first < 720 and first + 720 < minutes:
            first += 720
        yield Hit("time", *match.span("lead"), TimeOfDay(minutes=first, loose=loose or half is None))
        yield Hit("time", match.start("h"), match.end(), TimeOfDay(minutes=minutes, loose=loose))
        return
    yield Hit("time", *match.span(), TimeOfDay(minutes=minutes, loose=loose))


def _minutes(hour: int, minute: int, half: str | None) -> int | None:
    if hour > 23:
        return None
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return hour * 60 + minute


_HOURS = r"(?:hours?|stunden?|heures?|horas?)"
_LENGTHS = (
    (
        re.compile(r"(?<!\w)(?:half an? hour|(?:eine )?halbe[nr]? stunde|demi-heure|media hora)(?!\w)"),
        Decimal("0.5"),
    ),
    (re.compile(r"(?<!\w)(?:dreiviertelstunde|dreiviertel stunde)(?!\w)"), Decimal("0.75")),
    (
        re.compile(r"(?<!\w)(?:quarter of an hour|viertelstunde|quart d'heure|cuarto de hora)(?!\w)"),
        Decimal("0.25"),
    ),
    (
        re.compile(r"(?<!\w)(?:anderthalb stunden|an hour and a half|hora y media(?! de la))(?!\w)"),
        Decimal("1.5"),
    ),
    (
        re.compile(r"(?P<n>\d{1,2})\s(?:quarters of an hour|quarts d'heure|cuartos de hora)"),
        Decimal("0.25"),
    ),
    (
        re.compile(
            rf"(?P<w>\d{{1,2}})\s?1/2\s{_HOURS}|(?P<w2>\d{{1,2}})\s(?:and a half {_HOURS}|horas y media)"
        ),
        Decimal("0.5"),
    ),
    (re.compile(r"(?P<w>\d{1,2})\sheures? et demie(?=\s(?:pour|de\b(?! l')))"), Decimal("0.5")),
)


def find_lengths(text: str, folded: Folded) -> Iterator[Hit]:
    """Halves and quarters of hours, in words or as fractions: `2½ hours`, `trois quarts d'heure`."""
    for pattern, share in _LENGTHS:
        for match in pattern.finditer(text):
            groups = match.groupdict()
            whole = groups.get("w") or groups.get("w2")
            number = share * int(groups["n"]) if groups.get("n") else share + int(whole or 0)
            yield Hit("number", *match.span(), Amount(number=number, unit="hour"))
