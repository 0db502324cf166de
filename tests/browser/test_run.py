"""One sentence becomes a calendar and drafts, painted while they are written."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.async_api import expect

from core.demo import DEMO_EMAIL, DEMO_PASSWORD
from tests.browser.conftest import Opener
from tests.browser.watch import accessible

SLOW_RESULTS = Path(__file__).with_name("slow_results.js").read_text()
DEMO = "Plan a two-week Instagram and e-mail push for my March membership drive"


async def test_the_demo_plans_and_writes(visit: Opener) -> None:
    async with visit() as person:
        page = person.page
        await person.go()
        await page.get_by_role("button", name="Look around the demo workspace").click()
        await expect(page.get_by_role("heading", name="What should")).to_be_visible()
        await expect(page.get_by_text("demo workspace", exact=True)).to_be_visible()
        await expect(page.get_by_text("offline demo model", exact=True)).to_be_visible()

        await page.evaluate(SLOW_RESULTS)
        await person.say(DEMO)
        await expect(person.live).to_have_text("Strategist is planning the calendar")
        await expect(person.card("Being written").first).to_be_visible()
        await expect(person.live).to_contain_text("Copywriter is writing")
        await expect(page.get_by_role("button", name="Stop")).to_be_visible()
        await accessible(page)
        # Until its checks are told, a piece is neither ready nor to be edited.
        checked = person.card("Being checked").first
        await expect(checked).to_be_visible()
        await expect(checked.get_by_role("button", name=re.compile("^Edit"))).to_have_count(0)
        await expect(checked.locator(".src")).to_have_count(0)
        await accessible(page)
        await page.evaluate("letGo()")
        await person.until_ended()

        seen = await person.seen()
        assert seen["answer"] == ["live", "over"]
        # Slots come one by one while the calendar is planned.
        assert sorted(set(seen["slots"])) == seen["slots"][: len(set(seen["slots"]))]
        assert len(seen["slots"]) > 2
        cards = seen["cards"].values()
        written = [notes for notes in cards if any(note["head"] == "Being written" for note in notes)]
        assert written
        for notes in written:
            lengths = [note["length"] for note in notes if note["head"] == "Being written"]
            assert len(set(lengths)) > 3
            assert lengths == sorted(lengths)
            assert notes[-1]["head"] == "Ready for you"

        answer = page.locator(".answer").last
        await expect(answer.get_by_role("button", name="Calendar, 6 pieces")).to_be_visible()
        await expect(answer.get_by_role("button", name="Professional but motivational")).to_be_visible()
        await expect(answer.get_by_role("button", name="Young Professionals")).to_be_visible()
        await person.take_token(DEMO_EMAIL, DEMO_PASSWORD)
        drafts = await person.assert_all_there()
        assert {draft["platform"] for draft in drafts} == {"instagram", "email"}
        assert all(draft["ai_metadata"]["simulated"] for draft in drafts)
        await accessible(page)

        # Only panes scroll, never the page.
        assert await page.evaluate("document.documentElement.scrollHeight <= innerHeight")
        await page.mouse.move(30, 500)
        await page.mouse.wheel(0, 800)
        assert await page.evaluate("scrollY") == 0

        source = page.locator("article.card").get_by_role("button", name="membership: from $29/month").first
        await source.click()
        await expect(page.locator(".factrow.wanted")).to_contain_text("from $29/month")
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("heading", name="March Fitness Drive")).to_be_visible()
        await page.get_by_text("Month", exact=True).click()
        await expect(
            page.get_by_role("group", name="Slots of the month").get_by_role("button")
        ).to_have_count(6)
        await accessible(page)
