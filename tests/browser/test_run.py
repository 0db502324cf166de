"""One sentence becomes a calendar and drafts, painted while they are written."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.async_api import Route, expect

from core.demo import DEMO_EMAIL, DEMO_PASSWORD
from tests.browser.conftest import Opener
from tests.browser.people import DESK, PHONE
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
        # Until its checks are told, a draft is neither ready nor to be edited.
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
        await expect(answer.get_by_role("button", name="Calendar, 6 posts")).to_be_visible()
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
        # The first visitor of the demo gets its own campaign, a later one another.
        await expect(page.get_by_role("heading", name=re.compile("^March (F|m)"))).to_be_visible()
        await page.get_by_text("Month", exact=True).click()
        await expect(page.get_by_role("table", name="Calendar, ").get_by_role("button")).to_have_count(6)
        await accessible(page)


async def with_unsourced_events(route: Route) -> None:
    """The stream of a run whose talk has figures without a source; the offline model invents none."""
    told = (await (await route.fetch()).body()).decode()
    said = re.search(r'"messageId":\s*"([^"]+)"', told)
    assert said is not None, told
    value = {"message_id": said.group(1), "figures": ["40%", "300"]}
    event = f"data: {json.dumps({'type': 'CUSTOM', 'name': 'marquee.unsourced', 'value': value})}\n\n"
    head, last, end = told.rpartition("id:")
    assert "RUN_FINISHED" in end
    await route.fulfill(body=f"{head}{event}{last}{end}", content_type="text/event-stream")


async def with_unsourced_message(route: Route) -> None:
    """The thread of the same answer."""
    answer = await route.fetch()
    thread = await answer.json()
    for message in thread["messages"]:
        message["unsourced"] = ["40%", "300"] if message["role"] == "assistant" else []
    await route.fulfill(response=answer, json=thread)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
async def test_figures_of_the_talk_without_a_source_are_named_below_it(
    own: Opener, size: tuple[int, int]
) -> None:
    async with own(size=size, is_mobile=size == PHONE, has_touch=size == PHONE) as person:
        page = person.page
        warned = page.locator(".answer").get_by_role("note")
        await page.route("**/copilot", with_unsourced_events)
        await person.go()
        asked = re.compile("/threads/")
        await page.route(asked, lambda route: route.abort())
        person.watch.allow("threads/", "ERR_FAILED")
        await person.say("Who are you?")
        await expect(warned).to_have_text(
            "40%, 300: not found in what you told me. Check before you rely on it."
        )
        await page.unroute(asked)
        await page.route(asked, with_unsourced_message)
        await page.reload()
        await expect(warned).to_have_text(
            "40%, 300: not found in what you told me. Check before you rely on it."
        )
        await accessible(page)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
