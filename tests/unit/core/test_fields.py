"""Pydantic's findings in plain words."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

import pytest
from pydantic import AwareDatetime, BaseModel, ConfigDict, EmailStr, Field, ValidationError

from core.clock import Timezone
from core.fields import invalid_fields


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=5)] = "x"
    email: EmailStr = "a@example.com"
    count: Annotated[int, Field(ge=1, le=9)] = 1
    kind: Literal["text", "image"] = "text"
    day: date = date(2027, 3, 1)
    at: AwareDatetime | None = None
    zone: Timezone = "UTC"
    tags: Annotated[list[str], Field(max_length=1)] = Field(default_factory=list)
    flag: bool = False


@pytest.mark.parametrize(
    ("given", "field", "message"),
    [
        ({"name": ""}, "name", "must not be empty"),
        ({"name": "abcdef"}, "name", "takes at most 5 characters"),
        ({"name": 3}, "name", "must be text"),
        ({"email": "ali"}, "email", "must be an e-mail address, such as ali@example.com"),
        ({"count": 0}, "count", "must be 1 or more"),
        ({"count": 10}, "count", "must be 9 or less"),
        ({"count": "many"}, "count", "must be a whole number"),
        ({"kind": "song"}, "kind", "must be one of 'text' or 'image'"),
        ({"day": "tomorrow"}, "day", "must be a date such as 2027-03-01"),
        ({"at": "2027-03-01T09:00:00"}, "at", "needs a time zone, such as the Z of 2027-03-01T09:00:00Z"),
        ({"zone": "Moon"}, "zone", "must be an IANA time zone such as Europe/Paris"),
        ({"tags": ["a", "b"]}, "tags", "takes at most 1 entry"),
        ({"tags": [1]}, "tags.0", "must be text"),
        ({"tags": "a"}, "tags", "must be a list"),
        ({"flag": "perhaps"}, "flag", "must be true or false"),
        ({"nmae": "x"}, "nmae", "is not a field here; leave it out"),
    ],
)
def test_each_field_is_named_with_what_would_be_right(
    given: dict[str, Any], field: str, message: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        _Form.model_validate(given)
    assert invalid_fields(caught.value.errors()).facts["errors"] == [{"field": field, "message": message}]


def test_a_zone_may_be_written_as_people_write_it() -> None:
    assert _Form.model_validate({"zone": "america/new york"}).zone == "America/New_York"
