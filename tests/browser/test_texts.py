"""Texts as people write them: their direction, their language, their links, and where they can be pasted."""

from __future__ import annotations

import json
import re

from playwright.async_api import Route, expect

from core.demo import DEMO_EMAIL, DEMO_PASSWORD
from tests.browser.conftest import Opener
from tests.browser.people import PLAN
from tests.browser.watch import accessible

POST = "Write an Instagram post about the trial week"
ARABIC = "اكتب رسالة قصيرة عن الأسبوع التجريبي"
HEBREW = "שבוע ניסיון ב־15 פאונד"
LETTER = (
    "Dear friends of the house, this is a whole letter in plain English that goes on for long enough to be "
    "recognised, and it has a second sentence so that nobody can say it was short."
)
RTL = "element => getComputedStyle(element).direction"


async def test_each_text_runs_in_its_own_direction_and_a_wrong_language_is_named(own: Opener) -> None:
    business = {
        "business_name": "مخبز النيل",
        "language": "ar-EG",
        "facts": [{"key": "עסקה", "value": HEBREW}],
    }
    async with own(business=business) as person:
        page = person.page
        await person.go()
        for name in (".switch strong", f".factrow dd:text('{HEBREW}')"):
            assert await page.locator(name).first.evaluate(RTL) == "rtl", name
        await person.composer.fill(ARABIC)
        assert await person.composer.evaluate(RTL) == "rtl"
        await person.composer.fill(POST)
        assert await person.composer.evaluate(RTL) == "ltr"
        await page.get_by_role("button", name="Send").click()
        await person.until_ended()
        (draft,) = await person.drafts()
        await person.put(f"/content/{draft['id']}", {"title": ARABIC, "text_content": {"caption": ARABIC}})
        await page.reload()
        assert await page.locator(".ask").evaluate(RTL) == "ltr"
        for name in (".poster .ph", ".pv-text"):
            assert await page.locator(name).evaluate(RTL) == "rtl", name
        await person.cards.get_by_role("button", name=re.compile("^Edit ")).first.click()
        assert await person.cards.get_by_label("Caption").evaluate(RTL) == "rtl"

        # In the wrong language: its name, not its tag, and not the whole text once more.
        await person.cards.get_by_label("Caption").fill(LETTER)
        await page.get_by_role("button", name="Save", exact=True).click()
        checks = person.cards.locator(".checks")
        await expect(checks).to_contain_text("The text should be in Arabic (Egypt); this reads like English.")
        await expect(checks).not_to_contain_text("Dear friends")
        await accessible(page)


async def with_a_quoted_link(route: Route) -> None:
    """The thread whose answer quotes an address."""
    answer = await route.fetch()
    thread = await answer.json()
    for message in thread["messages"]:
        if message["role"] == "assistant":
            message["content"] = (
                "It says “https://example.com/spring” and (https://example.com/a) on «www.example.com/b»."
            )
    await route.fulfill(response=answer, json=thread)


async def test_a_link_ends_before_the_mark_that_closes_around_it(own: Opener) -> None:
    async with own() as person:
        page = person.page
        await person.go()
        await person.say("Who are you?")
        await person.until_ended()
        await page.route(re.compile("/threads/"), with_a_quoted_link)
        await page.reload()
        links = page.locator(".say a")
        await expect(links).to_have_text(
            ["https://example.com/spring", "https://example.com/a", "www.example.com/b"]
        )
        assert [await link.get_attribute("href") for link in await links.all()] == [
            "https://example.com/spring",
            "https://example.com/a",
            "http://www.example.com/b",
        ]
        await expect(page.locator(".say")).to_contain_text("“https://example.com/spring” and")


