"""The one form in which an e-mail address is stored, looked up and counted."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, EmailStr
from pydantic.networks import validate_email
from pydantic_core import PydanticCustomError


def normalise_email(text: str) -> str:
    """Return the form of an address that everybody who writes it differently gets, too.

    Blanks around it go, the local part is compatibility-composed (NFKC) and case-folded, the domain is what
    IDNA shows to people, so that its Unicode and its `xn--` form are one. Normalising again changes nothing.

    Args:
        text: What somebody typed; what is no address at all is only composed and folded.
    """
    composed = unicodedata.normalize("NFKC", text).strip()
    try:
        address = validate_email(composed)[1]
    except PydanticCustomError:
        return _fold(composed)
    local, _, domain = address.rpartition("@")
    return f"{_fold(local)}@{domain}"


def email_forms(text: str) -> list[str]:
    """The forms under which an account may be stored; that with a folded domain was written once."""
    today = normalise_email(text)
    return list(dict.fromkeys((today, today.casefold())))


def _fold(text: str) -> str:
    # Folding may leave letters apart that composing joins, and the other way round.
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text.casefold()).casefold())


Email = Annotated[EmailStr, AfterValidator(normalise_email)]
