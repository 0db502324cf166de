"""New ids, client ids, dedupe keys, and the canonical digest of a value."""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Annotated, Any

import orjson
from pydantic import StringConstraints

_ID = re.compile(r"[0-9a-f]{24}\Z")

ClientId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._~:-]{1,128}$")]
"""A name given by a client: 1 to 128 of A-Z a-z 0-9 . _ ~ : -"""


def new_id() -> str:
    """A random document id: 24 hex digits."""
    return secrets.token_hex(12)


def is_id(value: str) -> bool:
    """Whether `value` has the form of a document id."""
    return _ID.match(value) is not None


def digest(value: Any) -> str:
    """SHA-256 over the canonical JSON of `value` (keys sorted, no blanks), as 64 hex digits."""
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()


def derived_id(*parts: str) -> str:
    """Derive an id from `parts`, for writes that must happen once."""
    return digest(parts)[:24]