async def test_what_is_missing_is_told_by_whole_words(own: Opener) -> None:
    facts = [
        {"key": "Booking", "value": "By e-mail, two days ahead"},
        {"key": "Site visit", "value": "Every Friday with the foreman"},
        {"key": "Open house", "value": "Saturday in the garden"},
        {"key": "Coffee corner", "value": "With a view of the harbour"},
        {"key": "Hotel partner", "value": "The Anchor"},
    ]
    async with own(business={"facts": facts}) as person:
        page = person.page
        await person.go()
        for gap in ("Price", "Opening hours", "Phone", "Website"):
            await expect(page.get_by_role("button", name=f"Add {gap}")).to_be_visible()
        await page.get_by_role("button", name="Add Opening hours").click()
        await expect(page.get_by_label("The fact", exact=True)).to_have_attribute(
            "placeholder", re.compile("9:00–18:00")
        )
        await page.get_by_label("The fact", exact=True).fill("Mon to Sat 9:00–18:00")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("button", name="Edit Opening hours")).to_be_focused()
        await expect(page.get_by_role("button", name="Add Website")).to_be_visible()


async def test_a_draft_is_copied_as_its_platform_takes_it(own: Opener) -> None:
    async with own() as person:
        page = person.page
        await person.context.grant_permissions(["clipboard-read", "clipboard-write"])
        await person.go()
        await person.say(POST)
        await person.until_ended()
        (draft,) = await person.drafts()
        await person.cards.get_by_role("button", name=re.compile("^Copy ")).click()
        await expect(person.cards.get_by_role("status")).to_have_text("Copied")
        words = draft["text_content"]
        tags = " ".join(tag if tag.startswith("#") else f"#{tag}" for tag in words["hashtags"])
        expected = "\n\n".join(part for part in (words["caption"], words["cta"], tags) if part)
        assert await page.evaluate("navigator.clipboard.readText()") == expected


async def test_the_next_drafts_are_a_button_until_all_are_written(own: Opener) -> None:
    async with own() as person:
        page = person.page
        await person.go()
        await person.say(PLAN)
        await expect(person.live).to_have_text(re.compile(r"^Copywriter is writing 4 drafts(, \d done)?$"))
        await person.until_ended()
        await expect(page.locator(".answer").last).to_contain_text("I planned 6 posts and wrote 4 drafts.")
        await page.get_by_role("button", name="Write the next 2").click()
        await person.until_ended()
        await expect(page.locator(".ask").last).to_have_text("Write the next 2")
        drafts = await person.drafts()
        assert len({draft["slot_id"] for draft in drafts} - {None}) == len(drafts) == 6
        await expect(page.get_by_role("button", name=re.compile("^Write the"))).to_have_count(0)
        await person.say("continue")
        await person.until_ended()
        await expect(page.locator(".answer").last).to_contain_text("Everything in the calendar is written.")
        assert len(await person.drafts()) == 6


async def test_each_visitor_of_the_demo_gets_a_calendar_and_dated_drafts(visit: Opener) -> None:
    async with visit() as person:
        page = person.page
        await person.go()
        await page.get_by_role("button", name="Look around the demo workspace").click()
        await person.take_token(DEMO_EMAIL, DEMO_PASSWORD)
        for _ in range(2):
            await page.get_by_role("link", name="Marquee, home").click()
            await expect(page.get_by_role("heading", name="What should")).to_be_visible()
            await person.say("Plan a two-week Instagram and e-mail push for my March membership drive")
            await person.until_ended()
            await expect(page.get_by_role("button", name="Calendar, 6 posts")).to_be_visible()
            drafts = await person.drafts()
            assert len(drafts) == 4
            assert all(draft["slot_id"] for draft in drafts)


async def test_the_page_is_served_packed(own: Opener) -> None:
    async with own() as person:
        await person.go()
        await expect(person.composer).to_be_visible()
        told = await person.page.evaluate(
            """JSON.stringify(performance.getEntriesByType("resource")
              .filter(({ name }) => /[.](js|css)$/.test(name))
              .map(({ encodedBodySize, decodedBodySize }) => [encodedBodySize, decodedBodySize]))"""
        )
        sizes = json.loads(told)
        assert sizes
        assert all(encoded < decoded / 2 for encoded, decoded in sizes), sizes
