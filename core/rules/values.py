"""The normalised value of a figure: an amount, a day, a time of day, or a key to compare."""

from decimal import Decimal
from typing import Literal, NamedTuple

from pydantic import BaseModel

FigureKind = Literal[
    "price", "percentage", "phone", "date", "time", "url", "email", "number",
    "count", "ratio", "free", "weekday", "statement",
]  # fmt: skip
"""Kinds of claims: figures, softer ones (a small count, `half`, `free`, a weekday), and statements."""

HARD: frozenset[FigureKind] = frozenset(
    ["price", "percentage", "phone", "date", "time", "url", "email", "number"]
)
"""Kinds of figures that stop an approval where no source says so."""


class Amount(BaseModel, frozen=True, extra="forbid"):
    """A number with its unit: a currency, `%`, a measure or nothing; `period` is what a price is paid for."""

    number: Decimal
    unit: str = ""
    period: str = ""


class Day(BaseModel, frozen=True, extra="forbid"):
    """A date with the parts that the text gives; `ambiguous` if day and month could be swapped."""

    month: int | None = None
    day: int | None = None
    year: int | None = None
    weekday: int | None = None
    ambiguous: bool = False


class TimeOfDay(BaseModel, frozen=True, extra="forbid"):
    """A time of day in minutes after midnight; `loose` when it may be twelve hours later or earlier."""

    minutes: int
    loose: bool = False
    zone: str = ""


class Key(BaseModel, frozen=True, extra="forbid"):
    """A phone number, URL or e-mail address, normalised for comparison."""

    key: str


Value = Amount | Day | TimeOfDay | Key


class Hit(NamedTuple):
    """A figure with its range in the folded text."""

    kind: FigureKind
    start: int
    end: int
    value: Value
