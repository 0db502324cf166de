"""Drafts, edits and erasure on the real store."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from core.business import Business
from core.campaign import Campaign, CampaignFields, Slot
from core.content import AiMetadata, Content, ContentFields, TextContent
from core.document import WrittenBy
from core.errors import Invalid, InvalidFields, NotFound, VersionMismatch
from core.ids import new_id
from core.scope import Scope
from memory.database import Database
from memory.leases import Scans
from services.campaigns import Campaigns
from services.check_basis import CheckBasis
from services.checks import run_checks
from services.content import Contents
from services.drafting import Drafting
from services.rechecks import Rechecks
from tests.doubles.turns import SteppedCollection, Turns
from tests.stored import store_run

WANTED = Slot(local_time="2027-03-01T09:00", timezone="Europe/Paris", platform="instagram", theme="Brioche")
BRIEF = "Écris un post : la brioche coûte 6 € ce week-end"


async def write(
    drafting: Drafting,
    business: Business,
    campaign: Campaign,
    caption: str,
    *,
    run_id: str,
    place: str = "1",
    slot: Slot | None = None,
) -> Content:
    fields = ContentFields(title="Brioche", text_content=TextContent(caption=caption), language="fr")
    draft = fields.draft_text("instagram")
    checks, claims = run_checks(draft, business, campaign, slot, [BRIEF], [], business.created_at)
    return await drafting.save_draft(
        Scope.of(business.id),
        business=business,
        campaign=campaign,
        slot=slot,
        platform="instagram",
        fields=fields,
        ai_metadata=AiMetadata(prompt_used=BRIEF, model="offline-demo", checks=checks, claims=claims),
        checked_against=CheckBasis(business, campaign, business.created_at).digest_for(
            slot.slot_id if slot else None
        ),
        written_by=WrittenBy(run_id=run_id, agent="copywriter", slot=place),
    )


def unsourced(content: Content) -> list[str]:
    (check,) = [check for check in content.ai_metadata.checks if check.name == "figures.sourced"]
    return [span.text for span in check.spans]


async def test_a_draft_comes_back_as_it_was_saved(
    drafting: Drafting, contents: Contents, bakery: Business, spring: Campaign
) -> None:
    saved = await write(drafting, bakery, spring, "La baguette à 1,30 €, la brioche à 6 €.", run_id=new_id())
    assert await contents.get(Scope.of(bakery.id), saved.id) == saved
    assert [claim.source.kind for claim in saved.ai_metadata.claims if claim.source] == ["fact", "request"]
    assert unsourced(saved) == []


async def test_a_second_attempt_overwrites_its_own_work(
    drafting: Drafting, contents: Contents, campaigns: Campaigns, bakery: Business, spring: Campaign
) -> None:
    scope, run_id = Scope.of(bakery.id), new_id()
    planned = await campaigns.save_calendar(scope, spring.id, [WANTED], run_id)
    (slot,) = planned.calendar
    first = await write(drafting, bakery, planned, "Bonjour", run_id=run_id, slot=slot)
    second = await write(drafting, bakery, planned, "Bonsoir", run_id=run_id, slot=slot)
    assert (second.id, second.text_content.caption) == (first.id, "Bonsoir")
    assert len((await contents.page(scope, 10)).items) == 1
    (tied,) = (await campaigns.get(scope, spring.id)).calendar
    assert (tied.state, tied.content_id) == ("drafted", first.id)
    other = await write(drafting, bakery, planned, "Salut", run_id=run_id, place="2")
    assert other.id != first.id


@pytest.mark.parametrize("found_by", ["next attempt", "sweep", "next request"])
@pytest.mark.parametrize("steps", [2, 3])
async def test_a_draft_whose_worker_died_before_its_slot_named_it_is_tied(
    drafting: Drafting,
    contents: Contents,
    campaigns: Campaigns,
    database: Database,
    rechecks: Rechecks,
    bakery: Business,
    spring: Campaign,
    steps: int,
    found_by: str,
) -> None:
    scope, run_id, turns = Scope.of(bakery.id), new_id(), Turns()
    planned = await campaigns.save_calendar(scope, spring.id, [WANTED], run_id)
    await store_run(database, bakery.id, run_id)
    (slot,) = planned.calendar
    stepped = Database(database.mongo, database.content.clock)
    stepped.content = SteppedCollection(database.content, turns)
    stepped.campaigns = SteppedCollection(database.campaigns, turns)
    clock = database.content.clock
    dying = Drafting(stepped, Campaigns(stepped, rechecks, clock), rechecks, clock)
    work = write(dying, bakery, planned, "Bonjour", run_id=run_id, place=slot.slot_id, slot=slot)
    await turns.run([work], [], {0: steps})
    (draft,) = (await contents.page(scope, 10)).items
    match found_by:
        case "next attempt":
            again = await drafting.saved(scope, bakery.id, run_id, slot.slot_id)
            assert again is not None
            assert again.id == draft.id
        case "sweep":
            refs = await Scans(database.mongo).untied_drafts(clock.now() + timedelta(seconds=1))
            assert [(ref.business_id, ref.document_id) for ref in refs] == [(bakery.id, draft.id)]
            assert await drafting.tie(scope, {"_id": draft.id}) == 1
        case "next request":
            assert await drafting.tie(scope, {"campaign_id": spring.id}) == 1
    (tied,) = (await campaigns.get(scope, spring.id)).calendar
    assert (tied.state, tied.content_id) == ("drafted", draft.id)
    assert (await contents.get(scope, draft.id)).version == draft.version
    assert await drafting.tie(scope, {"campaign_id": spring.id}) == 0


async def test_a_late_tie_takes_no_slot_from_another_draft(
    drafting: Drafting,
    campaigns: Campaigns,
    database: Database,
    bakery: Business,
    spring: Campaign,
) -> None:
    scope = Scope.of(bakery.id)
    planned = await campaigns.save_calendar(scope, spring.id, [WANTED], new_id())
    (slot,) = planned.calendar
    first = await write(drafting, bakery, planned, "Bonjour", run_id=new_id(), slot=slot)
    await database.content.note(scope, first.id, {"awaits_slot": True})
    tied = await campaigns.get(scope, spring.id)
    second = await write(drafting, bakery, tied, "Bonsoir", run_id=new_id(), slot=tied.calendar[0])
    assert await drafting.tie(scope, {"campaign_id": spring.id}) == 1
    (slot,) = (await campaigns.get(scope, spring.id)).calendar
    assert slot.content_id == second.id


async def test_attempts_at_once_leave_one_draft(
    drafting: Drafting, contents: Contents, bakery: Business, spring: Campaign
) -> None:
    run_id = new_id()
    drafts = await asyncio.gather(
        *(write(drafting, bakery, spring, f"Version {letter}", run_id=run_id) for letter in "abcdef")
    )
    assert len({draft.id for draft in drafts}) == 1
    assert len((await contents.page(Scope.of(bakery.id), 10)).items) == 1


async def test_a_second_attempt_keeps_what_a_person_wrote(
    drafting: Drafting, contents: Contents, bakery: Business, spring: Campaign
) -> None:
    run_id = new_id()
    draft = await write(drafting, bakery, spring, "Bonjour", run_id=run_id)
    await contents.change(Scope.of(bakery.id), draft.id, {"title": "À moi"}, edited_by="a" * 24)
    after = await write(drafting, bakery, spring, "Bonsoir", run_id=run_id)
    assert (after.title, after.text_content.caption) == ("À moi", "Bonjour")


async def test_a_draft_needs_its_place_and_its_own_campaign(
    drafting: Drafting, contents: Contents, bakery: Business, groomer: Business, spring: Campaign
) -> None:
    with pytest.raises(Invalid):
        await write(drafting, bakery, spring, "Bonjour", run_id=new_id(), place="")
    with pytest.raises(NotFound):
        await write(drafting, groomer, spring, "Hallo", run_id=new_id())
    assert (await contents.page(Scope.of(bakery.id, groomer.id), 10)).items == []


async def test_an_edit_keeps_the_revision_before_it_and_checks_again(
    drafting: Drafting, contents: Contents, database: Database, bakery: Business, spring: Campaign
) -> None:
    scope = Scope.of(bakery.id)
    draft = await write(drafting, bakery, spring, "La brioche à 6 €.", run_id=new_id())
    edited = await contents.change(
        scope,
        draft.id,
        {
            "text_content": {
                "caption": "La brioche à 6 €, 25 % moins cher, pas cher du tout.",
                "hashtags": ["#Lyon"],
            }
        },
        edited_by="a" * 24,
    )
    assert edited.version == draft.version + 1
    assert edited.title == draft.title
    assert unsourced(edited) == ["25 %"]
    failed = {check.name for check in edited.ai_metadata.checks if not check.passed}
    assert failed >= {"figures.sourced", "wording.banned-words"}
    (kept,) = await database.versions.all(scope, {"content_id": draft.id})
    assert (kept.number, kept.text_content, kept.authorship) == (1, draft.text_content, draft.authorship)
    assert (edited.revision, edited.authorship.person_id if edited.authorship else None) == (2, "a" * 24)
    same = await contents.change(scope, draft.id, {"title": draft.title}, edited_by="a" * 24)
    assert same.version == edited.version


async def test_an_edit_of_an_old_version_is_refused(
    drafting: Drafting, contents: Contents, bakery: Business, spring: Campaign
) -> None:
    draft = await write(drafting, bakery, spring, "Bonjour", run_id=new_id())
    scope = Scope.of(bakery.id)
    await contents.change(scope, draft.id, {"title": "Un"}, draft.version, edited_by="a" * 24)
    with pytest.raises(VersionMismatch):
        await contents.change(scope, draft.id, {"title": "Deux"}, draft.version, edited_by="a" * 24)


@pytest.mark.parametrize(
    ("patch", "field"),
    [
        ({"status": "published"}, "status"),
        ({"approval": {"decision": "approved"}}, "approval"),
        ({"approval_state": "approved"}, "approval_state"),
        ({"ai_metadata": {"checks": []}}, "ai_metadata"),
        ({"business_id": "b" * 24}, "business_id"),
        ({"text_content": {"headline": "x"}}, "text_content.headline"),
        ({"text_content": {"caption": 5}}, "text_content.caption"),
    ],
)
async def test_what_a_person_cannot_write(
    drafting: Drafting,
    contents: Contents,
    bakery: Business,
    spring: Campaign,
    patch: dict[str, Any],
    field: str,
) -> None:
    draft = await write(drafting, bakery, spring, "Bonjour", run_id=new_id())
    with pytest.raises(InvalidFields) as caught:
        await contents.change(Scope.of(bakery.id), draft.id, patch, edited_by="a" * 24)
    assert [error["field"] for error in caught.value.facts["errors"]] == [field]
    assert await contents.get(Scope.of(bakery.id), draft.id) == draft


async def test_lists_are_filtered_and_paged(
    drafting: Drafting,
    contents: Contents,
    campaigns: Campaigns,
    bakery: Business,
    groomer: Business,
    spring: Campaign,
) -> None:
    scope = Scope.of(bakery.id)
    summer = await campaigns.create(scope, bakery.id, CampaignFields(name="Été"))
    made = [
        await write(drafting, bakery, campaign, "Bonjour", run_id=new_id())
        for campaign in (spring, spring, spring, summer)
    ]
    first = await contents.page(scope, 2, campaign_id=spring.id)
    assert [one.id for one in first.items] == [made[2].id, made[1].id]
    rest = await contents.page(scope, 2, first.next_cursor, campaign_id=spring.id)
    assert ([one.id for one in rest.items], rest.next_cursor) == ([made[0].id], None)
    assert (await contents.page(scope, 10, platform="email")).items == []
    assert len((await contents.page(scope, 10, platform="instagram", status="draft")).items) == 4
    with pytest.raises(NotFound):
        await contents.page(Scope.of(groomer.id), 10, campaign_id=spring.id)
