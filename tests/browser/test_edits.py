"""What is typed into a card or a row is never lost, and the focus stays where the hands are."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.browser.conftest import Opener
from tests.browser.people import PLAN

TYPED = "My own words about the spring offer."


async def test_an_edit_outlasts_every_way_around_and_a_reload(own: Opener) -> None:
    async with own() as person:
        page = person.page
        await person.go()
        await person.say(PLAN)
        await person.until_ended()
        await person.chips.first.click()
        card = page.locator("article.card[aria-current]")
        # A chip leads the focus to its card, and Edit into its text.
        await expect(card).to_be_focused()
        await card.locator("[data-edit]").press("Enter")
        text = card.get_by_label("Caption").or_(card.get_by_label("Subject"))
        await expect(text).to_be_focused()
        await text.fill(TYPED)
        label = await card.get_attribute("aria-label")
        kept = page.locator(f'article.card[aria-label="{label}"]').get_by_role("textbox").first

        await page.get_by_role("button", name="Next week").click()
        await expect(page.get_by_text(TYPED)).to_have_count(0)
        await page.get_by_role("button", name="Previous week").click()
        await expect(kept).to_have_value(TYPED)
        slot = page.get_by_role("table").get_by_role("button", name="Not saved yet")
        await expect(slot).to_have_count(1)
        await page.get_by_text("Month", exact=True).click()
        await page.get_by_text("Week", exact=True).click()
        await expect(kept).to_have_value(TYPED)
        await page.get_by_role("navigation").get_by_role("button", name="Facts").click()
        await expect(kept).to_be_hidden()
        await page.get_by_role("navigation").get_by_role("button", name="Copilot").click()
        await expect(kept).to_have_value(TYPED)
        await page.locator(".mine").get_by_role("button", name="Edit").click()
        message = page.get_by_label("Your message")
        await message.fill("Plan one week instead")
        await page.get_by_role("link", name="New conversation").click()
        await expect(message).to_have_count(0)
        await page.go_back()
        await expect(kept).to_have_value(TYPED)
        await expect(message).to_have_value("Plan one week instead")
        await page.reload()
        await expect(kept).to_have_value(TYPED)
        await expect(message).to_have_value("Plan one week instead")
        await page.get_by_role("button", name="Cancel").first.click()
        await expect(message).to_have_count(0)
        account = page.get_by_role("button", name="Kim Lee, account")
        await account.click()
        await expect(page.get_by_role("menuitem", name="Sign out")).to_contain_text(
            "1 unsaved edit will be lost"
        )
        await page.keyboard.press("Escape")
        await expect(account).to_be_focused()

        # Escape in the text cancels, and Undo brings the words back.
        await kept.focus()
        await page.keyboard.press("Escape")
        await expect(kept).to_have_count(0)
        edit = page.locator(f'article.card[aria-label="{label}"]').get_by_role(
            "button", name=re.compile("^Edit")
        )
        await expect(edit.first).to_be_focused()
        await page.locator(".toast").get_by_role("button", name="Undo").click()
        await expect(kept).to_have_value(TYPED)
        await expect(kept).to_be_focused()

        # Saved, the focus is back at Edit, and nothing is kept any more.
        await page.get_by_role("button", name="Save", exact=True).click()
        await expect(kept).to_have_count(0)
        await expect(edit.first).to_be_focused()
        await page.reload()
        await expect(page.locator(f'article.card[aria-label="{label}"]')).to_contain_text(TYPED)
        await expect(kept).to_have_count(0)


async def test_a_fact_that_is_typed_is_kept_and_leaves_the_focus_at_its_row(own: Opener) -> None:
    async with own() as person:
        page = person.page
        facts = page.get_by_role("navigation").get_by_role("button", name="Facts")
        await person.go()
        await page.get_by_role("button", name="Edit studio").click()
        await expect(page.get_by_label("Name of the fact")).to_be_focused()
        await page.get_by_label("The fact", exact=True).fill("14 Quay Street")
        # Another row is edited beside it.
        await page.get_by_role("button", name="Add Phone").click()
        phone = page.locator("#fact-Phone").get_by_label("The fact", exact=True)
        await phone.fill("020 7946 0018")
        await facts.click()
        await page.get_by_role("navigation").get_by_role("button", name="Campaigns").click()
        await expect(phone).to_have_count(0)
        await facts.click()
        await expect(phone).to_have_value("020 7946 0018")
        await page.reload()
        await expect(phone).to_have_value("020 7946 0018")

        # Another window saves meanwhile: nothing is overwritten, and what was typed is saved the next time.
        person.watch.allow("status of 412", "answered 412: .*/business/")
        await person.put(f"/business/{person.business_id}", {"brand_voice": "Warm"})
        await phone.focus()
        await page.keyboard.press("Enter")
        changed = page.locator("#fact-Phone").get_by_role("alert")
        await expect(changed).to_contain_text("This was changed since you opened it, and is read again now.")
        await expect(page.locator("#fact-voice")).to_contain_text("Warm")
        await expect(phone).to_have_value("020 7946 0018")
        await phone.focus()
        await page.keyboard.press("Enter")
        row = page.locator(".factrow:not(.editing)", has_text="020 7946 0018")
        await expect(row.get_by_role("button", name="Edit Phone")).to_be_focused()
        studio = page.locator(".factrow.editing").get_by_label("The fact", exact=True)
        await expect(studio).to_have_value("14 Quay Street")
        await studio.focus()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("button", name="Edit studio")).to_be_focused()
        await page.keyboard.press("Control+z")
        await expect(studio).to_have_value("14 Quay Street")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("button", name="Edit studio")).to_be_focused()
        await expect(page.locator(".factrow", has_text="14 Quay Street")).to_have_count(1)

        # Removed at once, and brought back where it was.
        order = await page.locator(".factrow dt").all_inner_texts()
        await page.get_by_role("button", name="Edit studio").click()
        await page.get_by_role("button", name="Remove").click()
        await expect(page.get_by_role("button", name="Edit studio")).to_have_count(0)
        await expect(page.get_by_role("button", name="Add another fact")).to_be_focused()
        await page.locator(".toast").get_by_role("button", name="Undo").click()
        await expect(page.get_by_role("button", name="Edit studio")).to_be_visible()
        assert await page.locator(".factrow dt").all_inner_texts() == order
