"""The clock (UTC, whole milliseconds), and conversion between instants and wall time in an IANA zone."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Annotated, Protocol
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, PlainSerializer, StringConstraints

_NUMBER = re.compile(r"\s*[+-]?[\d_.]+\s*")


def whole_milliseconds(value: datetime) -> datetime:
    """Convert to UTC and truncate to milliseconds, the precision of the database."""
    utc = value.astimezone(UTC)
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


def rfc3339(value: datetime) -> str:
    """Format as `2027-03-01T09:00:00.000Z`."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _written(form: str) -> BeforeValidator:
    """Refuse numbers, which pydantic would read as seconds since 1970."""

    def check(value: object) -> object:
        if isinstance(value, int | float) or (isinstance(value, str) and _NUMBER.fullmatch(value)):
            message = f"must be {form}"
            raise ValueError(message)
        return value

    return BeforeValidator(check)


Instant = Annotated[
    AwareDatetime,
    _written("a time such as 2027-03-01T09:00:00Z"),
    AfterValidator(whole_milliseconds),
    PlainSerializer(rfc3339, return_type=str, when_used="json"),
]
"""A moment: aware, UTC, whole milliseconds."""

Day = Annotated[date, _written("a date such as 2027-03-01")]
"""A day of the calendar."""

LocalTime = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d$")]
"""Wall time without a zone, `2027-03-01T09:00`; the zone is a field of its own."""


class Clock(Protocol):
    """The source of time; tests pass their own."""

    def now(self) -> datetime:
        """The present moment, UTC, whole milliseconds."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment, UTC, whole milliseconds."""
        return whole_milliseconds(datetime.now(UTC))


@cache
def _zones() -> dict[str, str]:
    return {name.casefold(): name for name in available_timezones()}


def _known_zone(name: str) -> str:
    known = _zones().get(name.casefold().replace(" ", "_"))
    if known is None:
        message = "must be an IANA time zone such as Europe/Paris"
        raise ValueError(message)
    return known


Timezone = Annotated[str, AfterValidator(_known_zone)]
"""An IANA time zone name; lower case and spaces are corrected."""


def to_instant(local: str, zone: str) -> datetime:
    """Convert a wall time in `zone` to an instant.

    A skipped time is moved forward by the gap; a repeated time means its first occurrence.
    """
    wall = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone))
    return whole_milliseconds(wall.astimezone(UTC))


def to_local(instant: datetime, zone: str) -> str:
    """Convert an instant to the wall time in `zone`, `2027-03-01T09:00`."""
    return instant.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")


def month_of(instant: datetime) -> str:
    """The UTC month that a quota counts in, `2027-03`."""
    return instant.astimezone(UTC).strftime("%Y-%m")


def next_month(instant: datetime) -> datetime:
    """The first moment of the UTC month after `instant`."""
    first = instant.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1)
