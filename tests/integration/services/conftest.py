"""The services under test on a fresh database, and two businesses that must never meet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio

from core.business import Business, Segment
from core.campaign import Campaign, CampaignFields
from core.content import Content
from core.document import WrittenBy
from core.scope import Scope
from memory.budgets import Budgets
from memory.database import Database
from memory.seats import Seats
from services.businesses import BusinessDraft, Businesses, NewFact
from services.campaigns import Campaigns
from services.checker import Checker
from services.content import Contents
from services.drafting import Drafting
from services.rechecks import Rechecks
from services.tasks import Tasks
from tests.stored import store_run


@dataclass
class Notebook:
    """Stands where campaign memory stands: notes what it was asked to remember."""

    remembered: list[tuple[str, list[str]]] = field(default_factory=list)

    async def remember_facts(self, scope: Scope, business: Business) -> None:
        assert scope.business_id == business.id
        self.remembered.append((business.id, [fact.value for fact in business.facts]))


@pytest.fixture
def notebook() -> Notebook:
    return Notebook()


@pytest.fixture
def tasks(database: Database) -> Tasks:
    return Tasks(database, database.tasks.clock)


@pytest.fixture
def rechecks(database: Database, tasks: Tasks, checker: Checker) -> Rechecks:
    return Rechecks(database, tasks, checker, database.content.clock)


def make_businesses(database: Database, notebook: Notebook, rechecks: Rechecks) -> Businesses:
    """The service, with places for 25 businesses a person."""
    clock = database.businesses.clock
    budgets = Budgets(database.budgets, database.ledger, clock, default_limit=1_000)
    return Businesses(database, notebook, rechecks, Seats(database, budgets, clock, most=25), clock)


@pytest.fixture
def businesses(database: Database, notebook: Notebook, rechecks: Rechecks) -> Businesses:
    return make_businesses(database, notebook, rechecks)


class DraftingOfRuns(Drafting):
    """Saves drafts of runs that are there."""

    async def save_draft(self, scope: Scope, *, written_by: WrittenBy, **draft: Any) -> Content:
        await store_run(self._database, scope.business_id, written_by.run_id)
        return await super().save_draft(scope, written_by=written_by, **draft)


@pytest.fixture
def campaigns(database: Database, rechecks: Rechecks) -> Campaigns:
    return Campaigns(database, rechecks, database.campaigns.clock)


@pytest.fixture
def contents(database: Database, rechecks: Rechecks) -> Contents:
    return Contents(database, rechecks, database.content.clock)


@pytest.fixture
def drafting(database: Database, campaigns: Campaigns, rechecks: Rechecks) -> Drafting:
    return DraftingOfRuns(database, campaigns, rechecks, database.content.clock)


@pytest_asyncio.fixture
async def bakery(businesses: Businesses) -> Business:
    return await businesses.create(
        "a" * 24,
        BusinessDraft(
            business_name="Boulangerie Amandine",
            industry="Bakery",
            language="fr",
            timezone="Europe/Paris",
            target_audience=[Segment(segment_name="Voisins", age_range="30-55")],
            banned_words=["pas cher"],
            facts=[
                NewFact(key="Baguette", value="1,30 €"),
                NewFact(key="Téléphone", value="04 78 00 11 22"),
            ],
        ),
    )


@pytest_asyncio.fixture
async def groomer(businesses: Businesses) -> Business:
    return await businesses.create(
        "b" * 24, BusinessDraft(business_name="Hundesalon Wau", industry="Dog groomer", language="de")
    )


@pytest_asyncio.fixture
async def spring(campaigns: Campaigns, bakery: Business) -> Campaign:
    return await campaigns.create(Scope.of(bakery.id), bakery.id, CampaignFields(name="Printemps"))
