"""RFC 7396 and which fields it may reach."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from core.business import Business, Profile
from core.campaign import Campaign, CampaignFields
from core.errors import InvalidFields
from core.merge_patch import apply_patch, merge_patch

NOW = datetime(2027, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        # The examples of RFC 7396, appendix A.
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_follows_the_rfc(target: Any, patch: Any, result: Any) -> None:
    assert merge_patch(target, patch) == result


def campaign(**fields: Any) -> Campaign:
    return Campaign(business_id="b", name="Spring", created_at=NOW, updated_at=NOW, **fields)


def test_gives_only_what_changes() -> None:
    before = campaign(goal="More members", kpis={"engagement_rate": 5, "leads_target": 200, "walk_ins": 3})
    changed = apply_patch(
        CampaignFields, before, {"goal": "More members", "kpis": {"leads_target": None, "walk_ins": 4}}
    )
    assert list(changed) == ["kpis"]
    assert changed["kpis"].model_dump() == {"engagement_rate": 5, "leads_target": None, "walk_ins": 4}


def test_null_brings_back_the_default() -> None:
    before = campaign(goal="More members", start_date="2027-03-01")
    assert apply_patch(CampaignFields, before, {"goal": None, "start_date": None}) == {
        "goal": "",
        "start_date": None,
    }


@pytest.mark.parametrize(
    ("patch", "field", "message"),
    [
        ({"business_id": "x"}, "business_id", "set by the server"),
        ({"calendar": []}, "calendar", "set by the server"),
        ({"colour": "red"}, "colour", "no such field"),
        ({"name": None}, "name", "is needed"),
        ({"kpis": {"leads_target": -1}}, "kpis.leads_target", "0 or more"),
        ({"kpis": {"$where": 1}}, "kpis", "is not a name"),
        ({"end_date": "2027-02-01"}, "end_date", "must not be before start_date"),
    ],
)
def test_names_the_field(patch: dict[str, Any], field: str, message: str) -> None:
    with pytest.raises(InvalidFields) as caught:
        apply_patch(CampaignFields, campaign(start_date=date(2027, 3, 1)), patch)
    (error,) = caught.value.facts["errors"]
    assert error["field"] == field
    assert message in error["message"].lower()


@pytest.mark.parametrize(
    ("patch", "fields"),
    [
        ({"colour": None}, ["colour"]),
        ({"brand_assets": {"colour": 1}}, ["brand_assets.colour"]),
        ({"brand_assets": {"colour": None, "fonts": None}}, ["brand_assets.colour"]),
        ({"target_audience": [{"segment_name": "Voisins", "colour": None}]}, ["target_audience.0.colour"]),
        ({"colour": None, "brand_assets": {"tint": None}}, ["brand_assets.tint", "colour"]),
    ],
)
def test_an_unknown_field_is_refused_at_every_depth_also_when_it_is_null(
    patch: dict[str, Any], fields: list[str]
) -> None:
    bakery = Business(
        business_id="b",
        user_id="u",
        business_name="Amandine",
        industry="Bakery",
        created_at=NOW,
        updated_at=NOW,
    )
    with pytest.raises(InvalidFields) as caught:
        apply_patch(Profile, bakery, patch)
    errors = caught.value.facts["errors"]
    assert sorted(error["field"] for error in errors) == fields
    assert {error["message"] for error in errors} == {"there is no such field"}


def test_null_takes_a_name_of_the_owners_own_away() -> None:
    changed = apply_patch(
        CampaignFields, campaign(kpis={"walk_ins": 3}), {"kpis": {"walk_ins": None, "no": None}}
    )
    assert changed["kpis"].model_dump(exclude_none=True) == {}
