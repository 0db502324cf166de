"""Campaigns and calendars over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_asyncio

from core.account import Membership
from core.campaign import Slot
from core.ids import new_id
from core.scope import Scope
from services.container import Services
from tests.integration.api.conftest import Person, SignUp
from tests.integration.api.test_business import fields_of, found


@pytest_asyncio.fixture
async def business(ali: Person) -> dict[str, Any]:
    return await found(ali)


async def plan(person: Person, business: dict[str, Any], **fields: Any) -> dict[str, Any]:
    answer = await person.client.post(
        "/campaign/", json={"business_id": business["id"], "name": "Mai", **fields}
    )
    assert answer.status_code == 201, answer.text
    campaign: dict[str, Any] = answer.json()
    return campaign


async def test_creating_answers_the_whole_document(ali: Person, business: dict[str, Any]) -> None:
    fields = {
        "business_id": business["id"],
        "name": "March Fitness Drive",
        "goal": "Increase membership signups",
        "kpis": {"engagement_rate": 5, "leads_target": 200, "walk_ins": 12},
        "start_date": "2027-03-01",
        "end_date": "2027-03-14",
        "status": "active",
    }
    answer = await ali.client.post("/campaign/", json=fields)
    assert answer.status_code == 201
    campaign = answer.json()
    assert {name: campaign[name] for name in fields} == fields
    assert campaign["calendar"] == []
    assert answer.headers["etag"] == '"1"'
    assert (await ali.client.get(answer.headers["location"])).json() == campaign


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "  "}, "name"),
        ({"end_date": "2027-02-01", "start_date": "2027-03-01"}, "end_date"),
        ({"start_date": "soon"}, "start_date"),
        ({"status": "paused"}, "status"),
        ({"kpis": {"leads_target": 10**30}}, "kpis.leads_target"),
        ({"kpis": {"a.b": 1}}, "kpis"),
        ({"calendar": []}, "calendar"),
    ],
)
async def test_what_is_wrong_is_named(
    ali: Person, business: dict[str, Any], fields: dict[str, Any], field: str
) -> None:
    answer = await ali.client.post(
        "/campaign/", json={"business_id": business["id"], "name": "Mai", **fields}
    )
    assert fields_of(answer) == [field]


async def test_lists_of_one_business_and_of_all(ali: Person, business: dict[str, Any]) -> None:
    other = await found(ali, business_name="Second")
    first, second = await plan(ali, business), await plan(ali, other)
    every = (await ali.client.get("/campaign")).json()
    assert [one["id"] for one in every["items"]] == [second["id"], first["id"]]
    one = (await ali.client.get("/campaign", params={"business_id": business["id"]})).json()
    assert [campaign["id"] for campaign in one["items"]] == [first["id"]]
    assert one["next_cursor"] is None


async def test_a_patch_merges(ali: Person, business: dict[str, Any]) -> None:
    campaign = await plan(ali, business, kpis={"leads_target": 5, "walk_ins": 3}, start_date="2027-05-01")
    url = f"/campaign/{campaign['id']}"
    answer = await ali.client.put(url, json={"kpis": {"walk_ins": None}, "status": "active"})
    assert answer.json()["kpis"] == {"engagement_rate": None, "leads_target": 5}
    assert fields_of(await ali.client.put(url, json={"end_date": "2027-04-01"})) == ["end_date"]
    assert fields_of(await ali.client.put(url, json={"calendar": []})) == ["calendar"]
    assert fields_of(await ali.client.put(url, json={"business_id": business["id"]})) == ["business_id"]
    assert (await ali.client.put(url, json=["not", "an object"])).status_code == 422
    stale = await ali.client.put(url, json={"goal": "x"}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412


async def test_the_calendar_is_what_the_page_shows(
    ali: Person, business: dict[str, Any], services: Services
) -> None:
    campaign = await plan(ali, business)
    slot = Slot(local_time="2027-05-01T09:00", timezone="Europe/Paris", platform="email", theme="Muguet")
    await services.campaigns.save_calendar(Scope.of(business["id"]), campaign["id"], [slot], new_id())
    calendar = (await ali.client.get(f"/calendar/{campaign['id']}")).json()
    assert calendar["campaign_id"] == campaign["id"]
    assert calendar["timezone"] == "Europe/Paris"
    (shown,) = calendar["slots"]
    assert shown["content"] is None
    assert (shown["local_time"], shown["platform"], shown["state"]) == (
        "2027-05-01T09:00",
        "email",
        "proposed",
    )


@pytest_asyncio.fixture
async def slots(ali: Person, services: Services) -> tuple[str, list[Slot]]:
    """The path of a calendar with two open slots, and these."""
    business = await found(ali, target_audience=[{"segment_name": "Regulars"}])
    campaign = await plan(ali, business)
    times = ("2097-05-01T09:00", "2097-05-03T09:00")
    fields = {"timezone": "Europe/Paris", "platform": "email", "theme": "Muguet"}
    calendar = [Slot.model_validate({"local_time": time, **fields}) for time in times]
    scope = Scope.of(business["id"])
    saved = await services.campaigns.save_calendar(scope, campaign["id"], calendar, new_id())
    return f"/campaign/{campaign['id']}/calendar", saved.calendar


async def test_a_slot_gets_another_time_and_segment_and_no_other_changes(
    ali: Person, slots: tuple[str, list[Slot]]
) -> None:
    path, (first, second) = slots
    patch = {"local_time": "2097-05-04T18:30", "segment": "Regulars"}
    answer = await ali.client.put(f"{path}/{first.slot_id}", json=patch)
    assert answer.status_code == 200, answer.text
    before = {slot.slot_id: slot.model_dump(mode="json") for slot in (first, second)}
    assert answer.json()["calendar"] == [
        before[second.slot_id],
        {**before[first.slot_id], **patch, "state": "planned"},
    ]
    for_all = await ali.client.put(f"{path}/{first.slot_id}", json={"segment": None})
    assert for_all.json()["calendar"][1]["segment"] == ""


async def test_a_slot_changes_only_at_the_version_that_was_read(
    ali: Person, slots: tuple[str, list[Slot]]
) -> None:
    path, (first, _) = slots
    read = (await ali.client.get(path.removesuffix("/calendar"))).headers["etag"]
    changed = await ali.client.put(
        f"{path}/{first.slot_id}", json={"segment": "Regulars"}, headers={"If-Match": read}
    )
    assert changed.status_code == 200
    late = await ali.client.put(f"{path}/{first.slot_id}", json={"segment": ""}, headers={"If-Match": read})
    assert (late.status_code, late.json()["slug"]) == (412, "version-mismatch")
    again = {"If-Match": changed.headers["etag"]}
    assert (
        await ali.client.put(f"{path}/{first.slot_id}", json={"segment": ""}, headers=again)
    ).status_code == 200


@pytest.mark.parametrize(
    ("patch", "field"),
    [
        ({"local_time": "2020-05-01T09:00"}, "local_time"),
        ({"local_time": "2097-02-30T09:00"}, "local_time"),
        ({"local_time": "tomorrow"}, "local_time"),
        ({"local_time": None}, "local_time"),
        ({"segment": "Nobody we know"}, "segment"),
        ({"theme": "Lilac"}, "theme"),
        ({"state": "drafted"}, "state"),
    ],
)
async def test_what_a_slot_cannot_become_is_refused_by_field(
    ali: Person, slots: tuple[str, list[Slot]], patch: dict[str, Any], field: str
) -> None:
    path, (first, _) = slots
    refused = await ali.client.put(f"{path}/{first.slot_id}", json=patch)
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == [field]


async def test_there_is_no_slot_of_another_campaign_here(
    ali: Person, slots: tuple[str, list[Slot]], business: dict[str, Any]
) -> None:
    _, (first, _) = slots
    other = await plan(ali, business)
    answer = await ali.client.put(f"/campaign/{other['id']}/calendar/{first.slot_id}", json={"segment": ""})
    assert (answer.status_code, answer.json()["noun"]) == (404, "slot")


async def test_a_client_reads_and_does_not_change(
    ali: Person, business: dict[str, Any], sign_up: SignUp, services: Services
) -> None:
    campaign = await plan(ali, business)
    url = f"/campaign/{campaign['id']}"
    now = services.clock.now()
    async with sign_up("Cleo") as cleo:
        await services.database.memberships.insert(
            Membership(
                business_id=business["id"], user_id=cleo.id, role="client", created_at=now, updated_at=now
            )
        )
        assert (await cleo.client.get(url)).status_code == 200
        assert (await cleo.client.get(f"/calendar/{campaign['id']}")).status_code == 200
        refused = await cleo.client.put(url, json={"goal": "x"})
        assert (refused.status_code, refused.json()["slug"]) == (403, "forbidden")
        assert (await cleo.client.delete(url)).status_code == 403


async def test_deleting(ali: Person, business: dict[str, Any]) -> None:
    campaign = await plan(ali, business)
    url = f"/campaign/{campaign['id']}"
    assert (await ali.client.delete(url)).status_code == 204
    for gone in (url, f"/calendar/{campaign['id']}"):
        assert (await ali.client.get(gone)).status_code == 404
    assert (await ali.client.delete(url)).status_code == 404
