"""Parse days, spans and counts of a request, in four languages."""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta

from agents.offline.speech import plain

_MONTHS: tuple[tuple[str, ...], ...] = (
    ("january", "janvier", "januar", "enero"),
    ("february", "fevrier", "februar", "febrero"),
    ("march", "mars", "marz", "marzo"),
    ("april", "avril", "abril"),
    ("may", "mai", "mayo"),
    ("june", "juin", "juni", "junio"),
    ("july", "juillet", "juli", "julio"),
    ("august", "aout", "agosto"),
    ("september", "septembre", "septiembre"),
    ("october", "octobre", "oktober", "octubre"),
    ("november", "novembre", "noviembre"),
    ("december", "decembre", "dezember", "diciembre"),
)
_MONTH_NUMBER = {name: number for number, names in enumerate(_MONTHS, 1) for name in names}
NUMBERS: dict[str, int] = {
    **dict.fromkeys(("a", "one", "un", "une", "ein", "eine", "einen", "einer", "una", "uno"), 1),
    **dict.fromkeys(("two", "deux", "zwei", "dos"), 2),
    **dict.fromkeys(("three", "trois", "drei", "tres"), 3),
    **dict.fromkeys(("four", "quatre", "vier", "cuatro"), 4),
    **dict.fromkeys(("five", "cinq", "funf", "cinco"), 5),
    **dict.fromkeys(("six", "sechs", "seis"), 6),
    **dict.fromkeys(("seven", "sept", "sieben", "siete"), 7),
    **dict.fromkeys(("eight", "huit", "acht", "ocho"), 8),
    **dict.fromkeys(("ten", "dix", "zehn", "diez"), 10),
}
"""Number words, without accents."""
_DAYS_IN = {"d": 1, "j": 1, "t": 1, "w": 7, "s": 7, "q": 14, "m": 30}
_SPOKEN = "|".join(sorted(NUMBERS, key=len, reverse=True))
_MONTH = "|".join(sorted(_MONTH_NUMBER, key=len, reverse=True))
_LENGTH = re.compile(
    rf"\b(\d{{1,2}}|{_SPOKEN})[\s-]?(days?|weeks?|months?|jours?|semaines?|mois|tage?n?|wochen?|monate?n?"
    r"|dias?|semanas?|mes(?:es)?|quinzaines?|quincenas?)\b"
)
_COMPOUND_WEEK = re.compile(r"\b(ein|zwei|drei|vier)wochig\w*")
_ISO = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b")
_DAY_MONTH = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th|er|\.)?\s+(?:of\s+|de\s+)?({_MONTH})\b")
_MONTH_DAY = re.compile(rf"\b({_MONTH})\s+(\d{{1,2}})(?:st|nd|rd|th)?\b")
_MONTH_ALONE = re.compile(rf"\b({_MONTH})\b")
_IN_MAY = re.compile(r"\b(?:in|for|during|this|next|my|our|the|of|until) may\b|\bmay (?:sale|launch|drive)")
_BEFORE = re.compile(
    r"\b(?:weeks?|days?|months?|semaines?|jours?|mois|wochen?|tage|monate?|semanas?|dias?|mes(?:es)?)"
    r" (?:before|avant|vor|antes)\b"
)
_NEXT_WEEK = re.compile(r"next week|semaine prochaine|nachste\w* woche|(?:proxima semana|semana que viene)")
_THIS_WEEK = re.compile(r"this week|cette semaine|diese\w* woche|esta semana")
_NEXT_MONTH = re.compile(r"next month|mois prochain|nachste\w* monat|(?:proximo mes|mes que viene)")
_TOMORROW = re.compile(r"\btomorrow\b|\bdemain\b|\bmorgen\b|\bmanana\b")
_PIECES = re.compile(
    rf"\b(\d{{1,2}}|{_SPOKEN}|des|some|einige|quelques|unos|unas)\s+"
    r"(?P<what>(?:(?!of |de |weeks? |days? |months? |semaines? |wochen? |semanas? )[a-z]+[ -]){0,2}"
    r"(?:posts?|pieces?|e[- ]?mails?|texts?|captions?|messages?|publications?"
    r"|contenus?|beitrage?|texte|entwurfe|nachrichten|publicaciones|correos?|textos|mensajes|sms|newsletters?|mails?|beitrag)"
    r"(?:\s+(?:(?:on|sur|auf|en|para|fur)\s+)?(?:instagram|linkedin|insta))?)\b"
)
_OPEN_NUMBER = 2


