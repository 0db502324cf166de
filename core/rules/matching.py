"""Compare a figure with a known one: the same value in any notation, of a kind that fits."""

import datetime as dt
from decimal import Decimal
from typing import NamedTuple

from core.rules.figures import international
from core.rules.locales import is_money, same_currency
from core.rules.values import Amount, Day, Hit, Key, TimeOfDay, Value

_MINUTES = {"minute": 1, "hour": 60, "day": 1_440, "week": 10_080}
_METRES = {"mm": Decimal("0.001"), "cm": Decimal("0.01"), "m": Decimal(1), "km": Decimal(1_000)}
_GRAMS = {"g": 1, "kg": 1_000}
_PIECES = frozenset(["session", "person", "piece"])
TENTH = Decimal("0.1")


class Setting(NamedTuple):
    """What a value is read by: the day, the language, and the country of the business."""

    today: dt.date
    language: str
    country: str | None = None


def group(hit: Hit) -> str:
    """What a figure can be compared with: money, a share, a length of time, and so on."""
    if hit.kind in {"price", "free"}:
        return "money"
    if hit.kind in {"percentage", "ratio"}:
        return "share"
    if isinstance(hit.value, Amount):
        unit = hit.value.unit
        return "length" if unit in _MINUTES or unit in {"month", "year"} else unit or "count"
    return hit.kind


def same(known: Hit, said: Hit, setting: Setting) -> bool:
    """Whether a known figure says what another one says."""
    match known.value, said.value:
        case Amount() as one, Amount() as other:
            return _same_amount(known, one, said, other)
        case Day() as one_day, Day() as other_day:
            return same_day(one_day, other_day, setting)
        case Day() as one_day, Amount() as other:
            return said.kind == "number" and one_day.year is not None and other.number == one_day.year
        case TimeOfDay() as one_time, TimeOfDay() as other_time:
            return same_time(one_time, other_time)
        case Key() as one_key, Key() as other_key:
            return known.kind == said.kind and _same_key(known, one_key.key, other_key.key, setting)
        case (Key() as one_key, Amount() as other) if known.kind == "phone" and said.kind == "number":
            return len(one_key.key) >= 7 and _same_phone(one_key.key, f"{other.number:f}", setting)
        case (Amount() as one, Key() as other_key) if known.kind == "number" and said.kind == "phone":
            return len(other_key.key) >= 7 and _same_phone(f"{one.number:f}", other_key.key, setting)
    return False


def _same_amount(known: Hit, one: Amount, said: Hit, other: Amount) -> bool:
    kinds = group(known), group(said)
    if kinds == ("money", "money"):
        return _same_money(one, other)
    if kinds == ("share", "share"):
        close = abs(one.number - other.number) <= (1 if "ratio" in {known.kind, said.kind} else 0)
        return close and {one.unit, other.unit} != {"%", "‰"}
    if "money" in kinds or "share" in kinds:
        return False
    if kinds == ("length", "length") and one.unit != other.unit:
        return _span_of(one) == _span_of(other) is not None
    for scale in (_METRES, _GRAMS):
        if one.unit in scale and other.unit in scale:
            return one.number * scale[one.unit] == other.number * scale[other.unit]
    # "400 g" says nothing about 400 guests; a bare number may be of anything.
    fits = one.unit == other.unit or (not one.unit and other.unit == "year")
    return one.number == other.number and fits


def _same_money(one: Amount, other: Amount) -> bool:
    if one.number == other.number == 0:
        return True
    periods_agree = not (one.period and other.period) or one.period == other.period
    return periods_agree and any(
        a == b and same_currency(unit, other_unit)
        for a, unit in _coins(one)
        for b, other_unit in _coins(other)
    )


def _coins(amount: Amount) -> list[tuple[Decimal, str]]:
    """An amount with its unit, and small change as part of any large unit."""
    plain = (amount.number, amount.unit)
    if amount.unit != "cents":
        return [plain]
    return [plain, *((amount.number / 100, unit) for unit in ("EUR", "USD", "GBP", "$"))]


def _span_of(amount: Amount) -> Decimal | None:
    minutes = _MINUTES.get(amount.unit)
    return amount.number * minutes if minutes else None


def same_time(one: TimeOfDay, other: TimeOfDay) -> bool:
    """Whether two times of day may be the same: `7` may be the evening."""
    if one.zone and other.zone and one.zone != other.zone:
        return False
    if one.minutes == other.minutes:
        return True
    return (one.loose or other.loose) and (one.minutes - other.minutes) % 720 == 0


