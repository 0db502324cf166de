"""Campaigns and their calendars on the real store."""

from __future__ import annotations

import asyncio

import pytest

from core.business import Business
from core.campaign import Campaign, CampaignFields, Slot
from core.content import AiMetadata, ContentFields, TextContent
from core.document import WrittenBy
from core.errors import InvalidFields, NotFound, VersionMismatch
from core.ids import new_id
from core.rules.findings import Check
from core.scope import Scope
from memory.database import Database
from services.campaigns import Campaigns
from services.drafting import Drafting
from tests.stored import store_run


def slot(day: int, platform: str = "instagram", hour: int = 9, theme: str = "Brioche") -> Slot:
    return Slot.model_validate(
        {
            "local_time": f"2027-03-{day:02}T{hour:02}:00",
            "timezone": "Europe/Paris",
            "platform": platform,
            "theme": theme,
        }
    )


def themes(campaign: Campaign) -> list[tuple[str, str]]:
    return [(one.theme, one.state) for one in campaign.calendar]


async def test_crud(campaigns: Campaigns, bakery: Business, groomer: Business) -> None:
    scope = Scope.of(bakery.id)
    fields = CampaignFields.model_validate(
        {
            "name": "Pâques",
            "goal": "Vendre",
            "kpis": {"leads_target": 20, "paniers": 40},
            "start_date": "2027-03-01",
        }
    )
    campaign = await campaigns.create(scope, bakery.id, fields)
    assert await campaigns.get(scope, campaign.id) == campaign
    changed = await campaigns.change(scope, campaign.id, {"status": "active", "kpis": {"paniers": None}})
    assert changed.status == "active"
    assert changed.kpis.model_dump() == {"engagement_rate": None, "leads_target": 20}
    with pytest.raises(VersionMismatch):
        await campaigns.change(scope, campaign.id, {"status": "completed"}, version=1)
    foreign = Scope.of(groomer.id)
    with pytest.raises(NotFound):
        await campaigns.get(foreign, campaign.id)
    with pytest.raises(NotFound):
        await campaigns.create(foreign, bakery.id, fields)
    assert (await campaigns.page(foreign, 10)).items == []
    assert [one.id for one in (await campaigns.page(scope, 10)).items] == [campaign.id]


async def test_a_run_makes_one_campaign(campaigns: Campaigns, database: Database, bakery: Business) -> None:
    scope = Scope.of(bakery.id)
    by = WrittenBy(run_id=(await store_run(database, bakery.id)).id, agent="strategy")
    first = await campaigns.create_draft(scope, bakery.id, CampaignFields(name="Été", status="active"), by)
    again = await campaigns.create_draft(scope, bakery.id, CampaignFields(name="Autre"), by)
    assert first == again
    assert (again.name, again.status) == ("Été", "draft")


@pytest.mark.parametrize("others", [0, 6])
async def test_which_campaign_a_request_works_on(
    campaigns: Campaigns, bakery: Business, groomer: Business, spring: Campaign, others: int
) -> None:
    scope = Scope.of(bakery.id)

    async def resolved(named: str | None = None) -> list[str | None]:
        found = await campaigns.resolve(scope, bakery.id, named)
        return [campaign and campaign.id for campaign in found]

    assert await resolved() == [None, None]
    await campaigns.change(scope, spring.id, {"status": "active"})
    for number in range(others):
        await campaigns.create(scope, bakery.id, CampaignFields(name=f"Draft {number}"))
    assert await resolved() == [spring.id, spring.id]
    second = await campaigns.create(scope, bakery.id, CampaignFields(name="B", status="active"))
    assert await resolved() == [None, None]
    assert await resolved(second.id) == [second.id, second.id]
    with pytest.raises(NotFound):
        await campaigns.resolve(Scope.of(bakery.id, groomer.id), groomer.id, second.id)


async def test_a_new_calendar_replaces_only_what_is_proposed_for_its_days(
    campaigns: Campaigns, spring: Campaign
) -> None:
    scope = Scope.of(spring.business_id)
    first = await campaigns.save_calendar(
        scope, spring.id, [slot(3, theme="c"), slot(1, theme="a")], new_id()
    )
    assert themes(first) == [("a", "proposed"), ("c", "proposed")]
    assert await campaigns.mark_drafted(scope, spring.id, first.calendar[0].slot_id, new_id())
    second = await campaigns.save_calendar(
        scope,
        spring.id,
        [slot(1, theme="same time"), slot(1, "linkedin", theme="beside"), slot(2, theme="b")],
        new_id(),
    )
    assert sorted(themes(second)) == [
        ("a", "drafted"),
        ("b", "proposed"),
        ("beside", "proposed"),
        ("c", "proposed"),
    ]
    assert [one.local_time[8:10] for one in second.calendar] == ["01", "01", "02", "03"]
    third = await campaigns.save_calendar(scope, spring.id, [slot(2, theme="d"), slot(4)], new_id())
    assert ("b", "proposed") not in themes(third)
    assert ("c", "proposed") not in themes(third)


