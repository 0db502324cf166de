"""Merge patches as request bodies, with their JSON schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Body
from pydantic import BaseModel, WithJsonSchema

from core.business import Profile
from core.campaign import CampaignFields, SlotFields
from services.content import ContentEdit


def patch_schema(fields: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON schema of a merge patch of `fields`: nothing is required, null resets."""
    whole = fields.model_json_schema()
    return _loosened(whole, whole.get("$defs", {}))


def _loosened(
    schema: Mapping[str, Any], definitions: Mapping[str, Any], in_list: bool = False
) -> dict[str, Any]:
    """Resolve references, and require nothing outside of lists, which are replaced as a whole."""
    if "$ref" in schema:
        return _loosened(definitions[schema["$ref"].rsplit("/", 1)[-1]], definitions, in_list)
    kept = {
        key: value
        for key, value in schema.items()
        if key not in {"$defs", "default", "title"} and (in_list or key != "required")
    }
    if "properties" in kept:
        kept["properties"] = {
            name: _loosened(one, definitions, in_list) if in_list else _clearable(one, definitions)
            for name, one in kept["properties"].items()
        }
    if "items" in kept:
        kept["items"] = _loosened(kept["items"], definitions, True)
    if "anyOf" in kept:
        kept["anyOf"] = [_loosened(one, definitions, in_list) for one in kept["anyOf"]]
    return kept


def _clearable(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    plain = _loosened(schema, definitions)
    if {"type": "null"} in plain.get("anyOf", []):
        return plain
    return {"anyOf": [plain, {"type": "null"}]}


BusinessPatch = Annotated[
    dict[str, Any],
    Body(
        openapi_examples={
            "patch": {
                "value": {"brand_voice": "Warm and plain", "brand_assets": {"brand_colors": ["#AA5500"]}}
            }
        }
    ),
    WithJsonSchema(patch_schema(Profile)),
]
CampaignPatch = Annotated[
    dict[str, Any],
    Body(
        openapi_examples={
            "patch": {"value": {"status": "active", "kpis": {"leads_target": 200, "walk_ins": None}}}
        }
    ),
    WithJsonSchema(patch_schema(CampaignFields)),
]
SlotPatch = Annotated[
    dict[str, Any],
    Body(
        openapi_examples={
            "patch": {"value": {"local_time": "2027-03-06T07:30", "segment": "Lunch-hour workers"}}
        }
    ),
    WithJsonSchema(patch_schema(SlotFields)),
]
ContentPatch = Annotated[
    dict[str, Any],
    Body(
        openapi_examples={
            "patch": {"value": {"title": "Brioche on Sunday", "text_content": {"hashtags": ["#brioche"]}}}
        }
    ),
    WithJsonSchema(patch_schema(ContentEdit)),
]
