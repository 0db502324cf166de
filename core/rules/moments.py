"""Find dates and weekdays in a folded text."""

import functools
import re
from collections.abc import Iterator
from typing import NamedTuple

from core.rules.folding import Folded
from core.rules.locales import alternatives, months, short_weekdays, weekdays
from core.rules.values import Day, Hit, Key

_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_D = r"(?:0?[1-9]|[12]\d|3[01])(?!\d)"
_ORD = r"(?:st|nd|rd|th|er|o|\.)?(?![a-z])"
_TO = r"\s?(?:-|to|until|till|through|and|&|au|a|et|bis|und|al|y)\s?(?:(?:the|le|den|zum|el)\s)?"
_Y = r"(?P<year>(?:19|20)\d{2})(?!\d)"
_AFTER_DAY = r"(?!\d|[.,:]\d|\s?(?:[ap]\.?m\b|h\b|uhr|%|€|\$|percent))"
_NOT_PRICE = r"(?<![\d.,:/$€£])(?<![$€£] )"
_ISO = re.compile(r"(?<![\d./-])((?:19|20)\d{2})([-/.])(\d{1,2})\2(\d{1,2})(?!\d|[./-]\d)")
_DIGIT = re.compile(r"\d")
_EAST = re.compile(r"(?P<y>\d{1,2})[月월]\s?(?P<x>\d{1,2})[日일号號]")
_DOTTED_AFTER = re.compile(
    r"(?<![a-z])(?:am|vom|bis|zum|ab|den|dem|der|seit)\s(?P<hit>(?P<x>\d{1,2})\.\s?(?P<y>\d{1,2})\.)(?!\d)"
)
_DOTTED_RANGE = re.compile(
    r"(?<![\d.,/-])(?P<a>\d{1,2}\.\d{1,2})\.?\s?(?:-|bis|al?|au)\s?(?:zum\s)?(?P<b>\d{1,2}\.\d{1,2})(?![\d:]|\.\d)\.?(?!\s?uhr)"
)


class _Patterns(NamedTuple):
    """The patterns that hold names of months and weekdays."""

    month: re.Pattern[str]
    day_first: re.Pattern[str]
    month_first: re.Pattern[str]
    month_year: re.Pattern[str]
    numeric: re.Pattern[str]
    short: re.Pattern[str]
    dotted: re.Pattern[str]
    day_only: re.Pattern[str]
    weekday: re.Pattern[str]


@functools.cache
def _patterns() -> _Patterns:
    m = r"(?P<month>" + alternatives(months()) + r")(?![^\W\d_])\.?"
    wd = (
        rf"(?:(?<![^\W_])(?P<wd>{alternatives(weekdays())}|(?:{alternatives(short_weekdays())})(?=[.,]))[.,]{{0,2}}"
        r"\s{1,2}(?:(?:the|le|den|der|dem|el)\s)?)"
    )
    w, free = f"{wd}?", r"(?<![\d.,/-])"
    single = (
        rf"(?<![^\W_])(?:{alternatives(weekdays())})(?:s|nachmittags?|abends?|morgens?"
        rf"|vormittags?)?(?![^\W_])"
    )
    return _Patterns(
        re.compile(alternatives(months())),
        re.compile(
            rf"{w}{_NOT_PRICE}(?P<lead>(?:{_D}{_ORD}{_TO}){{0,6}})(?P<day>{_D})(?:{_ORD}|(?=[a-z]))[\s-]{{0,2}}"
            rf"(?:(?:of|de)\s)?{m}(?:[\s,-]{{0,2}}(?:(?:de|del|of)\s)?{_Y})?"
        ),
        re.compile(
            rf"{w}(?<![a-z]){m}\s?(?:the\s)?(?P<day>{_D}){_ORD}(?P<more>(?:{_TO}{_D}{_ORD}{_AFTER_DAY}){{0,6}}){_AFTER_DAY}"
            rf"(?:,?\s?{_Y})?"
        ),
        re.compile(rf"(?<![a-z]){m}[\s,]{{0,2}}(?:(?:de|del|of)\s)?{_Y}"),
        re.compile(
            rf"{w}{free}(?:(?P<lead>\d{{1,2}})\.?\s?(?:-|bis|al|au)\s?(?:zum\s)?)?"
            r"(?P<x>\d{1,2})(?P<sep>[./-])(?P<gap>\s?)(?P<y>\d{1,2})(?P=sep)(?P=gap)(?P<year>(?:19|20)\d{2}|\d{2}(?!\d))(?!\d|[./-]\d)"
        ),
        re.compile(rf"{w}{free}(?P<x>\d{{1,2}})/(?P<y>\d{{1,2}})(?!\d|[/-]\d|[.,]\d|\s?[%€$£])"),
        re.compile(
            rf"{w}(?<![\w.,/-])(?P<x>\d{{1,2}})\.\s?(?P<y>\d{{1,2}})\.(?=\s?(?:um|von|ab|bis|und|in|im|at|and|-|,|\d|\())"
        ),
        re.compile(
            rf"{wd}{free}(?P<day>{_D})(?P<ord>st|nd|rd|th|er|\.)?(?![a-z\d]|[.,:]\d"
            r"|\s?(?:-|%|€|\$|£|(?:h|bis|to|a|au|am|pm|uhr|o'clock)(?![a-z])))"
        ),
        re.compile(rf"{single}(?:(?P<to>{_TO}(?:les?\s|los?\s)?){single})?"),
    )


