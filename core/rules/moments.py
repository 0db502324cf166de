"""Find dates and times of day in a folded text."""

import re
from collections.abc import Iterator

from core.rules.folding import Folded
from core.rules.values import Day, Hit, TimeOfDay

_MONTH_NAMES = (
    "january jan janvier janv januar janner enero ene",
    "february feb fevrier fevr fev februar febrero",
    "march mar mars marz maerz marzo",
    "april apr avril avr abril abr",
    "may mai mayo",
    "june jun juin juni junio",
    "july jul juillet juil juli julio",
    "august aug aout agosto",
    "september sept sep septembre septiembre setiembre",
    "october oct octobre oktober okt octubre",
    "november nov novembre noviembre",
    "december dec decembre dezember dez diciembre dic",
)
_WEEKDAY_NAMES = (
    "monday mon lundi lun montag lunes",
    "tuesday tues tue mardi dienstag martes",
    "wednesday wed mercredi mer mittwoch miercoles mie",
    "thursday thurs thur thu jeudi jeu donnerstag jueves jue",
    "friday fri vendredi ven freitag viernes vie",
    "saturday sat samedi sam samstag sonnabend sabado sab",
    "sunday sun dimanche dim sonntag domingo dom",
)
_MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names.split()}
_WEEKDAYS = {name: number for number, names in enumerate(_WEEKDAY_NAMES) for name in names.split()}
_WEEKDAYS |= {"mo": 0, "di": 1, "mi": 2, "do": 3, "fr": 4, "sa": 5, "so": 6}
_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

_WD = (
    r"(?:(?<![a-z])(?P<wd>"
    + "|".join(sorted((name for name in _WEEKDAYS if len(name) > 2), key=len, reverse=True))
    + r"|(?:mo|di|mi|do|fr|sa|so)(?=[.,]))[.,]{0,2}\s{1,2}(?:(?:the|le|den|der|dem|el)\s)?)?"
)
_M = r"(?P<month>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")(?![a-z])\.?"
_D = r"(?:0?[1-9]|[12]\d|3[01])(?!\d)"
_ORD = r"(?:st|nd|rd|th|er|o|\.)?(?![a-z])"
_TO = r"\s?(?:-|to|until|till|through|and|&|au|a|et|bis|und|al|y)\s?(?:(?:the|le|den|zum|el)\s)?"
_Y = r"(?P<year>(?:19|20)\d{2})(?!\d)"
_AFTER_DAY = r"(?!\d|[.,:]\d|\s?(?:[ap]\.?m\b|h\b|uhr|%|€|\$|percent))"
_NOT_PRICE = r"(?<![\d.,:/$€£])(?<![$€£] )"
_DAY_FIRST = re.compile(
    rf"{_WD}{_NOT_PRICE}(?P<lead>(?:{_D}{_ORD}{_TO}){{0,6}})(?P<day>{_D})(?:{_ORD}|(?=[a-z]))[\s-]{{0,2}}(?:(?:of|de)\s)?{_M}"
    rf"(?:[\s,-]{{0,2}}(?:(?:de|del|of)\s)?{_Y})?"
)
_MONTH_FIRST = re.compile(
    rf"{_WD}(?<![a-z]){_M}\s?(?:the\s)?(?P<day>{_D}){_ORD}(?P<more>(?:{_TO}{_D}{_ORD}{_AFTER_DAY}){{0,6}}){_AFTER_DAY}"
    rf"(?:,?\s?{_Y})?"
)
_MONTH_YEAR = re.compile(rf"(?<![a-z]){_M}[\s,]{{0,2}}(?:(?:de|del|of)\s)?{_Y}")
_ISO = re.compile(r"(?<![\d./-])((?:19|20)\d{2})([-/.])(\d{1,2})\2(\d{1,2})(?!\d|[./-]\d)")
_NUMERIC = re.compile(
    rf"{_WD}(?<![\d.,/-])(?:(?P<lead>\d{{1,2}})\.?\s?(?:-|bis|al|au)\s?(?:zum\s)?)?"
    r"(?P<x>\d{1,2})(?P<sep>[./-])(?P<gap>\s?)(?P<y>\d{1,2})(?P=sep)(?P=gap)(?P<year>(?:19|20)\d{2}|\d{2}(?!\d))(?!\d|[./-]\d)"
)
_SHORT = re.compile(rf"{_WD}(?<![\d.,/-])(?P<x>\d{{1,2}})/(?P<y>\d{{1,2}})(?!\d|[/-]\d|[.,]\d|\s?[%€$£])")
_DOTTED = re.compile(
    rf"{_WD}(?<![\d.,/-])(?P<x>\d{{1,2}})\.\s?(?P<y>\d{{1,2}})\.(?=\s?(?:um|von|ab|bis|und|in|im|at|and|-|,|\d|\())"
)
_DOTTED_AFTER = re.compile(
    r"(?<![a-z])(?:am|vom|bis|zum|ab|den|dem|der|seit)\s(?P<hit>(?P<x>\d{1,2})\.\s?(?P<y>\d{1,2})\.)(?!\d)"
)


