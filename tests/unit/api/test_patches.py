"""The description of a merge patch: nothing is needed, null clears, lists are whole."""

from __future__ import annotations

import json

import pytest
from pydantic import BaseModel

from api.patches import patch_schema
from core.business import Profile
from core.campaign import CampaignFields
from services.content import ContentEdit


@pytest.mark.parametrize("fields", [Profile, CampaignFields, ContentEdit])
def test_nothing_is_needed_and_no_reference_is_left(fields: type[BaseModel]) -> None:
    schema = patch_schema(fields)
    assert set(schema["properties"]) == set(fields.model_fields)
    assert "required" not in schema
    assert "$ref" not in json.dumps(schema)
    assert all({"type": "null"} in one["anyOf"] for one in schema["properties"].values())


def test_objects_inside_are_patches_and_entries_of_lists_are_whole() -> None:
    properties = patch_schema(Profile)["properties"]
    (assets,) = [one for one in properties["brand_assets"]["anyOf"] if one != {"type": "null"}]
    assert "required" not in assets
    assert {"type": "null"} in assets["properties"]["fonts"]["anyOf"]
    (segments,) = [one for one in properties["target_audience"]["anyOf"] if one != {"type": "null"}]
    assert segments["items"]["required"] == ["segment_name"]
