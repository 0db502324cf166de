"""Convert pydantic errors to one sentence per field."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pydantic import AfterValidator, ValidationInfo

from core.errors import InvalidFields
from core.rules.folding import is_blank

_Context = Mapping[str, Any]

STORED = "stored"
"""Validation context of stored documents and views: they are read although a request may not say it."""


def _shown(text: str, info: ValidationInfo) -> str:
    if info.context != STORED and is_blank(text):
        message = "must not be empty"
        raise ValueError(message)
    return text


NotBlank = AfterValidator(_shown)
"""Refuse a text of a request in which nothing can be seen."""


_FORMS: Mapping[str, str] = {
    r"^(https?://\S+|/\S+)?$": "a web address such as https://example.com/logo.png",
    r"^#[0-9A-Fa-f]{6}$": "a colour such as #FF5733",
    r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$": "a language tag such as en or de-AT",
    r"^[A-Z]{2}$": "a country as two capital letters, such as FR",
    r"^#?[^\s#]+$": "one hashtag without spaces",
    r"^\d{4}-\d\d-\d\dT\d\d:\d\d$": "a local time such as 2027-03-01T09:00",
    r"^[A-Za-z0-9._~:-]{1,128}$": "an id of at most 128 letters, digits and . _ ~ : -",
    r'^(\*|(W/)?"[0-9]{1,9}")$': 'the ETag that was read, such as "3", or *',
    r"^([0-9]{1,9}-[0-9]{1,18})?$": "an event id such as 1-42",
    "^20[0-9]{2}-(0[1-9]|1[0-2])$": "a month such as 2027-03",
    r"^[!-~]{1,255}$": "1 to 255 visible characters",
}
"""A description of each pattern of request fields."""


def _form(context: _Context) -> str:
    pattern = str(context.get("pattern"))
    return f"must be {_FORMS.get(pattern, f'of the form {pattern}')}"


def _at_least(context: _Context) -> str:
    length = context.get("min_length", 1)
    return "must not be empty" if length == 1 else f"needs at least {length} characters"


def _items(context: _Context, word: str, limit: str) -> str:
    count = context.get(limit)
    return f"takes {word} {count} {'entry' if count == 1 else 'entries'}"


_SENTENCES: Mapping[str, Callable[[_Context], str]] = {
    "missing": lambda _: "is needed",
    "extra_forbidden": lambda _: "is not a field here; leave it out",
    "string_type": lambda _: "must be text",
    "string_too_short": _at_least,
    "string_too_long": lambda c: f"takes at most {c.get('max_length')} characters",
    "string_pattern_mismatch": _form,
    "too_short": lambda c: _items(c, "at least", "min_length"),
    "too_long": lambda c: _items(c, "at most", "max_length"),
    "int_type": lambda _: "must be a whole number",
    "int_parsing": lambda _: "must be a whole number",
    "int_from_float": lambda _: "must be a whole number",
    "float_type": lambda _: "must be a number",
    "float_parsing": lambda _: "must be a number",
    "bool_type": lambda _: "must be true or false",
    "bool_parsing": lambda _: "must be true or false",
    "list_type": lambda _: "must be a list",
    "dict_type": lambda _: "must be an object",
    "model_type": lambda _: "must be an object",
    "model_attributes_type": lambda _: "must be an object",
    "greater_than_equal": lambda c: f"must be {c.get('ge')} or more",
    "greater_than": lambda c: f"must be more than {c.get('gt')}",
    "less_than_equal": lambda c: f"must be {c.get('le')} or less",
    "less_than": lambda c: f"must be less than {c.get('lt')}",
    "literal_error": lambda c: f"must be one of {c.get('expected')}",
    "enum": lambda c: f"must be one of {c.get('expected')}",
    "date_from_datetime_parsing": lambda _: "must be a date such as 2027-03-01",
    "date_parsing": lambda _: "must be a date such as 2027-03-01",
    "datetime_parsing": lambda _: "must be a time such as 2027-03-01T09:00:00Z",
    "datetime_from_date_parsing": lambda _: "must be a time such as 2027-03-01T09:00:00Z",
    "timezone_aware": lambda _: "needs a time zone, such as the Z of 2027-03-01T09:00:00Z",
}


def sentence(error: Mapping[str, Any]) -> str:
    """Return the sentence for one error: what is wrong, and the correction."""
    known = _SENTENCES.get(error["type"])
    if known is not None:
        return known(error.get("ctx", {}))
    message: str = error["msg"]
    if message.startswith("value is not a valid email address"):
        return "must be an e-mail address, such as ali@example.com"
    message = message.removeprefix("Value error, ").removeprefix("Input ").rstrip(".")
    return message[:1].lower() + message[1:]


def path(location: Iterable[Any]) -> str:
    """Return a field's path, such as `facts.2.value`."""
    return ".".join(str(part) for part in location)


def invalid_fields(errors: Iterable[Mapping[str, Any]]) -> InvalidFields:
    """Convert the errors of a pydantic ValidationError."""
    return InvalidFields(
        [{"field": path(error["loc"]) or "body", "message": sentence(error)} for error in errors]
    )