def _same_key(known: Hit, one: str, other: str, setting: Setting) -> bool:
    if known.kind == "phone":
        return _same_phone(one, other, setting)
    return set(other) <= set(one) if known.kind == "weekday" else one == other


def _same_phone(one: str, other: str, setting: Setting) -> bool:
    if one == other:
        return True
    if one.startswith("+") == other.startswith("+"):
        return (
            one.lstrip("+") == other.lstrip("+")
            if setting.country is None
            else (international(one, setting.country) == international(other, setting.country))
        )
    if setting.country is not None:
        return international(one, setting.country) == international(other, setting.country)
    full, national = (one[1:], other) if one.startswith("+") else (other[1:], one)
    national = national.removeprefix("0")
    return len(national) >= 7 and full.endswith(national) and 1 <= len(full) - len(national) <= 3


def same_day(known: Day, said: Day, setting: Setting) -> bool:
    """Whether two dates are the same as far as both say; the weekday must be right, too."""
    if known.ambiguous and said.ambiguous:
        readings = [(known, said)]
    elif known.ambiguous:
        # A date that could be read two ways proves neither, unless the language reads it in one way only.
        order = _reads_month_first(setting.language)
        readings = [] if order is None else [(_swapped(known) if order else known, said)]
    elif said.ambiguous:
        order = _reads_month_first(setting.language)
        readings = [(known, said)] if order is not True else []
        readings += [(known, _swapped(said))] if order is not False else []
    else:
        readings = [(known, said)]
    return any(_matches(a, b, setting.today) for a, b in readings)


def _matches(known: Day, said: Day, today: dt.date) -> bool:
    if said.month is None or known.month is None:
        resolved = [resolve(known, today), resolve(said, today)]
        return None not in resolved and resolved[0] == resolved[1]
    if said.month != known.month:
        return False
    if said.day is None:
        return said.year == known.year if known.year is not None else False
    if said.day != known.day:
        return False
    date = resolve(known, today)
    year = date.year if date else known.year
    if said.year is not None and said.year != year:
        return False
    return said.weekday is None or date is None or date.weekday() == said.weekday


def resolve(day: Day, today: dt.date) -> dt.date | None:
    """The date that is meant: the next such day, if the year or month is left out."""
    if day.month is None:
        coming = (today + dt.timedelta(days=days) for days in range(62))
        return next((date for date in coming if date.day == day.day), None)
    years = range(today.year, today.year + 9) if day.year is None else [day.year]
    for year in years:
        try:
            date = dt.date(year, day.month, day.day or 1)
        except ValueError:
            continue
        if date >= today or day.year is not None:
            return date
    return None


def _swapped(day: Day) -> Day:
    return day.model_copy(update={"day": day.month, "month": day.day})


def _reads_month_first(language: str) -> bool | None:
    """Whether 03/06 is 6 March in this language; None where both readings are common."""
    tag = language.lower().replace("_", "-")
    if tag == "en":
        return None
    return tag in {"en-us", "en-ph"}


def keys(value: Value) -> list[tuple[object, ...]]:
    """What two values must share to be the same: an index of what is known looks them up by it."""
    match value:
        case Amount(number=number, unit=unit):
            span = _span_of(value)
            found: list[tuple[object, ...]] = [("number", number), ("ending", f"{number:f}"[-7:])]
            if unit == "cents":
                found.append(("number", number / 100))
            if unit in _METRES or unit in _GRAMS:
                found.append(("size", number * (_METRES.get(unit) or _GRAMS[unit])))
            if unit in {"%", "‰"}:
                found += [("share", round(number) + step) for step in (-1, 0, 1)]
            return [*found, ("span", span)] if span is not None else found
        case Day(month=month, day=day, year=year):
            days: list[tuple[object, ...]] = [("day", day), *([("day", month)] if value.ambiguous else [])]
            return [*days, ("month", month)] + ([("number", Decimal(year))] if year is not None else [])
        case TimeOfDay(minutes=minutes):
            return [("minutes", minutes % 720)]
        case Key(key=key):
            return (
                [("ending", key[-7:])] if not key.isdigit() or len(key) > 7 else [("ending", key), ("days",)]
            )


def is_price(hit: Hit) -> bool:
    """Whether a figure is an amount of money."""
    return isinstance(hit.value, Amount) and is_money(hit.value.unit)


def per_piece(amount: Amount) -> bool:
    """Whether a price is for one of several things, and not for a time."""
    return amount.period in _PIECES
