"""The services under test on a fresh database, and two businesses that must never meet."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
import pytest_asyncio

from core.business import Business, Segment
from core.campaign import Campaign, CampaignFields
from core.scope import Scope
from memory.database import Database
from services.businesses import BusinessDraft, Businesses, NewFact
from services.campaigns import Campaigns
from services.checker import Checker
from services.content import Contents
from services.drafting import Drafting
from services.effects.erasure import Erasure


@dataclass
class Notebook:
    """Stands where campaign memory stands: notes what it was asked to remember and to forget."""

    remembered: list[tuple[str, list[str]]] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)

    async def remember_facts(self, scope: Scope, business: Business) -> None:
        assert scope.business_id == business.id
        self.remembered.append((business.id, [fact.value for fact in business.facts]))

    async def forget_business(self, scope: Scope) -> None:
        self.forgotten.append(scope.business_id)


@pytest.fixture
def notebook() -> Notebook:
    return Notebook()


@pytest.fixture
def businesses(database: Database, notebook: Notebook) -> Businesses:
    return Businesses(database, notebook, database.businesses.clock)


@pytest.fixture
def campaigns(database: Database) -> Campaigns:
    return Campaigns(database, database.campaigns.clock)


@pytest.fixture
def contents(database: Database, checker: Checker) -> Contents:
    return Contents(database, checker, database.content.clock)


@pytest.fixture
def drafting(database: Database, campaigns: Campaigns) -> Drafting:
    return Drafting(database, campaigns, database.content.clock)


@pytest.fixture
def privacy(database: Database, campaigns: Campaigns, notebook: Notebook) -> Erasure:
    return Erasure(database, campaigns, notebook)


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
