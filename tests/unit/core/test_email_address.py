"""One form for each address, whatever somebody types."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from core.email_address import Email, normalise_email

PART = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=8)
ADDRESS = TypeAdapter[str](Email)


@given(PART, PART)
def test_an_address_has_one_form(local: str, domain: str) -> None:
    written = f"{local}@{domain}.example"
    form = normalise_email(written)
    assert normalise_email(form) == form
    for composition in ("NFC", "NFD", "NFKC", "NFKD"):
        assert normalise_email(f"  {unicodedata.normalize(composition, written)}\n") == form


@given(PART, PART)
def test_what_registers_is_what_signing_in_looks_for(local: str, domain: str) -> None:
    written = f"{local}@{domain}.example"
    try:
        registered = ADDRESS.validate_python(written)
    except ValidationError:
        return
    assert registered == normalise_email(written)
