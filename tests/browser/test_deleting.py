"""A draft is deleted on its card, and the chat that counted it stays whole."""

from __future__ import annotations

import re
from functools import partial

from playwright.async_api import expect

from tests.browser.conftest import Opener
from tests.browser.people import PLAN
from tests.browser.watch import accessible


async def test_a_draft_is_deleted_on_its_card(own: Opener) -> None:
    async with own() as person:
        page = person.page
        await person.go()
        await person.say(PLAN)
        await person.until_ended()
        answer = page.locator(".answer").last
        said = await answer.locator(".say").inner_text()
        chips = await person.chips.count()
        drafts = await person.drafts()
        ready = page.locator(".slot.ready")
        shown = await ready.count()
        await person.chips.first.click()
        card = page.locator("article.card[aria-current]")
        toast = page.locator(".toast")
        delete = card.get_by_role("button", name=re.compile("^Delete "))

        # Asked in place; Escape keeps it, and the focus is where it was.
        await delete.focus()
        await page.keyboard.press("Enter")
        asked = card.get_by_role("group", name="Delete this draft?")
        await expect(asked.get_by_role("button", name="Keep it")).to_be_focused()
        await accessible(page)
        await page.keyboard.press("Escape")
        await expect(asked).to_have_count(0)
        await expect(delete).to_be_focused()
        assert len(await person.drafts()) == len(drafts)

        # A double click opens and closes the question; nothing else lies under the pointer.
        await delete.dblclick()
        await expect(asked).to_have_count(0)
        await expect(toast).to_have_count(0)

        # Undo brings it back, by its button and by the keyboard; the server has not been asked to delete it.
        for undo in (
            toast.get_by_role("button", name="Undo").click,
            partial(page.keyboard.press, "Control+z"),
        ):
            await delete.focus()
            await page.keyboard.press("Enter")
            await page.keyboard.press("Shift+Tab")
            await page.keyboard.press("Enter")
            await expect(card.locator(".card-h .st")).to_have_text("Planned")
            await expect(page.get_by_role("region", name="Canvas")).to_be_focused()
            await undo()
            await expect(card.locator(".card-h .st")).to_have_text("Ready for you")
        assert len(await person.drafts()) == len(drafts)

        await delete.focus()
        await page.keyboard.press("Enter")
        await page.keyboard.press("Shift+Tab")
        await page.keyboard.press("Enter")
        await expect(card.locator(".card-h .st")).to_have_text("Planned")
        await expect(card.get_by_role("button", name="Write this draft")).to_be_visible()
        await expect(ready).to_have_count(shown - 1)
        await accessible(page)
        await person.dismiss()
        await expect(toast).to_have_count(0)
        assert len(await person.drafts()) == len(drafts) - 1
        for _ in ("at once", "after a reload"):
            await expect(answer.locator(".say")).to_have_text(said)
            await expect(person.chips).to_have_count(chips)
            await expect(person.chips.first).to_contain_text("Deleted")
            await expect(page.locator(".chip", has_text="Deleted")).to_have_count(1)
            await accessible(page)
            await page.reload()
            await expect(card.locator(".card-h .st")).to_have_text("Planned")

        # Another window was faster.
        person.watch.allow("status of 404", "answered 404: .*/content/")
        await person.chips.last.click()
        await expect(card.locator(".card-h .st")).to_have_text("Ready for you")
        for draft in await person.drafts():
            await person.delete(f"/content/{draft['id']}")
        await delete.click()
        await asked.get_by_role("button", name="Delete", exact=True).click()
        await person.dismiss()
        await expect(card.locator(".card-h .st")).to_have_text("Planned")
        await expect(ready).to_have_count(0)
        await expect(page.locator(".chip", has_text="Deleted")).to_have_count(chips)


async def test_a_draft_without_a_slot_leaves_the_canvas(own: Opener) -> None:
    async with own() as person:
        await person.go()
        await person.say("Write an Instagram post about the trial week")
        await person.until_ended()
        await person.cards.get_by_role("button", name=re.compile("^Delete ")).click()
        await person.cards.get_by_role("button", name="Delete", exact=True).click()
        await expect(person.cards).to_have_count(0)
        await expect(person.page.locator(".undated")).to_have_text("Nothing is planned yet.")
        await expect(person.chips).to_be_disabled()
