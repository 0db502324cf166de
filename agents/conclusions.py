"""What a person says and what holds beyond the message, as the router answers it."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from agents.schemas import held_to
from core.actions import NAME

MOST_CONCLUSIONS = 3
_TEXT = 300


class Conclusion(BaseModel):
    """A decision, or a wish for every text."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["decision", "style"]
    subject: Annotated[str, Field(max_length=2_000, json_schema_extra=held_to(NAME))] = ""
    text: Annotated[str, Field(min_length=1, max_length=2_000, json_schema_extra=held_to(_TEXT))]
    reason: Annotated[str, Field(max_length=2_000, json_schema_extra=held_to(_TEXT))] = ""


def _usable(value: object) -> object:
    """Without what is no conclusion: what cannot be remembered does not make an answer unusable."""
    return [one for one in value if _is_usable(one)] if isinstance(value, list) else []


def _is_usable(value: object) -> bool:
    with suppress(ValidationError):
        return Conclusion.model_validate(value) is not None
    return False


Conclusions = Annotated[
    list[Conclusion], BeforeValidator(_usable), Field(json_schema_extra={"maxItems": MOST_CONCLUSIONS})
]
