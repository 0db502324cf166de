"""Two browsers on one thread: each shows what the other began, and no sentence is lost."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.conftest import Opener
from tests.browser.group import Group
from tests.browser.people import PLAN

MORE = "And one for the yoga evening"
LATER = "Which facts do you know?"


async def test_a_run_of_another_browser_is_shown_and_the_sentence_kept(
    own: Opener, visit: Opener, group: Group
) -> None:
    async with own() as person:
        await person.go()
        await person.say("Who are you?")
        await person.until_ended()
        async with visit(storage_state=await person.context.storage_state()) as other:
            await other.page.goto(person.page.url)
            await expect(other.page.locator(".answer .say")).to_be_visible()

            await person.say(PLAN)
            await expect(person.card("Being written").first).to_be_visible()
            other.watch.allow("status of 409", "answered 409: .*/copilot")
            with group.paused("worker"):
                await other.say(MORE)
                await expect(other.page.locator(".ask").last).to_have_text(PLAN)
                await expect(other.live).to_be_visible()
                await expect(other.page.locator(".quota-line")).to_have_text(
                    "An answer is still being written in this conversation. Your sentence is kept here."
                )
                await expect(other.composer).to_have_value(MORE)
            await person.until_ended()
            await other.until_ended()
            await expect(other.page.locator(".quota-line")).to_have_count(0)
            other.headers = person.headers
            await other.assert_all_there()
            await expect(other.composer).to_have_value(MORE)

            # Nothing is said here; the focus alone brings what was said there.
            await person.say(LATER)
            await person.until_ended()
            await expect(other.page.locator(".ask")).to_have_count(2)
            await other.page.evaluate("dispatchEvent(new Event('focus'))")
            await expect(other.page.locator(".ask").last).to_have_text(LATER)
            await expect(other.page.locator(".answer")).to_have_count(3)
