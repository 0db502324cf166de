"""Businesses and facts over HTTP."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from api.app import create_app
from core.account import Membership
from memory.seats import Seats
from services.businesses import Businesses
from services.container import Services
from tests.integration.api.conftest import Person, SignUp, again, client_of

BAKERY: dict[str, Any] = {
    "business_name": "Boulangerie Amandine",
    "industry": "Bakery",
    "brand_voice": "Chaleureux",
    "primary_goals": ["Engagement"],
    "target_audience": [{"segment_name": "Voisins", "age_range": "30-55", "interests": ["Pain"]}],
    "brand_assets": {"logo_url": None, "brand_colors": ["#AA5500"], "fonts": ["Lora"]},
    "timezone": "Europe/Paris",
    "language": "fr",
    "facts": [{"key": "Baguette", "value": "1,30 €", "source": "demo"}],
}


async def found(person: Person, **changes: Any) -> dict[str, Any]:
    answer = await person.client.post("/business/", json={**BAKERY, **changes})
    assert answer.status_code == 201, answer.text
    business: dict[str, Any] = answer.json()
    return business


def fields_of(answer: Any) -> list[str]:
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return [error["field"] for error in answer.json()["errors"]]


async def test_founding_answers_the_whole_document(ali: Person) -> None:
    answer = await ali.client.post("/business/", json=BAKERY)
    assert answer.status_code == 201
    business = answer.json()
    assert {**business, "facts": BAKERY["facts"]} == {**business, **BAKERY}
    (fact,) = business["facts"]
    assert (fact["key"], fact["value"], fact["source"]) == ("Baguette", "1,30 €", "owner")
    assert fact["updated_at"].endswith("Z")
    assert business["user_id"] == ali.id
    assert answer.headers["location"] == f"/business/{business['id']}"
    assert answer.headers["etag"] == '"1"'
    again = await ali.client.get(answer.headers["location"])
    assert again.json() == business
    assert (await ali.client.get("/auth/me")).status_code == 200


async def test_founding_once_per_key(ali: Person) -> None:
    headers = {"Idempotency-Key": "first"}
    first = await ali.client.post("/business/", json=BAKERY, headers=headers)
    again = await ali.client.post("/business/", json=BAKERY, headers=headers)
    assert again.json() == first.json()
    assert len((await ali.client.get("/business/")).json()["items"]) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"business_name": ""}, "business_name"),
        ({"industry": None}, "industry"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": "GMT+1"}, "timezone"),
        ({"timezone": "CEST"}, "timezone"),
        ({"timezone": "+02:00"}, "timezone"),
        ({"language": "French!"}, "language"),
        ({"colour": "red"}, "colour"),
        ({"user_id": "0" * 24}, "user_id"),
        ({"brand_assets": {"brand_colors": ["orange"]}}, "brand_assets.brand_colors.0"),
        ({"brand_assets": {"logo_url": "javascript:alert(1)"}}, "brand_assets.logo_url"),
        ({"facts": [{"key": "a", "value": "b"}, {"key": "a", "value": "x" * 501}]}, "facts.1.value"),
        ({"facts": [{"key": "a", "value": "b", "sure": True}]}, "facts.0.sure"),
        ({"facts": [{"key": "a", "value": "b"}] * 201}, "facts"),
    ],
)
async def test_what_is_wrong_is_named(ali: Person, changes: dict[str, Any], field: str) -> None:
    assert fields_of(await ali.client.post("/business/", json={**BAKERY, **changes})) == [field]


async def test_a_time_zone_is_known_in_any_case(ali: Person) -> None:
    made = await ali.client.post("/business/", json={**BAKERY, "timezone": "europe/paris"})
    assert made.json()["timezone"] == "Europe/Paris"


async def test_more_businesses_than_one_person_may_have_are_refused_with_the_way_out(
    ali: Person, services: Services
) -> None:
    seats = Seats(services.database, services.budgets, services.clock, most=2)
    founding = Businesses(services.database, services.recall, services.rechecks, seats, services.clock)
    full = replace(again(services), businesses=founding)
    app = create_app(full.settings, full)
    async with client_of(app, headers=dict(ali.client.headers)) as client:
        made = [(await client.post("/business/", json=BAKERY)).json()["id"] for _ in range(2)]
        refused = await client.post("/business/", json=BAKERY)
        assert (refused.status_code, refused.json()["slug"]) == (409, "too-many-businesses")
        assert refused.json()["limit"] == 2
        assert "MARQUEE_BUSINESSES_PER_USER" in refused.json()["detail"]
        assert len((await client.get("/business/")).json()["items"]) == 2
        assert (await client.delete(f"/business/{made[0]}")).status_code == 204
        assert (await client.post("/business/", json=BAKERY)).status_code == 201


async def test_lists_go_on_behind_a_cursor(ali: Person) -> None:
    made = [(await found(ali, business_name=f"B{number}"))["id"] for number in range(5)]
    seen: list[str] = []
    cursor = None
    while True:
        page = (
            await ali.client.get("/business/", params={"limit": 2, **({"cursor": cursor} if cursor else {})})
        ).json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == made[::-1]
    assert (await ali.client.get("/business/", params={"cursor": "nonsense"})).status_code == 422
    assert fields_of(await ali.client.get("/business/", params={"limit": 0})) == ["limit"]


async def test_a_patch_merges(ali: Person) -> None:
    business = await found(ali)
    url = f"/business/{business['id']}"
    answer = await ali.client.put(
        url, json={"brand_assets": {"fonts": []}, "brand_voice": None}, headers={"If-Match": '"1"'}
    )
    assert answer.status_code == 200, answer.text
    changed = answer.json()
    assert changed["brand_assets"] == {**BAKERY["brand_assets"], "fonts": []}
    assert changed["brand_voice"] == ""
    assert (changed["version"], answer.headers["etag"]) == (2, '"2"')
    stale = await ali.client.put(url, json={"brand_voice": "Vif"}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    assert stale.json()["current_version"] == 2
    for name in ("business_id", "user_id", "facts", "is_demo", "version"):
        assert fields_of(await ali.client.put(url, json={name: "x"})) == [name]
    assert fields_of(await ali.client.put(url, json={"nickname": "x"})) == ["nickname"]
    assert (await ali.client.get(url)).json() == changed


async def test_facts_are_read_and_written_as_a_list(ali: Person) -> None:
    business = await found(ali)
    url = f"/business/{business['id']}/facts"
    read = await ali.client.get(url)
    assert read.json() == {"facts": business["facts"]}
    facts = [
        *read.json()["facts"],
        {"key": "Croissant", "value": "1,20 €", "expires_at": "2027-06-01T00:00:00Z"},
    ]
    answer = await ali.client.put(url, json={"facts": facts}, headers={"If-Match": read.headers["etag"]})
    assert answer.status_code == 200, answer.text
    kept, new = answer.json()["facts"]
    assert kept == business["facts"][0]
    assert (new["value"], new["expires_at"]) == ("1,20 €", "2027-06-01T00:00:00.000Z")
    stale = await ali.client.put(url, json={"facts": []}, headers={"If-Match": read.headers["etag"]})
    assert stale.status_code == 412
    assert fields_of(await ali.client.put(url, json={"facts": [{"key": "", "value": "b"}]})) == [
        "facts.0.key"
    ]
    assert (await ali.client.put(url, json={"facts": []})).json() == {"facts": []}


async def test_deleting_takes_everything_along(ali: Person) -> None:
    business = await found(ali)
    url = f"/business/{business['id']}"
    campaign = await ali.client.post("/campaign/", json={"business_id": business["id"], "name": "Mai"})
    refused = await ali.client.delete(url)
    assert refused.status_code == 409
    assert (refused.json()["slug"], refused.json()["holds"]) == ("not-empty", ["campaigns"])
    assert (await ali.client.delete(url, params={"cascade": "true"})).status_code == 204
    for gone in (url, f"{url}/facts", f"/campaign/{campaign.json()['id']}"):
        assert (await ali.client.get(gone)).status_code == 404
    assert (await ali.client.get("/business/")).json()["items"] == []
    assert (await ali.client.delete(url, params={"cascade": "true"})).status_code == 404


@pytest.mark.parametrize("role", ["marketer", "client"])
async def test_what_members_may_do(ali: Person, sign_up: SignUp, services: Services, role: str) -> None:
    business = await found(ali)
    url = f"/business/{business['id']}"
    now = services.clock.now()
    async with sign_up("Bo") as bo:
        assert (await bo.client.get(url)).status_code == 404
        await services.database.memberships.insert(
            Membership.model_validate(
                {
                    "business_id": business["id"],
                    "user_id": bo.id,
                    "role": role,
                    "created_at": now,
                    "updated_at": now,
                }
            )
        )
        assert (await bo.client.get(url)).status_code == 200
        edits = 200 if role == "marketer" else 403
        assert (await bo.client.put(url, json={"brand_voice": "Vif"})).status_code == edits
        assert (await bo.client.put(f"{url}/facts", json={"facts": []})).status_code == edits
        campaign = await bo.client.post("/campaign/", json={"business_id": business["id"], "name": "Mai"})
        assert campaign.status_code == (201 if role == "marketer" else 403)
        assert (await bo.client.delete(url, params={"cascade": "true"})).status_code == 403


async def test_nobody_in_particular_sees_nothing(client: Any) -> None:
    for method, path in (
        ("GET", "/business/"),
        ("POST", "/business/"),
        ("GET", "/campaign"),
        ("GET", "/content"),
    ):
        answer = await client.request(method, path, json={} if method == "POST" else None)
        assert answer.status_code == 401, path