def find_dates(text: str, folded: Folded) -> Iterator[Hit]:
    """Dates in words and digits, with or without year; every day of a range or list of days."""
    if not _DIGIT.search(text):
        return
    patterns = _patterns()
    taken = list(text)
    has_month = patterns.month.search(text) is not None

    def free() -> str:
        return "".join(taken)

    def claim(start: int, end: int) -> None:
        taken[start:end] = "\0" * (end - start)

    for pattern in (patterns.day_first, patterns.month_first) if has_month else ():
        for match in pattern.finditer(free()):
            month, year = months()[match["month"]], _year(match["year"])
            days = [(match.start("day"), int(match["day"]))]
            extra = "lead" if pattern is patterns.day_first else "more"
            if match[extra]:
                days += [
                    (match.start(extra) + m.start(), int(m[0])) for m in re.finditer(r"\d+", match[extra])
                ]
            yield from _days(match, days, month, year)
            claim(*match.span())
    for match in patterns.month_year.finditer(free()) if has_month else ():
        yield Hit("date", *match.span(), Day(month=months()[match["month"]], year=_year(match["year"])))
        claim(*match.span())
    for match in _ISO.finditer(free()):
        if _valid(int(match[4]), int(match[3])):
            yield Hit("date", *match.span(), Day(month=int(match[3]), day=int(match[4]), year=int(match[1])))
            claim(*match.span())
    for match in _DOTTED_RANGE.finditer(free()) if "." in text else ():
        ends = [(match.start(name), [int(part) for part in match[name].split(".")]) for name in "ab"]
        if all(_valid(day, month) for _, (day, month) in ends) and len(match["a"]) + len(match["b"]) > 8:
            for name, (_, (day, month)) in zip("ab", ends, strict=True):
                yield Hit("date", *match.span(name), Day(month=month, day=day))
            claim(*match.span())
    for pattern, marks in (
        (patterns.numeric, "./-"),
        (patterns.short, "/"),
        (patterns.dotted, "."),
        (_DOTTED_AFTER, "."),
        (_EAST, "月월"),
    ):
        if not any(mark in text for mark in marks):
            continue
        for match in pattern.finditer(free()):
            for hit in _numeric(match):
                yield hit
                claim(hit.start, hit.end)
    for match in patterns.day_only.finditer(free()):
        named = _weekday(match["wd"])
        if match["ord"] or re.search(
            r"(?:the|le|den|der|dem|el)\s$|(?:es|i)\s$", match[0][: match.start("day") - match.start()]
        ):
            yield Hit("date", *match.span(), Day(day=int(match["day"]), weekday=named))


