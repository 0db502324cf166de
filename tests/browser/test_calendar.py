"""The canvas shows a calendar once there is one, at the week that was planned last."""

from __future__ import annotations

from datetime import UTC, date, datetime

from playwright.async_api import expect

from tests.browser.conftest import Opener


def in_months(count: int) -> date:
    """The eighth of a month to come."""
    today = datetime.now(UTC).date()
    months = today.year * 12 + today.month - 1 + count
    return date(months // 12, months % 12 + 1, 8)


def shown(day: date) -> str:
    """The month, with its year where it is another than today's."""
    year = f" {day.year}" if day.year != datetime.now(UTC).year else ""
    return f"{day:%B}{year}"


async def test_the_canvas_stays_on_the_first_week_that_a_run_plans(own: Opener) -> None:
    later, sooner = in_months(5), in_months(3)
    async with own() as person:
        page = person.page
        bar = page.locator(".bar")
        await person.go()
        await person.say("Write an Instagram post about the trial week")
        await person.until_ended()
        # A post without a date makes no calendar.
        await expect(person.cards).to_have_count(1)
        await expect(page.locator(".undated")).to_have_text("Nothing here has a date yet.")
        await expect(page.locator(".week, .month").or_(bar)).to_have_count(0)
        dates = page.locator(".top-b > .num")
        await expect(dates).to_have_count(0)

        for first in (later, sooner):
            await person.say(f"Plan two weeks of Instagram posts from 8 {first:%B}")
            await expect(bar).to_contain_text(shown(first))
            week = await bar.locator("h2 + span").inner_text()
            await person.until_ended()
            # What was written for the second week turns no page, nor does the other run's calendar.
            await expect(bar.locator("h2 + span")).to_have_text(week)
            await expect(page.locator(".slot").first).to_be_visible()
        # The dates beside the title are those of the whole calendar.
        await expect(dates).to_contain_text(f"{sooner:%b}")
        await expect(dates).to_contain_text(f"{later:%b}")
        await page.reload()
        await expect(bar.locator("h2 + span")).to_have_text(week)

        # Months are turned as months.
        await page.get_by_text("Month", exact=True).click()
        await expect(bar.locator("h2")).to_have_text(f"{sooner:%B %Y}")
        await page.get_by_role("button", name="Next month").click()
        await page.get_by_role("button", name="Next month").click()
        await expect(bar.locator("h2")).to_have_text(f"{later:%B %Y}")
        await expect(page.locator(".mini").first).to_be_visible()
        await expect(page.get_by_role("button", name="Next month")).to_be_disabled()

        # Escape puts away the list of conversations, and nothing else.
        threads = page.get_by_role("button", name="1 conversation")
        await threads.click()
        await page.get_by_role("button", name="Delete “").focus()
        await page.keyboard.press("Escape")
        await expect(threads).to_have_attribute("aria-expanded", "false")
        await expect(threads).to_be_focused()
