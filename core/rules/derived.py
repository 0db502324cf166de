"""Recompute what follows from known figures: sums, multiples, differences, shares, lengths of time."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Sequence
from decimal import Decimal

from core.rules.matching import group, is_price
from core.rules.values import Amount, Day, Hit, TimeOfDay

_MOST = 24
_MINUTES = {"minute": Decimal(1), "hour": Decimal(60), "day": Decimal(1_440), "week": Decimal(10_080)}
_CENT = Decimal("0.01")


def derived_price(
    said: Decimal,
    prices: Sequence[Decimal],
    counts: Iterable[Decimal],
    shares: Iterable[Decimal],
    pieces: Iterable[tuple[Decimal, Decimal]],
) -> str:
    """How an amount follows from known ones, or nothing: `2 x 39`, `58 + 44`, `58 - 20 %`.

    Args:
        said: The amount that is said.
        prices: Amounts that the sentence may build on.
        counts: Numbers that the text has, to multiply and divide by.
        shares: Percentages that are asked for or known.
        pieces: Amounts with a number from the same fact, such as six bottles for 75 euros.
    """
    prices = list(dict.fromkeys(price for price in prices if price))[:_MOST]
    numbers = [number for number in dict.fromkeys(counts) if 1 < number <= 1_000][:_MOST]
    for price in prices:
        for share in list(shares)[:_MOST]:
            if any(part > 0 and abs(price * part / 100 - said) < _CENT for part in (100 - share, share)):
                return f"{share} % of {price}"
        for number in numbers:
            if (
                price * number == said
                or abs(price / number - said) < _CENT
                or (number > 2 and price * (number - 1) == said)
            ):
                return f"{price} and {number}"
        if price * 2 == said:
            return f"2 x {price}"
    for price, number in pieces:
        if number > 1 and abs(price / number - said) < _CENT:
            return f"{price} / {number}"
    several: dict[Decimal, set[Decimal]] = {}
    for number, price in itertools.product([Decimal(1), *numbers], prices):
        several.setdefault(number * price, set()).add(price)
    for one in prices:
        # The others that make up the amount: a sum with one of them several times, or a difference.
        others = several.get(said - one, set()) | {one - said}
        others |= {number * one + sign * said for number in numbers for sign in (-1, 1)}
        for other in prices:
            if other != one and other in others:
                return f"{one} and {other}"
    return ""


def derived_length(
    said: Amount, lengths: Sequence[Amount], times: Sequence[TimeOfDay], counts: Iterable[Decimal]
) -> str:
    """How a length of time follows from the hours of a fact, or from a known one several times."""
    unit = _MINUTES.get(said.unit)
    if unit is None:
        return ""
    minutes = said.number * unit
    ends = [time.minutes for time in times][:_MOST]
    spans = {abs(one - other) for one, other in itertools.pairwise(ends)}
    if minutes in spans:
        return "from the hours"
    known = {length.number * _MINUTES[length.unit] for length in lengths if length.unit in _MINUTES} | spans
    # Five working days are a week.
    if any(minutes == 10_080 and length.unit == "day" and length.number == 5 for length in lengths):
        return "five working days"
    numbers = [number for number in counts if 1 < number <= 100][:_MOST]
    if any(part * number == minutes for part in known for number in numbers if part):
        return "several times a known length"
    return ""


def derived_years(said: Decimal, hits: Iterable[Hit], today: dt.date) -> str:
    """How a number of years follows from a known year."""
    for hit in hits:
        year = hit.value.year if isinstance(hit.value, Day) else None
        if isinstance(hit.value, Amount) and not hit.value.unit and 1900 < hit.value.number <= today.year:
            year = int(hit.value.number)
        if year is not None and 0 <= today.year - year - int(said) <= 1:
            return f"since {year}"
    return ""


def derived_count(
    said: Decimal,
    counts: Sequence[Decimal],
    texts: Iterable[Decimal],
    parts: Iterable[tuple[Decimal, Decimal]],
) -> str:
    """How a count follows from known ones: several times as many, or a share of one in the same fact."""
    said_too = [number for number in dict.fromkeys(texts) if number > 1][:_MOST]
    for count in [count for count in dict.fromkeys(counts) if count][:_MOST]:
        for number in said_too:
            if count * number == said:
                return f"{count} and {number}"
    for count, share in list(parts)[:_MOST]:
        if count * share / 100 == said:
            return f"{share} % of {count}"
    return ""


def derived_share(said: Decimal, known: Iterable[Decimal], *, at_least: bool) -> str:
    """How a share follows from a known one: the rest, or less than it where the text says `more than`."""
    for share in known:
        if abs(100 - share - said) <= 1 or (at_least and 0 < share - said <= 15):
            return f"{share} %"
    return ""


def operands(hits: Iterable[Hit]) -> tuple[list[Decimal], list[Decimal], list[Decimal]]:
    """The amounts of money, the counts and the shares among figures."""
    found: tuple[list[Decimal], list[Decimal], list[Decimal]] = ([], [], [])
    for hit in hits:
        sort = _sort(hit)
        if isinstance(hit.value, Amount) and sort is not None and len(found[sort]) < _MOST:
            found[sort].append(hit.value.number)
    return found


def first_operands(hits: Iterable[Hit]) -> list[Hit]:
    """The figures that `operands` takes, and one more of each sort, since a figure is left out of its own."""
    found, room = [], [_MOST + 1] * 3
    for hit in hits:
        sort = _sort(hit)
        if sort is not None and room[sort]:
            room[sort] -= 1
            found.append(hit)
    return found


def _sort(hit: Hit) -> int | None:
    """0 for an amount of money, 1 for a count, 2 for a share."""
    if not isinstance(hit.value, Amount):
        return None
    if is_price(hit):
        return 0
    if group(hit) == "share":
        return 2
    return 1 if hit.kind in {"count", "number"} else None
