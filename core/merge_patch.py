"""JSON merge patch (RFC 7396) of the fields that a person may change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from core.errors import InvalidFields
from core.fields import invalid_fields, path

M = TypeVar("M", bound=BaseModel)


def merge_patch(target: Any, patch: Any) -> Any:
    """Merge a patch: objects merge, null removes, other values replace."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def apply_patch(fields: type[M], current: BaseModel, patch: Mapping[str, Any]) -> dict[str, Any]:
    """Return the top-level fields that the patch changes, with their new values.

    Args:
        fields: The model of the fields that may be changed.
        current: The document or value, which has at least those fields.
        patch: The merge patch; null resets a field to its default.

    Raises:
        InvalidFields: Names every field that is unknown, set by the server, or invalid.
    """
    if refused := _unknown(fields, current, patch):
        raise InvalidFields(refused)
    before = current.model_dump(mode="json", include=set(fields.model_fields))
    try:
        after = fields.model_validate(merge_patch(before, patch))
    except ValidationError as error:
        raise invalid_fields(error.errors(include_url=False)) from error
    return {
        name: getattr(after, name)
        for name in fields.model_fields
        if getattr(after, name) != getattr(current, name)
    }


def _unknown(fields: type[BaseModel], current: BaseModel, patch: Mapping[str, Any]) -> list[dict[str, str]]:
    """Find fields of the patch, at any depth, that may not be set; after the merge, null would hide them."""
    try:
        fields.model_validate(patch)
    except ValidationError as error:
        known = set(type(current).model_fields) | set(type(current).model_computed_fields)
        return [
            {
                "field": path(one["loc"]),
                "message": "is set by the server" if set(one["loc"]) <= known else "there is no such field",
            }
            for one in error.errors(include_url=False)
            if one["type"] == "extra_forbidden"
        ]
    return []