def find_dates(text: str, folded: Folded) -> Iterator[Hit]:
    """Find dates in words and digits, with or without year, and every day of a range or list."""
    taken = list(text)

    def free() -> str:
        return "".join(taken)

    def claim(start: int, end: int) -> None:
        taken[start:end] = "\0" * (end - start)

    for pattern in (_DAY_FIRST, _MONTH_FIRST):
        for match in pattern.finditer(free()):
            month, year = _MONTHS[match["month"]], _year(match["year"])
            days = [(match.start("day"), int(match["day"]))]
            extra = "lead" if pattern is _DAY_FIRST else "more"
            days += [(match.start(extra) + m.start(), int(m[0])) for m in re.finditer(r"\d+", match[extra])]
            yield from _days(match, days, month, year)
            claim(*match.span())
    for match in _MONTH_YEAR.finditer(free()):
        yield Hit("date", *match.span(), Day(month=_MONTHS[match["month"]], year=_year(match["year"])))
        claim(*match.span())
    for match in _ISO.finditer(free()):
        if _valid(int(match[4]), int(match[3])):
            yield Hit("date", *match.span(), Day(month=int(match[3]), day=int(match[4]), year=int(match[1])))
            claim(*match.span())
    for pattern in (_NUMERIC, _SHORT, _DOTTED, _DOTTED_AFTER):
        for match in pattern.finditer(free()):
            for hit in _numeric(match):
                yield hit
                claim(hit.start, hit.end)


def _days(match: re.Match[str], days: list[tuple[int, int]], month: int, year: int | None) -> Iterator[Hit]:
    """Yield the days of a match: the one next to the month has its text, the others their digits."""
    weekday = _WEEKDAYS[match["wd"]] if match["wd"] else None
    main_at, main = days[0]
    others = days[1:]
    if not _valid(main, month):
        return
    for at, day in others:
        if _valid(day, month):
            first = weekday if at < main_at else None
            yield Hit(
                "date",
                at,
                at + len(str(day)) + (match.string[at] == "0"),
                Day(month=month, day=day, year=year, weekday=first),
            )
    leads = [at for at, _ in others if at < main_at]
    after = [at for at, _ in others if at > main_at]
    start = main_at if leads else match.start()
    end = _day_end(match, main_at) if after else match.end()
    own = None if leads else weekday
    yield Hit("date", start, end, Day(month=month, day=main, year=year, weekday=own))


def _day_end(match: re.Match[str], at: int) -> int:
    digits = re.compile(r"\d+(?:st|nd|rd|th|\.)?").match(match.string, at)
    return digits.end() if digits else match.end()