async def test_a_second_attempt_replaces_its_own_proposals(campaigns: Campaigns, spring: Campaign) -> None:
    scope, run_id = Scope.of(spring.business_id), new_id()
    first = await campaigns.save_calendar(scope, spring.id, [slot(1, theme="a"), slot(2, theme="b")], run_id)
    same = await campaigns.save_calendar(scope, spring.id, [slot(1, theme="a"), slot(2, theme="b")], run_id)
    assert same.version == first.version
    await campaigns.mark_drafted(scope, spring.id, first.calendar[0].slot_id, new_id())
    other = await campaigns.save_calendar(
        scope, spring.id, [slot(1, hour=18, theme="a2"), slot(2, theme="b2"), slot(4, theme="d2")], run_id
    )
    assert themes(other) == [("a", "drafted"), ("b2", "proposed"), ("d2", "proposed")]
    assert other.calendar[1].slot_id == first.calendar[1].slot_id


async def test_drafts_at_once_all_find_their_slot(campaigns: Campaigns, spring: Campaign) -> None:
    scope = Scope.of(spring.business_id)
    saved = await campaigns.save_calendar(scope, spring.id, [slot(day) for day in range(1, 9)], new_id())
    drafts = {one.slot_id: new_id() for one in saved.calendar}
    await asyncio.gather(*(campaigns.mark_drafted(scope, spring.id, *pair) for pair in drafts.items()))
    after = await campaigns.get(scope, spring.id)
    assert {one.slot_id: one.content_id for one in after.calendar} == drafts
    assert {one.state for one in after.calendar} == {"drafted"}
    assert not await campaigns.mark_drafted(scope, spring.id, new_id(), new_id())


async def test_a_time_that_does_not_exist_is_named(campaigns: Campaigns, spring: Campaign) -> None:
    impossible = slot(1).model_copy(update={"local_time": "2027-02-30T09:00"})
    with pytest.raises(InvalidFields, match=r"calendar\.1\.local_time"):
        await campaigns.save_calendar(
            Scope.of(spring.business_id), spring.id, [slot(1), impossible], new_id()
        )


async def test_the_calendar_shows_its_drafts(
    campaigns: Campaigns, drafting: Drafting, bakery: Business, spring: Campaign
) -> None:
    scope, run_id = Scope.of(bakery.id), new_id()
    saved = await campaigns.save_calendar(scope, spring.id, [slot(1), slot(2)], run_id)
    checks = [
        Check(name="limits.caption", passed=True, severity="block", message=""),
        Check(name="figures.sourced", passed=False, severity="block", message="9 € has no source"),
    ]
    content = await drafting.save_draft(
        scope,
        business=bakery,
        campaign=saved,
        slot=saved.calendar[1],
        platform="instagram",
        fields=ContentFields(title="Brioche", text_content=TextContent(caption="Brioche à 9 €")),
        ai_metadata=AiMetadata(checks=checks),
        checked_against="",
        written_by=WrittenBy(run_id=run_id, agent="copywriter", slot="2"),
    )
    calendar = await campaigns.calendar(scope, await campaigns.get(scope, spring.id))
    assert calendar.timezone == "Europe/Paris"
    empty, full = calendar.slots
    assert empty.content is None
    assert full.content is not None
    assert full.content.model_dump() == {
        "id": content.id,
        "title": "Brioche",
        "status": "draft",
        "approval_state": "pending",
        "checks_failed": 1,
        "checks_stale": True,
    }


async def test_a_calendar_is_found_by_its_slots_and_as_the_newest(
    campaigns: Campaigns, database: Database, bakery: Business, groomer: Business
) -> None:
    scope = Scope.of(bakery.id)
    run_id = (await store_run(database, bakery.id)).id
    for number, name in enumerate(("First", "Second", "Empty")):
        made = await campaigns.create(scope, bakery.id, CampaignFields(name=name))
        if name != "Empty":
            await campaigns.save_calendar(scope, made.id, [slot(number + 1)], run_id)
    campaign, newest = await campaigns.resolve(scope, bakery.id, None)
    assert campaign is None
    assert newest is not None
    assert newest.name == "Second"
    assert await campaigns.of_slots(scope, [newest.calendar[0].slot_id]) == newest
    foreign = Scope.of(groomer.id)
    assert await campaigns.resolve(foreign, groomer.id, None) == (None, None)
    assert await campaigns.of_slots(foreign, [newest.calendar[0].slot_id]) is None