def window(text: str, today: date) -> tuple[date | None, int | None]:
    """Return first day and number of days, None where not named."""
    words = plain(text)
    days = _length(words)
    named = _dates(words, today)
    if len(named) > 1:
        return named[0], (named[-1] - named[0]).days + 1
    if named and days and _BEFORE.search(words):
        start = max(named[0] - timedelta(days=days), today)
        return start, (named[0] - start).days + 1
    if named:
        return named[0], days
    monday = today + timedelta(days=7 - today.weekday())
    if _NEXT_WEEK.search(words):
        return monday, days or 7
    if _THIS_WEEK.search(words):
        start = min(today + timedelta(days=1), monday - timedelta(days=1))
        return start, days or (monday - start).days
    if _NEXT_MONTH.search(words):
        first = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
        return first, days or calendar.monthrange(first.year, first.month)[1]
    if month := _month(words):
        return _of_month(month, today, days)
    if _TOMORROW.search(words):
        return today + timedelta(days=1), days
    return None, days


def named_days(text: str, today: date) -> list[date]:
    """The days that are named with their month."""
    return _dates(plain(text), today)


def pieces(text: str) -> int | None:
    """Return the number of drafts asked for, if one is named."""
    found = mix(text)
    return sum(number for _, number in found) if any(number > 1 for _, number in found) else None


def mix(text: str) -> list[tuple[str, int]]:
    """Return what is asked for with its number, in the order of the sentence."""
    found = [(match["what"], _number(match[1])) for match in _PIECES.finditer(plain(text))]
    return [(what, number) for what, number in found if number]


def number_in(text: str) -> int | None:
    """The first number above one that is said."""
    found = (_number(word) for word in re.findall(rf"\b(?:\d{{1,2}}|{_SPOKEN})\b", plain(text)))
    return next((number for number in found if number > 1), None)


def _length(words: str) -> int | None:
    if compound := _COMPOUND_WEEK.search(words):
        return NUMBERS[compound[1]] * 7
    found = _LENGTH.search(words)
    if found is None:
        return None
    unit = found[2]
    per = 30 if unit.startswith(("mo", "me")) else _DAYS_IN[unit[0]]
    return _number(found[1]) * per


def _number(word: str) -> int:
    return int(word) if word.isdigit() else NUMBERS.get(word, _OPEN_NUMBER)


def _dates(words: str, today: date) -> list[date]:
    found = [_exact(int(year), int(month), int(day)) for year, month, day in _ISO.findall(words)]
    found += [_coming(_MONTH_NUMBER[month], int(day), today) for day, month in _DAY_MONTH.findall(words)]
    found += [_coming(_MONTH_NUMBER[month], int(day), today) for month, day in _MONTH_DAY.findall(words)]
    return sorted({day for day in found if day is not None})


def _exact(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _coming(month: int, day: int, today: date) -> date | None:
    this_year = _exact(today.year, month, day)
    if this_year is not None and this_year >= today:
        return this_year
    return _exact(today.year + 1, month, day)


def _month(words: str) -> int | None:
    for name in _MONTH_ALONE.findall(words):
        if name != "may" or _IN_MAY.search(words):
            return _MONTH_NUMBER[name]
    return None


def _of_month(month: int, today: date, days: int | None) -> tuple[date, int]:
    if month == today.month:
        start = today + timedelta(days=1)
        last = today.replace(day=calendar.monthrange(today.year, month)[1])
        return start, days or max((last - start).days + 1, 1)
    year = today.year + (month < today.month)
    return date(year, month, 1), days or calendar.monthrange(year, month)[1]
