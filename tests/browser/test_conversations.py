"""Conversations are deleted on purpose only, what they made stays in reach, and none begins by accident."""

from __future__ import annotations

import re
from datetime import timedelta

from playwright.async_api import expect

from core.conversation import Message
from core.ids import derived_id
from core.scope import Scope
from memory.database import Database
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
        await person.go("no-such-page")
        await expect(page.get_by_role("heading")).to_have_text("Page not found.")


async def test_a_long_conversation_is_read_back_to_its_beginning(own: Opener, database: Database) -> None:
    async with own() as person:
        page = person.page
        await person.go()
        await person.say("Who are you?")
        await person.until_ended()
        thread, scope = await person.thread(), Scope.of(person.business_id)
        before, now = thread["head_id"], database.messages.clock.now()
        for number in range(120):
            message = Message(
                id=derived_id(thread["id"], str(number)),
                business_id=person.business_id,
                thread_id=thread["id"],
                parent_id=before,
                role="assistant" if number % 2 else "user",
                content=f"Message {number}",
                created_at=now + timedelta(milliseconds=number),
                updated_at=now,
            )
            await database.messages.insert(scope, message)
            before = message.id
        await database.threads.change_all(scope, {"_id": thread["id"]}, {"head_id": before})
        await page.reload()
        talk = page.get_by_role("log")
        shown = talk.get_by_role("article")
        earlier = page.get_by_role("button", name="Show earlier messages")
        await expect(shown).to_have_count(100)
        await accessible(page)

        first = page.get_by_text("Message 20", exact=True)
        await earlier.scroll_into_view_if_needed()
        place = await first.bounding_box()
        await earlier.click()
        await expect(shown).to_have_count(122)
        assert await first.bounding_box() == place
        await expect(talk).to_be_focused()
        await expect(earlier).to_have_count(0)
        await expect(page.locator(".ask").first).to_have_text("Who are you?")

        # What is said next takes nothing away.
        await person.say("Who are you?")
        await person.until_ended()
        await expect(shown).to_have_count(124)
