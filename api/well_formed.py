"""Refuse JSON with lone surrogates or NUL, which cannot be stored or encoded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from starlette.requests import Request

from core.errors import InvalidFields
from core.fields import path

_UNSTORABLE = re.compile("[\ud800-\udfff\0]")
_MOST_NAMED = 20


async def well_formed(request: Request) -> None:
    """Check the body of a request before its fields are read (a dependency of every route).

    JSON can escape a lone surrogate, which no encoding represents; MongoDB accepts no NUL in a name.

    Raises:
        InvalidFields: Names the first fields with such a character.
    """
    body = await request.body()
    if body.isascii() and b"\\u" not in body:
        return
    try:
        value = await request.json()
    except ValueError:
        return
    found = [
        {
            "field": _UNSTORABLE.sub("\ufffd", path(location)) or "body",
            "message": "holds a character that is none: U+0000, or half of a surrogate pair",
        }
        for location, _ in zip(_unstorable(value), range(_MOST_NAMED), strict=False)
    ]
    if found:
        raise InvalidFields(found)


def _unstorable(value: Any) -> Iterator[tuple[str | int, ...]]:
    """Yield the locations of such texts, names of fields included."""
    open_parts: list[tuple[tuple[str | int, ...], Any]] = [((), value)]
    while open_parts:
        location, part = open_parts.pop()
        if isinstance(part, str) and _UNSTORABLE.search(part):
            yield location
        elif isinstance(part, list):
            open_parts += [((*location, index), item) for index, item in enumerate(part)]
        elif isinstance(part, dict):
            open_parts += [((*location, name), item) for name, item in part.items()]
            yield from ((*location, name) for name in part if _UNSTORABLE.search(name))
