"""Businesses and their facts on the real store."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from core.business import Business
from core.errors import InvalidFields, NotFound, VersionMismatch
from core.scope import Scope
from memory.database import Database
from services.businesses import BusinessDraft, Businesses, FactDraft
from tests.integration.services.conftest import Notebook


async def test_the_creator_is_the_owner(database: Database, bakery: Business, notebook: Notebook) -> None:
    (membership,) = await database.memberships.all({"business_id": bakery.id})
    assert (membership.user_id, membership.role) == ("a" * 24, "owner")
    assert bakery.id == bakery.business_id
    assert [(fact.key, fact.source) for fact in bakery.facts] == [
        ("Baguette", "owner"),
        ("Téléphone", "owner"),
    ]
    assert all(fact.updated_at == bakery.created_at for fact in bakery.facts)
    assert notebook.remembered == [(bakery.id, ["1,30 €", "04 78 00 11 22"])]


async def test_what_is_stored_is_what_was_made(businesses: Businesses, bakery: Business) -> None:
    assert await businesses.get(Scope.of(bakery.id), bakery.id) == bakery


async def test_a_scope_shows_only_its_own(
    businesses: Businesses, bakery: Business, groomer: Business
) -> None:
    both = await businesses.page(Scope.of(bakery.id, groomer.id), 10)
    assert [business.id for business in both.items] == [groomer.id, bakery.id]
    assert [business.id for business in (await businesses.page(Scope.of(bakery.id), 10)).items] == [bakery.id]
    assert (await businesses.page(Scope(frozenset()), 10)).items == []
    for call in (
        businesses.get(Scope.of(groomer.id), bakery.id),
        businesses.change(Scope.of(groomer.id), bakery.id, {"industry": "x"}),
        businesses.replace_facts(Scope.of(groomer.id), bakery.id, []),
    ):
        with pytest.raises(NotFound):
            await call


async def test_a_patch_changes_what_it_names(businesses: Businesses, bakery: Business) -> None:
    scope = Scope.of(bakery.id)
    changed = await businesses.change(
        scope, bakery.id, {"brand_voice": "Chaleureux", "brand_assets": {"brand_colors": ["#AA5500"]}}
    )
    assert changed.version == bakery.version + 1
    assert changed.brand_voice == "Chaleureux"
    assert changed.brand_assets.brand_colors == ["#AA5500"]
    assert changed.facts == bakery.facts
    assert (
        await businesses.change(scope, bakery.id, {"brand_voice": "Chaleureux"})
    ).version == changed.version
    with pytest.raises(VersionMismatch):
        await businesses.change(scope, bakery.id, {"brand_voice": "Vif"}, version=bakery.version)
    with pytest.raises(InvalidFields, match="facts: is set by the server"):
        await businesses.change(scope, bakery.id, {"facts": []})


async def test_facts_are_replaced_as_a_whole(
    businesses: Businesses, bakery: Business, notebook: Notebook
) -> None:
    scope = Scope.of(bakery.id)
    baguette, phone = bakery.facts
    changed = await businesses.replace_facts(
        scope,
        bakery.id,
        [
            FactDraft(id=phone.id, key=phone.key, value=phone.value, source="somebody"),
            FactDraft(id=baguette.id, key="Baguette", value="1,40 €"),
            FactDraft(key="Baguette", value="tradition", expires_at=datetime(2027, 6, 1, tzinfo=UTC)),
        ],
    )
    kept, dearer, new = changed.facts
    assert kept == phone
    assert (dearer.id, dearer.value) == (baguette.id, "1,40 €")
    assert dearer.updated_at is not None
    assert new.id not in {baguette.id, phone.id}
    assert notebook.remembered[-1] == (bakery.id, [phone.value, "1,40 €", "tradition"])
    with pytest.raises(NotFound):
        await businesses.replace_facts(scope, bakery.id, [FactDraft(id="f" * 24, key="a", value="b")])
    twice = FactDraft(id=phone.id, key=phone.key, value=phone.value)
    with pytest.raises(NotFound):
        await businesses.replace_facts(scope, bakery.id, [twice, twice])


async def test_writers_at_once_lose_nothing(businesses: Businesses, bakery: Business) -> None:
    scope = Scope.of(bakery.id)
    patches = [
        {"brand_voice": "Vif"},
        {"industry": "Pâtisserie"},
        {"country": "FR"},
        {"timezone": "Europe/Rome"},
    ]
    await asyncio.gather(*(businesses.change(scope, bakery.id, patch) for patch in patches))
    after = await businesses.get(scope, bakery.id)
    assert (after.brand_voice, after.industry, after.country, after.timezone) == (
        "Vif",
        "Pâtisserie",
        "FR",
        "Europe/Rome",
    )
    assert after.version == bakery.version + len(patches)


async def test_a_business_without_its_owner_is_invisible(businesses: Businesses, database: Database) -> None:
    business = await businesses.create("c" * 24, BusinessDraft(business_name="X", industry="Y"))
    await database.memberships.delete({"business_id": business.id})
    seen = Scope(frozenset(row.business_id for row in await database.memberships.all({"user_id": "c" * 24})))
    assert (await businesses.page(seen, 10)).items == []
