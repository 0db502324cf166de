"""Normalise e-mail addresses for storage, lookup and rate limits."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, EmailStr
from pydantic.networks import validate_email
from pydantic_core import PydanticCustomError


def normalise_email(text: str) -> str:
    """Return the normal form of an address.

    Surrounding spaces are stripped, the local part is NFKC-composed and case-folded, the domain is decoded by
    IDNA, so its Unicode and `xn--` forms are equal. The function is idempotent.

    Args:
        text: The typed text; an invalid address is only composed and folded.
    """
    composed = unicodedata.normalize("NFKC", text).strip()
    try:
        address = validate_email(composed)[1]
    except PydanticCustomError:
        return _fold(composed)
    local, _, domain = address.rpartition("@")
    return f"{_fold(local)}@{domain}"


def email_forms(text: str) -> list[str]:
    """Return the forms under which an account may be stored; earlier releases case-folded the domain."""
    today = normalise_email(text)
    return list(dict.fromkeys((today, today.casefold())))


def _fold(text: str) -> str:
    # Neither folding nor composing is closed under the other: both are repeated.
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text.casefold()).casefold())


Email = Annotated[EmailStr, AfterValidator(normalise_email)]
