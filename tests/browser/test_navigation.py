"""What is pressed shows what it names, the focus goes along, and a screen reader hears what the eye sees."""

from __future__ import annotations

import re

from playwright.async_api import Locator, expect

from tests.browser.conftest import Opener
from tests.browser.people import PLAN
from tests.browser.watch import accessible

ONE = re.compile(r"^\w{3} \d+ \w{3}( \d{4})?, \d\d:\d\d .+, (Instagram|E-mail), (Ready for you|Planned)$")


async def bottom(element: Locator) -> float:
    """The lower edge on the screen."""
    box = await element.bounding_box()
    assert box is not None
    return box["y"] + box["height"]


async def test_every_way_to_the_calendar_shows_it(own: Opener) -> None:
    async with own() as person:
        page = person.page
        await person.go()
        await person.say(PLAN)
        await person.until_ended()
        await page.reload()
        answer = page.locator(".answer").last
        rows = page.locator(".canvas .agenda > li")
        for name in ("Calendar, 6 posts", "2 more planned", "Spring offer"):
            await answer.get_by_role("button", name=name).click()
            await expect(rows).to_have_count(6)
            await expect(page.get_by_role("heading", name="6 posts")).to_be_focused()
            await page.keyboard.press("Escape")
            await expect(rows).to_have_count(0)
            await expect(answer.get_by_role("button", name=name)).to_be_focused()

        # In the list an entry unfolds where it stands.
        await page.get_by_text("List", exact=True).click()
        await rows.nth(1).get_by_role("button").first.click()
        await expect(rows.nth(1).locator("article.card")).to_be_focused()
        await accessible(page)
        await page.keyboard.press("Escape")
        await expect(rows.locator("article.card")).to_have_count(0)

        # In the month it is read right below.
        await page.get_by_text("Month", exact=True).click()
        await expect(rows).to_have_count(0)
        month = page.get_by_role("table")
        entry = month.get_by_role("button").last
        await entry.click()
        card = page.locator("article.card[aria-current]")
        await expect(card).to_be_focused()
        box = await card.bounding_box()
        assert box is not None
        assert box["y"] - await bottom(month) < 40
        await accessible(page)
        await page.get_by_text("Week", exact=True).click()
        await page.keyboard.press("Escape")
        await expect(card).to_have_count(0)

        # A table whose entries say day, time, channel and state.
        week = page.get_by_role("table", name=re.compile("^Calendar, "))
        await expect(week.get_by_role("columnheader")).to_have_count(7)
        await expect(week.get_by_role("rowheader")).to_have_text(["Instagram", "E-mail"])
        names = [await slot.get_attribute("aria-label") for slot in await week.get_by_role("button").all()]
        assert names
        assert [name for name in names if not ONE.match(name or "")] == []

        # Facts begin at their top however far the canvas was scrolled, and the canvas stays where it was.
        canvas = page.locator("#canvas")
        await canvas.evaluate("canvas => canvas.scrollTo(0, 300)")
        await page.get_by_role("navigation").get_by_role("button", name="Facts").click()
        await expect(page.get_by_role("heading", name="The facts behind")).to_be_focused()
        assert await canvas.evaluate("canvas => canvas.scrollTop") == 0
        await page.get_by_role("navigation").get_by_role("button", name="Copilot").click()
        await expect(week).to_be_visible()
        assert await canvas.evaluate("canvas => canvas.scrollTop") == 300

        # The first Tab leads past the rail.
        await page.reload()
        await expect(week).to_be_visible()
        await page.evaluate("document.activeElement.blur()")
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Skip to the message")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(person.composer).to_be_focused()
