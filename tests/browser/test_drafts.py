"""A draft is edited where it stands, and what has no source or is banned is marked."""

from __future__ import annotations

import re

from playwright.async_api import Route, expect

from tests.browser.conftest import Opener
from tests.browser.watch import accessible
from tests.e2e.world import eventually

POST = "Write an Instagram post about the trial week"


async def test_edits_are_checked_and_never_overwrite(own: Opener) -> None:
    async with own(business={"banned_words": ["guarantee"]}) as person:
        page = person.page
        await person.go()
        await page.locator("main").click(position={"x": 4, "y": 4})
        await page.keyboard.press("/")
        await expect(person.composer).to_be_focused()
        await page.keyboard.type(POST)
        await page.keyboard.press("Enter")
        await expect(person.cards).to_have_count(1)
        await person.until_ended()
        await page.locator(".answer .chip").last.click()
        card = page.locator("article.card[aria-current]")
        await expect(card.locator(".card-h .st")).to_have_text("Ready for you")

        async def write(text: str) -> None:
            await card.get_by_role("button", name=re.compile("^Edit")).first.click()
            await card.get_by_label("Caption").fill(text)
            await card.get_by_role("button", name="Save").click()

        await write("Join our 500 members. We guarantee a calm hour.")
        await expect(card.locator(".card-h .st")).to_have_text("2 checks failed")
        await expect(card.locator(".pv mark", has_text="500")).to_be_visible()
        await expect(card.locator(".pv mark", has_text="guarantee")).to_be_visible()
        await expect(card.locator(".checks")).to_contain_text("“500” is not in your facts.")
        await expect(page.locator(".week .slot.fail")).to_have_count(
            await page.locator(".week .slot").count()
        )
        await accessible(page)
        (draft,) = await person.drafts()
        assert draft["text_content"]["caption"] == "Join our 500 members. We guarantee a calm hour."

        await write("A calm hour in a small group.")
        await expect(card.locator(".card-h .st")).to_have_text("Ready for you")
        await expect(card.locator(".pv mark")).to_have_count(0)

        # Another window saves while this one is being edited.
        person.watch.allow("status of 412", "answered 412: .*/content/")
        await card.get_by_role("button", name=re.compile("^Edit")).first.click()
        await card.get_by_label("Caption").fill("My own words.")
        await accessible(page)
        await person.put(f"/content/{draft['id']}", {"text_content": {"caption": "Words of another window."}})
        await card.get_by_role("button", name="Save").click()
        await expect(card.get_by_role("alert")).to_contain_text("This was changed since you opened it")
        await expect(card.get_by_label("Caption")).to_have_value("My own words.")
        await card.get_by_role("button", name="Reload it").click()
        await expect(card.locator(".pv")).to_contain_text("Words of another window.")
        (draft,) = await person.drafts()
        assert draft["text_content"]["caption"] == "Words of another window."

        await write("Join our 500 members.")
        await card.get_by_role("button", name="add the fact").click()
        await expect(page.get_by_label("Name of the fact")).to_be_focused()
        await page.keyboard.press("Escape")
        await expect(page.get_by_label("Name of the fact")).to_have_count(0)
        await page.get_by_role("heading", name="The facts behind every sentence").click()
        await page.keyboard.press("Escape")
        await expect(person.card("1 check failed")).to_be_visible()

        # What is known now decides, in the chat and on the card.
        await expect(person.chips.get_by_title("1 check failed")).to_be_visible()
        await person.cards.get_by_role("button", name="add the fact").click()
        await page.get_by_label("Name of the fact").fill("members")
        await page.get_by_label("The fact", exact=True).fill("500")
        await page.get_by_role("button", name="Save").click()
        await expect(page.locator(".factrow", has_text="500")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(person.card("Ready for you")).to_be_visible()
        await expect(person.chips.get_by_title("Ready for you")).to_be_visible()


async def test_a_text_message_has_buttons_with_names_and_no_row_of_sources(own: Opener) -> None:
    day = "£9 with sauna, cold pool, a towel and a cup of tea in the garden"
    prices = {"trial week": "£15", "drop-in": "£12", "day pass": f"{day} afterwards"}
    facts = [{"key": key, "value": value} for key, value in prices.items()]
    async with own(business={"facts": facts}) as person:
        await person.go()
        await person.say("Write a text message about the trial week")
        await person.until_ended()
        await expect(person.chips).not_to_contain_text("New draft")
        await expect(person.cards.locator("footer")).to_contain_text("1 text message")
        (draft,) = await person.drafts()
        for text, name in (("\n\nTrial week £15", "Trial week £15"), (" ", "text message")):
            await person.put(f"/content/{draft['id']}", {"text_content": {"caption": text}})
            await person.page.reload()
            for verb in ("Edit", "Delete"):
                button = person.cards.get_by_role("button", name=f"{verb} {name}", exact=True)
                await expect(button).to_be_visible()
        await person.put(f"/content/{draft['id']}", {"text_content": {"caption": str(prices)}})
        await person.page.reload()
        sources = person.cards.locator("footer .src")
        await expect(sources).to_have_text(["trial week: £15", "drop-in: £12", "+1sources"])
        await sources.last.click()
        await expect(sources.nth(2)).to_have_text(f"day pass: {day}…")


async def stale(route: Route) -> None:
    """The list of drafts as it is before the worker has made their checks again."""
    answer = await route.fetch()
    told = await answer.json()
    for draft in told["items"]:
        draft["checks_stale"] = True
    await route.fulfill(response=answer, json=told)


async def test_checks_are_made_again_without_standing_in_the_way_of_an_edit(own: Opener) -> None:
    async with own() as person:
        await person.go()
        await person.say(POST)
        await person.until_ended()
        (draft,) = await person.drafts()
        facts = f"/business/{person.business_id}/facts"
        await person.put(f"/content/{draft['id']}", {"text_content": {"caption": "The trial week is £15."}})
        # The worker may be faster than the page.
        await person.page.route("**/content?*", stale, times=1)
        await person.page.reload()
        again = person.cards.get_by_text("Being checked again")
        await expect(again).to_be_visible()
        await expect(again).to_have_count(0)

        person.watch.allow("status of 412", "answered 412: .*/content/")
        await person.cards.get_by_role("button", name=re.compile("^Edit")).first.click()
        await person.cards.get_by_label("Caption").fill("Try it for a week: £20.")
        await person.put(facts, {"facts": [{"key": "trial week", "value": "£20"}]})

        async def fresh() -> bool:
            return not (await person.drafts())[0]["checks_stale"]

        await eventually(fresh)
        await person.cards.get_by_role("button", name="Save").click()
        await expect(person.card("Ready for you")).to_be_visible()
        await expect(person.cards.get_by_role("alert")).to_have_count(0)
        (draft,) = await person.drafts()
        assert draft["text_content"]["caption"] == "Try it for a week: £20."
