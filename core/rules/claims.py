"""Match the figures of a text to their sources."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel

from core.rules.figures import Figure, figures_in, find_figures, readable
from core.rules.findings import Check, DraftText, Span, spoken_list
from core.rules.values import Amount, Day, FigureKind, Hit, Key, TimeOfDay, Value

SourceKind = Literal["fact", "campaign", "request", "profile", "result", "memory"]

MOST_FIGURES = 400
"""Limit of figures that are checked in one draft."""

MOST_KNOWN = 5_000
"""Limit of distinct values over all sources; later values support no figure."""

_LEAST_PHONE = 7
_LONGEST_SOURCE, _AROUND, _AT_MOST_AROUND = 600, 200, 250
_DOLLARS = frozenset(["USD", "CAD", "AUD", "NZD", "HKD", "SGD", "MXN", "ARS", "CLP"])
# Currencies that an ambiguous word or sign may mean.
_LOOSE: dict[str, frozenset[str]] = {
    "$": _DOLLARS | {"pesos"},
    "pesos": frozenset(["MXN", "ARS", "CLP", "PHP", "$"]),
    "francs": frozenset(["CHF"]),
    "¥": frozenset(["JPY", "CNY"]),
    "kr": frozenset(["SEK", "NOK", "DKK", "ISK"]),
}


class Source(BaseModel, frozen=True):
    """A text that may support figures, if it is trusted."""

    kind: SourceKind
    ref: str
    text: str
    trusted: bool = True


class Claim(BaseModel, frozen=True):
    """A figure and the source that supports it, if there is one."""

    figure: Figure
    source: Source | None = None


def match_figures(
    figures: Iterable[Figure], sources: Sequence[Source], today: dt.date, language: str
) -> list[Claim]:
    """Find a trusted source for each figure: the same value, of a kind that fits."""
    known = _known(sources)
    claims = []
    for figure in figures:
        near = {place: pair for key in _keys(figure.value) for place, pair in known.get(key, {}).items()}
        ordered = (near[place] for place in sorted(near))
        source = next((source for source, hit in ordered if _supports(hit, figure, today, language)), None)
        claims.append(Claim(figure=figure, source=source))
    return claims


def _known(sources: Sequence[Source]) -> dict[tuple[object, ...], dict[int, tuple[Source, Hit]]]:
    """Index the distinct values of the trusted sources by the key that an equal figure shares."""
    known: dict[tuple[object, ...], dict[int, tuple[Source, Hit]]] = {}
    seen: set[tuple[FigureKind, Value]] = set()
    for source in sources:
        for hit in figures_in(source.text) if source.trusted else ():
            if len(seen) < MOST_KNOWN and (hit.kind, hit.value) not in seen:
                seen.add((hit.kind, hit.value))
                excerpt = _excerpt(source, hit)
                for key in _keys(hit.value):
                    known.setdefault(key, {})[len(seen)] = excerpt, hit
    return known


def _keys(value: Value) -> Iterator[tuple[object, ...]]:
    match value:
        case Amount(number=number):
            yield "number", number
            yield "ending", f"{number:f}"[-_LEAST_PHONE:]
        case Day(month=month, day=day, year=year):
            yield "day", month, day
            if value.ambiguous:
                yield "day", day, month
            if year is not None:
                yield "number", Decimal(year)
        case TimeOfDay(minutes=minutes):
            yield "minutes", minutes
        case Key(key=key):
            yield "ending", key[-_LEAST_PHONE:]


def _excerpt(source: Source, hit: Hit) -> Source:
    """Return the source cut to the words around a figure; it is stored with each claim."""
    if len(source.text) <= _LONGEST_SOURCE:
        return source
    # Between two words, where one ends near enough.
    first, last = max(hit.start - _AT_MOST_AROUND, 0), hit.end + _AT_MOST_AROUND
    start = max(source.text.rfind(" ", first, max(hit.start - _AROUND, 0)) + 1, first)
    end = source.text.find(" ", hit.end + _AROUND, last)
    return source.model_copy(update={"text": source.text[start : last if end < 0 else end]})


def check_figures(draft: DraftText, sources: Sequence[Source], today: dt.date) -> tuple[Check, list[Claim]]:
    """Run the check `figures.sourced`: every figure has a source. Too many figures fail it."""
    figures = find_figures(draft, MOST_FIGURES + 1)
    claims = match_figures(figures[:MOST_FIGURES], sources, today, draft.language)
    unsourced = [claim.figure for claim in claims if claim.source is None]
    over = len(figures) > len(claims) or any(readable(text) < len(text) for _, text in draft.texts())
    if over:
        message = f"Only the first {len(claims)} figures were checked; the text has more."
    elif unsourced:
        verb = "is" if len({figure.text.strip() for figure in unsourced}) == 1 else "are"
        message = f"{spoken_list([figure.text for figure in unsourced])} {verb} not in your facts."
    elif claims:
        message = "Every figure has a source."
    else:
        message = "The text has no figures."
    spans = [Span(field=f.field, start=f.start, end=f.end, text=f.text) for f in unsourced]
    return Check(
        name="figures.sourced",
        passed=not (unsourced or over),
        severity="block",
        message=message,
        spans=spans,
    ), claims


def _supports(hit: Hit, figure: Figure, today: dt.date, language: str) -> bool:
    value: Value = figure.value
    match hit.value, value:
        case Amount() as known, Amount() as said if hit.kind == "number":
            # "400 g" does not support "400 guests"; a number without a unit matches any unit.
            return figure.kind == "number" and known.number == said.number and known.unit in {"", said.unit}
        case Amount() as known, Amount() as said:
            return hit.kind == figure.kind and _same_amount(known, said)
        case Day() as known_day, Day() as said_day:
            return _same_day(known_day, said_day, today, language)
        case Day() as known_day, Amount() as said:
            return figure.kind == "number" and known_day.year is not None and said.number == known_day.year
        case TimeOfDay() as known_time, TimeOfDay() as said_time:
            return known_time == said_time
        case Key() as known_key, Key() as said_key:
            return hit.kind == figure.kind and _SAME_KEY.get(hit.kind, str.__eq__)(
                known_key.key, said_key.key
            )
        case (Key() as known_key, Amount() as said) if hit.kind == "phone" and figure.kind == "number":
            return len(known_key.key) >= 7 and _same_phone(known_key.key, f"{said.number:f}")
        case (Amount() as known, Key() as said_key) if hit.kind == "number" and figure.kind == "phone":
            return len(said_key.key) >= 7 and _same_phone(f"{known.number:f}", said_key.key)
    return False


def _same_amount(known: Amount, said: Amount) -> bool:
    same_unit = known.unit == said.unit or (
        said.unit in _LOOSE.get(known.unit, ()) or known.unit in _LOOSE.get(said.unit, ())
    )
    periods_agree = not (known.period and said.period) or known.period == said.period
    return known.number == said.number and same_unit and periods_agree


def _same_phone(known: str, said: str) -> bool:
    if known == said:
        return True
    if known.startswith("+") == said.startswith("+"):
        return False
    full, national = (known[1:], said) if known.startswith("+") else (said[1:], known)
    national = national.removeprefix("0")
    return len(national) >= 7 and full.endswith(national) and 1 <= len(full) - len(national) <= 3


_SAME_KEY: dict[FigureKind, Callable[[str, str], bool]] = {"phone": _same_phone}


def _same_day(known: Day, said: Day, today: dt.date, language: str) -> bool:
    if known.ambiguous and said.ambiguous:
        readings = [(known, said)]
    elif known.ambiguous:
        # An ambiguous date supports neither reading, unless the language has only one.
        order = _reads_month_first(language)
        readings = [] if order is None else [(_swapped(known) if order else known, said)]
    elif said.ambiguous:
        order = _reads_month_first(language)
        readings = [(known, said)] if order is not True else []
        readings += [(known, _swapped(said))] if order is not False else []
    else:
        readings = [(known, said)]
    return any(_matches(a, b, today) for a, b in readings)


def _matches(known: Day, said: Day, today: dt.date) -> bool:
    if said.month != known.month:
        return False
    if said.day is None:
        return said.year == known.year if known.year is not None else False
    if said.day != known.day:
        return False
    year = known.year if known.year is not None else _next_year(known, today)
    if said.year is not None and said.year != year:
        return False
    return said.weekday is None or year is None or _weekday(year, said) == said.weekday


def _next_year(day: Day, today: dt.date) -> int | None:
    """Return the year of the next such day, which a date without a year means."""
    for year in range(today.year, today.year + 9):
        try:
            if dt.date(year, day.month, day.day or 1) >= today:
                return year
        except ValueError:
            continue
    return None


def _weekday(year: int, day: Day) -> int | None:
    try:
        return dt.date(year, day.month, day.day or 1).weekday()
    except ValueError:
        return None


def _swapped(day: Day) -> Day:
    return day.model_copy(update={"day": day.month, "month": day.day})


def _reads_month_first(language: str) -> bool | None:
    """Return whether 03/06 is 6 March in this language, or None where both readings are common."""
    tag = language.lower().replace("_", "-")
    if tag == "en":
        return None
    return tag in {"en-us", "en-ph"}
