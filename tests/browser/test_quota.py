"""Tokens: quiet until 80 %, amber, used up; and an error that can be tried again beside the first answer."""

from __future__ import annotations

from playwright.async_api import expect

from core.clock import month_of
from core.scope import Scope
from memory.budgets import Budgets
from memory.database import Database
from tests.browser.conftest import Opener
from tests.browser.people import PLAN
from tests.browser.watch import accessible


async def allow(database: Database, business_id: str, limit: int, used: int) -> None:
    """Give the business so many tokens this month, of which so many are used."""
    scope = Scope.of(business_id)
    values = {"limit": limit, "tokens_used": used, "reserved": 0, "remaining": limit - used}
    budgets = Budgets(database.budgets, database.ledger, database.budgets.clock, limit)
    month = await budgets.month(scope, month_of(database.budgets.clock.now()))
    if not await database.budgets.change_all(scope, {"_id": month.id}, values):
        await database.budgets.insert(scope, month.model_copy(update=values))


async def test_the_meter_turns_amber_and_then_says_when_new_tokens_come(
    own: Opener, database: Database
) -> None:
    async with own() as person:
        page, meter = person.page, person.page.get_by_role("meter")
        await allow(database, person.business_id, 100_000, 79_000)
        await person.go()
        await expect(meter).to_have_text("79% used")
        await allow(database, person.business_id, 100_000, 80_000)
        await page.reload()
        await expect(meter).to_have_text("80% used")
        await accessible(page)
        await allow(database, person.business_id, 100_000, 100_000)
        await page.reload()
        await expect(meter).to_have_text("100% used")
        await expect(page.locator(".quota-line")).to_contain_text(
            "This month’s tokens are used up. New ones come on 1 "
        )
        await accessible(page)
        person.watch.allow("status of 429", "answered 429: .*/copilot")
        await person.say(PLAN)
        await expect(page.get_by_role("alert")).to_contain_text("This month’s tokens are used up.")
        await expect(page.get_by_role("alert")).to_contain_text("Your sentence is kept here.")
        await accessible(page)


async def test_an_error_in_the_middle_is_tried_again_beside_it(own: Opener, database: Database) -> None:
    async with own() as person:
        page = person.page
        await person.go()
        # Enough to begin with, not enough for the drafts: a call sets aside its greatest output.
        await allow(database, person.business_id, 9_000, 0)
        await person.say(PLAN)
        alert = page.get_by_role("alert")
        await expect(alert).to_contain_text("This month’s tokens are used up. What is written is kept")
        await person.until_ended()
        thread = await person.thread()
        assert thread["messages"][-1]["status"] == "failed"
        assert thread["messages"][-1]["problem"]["slug"] == "quota-exhausted"
        await page.reload()
        await expect(alert).to_contain_text("This month’s tokens are used up.")
        await allow(database, person.business_id, 1_000_000, 10_000)
        await alert.get_by_role("button", name="Try again").click()
        await person.until_ended()
        await expect(alert).to_have_count(0)
        await expect(page.locator(".branches")).to_contain_text("2 of 2")
        await person.assert_all_there()
        await page.get_by_role("button", name="Earlier version").click()
        await expect(page.locator(".branches")).to_contain_text("1 of 2")
        await expect(alert).to_contain_text("This month’s tokens are used up.")
