"""How many businesses a person may have, and that none of them gets a month's quota twice."""

from __future__ import annotations

import asyncio

import pytest

from core.business import Business
from core.errors import NotFound, TooManyBusinesses
from core.idempotency import ids_from
from core.ids import new_id
from core.scope import Scope
from core.usage import LedgerEntry
from memory.budgets import Budgets
from memory.mongo import SYSTEM_SCAN
from memory.reshapes import give_seats
from memory.seats import Seats
from services.businesses import BusinessDraft, Businesses
from services.container import Services

QUOTA = 1_000
DRAFT = BusinessDraft(business_name="Harbour Bakery", industry="Bakery")


@pytest.fixture
def budgets(services: Services) -> Budgets:
    return Budgets(services.database.budgets, services.database.ledger, services.clock, QUOTA)


def founding(services: Services, budgets: Budgets, most: int) -> Businesses:
    """Where a person may have `most` businesses."""
    seats = Seats(services.database, budgets, services.clock, most)
    return Businesses(services.database, services.recall, services.rechecks, seats, services.clock)


async def erase(services: Services, business: Business) -> None:
    assert await services.erasure.erase_business(Scope.of(business.id), business.id, cascade=True)


async def spend(budgets: Budgets, business: Business, tokens: int) -> None:
    scope = Scope.of(business.id)
    reservation = await budgets.reserve(scope, tokens, None)
    assert reservation is not None
    await budgets.settle(scope, reservation, LedgerEntry(tokens_in=tokens))


async def test_deleting_and_making_a_business_anew_gives_no_quota_again(
    services: Services, budgets: Budgets
) -> None:
    ali, businesses = new_id(), founding(services, budgets, most=3)
    spent = 0
    for tokens in (700, 200, 100):
        business = await businesses.create(ali, DRAFT)
        month = await budgets.month(Scope.of(business.id))
        assert (month.limit, month.remaining) == (QUOTA - spent, QUOTA - spent)
        await spend(budgets, business, tokens)
        spent += tokens
        await erase(services, business)
    empty = await businesses.create(ali, DRAFT)
    assert await budgets.reserve(Scope.of(empty.id), 1, None) is None
    stranger = await businesses.create(new_id(), DRAFT)
    assert (await budgets.month(Scope.of(stranger.id))).remaining == QUOTA


async def test_what_is_still_reserved_is_not_given_to_the_next_business(
    services: Services, budgets: Budgets
) -> None:
    ali, businesses = new_id(), founding(services, budgets, most=1)
    first = await businesses.create(ali, DRAFT)
    assert await budgets.reserve(Scope.of(first.id), 600, None) is not None
    await erase(services, first)
    second = await businesses.create(ali, DRAFT)
    assert (await budgets.month(Scope.of(second.id))).remaining == 400


async def test_many_requests_at_once_make_no_more_businesses_than_one_may_have(
    services: Services, budgets: Budgets
) -> None:
    ali, businesses = new_id(), founding(services, budgets, most=4)
    made = await asyncio.gather(*(businesses.create(ali, DRAFT) for _ in range(20)), return_exceptions=True)
    assert [type(one) for one in made].count(Business) == 4
    assert [type(one) for one in made].count(TooManyBusinesses) == 16
    assert len(await services.database.memberships.all({"user_id": ali})) == 4
    stored = services.database.mongo.collection("businesses")
    kept = [one.id for one in made if isinstance(one, Business)]
    assert {one["_id"] async for one in stored.find({"user_id": ali}, comment=SYSTEM_SCAN)} == set(kept)


async def test_of_many_at_once_one_alone_goes_on_with_what_a_deleted_business_left(
    services: Services, budgets: Budgets
) -> None:
    ali, businesses = new_id(), founding(services, budgets, most=3)
    first = await businesses.create(ali, DRAFT)
    await spend(budgets, first, 900)
    await erase(services, first)
    made = await asyncio.gather(*(businesses.create(ali, DRAFT) for _ in range(3)))
    left = [(await budgets.month(Scope.of(one.id))).remaining for one in made]
    assert sorted(left) == [100, QUOTA, QUOTA]


async def test_a_request_that_is_repeated_takes_one_seat(services: Services, budgets: Budgets) -> None:
    ali, businesses, token = new_id(), founding(services, budgets, most=2), new_id()
    for _ in range(3):
        with ids_from(token):
            await businesses.create(ali, DRAFT)
    await businesses.create(ali, DRAFT)
    with pytest.raises(TooManyBusinesses) as refused:
        await businesses.create(ali, DRAFT)
    assert refused.value.facts == {"limit": 2}


async def test_businesses_of_before_have_their_seats(services: Services, budgets: Budgets) -> None:
    ali, businesses = new_id(), founding(services, budgets, most=2)
    made = [await businesses.create(ali, DRAFT) for _ in range(2)]
    await services.database.seats.delete({"user_id": ali})
    for _ in range(2):
        await give_seats(services.database.mongo)
    with pytest.raises(TooManyBusinesses):
        await businesses.create(ali, DRAFT)
    await spend(budgets, made[0], 300)
    await erase(services, made[0])
    again = await businesses.create(ali, DRAFT)
    assert (await budgets.month(Scope.of(again.id))).remaining == 700
    with pytest.raises(NotFound):
        await businesses.get(Scope.of(made[0].id), made[0].id)
