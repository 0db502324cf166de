"""Checks say what they were made against, and are made again in the background when that changes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from core.business import Business
from core.campaign import Campaign, CampaignFields, Slot
from core.content import AiMetadata, Content, ContentFields, TextContent
from core.document import WrittenBy
from core.ids import new_id
from core.rules.version import RULES_VERSION
from core.scope import Scope
from jobs.claimed import Driver
from jobs.tasks import TaskKind
from memory.database import Database
from memory.leases import Scans
from memory.mongo import CommandListener, Mongo
from services.businesses import BusinessDraft, FactDraft, NewFact
from services.campaigns import Campaigns
from services.check_basis import CheckBasis
from services.checker import Checker
from services.content import Contents
from services.drafting import Drafting
from services.rechecks import RECHECK, Rechecks
from services.tasks import DELAY, Tasks
from tests.integration.services.conftest import Notebook, make_businesses
from tests.stored import store_run

PERSON = "a" * 24
EXPIRES = datetime(2027, 3, 31, 18, tzinfo=UTC)
SLOT = Slot(local_time="2027-03-05T09:00", timezone="Europe/Paris", platform="instagram", theme="Pain")


class HandClock:
    """A clock that a test moves on."""

    def __init__(self) -> None:
        self.time = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time


class Shop:
    """A bakery with drafts, and the worker that does its tasks."""

    def __init__(self, database: Database, checker: Checker) -> None:
        self.clock = HandClock()
        self.database = Database(database.mongo, self.clock)
        self.tasks = Tasks(self.database, self.clock)
        self.rechecks = Rechecks(self.database, self.tasks, checker, self.clock)
        self.businesses = make_businesses(self.database, Notebook(), self.rechecks)
        self.campaigns = Campaigns(self.database, self.rechecks, self.clock)
        self.contents = Contents(self.database, self.rechecks, self.clock)
        self.drafting = Drafting(self.database, self.campaigns, self.rechecks, self.clock)

    async def open(self) -> None:
        facts = [
            NewFact(key="Baguette", value="1,30 €"),
            NewFact(key="Offre", value="la brioche à 5 €", expires_at=EXPIRES),
        ]
        draft = BusinessDraft(business_name="Amandine", industry="Bakery", language="fr", facts=facts)
        self.business = await self.businesses.create(PERSON, draft)
        self.scope = Scope.of(self.business.id)
        campaign = await self.campaigns.create(self.scope, self.business.id, CampaignFields(name="Mars"))
        self.campaign = await self.campaigns.save_calendar(self.scope, campaign.id, [SLOT], new_id())
        await self.work()

    async def write(self, caption: str, *, slot: Slot | None = None) -> Content:
        """A run saves a draft that it began now."""
        business = await self.businesses.get(self.scope, self.business.id)
        campaign = await self.campaigns.get(self.scope, self.campaign.id)
        return await self.save(caption, business, campaign, slot)

    async def save(
        self, caption: str, business: Business, campaign: Campaign, slot: Slot | None = None
    ) -> Content:
        """A run saves a draft that it checked against what it read before."""
        run = await store_run(self.database, self.business.id)
        return await self.drafting.save_draft(
            self.scope,
            business=business,
            campaign=campaign,
            slot=slot,
            platform="instagram",
            fields=ContentFields(text_content=TextContent(caption=caption), language="fr"),
            ai_metadata=AiMetadata(),
            checked_against=CheckBasis(business, campaign, self.clock.now()).digest_for(
                slot.slot_id if slot else None
            ),
            written_by=WrittenBy(run_id=run.id, agent="copywriter", slot="1"),
        )

    async def set_facts(self, **values: str) -> None:
        """Replace the facts."""
        drafts = [FactDraft(key=key, value=value) for key, value in values.items()]
        await self.businesses.replace_facts(self.scope, self.business.id, drafts)

    async def stale(self) -> set[str]:
        """What says of itself that its checks are stale."""
        page = await self.contents.page(self.scope, 100)
        views = await self.contents.views(self.scope, page.items)
        return {view.id for view in views if view.checks_stale}

    async def due(self) -> list[str]:
        return [ref.document_id for ref in await Scans(self.database.mongo).due_tasks(self.clock.now())]

    async def work(self) -> int:
        """Let the worker do, after a while, what is due; how many tasks."""
        self.clock.time += DELAY
        driver = Driver(TaskKind(self.tasks, {RECHECK: self.rechecks.run}), "worker", 10.0)
        due = await self.due()
        for task_id in due:
            await driver(self.business.id, task_id)
        return len(due)


@pytest_asyncio.fixture
async def shop(database: Database, checker: Checker) -> Shop:
    opened = Shop(database, checker)
    await opened.open()
    return opened


def unsourced(content: Content) -> list[str]:
    (check,) = [check for check in content.ai_metadata.checks if check.name == "figures.sourced"]
    return [span.text for span in check.spans]


Change = Callable[[Shop], Awaitable[Any]]

CHANGES: dict[str, Change] = {
    "facts": lambda shop: shop.set_facts(Baguette="1,40 €"),
    "profile": lambda shop: shop.businesses.change(shop.scope, shop.business.id, {"banned_words": ["pain"]}),
    "campaign": lambda shop: shop.campaigns.change(shop.scope, shop.campaign.id, {"goal": "Vendre 40 pains"}),
    "the calendar of a run": lambda shop: shop.campaigns.save_calendar(
        shop.scope, shop.campaign.id, [SLOT.model_copy(update={"platform": "email"})], new_id()
    ),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_every_writer_makes_drafts_stale_and_has_them_checked_again(shop: Shop, change: str) -> None:
    slot = shop.campaign.calendar[0]
    draft = await shop.write("Du pain pour demain.", slot=slot)
    # As a run leaves it whose slot a new calendar may replace.
    untied = {"calendar.$.state": "proposed", "calendar.$.content_id": None}
    await shop.database.campaigns.change(
        shop.scope, shop.campaign.id, untied, {"calendar.slot_id": slot.slot_id}
    )
    assert await shop.stale() == set()
    assert await shop.work() == 0
    await CHANGES[change](shop)
    assert await shop.stale() == {draft.id}
    assert await shop.work() == 1
    assert await shop.stale() == set()


async def test_only_stale_drafts_are_touched_and_only_what_reads_differently_is_changed(shop: Shop) -> None:
    priced = await shop.write("La baguette à 1,30 €.")
    plain = await shop.write("Du pain pour demain.")
    await shop.contents.change(shop.scope, priced.id, {"title": "Pain"}, edited_by=PERSON)
    await shop.contents.change(shop.scope, plain.id, {"title": "Pain"}, edited_by=PERSON)
    sent = await shop.write("La baguette à 1,30 €, hier.")
    await shop.database.content.change(shop.scope, sent.id, {"status": "published"})
    before = {one.id: one for one in (await shop.contents.page(shop.scope, 10)).items}
    await shop.set_facts(Baguette="1,40 €")
    assert await shop.stale() == {priced.id, plain.id}
    await shop.work()
    after = {one.id: one for one in (await shop.contents.page(shop.scope, 10)).items}
    assert unsourced(after[priced.id]) == ["1,30 €"]
    assert after[priced.id].version == before[priced.id].version + 1
    assert after[priced.id].revision == before[priced.id].revision
    # Whoever is editing it over its version may go on.
    assert after[plain.id].version == before[plain.id].version
    assert after[sent.id] == before[sent.id]
    again = {one.id: one for one in (await shop.contents.page(shop.scope, 10)).items}
    await shop.tasks.request(shop.scope, RECHECK)
    await shop.work()
    assert {one.id: one for one in (await shop.contents.page(shop.scope, 10)).items} == again


async def test_a_run_that_began_before_a_fact_changed_saves_stale_checks(shop: Shop) -> None:
    business = await shop.businesses.get(shop.scope, shop.business.id)
    campaign = await shop.campaigns.get(shop.scope, shop.campaign.id)
    await shop.set_facts(Baguette="1,40 €")
    assert await shop.work() == 1
    draft = await shop.save("La baguette à 1,30 €.", business, campaign)
    assert await shop.stale() == {draft.id}
    assert await shop.work() == 1
    assert await shop.stale() == set()
    assert unsourced(await shop.contents.get(shop.scope, draft.id)) == ["1,30 €"]


class ChangedDuring(Checker):
    """Checks, and during the first check something else happens."""

    def __init__(self, checker: Checker, happens: Callable[[], Awaitable[Any]]) -> None:
        self._checker = checker
        self._happens: Callable[[], Awaitable[Any]] | None = happens

    async def recheck(
        self, content: Content, business: Business, campaign: Campaign, now: datetime
    ) -> AiMetadata:
        happens, self._happens = self._happens, None
        if happens is not None:
            await happens()
        return await self._checker.recheck(content, business, campaign, now)


@pytest.mark.parametrize("while_checking", ["task", "edit"])
async def test_a_change_during_the_work_is_not_lost(
    shop: Shop, checker: Checker, while_checking: str
) -> None:
    drafts = [await shop.write("La baguette à 1,30 €.") for _ in range(3)]
    await shop.set_facts(Baguette="1,40 €")
    shop.clock.time += DELAY
    changing = ChangedDuring(checker, lambda: shop.set_facts(Baguette="1,30 €"))
    during = Rechecks(shop.database, shop.tasks, changing, shop.clock)
    if while_checking == "task":
        driver = Driver(TaskKind(shop.tasks, {RECHECK: during.run}), "worker", 10.0)
        for task_id in await shop.due():
            await driver(shop.business.id, task_id)
    else:
        contents = Contents(shop.database, during, shop.clock)
        await contents.change(shop.scope, drafts[0].id, {"title": "Pain"}, edited_by=PERSON)
    assert await shop.stale() != set()
    assert await shop.work() == 1
    assert await shop.stale() == set()
    for draft in drafts:
        assert unsourced(await shop.contents.get(shop.scope, draft.id)) == []


async def test_a_fact_that_expires_makes_drafts_stale_and_is_waited_for(shop: Shop) -> None:
    draft = await shop.write("La brioche à 5 € !")
    assert await shop.stale() == set()
    shop.clock.time = EXPIRES - DELAY - timedelta(seconds=1)
    assert await shop.work() == 0
    shop.clock.time = EXPIRES
    assert await shop.stale() == {draft.id}
    assert await shop.work() == 1
    assert await shop.stale() == set()
    assert unsourced(await shop.contents.get(shop.scope, draft.id)) == ["5 €"]


async def test_new_rules_make_every_draft_stale_and_each_business_is_looked_after_once(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = await shop.write("Du pain pour demain.")
    scans = Scans(shop.database.mongo)
    assert await scans.checked_before(RULES_VERSION) == []
    monkeypatch.setattr("services.check_basis.RULES_VERSION", 10_000)
    monkeypatch.setattr("services.rechecks.RULES_VERSION", 10_000)
    assert await shop.stale() == {draft.id}
    (ref,) = await scans.checked_before(10_000)
    await shop.rechecks.after_new_rules(Scope.of(ref.business_id))
    assert await scans.checked_before(10_000) == []
    assert await shop.work() == 1
    assert await shop.stale() == set()


async def test_a_business_that_another_path_stored_is_looked_after_too(shop: Shop) -> None:
    """Such as a demo workspace, or one that an earlier release wrote."""
    now, business_id = shop.clock.now(), new_id()
    business = Business(
        id=business_id,
        business_id=business_id,
        user_id=PERSON,
        business_name="Amandine",
        industry="Bakery",
        created_at=now,
        updated_at=now,
    )
    await shop.database.businesses.insert(Scope.of(business_id), business)
    (ref,) = await Scans(shop.database.mongo).checked_before(RULES_VERSION)
    assert ref.business_id == business_id


async def test_a_business_with_many_drafts_takes_several_tasks(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.rechecks.MOST_IN_ONE_TASK", 2)
    for _ in range(5):
        await shop.write("Du pain pour demain.")
    await shop.set_facts(Baguette="1,40 €")
    left = []
    while await shop.work():
        left.append(len(await shop.stale()))
    assert left == [3, 1, 0]


class ContentCommands(CommandListener):
    """Counts the commands on drafts."""

    def __init__(self) -> None:
        self.count = 0

    def started(self, event: Any) -> None:
        self.count += "content" in (event.command.get(event.command_name), event.command.get("collection"))

    def succeeded(self, event: Any) -> None:
        """Nothing to count."""

    def failed(self, event: Any) -> None:
        """Nothing to count."""


async def test_no_writer_reads_or_writes_drafts_itself(shop: Shop, checker: Checker, store_urls: Any) -> None:
    """However many drafts there are, a change answers as fast."""
    listener = ContentCommands()
    mongo = Mongo(store_urls.mongodb, shop.database.mongo.database.name, [listener])
    try:
        watched = Shop(Database(mongo, shop.clock), checker)
        watched.business, watched.campaign, watched.scope = shop.business, shop.campaign, shop.scope
        for change in CHANGES.values():
            await change(watched)
    finally:
        mongo.close()
    assert listener.count == 0


async def test_an_approval_can_ask_for_fresh_checks(shop: Shop) -> None:
    draft = await shop.write("La baguette à 1,30 €.")
    await shop.set_facts(Baguette="1,40 €")
    fresh = await shop.rechecks.refresh(shop.scope, draft.id)
    assert await shop.stale() == set()
    assert unsourced(fresh) == ["1,30 €"]
    assert fresh == await shop.contents.get(shop.scope, draft.id)
    assert await shop.rechecks.refresh(shop.scope, draft.id) == fresh


async def test_a_business_that_is_gone_has_nothing_to_check(shop: Shop) -> None:
    await shop.write("Du pain pour demain.")
    await shop.set_facts(Baguette="1,40 €")
    await shop.database.businesses.delete(shop.scope, {"_id": shop.business.id})
    assert await shop.work() == 1
    assert await shop.work() == 0


NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("of_business", "of_campaign", "differs"),
    [
        ({"brand_voice": "Chaleureux"}, {}, True),
        ({"banned_words": ["pas cher"]}, {}, True),
        ({"timezone": "Europe/Paris"}, {}, True),
        ({}, {"goal": "Vendre 40 pains"}, True),
        ({}, {"start_date": date(2027, 3, 1)}, True),
        ({"brand_assets": {"brand_colors": ["#AA5500"]}}, {}, False),
        ({"is_demo": True, "version": 9}, {"status": "active", "version": 9}, False),
    ],
)
def test_the_basis_is_what_checks_use(
    of_business: dict[str, Any], of_campaign: dict[str, Any], differs: bool
) -> None:
    stamps = {"created_at": NOW, "updated_at": NOW, "business_id": "b" * 24}
    business = {
        "id": "b" * 24,
        "user_id": PERSON,
        "business_name": "Amandine",
        "industry": "Bakery",
        **stamps,
    }
    campaign = {"id": "c" * 24, "name": "Mars", **stamps}

    def basis(business: dict[str, Any], campaign: dict[str, Any]) -> str:
        made = CheckBasis(Business.model_validate(business), Campaign.model_validate(campaign), NOW)
        return made.digest_for(None)

    changed = basis({**business, **of_business}, {**campaign, **of_campaign})
    assert (changed != basis(business, campaign)) == differs
