"""A draft is changed from the chat and from its card; what the copilot asks and offers has buttons."""

from __future__ import annotations

import json
import re

from playwright.async_api import Locator, Route, expect

from tests.browser.conftest import Opener
from tests.browser.people import PLAN, plain
from tests.browser.watch import accessible


async def test_a_draft_is_changed_in_its_card_and_comes_back(own: Opener) -> None:
    async with own() as person:
        page = person.page
        await person.go()
        await person.say(PLAN)
        await person.until_ended()
        before = {draft["id"]: draft for draft in await person.drafts()}

        await person.say("make the second post shorter")
        await expect(person.card("Being written")).to_have_count(1)
        await person.until_ended()
        await expect(person.chips).to_have_count(1)
        await person.chips.click()
        card = page.locator("article.card[aria-current]")

        def changed_by(reason: str) -> Locator:
            return card.locator(".card-edit", has_text=re.compile(f"Changed: {reason}"))

        changed = changed_by("make the second post shorter")
        await expect(changed).to_be_visible()
        assert len(await person.drafts()) == len(before)
        (draft,) = [one for one in await person.drafts() if one["revision"] == 2]
        words = [one["text_content"] for one in (before[draft["id"]], draft)]
        old, new = (plain(each["body"] or each["caption"]) for each in words)
        assert len(new) < len(old)
        assert new in plain(await card.inner_text())
        await accessible(page)
        await page.reload()
        await expect(changed).to_be_visible()

        await changed.get_by_role("button", name=re.compile("^Undo")).click()
        await expect(changed).to_have_count(0)
        await expect(card).to_be_focused()
        assert old in plain(await card.inner_text())

        # The same from the card; what is typed next is about it.
        await card.get_by_role("button", name=re.compile("^Shorter")).click()
        await person.until_ended()
        await expect(changed_by("Make it shorter")).to_be_visible()
        await changed_by("Make it shorter").get_by_role("button").click()
        await expect(card).to_be_focused()
        await card.get_by_role("button", name=re.compile("^Change")).click()
        await expect(person.composer).to_be_focused()
        await expect(page.locator(".composer .hint")).to_contain_text("About “")
        await person.say("make it shorter")
        await person.until_ended()
        await expect(changed_by("make it shorter")).to_be_visible()


async def test_a_question_is_answered_with_a_button(own: Opener) -> None:
    async with own() as person:
        page = person.page
        await person.go()
        await person.say(PLAN)
        await person.until_ended()
        draft = (await person.drafts())[0]
        edit = {"intent": "edit", "brief": "Make it shorter", "targets": [draft["id"]]}
        options = json.dumps([{"label": "The first one", "actions": [edit]}])

        async def with_options(route: Route) -> None:
            # The offline model asks without options.
            answer = await route.fetch()
            body = (await answer.text()).replace('"options":[]', f'"options":{options}')
            await route.fulfill(response=answer, body=body)

        asking = re.compile(r"/copilot$|/threads/[^/]+$")
        await page.route(asking, with_options)
        await person.say("make it shorter")
        await person.until_ended()
        button = page.get_by_role("group", name="Answers").get_by_role("button", name="The first one")
        await expect(button).to_be_visible()
        await accessible(page)
        await page.reload()
        await expect(button).to_be_visible()
        await page.unroute(asking)
        await button.click()
        await expect(page.locator(".ask").last).to_have_text("The first one")
        await person.until_ended()
        await expect(person.chips).to_have_count(1)
        await expect(button).to_have_count(0)
        assert [one["id"] for one in await person.drafts() if one["revision"] == 2] == [draft["id"]]


async def test_what_is_offered_is_chosen_with_a_button(own: Opener) -> None:
    async with own() as person:
        page = person.page
        await person.go()
        await person.say(PLAN)
        await person.until_ended()
        drafts = await person.drafts()
        await person.say("delete the first post")
        await person.until_ended()
        delete = page.locator(".answer").last.get_by_role("button", name=re.compile("^Delete"))
        await delete.click()
        await expect(delete).to_have_count(0)
        await page.locator(".toast").get_by_role("button", name="Undo").click()
        await accessible(page)
        await delete.click()
        await person.dismiss()
        await expect(page.get_by_text("Deleted.", exact=True)).to_be_visible()
        assert len(await person.drafts()) == len(drafts) - 1
        await person.say("publish the first post")
        await person.until_ended()
        await expect(page.get_by_text("Publishing is not possible in Marquee yet.")).to_be_visible()

        email = page.locator("article.card", has_text="Subject").first
        await email.get_by_role("button", name=re.compile("^Change")).click()
        await person.say("three other subject lines")
        await person.until_ended()
        offered = page.get_by_role("list", name="Alternatives").get_by_role("listitem").first
        await accessible(page)
        chosen = await offered.locator("p").inner_text()
        await offered.get_by_role("button").click()
        await person.until_ended()
        assert chosen in [one["title"] for one in await person.drafts()]


async def test_the_calendar_is_changed_from_the_chat(own: Opener) -> None:
    async with own() as person:
        page = person.page
        await person.go()
        await person.say(PLAN)
        await person.until_ended()
        slots = page.locator(".slot")
        await page.get_by_role("button", name="Next week").click()
        shown = await slots.count()
        calendar = await person.get(f"/calendar/{(await person.thread())['campaign_id']}")
        await person.say(f"drop S{len(calendar['slots'])}")
        await person.until_ended()
        await expect(page.locator(".answer").last.locator(".chip")).to_contain_text(["Calendar, 1 change"])
        await expect(page.locator(".answer").last.locator(".fold")).to_contain_text("calendar")
        await expect(slots).to_have_count(shown - 1)
        await accessible(page)
