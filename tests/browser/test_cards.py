"""What a card offers: changes by menu, differences, revisions, time and recipient; and the whole batch."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

from playwright.async_api import Locator, expect

from tests.browser.conftest import Opener
from tests.browser.people import PHONE, PLAN, Person, plain
from tests.browser.watch import accessible

SPY = """
const send = window.fetch;
window.fetch = async (request, ...rest) => {
  const asks = request instanceof Request && request.url.endsWith("/copilot");
  if (asks) window.asked = await request.clone().text();
  return send(request, ...rest);
};
"""
"""Keeps what the page last asked the copilot: the browser does not tell a streamed body."""


async def chosen(person: Person, card: Locator, item: str) -> dict[str, Any]:
    """Choose something in the menu of a card; the action that the page sends for it."""
    await card.get_by_role("button", name=re.compile("^More for")).click()
    async with person.page.expect_request(re.compile(r"/copilot$")):
        await person.page.get_by_role("menuitem", name=item).click()
    body = json.loads(await person.page.evaluate("window.asked"))
    (action,) = body["forwardedProps"]["marquee"]["actions"]
    await person.until_ended()
    told: dict[str, Any] = action
    return told


async def test_a_draft_is_changed_by_its_menu(own: Opener) -> None:
    async with own() as person:
        page = person.page
        await page.add_init_script(SPY)
        await person.go()
        await person.say(PLAN)
        await person.until_ended()
        await person.chips.first.click()
        card = page.locator("article.card[aria-current]")
        before = await person.drafts()
        more = card.get_by_role("button", name=re.compile("^More for"))

        # By keyboard: in, through, and out again to where one was.
        await more.focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("menuitem", name="Warmer")).to_be_focused()
        await accessible(page)
        await page.keyboard.press("Escape")
        await expect(more).to_be_focused()

        warmer = await chosen(person, card, "Warmer")
        assert (warmer["intent"], warmer["brief"]) == ("edit", "Make it warmer")
        french = await chosen(person, card, "French")
        assert (french["targets"], french["language"]) == (warmer["targets"], "fr")
        again = await chosen(person, card, "Again")
        assert again["intent"] == "edit"
        # The demo model can do none of it, says so, and leaves the draft as it is.
        await expect(page.locator(".answer").last).to_contain_text("real model")
        assert await person.drafts() == before


async def test_a_change_shows_what_differs_and_revisions_come_back(own: Opener) -> None:
    async with own() as person:
        page = person.page
        await person.go()
        await person.say(PLAN)
        await person.until_ended()
        await person.chips.first.click()
        card = page.locator("article.card[aria-current]")
        await card.get_by_role("button", name=re.compile("^Shorter")).click()
        await person.until_ended()
        differs = card.get_by_role("group", name="What was changed")
        await expect(differs.locator("del").first).to_be_visible()
        (draft,) = [one for one in await person.drafts() if one["revision"] == 2]
        versions = (await person.get(f"/content/{draft['id']}/versions"))["items"]
        now, old = (plain(one["text_content"]["body"] or one["text_content"]["caption"]) for one in versions)
        for gone in await differs.locator("del").all_inner_texts():
            assert plain(gone) in old
        await accessible(page)
        await card.get_by_role("button", name=re.compile("^Undo")).click()
        await expect(differs).to_have_count(0)

        await card.get_by_role("button", name=re.compile("^More for")).click()
        await page.get_by_role("menuitem", name="Revisions").click()
        revisions = card.get_by_role("region", name="Revisions")
        await expect(revisions.get_by_role("heading")).to_be_focused()
        await expect(revisions.get_by_role("listitem")).to_contain_text(
            ["restored revision 1You", "Make it shorterCopilot", "writtenCopilot"]
        )
        await revisions.get_by_role("button", name="Compare revision 2").click()
        await expect(revisions.locator("del").first).to_be_visible()
        await accessible(page)
        await revisions.get_by_role("button", name="Restore revision 2").click()
        await expect(revisions).to_have_count(0)
        await expect(card).to_be_focused()
        assert now in plain(await card.inner_text())
        assert old not in plain(await card.inner_text())


async def test_time_and_recipient_are_changed_on_the_card(own: Opener) -> None:
    async with own() as person:
        page = person.page
        await person.go()
        await person.say(PLAN)
        await person.until_ended()
        await person.chips.first.click()
        card = page.locator("article.card[aria-current]")

        async def slot() -> dict[str, Any]:
            slots = (await person.get(f"/calendar/{(await person.thread())['campaign_id']}"))["slots"]
            (found,) = [one for one in slots if one["slot_id"] == before["slot_id"]]
            told: dict[str, Any] = found
            return told

        key = (await card.get_attribute("id") or "").removeprefix("card-")
        before = {"slot_id": key}
        before = await slot()
        time = card.get_by_role("button", name=re.compile("change time or recipient"))
        await time.click()
        form = card.get_by_role("form")
        await expect(form.get_by_label("Date and time")).to_be_focused()
        await accessible(page)
        await page.keyboard.press("Escape")
        await expect(form).to_have_count(0)
        await expect(time).to_be_focused()

        await time.click()
        person.watch.allow("status of 422", "answered 422")
        await form.get_by_label("Date and time").fill("2020-01-01T09:00")
        await form.get_by_role("button", name="Save").click()
        await expect(form.get_by_role("alert")).to_contain_text("is over")
        later = f"{int(before['local_time'][:4]) + 1}{before['local_time'][4:10]}T18:45"
        await form.get_by_label("Date and time").fill(later)
        await form.get_by_label("For", exact=True).select_option("Everyone")
        await form.get_by_role("button", name="Save").click()
        await expect(form).to_have_count(0)
        # The draft went with it, and the canvas with the card.
        await expect(card).to_contain_text("18:45")
        moved = await slot()
        assert (moved["local_time"], moved["segment"]) == (later, "")
        assert moved["content"]["id"] == before["content"]["id"]
        await page.locator(".toast").get_by_role("button", name="Undo").click()
        await expect(card).to_contain_text(before["local_time"][11:])
        again = await slot()
        assert (again["local_time"], again["segment"]) == (before["local_time"], before["segment"])


async def test_the_whole_calendar_is_written_stopped_and_continued(own: Opener) -> None:
    async with own() as person:
        page = person.page
        await person.go()
        await person.say("Only plan 12 Instagram posts for the next four weeks, no texts yet")
        await person.until_ended()
        whole = page.get_by_role("button", name=re.compile("^Write all "))
        number = int((await whole.inner_text()).split()[-1])
        assert number > 8
        await expect(page.get_by_role("button", name="Write the next 4")).to_be_visible()
        await accessible(page)
        await whole.click()
        await expect(person.live).to_contain_text(re.compile(rf"writing {number} drafts, [2-9] done"))
        await page.get_by_role("button", name="Stop").click()
        await person.until_ended()
        stopped = page.locator(".stopped")
        await expect(stopped).to_contain_text(re.compile(rf"after \d+ of {number}\."))
        kept = {one["id"] for one in await person.drafts()}
        assert 0 < len(kept) < number
        await stopped.get_by_role("button", name="Continue").click()
        await person.until_ended()
        drafts = await person.drafts()
        assert kept <= {one["id"] for one in drafts}
        assert set(Counter(one["slot_id"] for one in drafts).values()) == {1}
        assert len(drafts) == number
        await expect(page.get_by_role("button", name=re.compile("^Write "))).to_have_count(0)


async def test_a_phone_shares_a_draft(own: Opener) -> None:
    async with own(size=PHONE, has_touch=True, is_mobile=True) as person:
        page = person.page
        await page.add_init_script(
            "navigator.share = (data) => { window.shared = data; return Promise.resolve(); }"
        )
        await person.go()
        await person.say(PLAN)
        await person.until_ended()
        await person.chips.first.click()
        card = page.locator("article.card")
        await card.get_by_role("button", name=re.compile("^More for")).tap()
        await accessible(page)
        await page.get_by_role("menuitem", name="Share…").tap()
        shared = await page.evaluate("window.shared")
        texts = [
            one["text_content"]["body"] or one["text_content"]["caption"] for one in await person.drafts()
        ]
        assert any(plain(text) in plain(shared["text"]) for text in texts)