def _days(match: re.Match[str], days: list[tuple[int, int]], month: int, year: int | None) -> Iterator[Hit]:
    """The day that stands by the month takes the match's words; the other days of a list their digits."""
    weekday = _weekday(match["wd"]) if match["wd"] else None
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
    short = match.re is _patterns().short
    separator = groups.get("sep") or ("/" if short else ".")
    year = _year(groups.get("year"))
    if short and ((x, y) == (24, 7) or (x < 10 and y < 10 and len(match["x"] + match["y"]) == 2)):
        return
    if separator == "-" and year is not None and len(groups["year"] or "") < 4:
        return
    if _valid(x, y):
        day, month, ambiguous = x, y, separator != "." and x != y and _valid(y, x)
    elif separator != "." and _valid(y, x):
        day, month, ambiguous = y, x, False
    else:
        return
    weekday = _weekday(groups["wd"]) if groups.get("wd") else None
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


def _weekday(name: str) -> int:
    return weekdays().get(name, short_weekdays().get(name, 0))


_ALL_DAYS = "0123456"
_GROUPS = {
    **dict.fromkeys(("weekdays", "weekday", "wochentags", "werktags", "entre semana", "en semaine"), "01234"),
    **dict.fromkeys(("weekends", "weekend", "wochenende", "wochenenden", "week-end", "week-ends"), "56"),
    **dict.fromkeys(("fin de semana", "fines de semana"), "56"),
    **dict.fromkeys(
        ("every day", "daily", "taglich", "jeden tag", "tous les jours", "todos los dias"), _ALL_DAYS
    ),
}
_GROUP = re.compile(rf"(?<![^\W_])(?:{alternatives(_GROUPS)})(?![^\W_])")
_EXCEPT = re.compile(r",?\s(?:but|except|sauf|ausser|excepto|menos|salvo)\s")
_BUT = re.compile(r"\s(?:but|except|sauf|ausser|excepto|menos|salvo)\s(?:on\s|le\s|el\s|los\s)?$")


_TOMORROW = re.compile(
    r"(?<!\w)(?:tomorrow|demain|domani|amanha|(?<!heute )(?<!guten )(?<!am )(?<!jeden )morgen(?= (?:ist"
    r"|um|ab|geht|von|fruh|[.,!]))"
    r"|(?<!la )manana)(?!\w)"
)


def find_tomorrow(text: str, folded: Folded) -> Iterator[Hit]:
    """The day after today, which only a day turns into a date."""
    for match in _TOMORROW.finditer(text):
        yield Hit("date", *match.span(), Key(key="+1"))


def find_weekdays(text: str, folded: Folded) -> Iterator[Hit]:
    """Weekdays without a date, each as the digits of its days: `024` for Monday, Wednesday and Friday."""
    for match in _GROUP.finditer(text):
        if _EXCEPT.match(text, match.end()):
            continue
        yield Hit("weekday", *match.span(), Key(key=_GROUPS[match[0]]))
    for match in _patterns().weekday.finditer(text):
        shown = folded.slice(*match.span())
        if len(match[0]) <= 4 and (shown.islower() or match["to"] is None):
            continue
        days = days_in(match[0], ranged=_is_range(match["to"]))
        if days:
            key = "".join(map(str, sorted(days)))
            if _BUT.search(text, max(0, match.start() - 14), match.start()):
                key = "".join(day for day in _ALL_DAYS if day not in key)
            yield Hit("weekday", *match.span(), Key(key=key))


def _is_range(joined: str | None) -> bool:
    return joined is not None and not re.search(r"\b(?:and|et|und|y)\b|&", joined)


def days_in(text: str, *, ranged: bool) -> set[int]:
    """The weekdays that a text names; from the first to the last if it names a range."""
    known, found = weekdays(), []
    for word in re.findall(r"[^\W\d_]+(?:-feira)?", text):
        stem = next(
            (word[:-cut] if cut else word for cut in (0, 1) if (word[:-cut] if cut else word) in known), None
        )
        part = re.sub(r"(?:nachmittag|abend|morgen|vormittag)s?$", "", word)
        name = stem or (part if part in known else None)
        if name is not None:
            found.append(known[name])
    if ranged and len(found) == 2:
        first, last = found
        return {(first + step) % 7 for step in range((last - first) % 7 + 1)}
    return set(found)
