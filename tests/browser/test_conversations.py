"""Conversations are deleted on purpose only, what they made stays in reach, and none begins by accident."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.browser.conftest import Opener
from tests.browser.watch import accessible

POST = "Write an Instagram post about the trial week"


async def test_a_deleted_conversation_can_be_brought_back_and_leaves_its_campaign(own: Opener) -> None:
    async with own() as person:
        page = person.page
        await person.go()
        await person.say(POST)
        await person.until_ended()
        thread = person.thread_id
        (draft,) = await person.drafts()
        address = page.url
        fold = page.get_by_role("button", name="1 conversation")
        await fold.click()
        bin_ = page.get_by_role("button", name=re.compile("^Delete “"))
        asked = page.get_by_role("group", name="Delete this conversation?")
        toast = page.locator(".toast")

        # A double click on the bin opens and closes the question.
        await bin_.dblclick()
        await expect(asked).to_have_count(0)
        await bin_.click()
        await expect(asked).to_contain_text("Its campaign and drafts stay, under Campaigns.")
        await expect(asked.get_by_role("button", name="Keep it")).to_be_focused()
        await accessible(page)
        await asked.get_by_role("button", name="Delete", exact=True).click()
        await expect(page.get_by_role("heading", name="What should")).to_be_visible()
        await expect(toast).to_contain_text("Its campaign and drafts stay.")
        await accessible(page)
        await toast.get_by_role("button", name="Undo").click()
        await expect(page).to_have_url(address)
        await expect(page.locator(".ask")).to_have_text(POST)
        assert (await person.thread())["id"]

        # A page that is left makes it final.
        await bin_.click()
        await asked.get_by_role("button", name="Delete", exact=True).click()
        await expect(toast).to_be_visible()
        await page.reload()
        person.watch.allow("status of 404", "answered 404: .*/threads/")
        await expect(fold).to_have_count(0)

        # The campaign is in the list, its draft on the canvas, and a new conversation goes on with it.
        await page.get_by_role("navigation").get_by_role("button", name="Campaigns").click()
        await accessible(page)
        await page.locator(".campaigns").get_by_role("link").click()
        await expect(person.cards).to_have_count(1)
        await expect(person.card("Ready for you")).to_be_visible()
        await page.reload()
        await expect(person.card("Ready for you")).to_be_visible()
        await accessible(page)
        await person.say("Write an e-mail about the trial week")
        await person.until_ended()
        await expect(person.cards).to_have_count(2)
        assert (await person.thread())["campaign_id"] == draft["campaign_id"]

        # Nothing can be said under the old address; what was typed for it is taken to a new conversation.
        await page.goto(f"{person.url}/app/t/{thread}")
        await expect(page.get_by_role("alert")).to_contain_text("This conversation no longer exists.")
        await expect(person.composer).to_have_count(0)
        await accessible(page)
        await page.get_by_role("link", name="Start a new one").click()
        await expect(person.composer).to_be_visible()


async def test_an_unknown_address_makes_no_conversation(own: Opener) -> None:
    async with own() as person:
        page = person.page
        person.watch.allow("status of 404", "answered 404: .*/threads/")
        await person.go("t/no-such-conversation")
        await expect(page.get_by_role("alert")).to_contain_text("This conversation no longer exists.")
        await expect(person.composer).to_have_count(0)
        await page.keyboard.press("/")
        await page.keyboard.type("Who are you?")
        await page.keyboard.press("Enter")
        await page.get_by_role("link", name="Start a new one").click()
        await person.say("Who are you?")
        await person.until_ended()
        assert person.thread_id != "no-such-conversation"
        threads = (await person.get(f"/business/{person.business_id}/threads"))["items"]
        assert [thread["client_id"] for thread in threads] == [person.thread_id]