def _numeric(match: re.Match[str]) -> Iterator[Hit]:
    groups = match.groupdict()
    x, y = int(match["x"]), int(match["y"])
    separator = groups.get("sep") or ("/" if match.re is _SHORT else ".")
    year = _year(groups.get("year"))
    if match.re is _SHORT and (
        (x, y) == (24, 7) or (x < 10 and y < 10 and len(match["x"] + match["y"]) == 2)
    ):
        return
    if separator == "-" and year is not None and len(groups["year"] or "") < 4:
        return
    if _valid(x, y):
        day, month, ambiguous = x, y, separator != "." and x != y and _valid(y, x)
    elif separator != "." and _valid(y, x):
        day, month, ambiguous = y, x, False
    else:
        return
    weekday = _WEEKDAYS[groups["wd"]] if groups.get("wd") else None
    start, end = match.span("hit") if "hit" in groups else match.span()
    if groups.get("lead") and _valid(int(groups["lead"]), month):
        lead = Day(month=month, day=int(groups["lead"]), year=year, weekday=weekday)
        yield Hit("date", *match.span("lead"), lead)
        start, weekday = match.start("x"), None
    yield Hit("date", start, end, Day(month=month, day=day, year=year, weekday=weekday, ambiguous=ambiguous))


def _valid(day: int, month: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= _LENGTHS[month - 1]


def _year(text: str | None) -> int | None:
    return None if text is None else int(text) + (2000 if len(text) == 2 else 0)


_H = r"(?:[01]?\d|2[0-4])"
_MIN = r"[0-5]\d"
_LEAD = (
    rf"(?:(?P<lead>{_H}(?:[:.h]{_MIN})?)(?:\s?h|\s?uhr)?"
    r"\s?(?:-|to|until|till|a|bis|and|et|und|y)\s?(?:las\s)?)?"
)
_START = r"(?<![\d:.,/$€£+])"
_GERMAN_AM = (
    r"(?!\s(?:montag|dienstag|mittwoch|donnerstag|freitag|sams|sonn|start|ende|anfang|abend|tag|wochen|\d))"
)
_TIMES = (
    re.compile(
        rf"{_START}{_LEAD}(?P<h>{_H})(?:[:.](?P<m>{_MIN}))?\s?(?P<mer>[ap])\.?\s?m(?![a-z]){_GERMAN_AM}"
        r"(?:\.(?=\s?[a-z\d,]))?"
    ),
    re.compile(
        rf"{_START}{_LEAD}(?P<h>{_H})(?:[:.](?P<m>{_MIN}))?\s?uhr(?![a-z])(?:\s?(?P<m2>{_MIN})(?!\d|[.:]\d))?"
    ),
    re.compile(rf"{_START}{_LEAD}(?P<h>{_H})\s?(?:h|heures)\s?(?P<m>{_MIN})(?![\d%€$])"),
    re.compile(rf"{_START}{_LEAD}(?P<h>{_H})(?:[:.,](?P<m>{_MIN}))?\s?h(?![a-z\d])\.?"),
    re.compile(rf"(?:(?<=a )|(?<=las )|(?<=des )){_START}(?P<h>{_H})\s(?:heures|horas)(?![a-z])"),
    re.compile(rf"{_START}(?P<h>{_H})\s?o'clock"),
    re.compile(rf"{_START}(?P<h>{_H}):(?P<m>{_MIN})(?::{_MIN})?(?!\d|:\d)"),
)


def find_times(text: str, folded: Folded) -> Iterator[Hit]:
    """Find times of day: `9am`, `9:00`, `9 h 30`, `18 Uhr`, and both ends of a span."""
    for pattern in _TIMES:
        matches = list(pattern.finditer(text))
        for match in matches:
            groups = match.groupdict()
            hour, minute = int(match["h"]), int(groups.get("m") or groups.get("m2") or 0)
            half = groups.get("mer")
            if hour > 23 or (half and not 1 <= hour <= 12):
                continue
            start = match.start()
            if groups.get("lead"):
                first = re.split(r"[:.h]", groups["lead"])
                early = half if half != "p" or int(first[0]) == 12 or int(first[0]) <= hour % 12 else "a"
                minutes = _minutes(int(first[0]), int(first[1]) if len(first) > 1 else 0, early)
                if minutes is not None:
                    yield Hit("time", *match.span("lead"), TimeOfDay(minutes=minutes))
                start = match.start("h")
            found = _minutes(hour, minute, half)
            if found is not None:
                yield Hit("time", start, match.end(), TimeOfDay(minutes=found))
        if matches:
            text = pattern.sub(lambda match: "\0" * len(match[0]), text)


def _minutes(hour: int, minute: int, half: str | None) -> int | None:
    if hour > 23:
        return None
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return hour * 60 + minute
