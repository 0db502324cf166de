"""Somebody with two businesses: nothing of one is drawn, kept or sent under the name of the other."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from tests.browser.conftest import Opener
from tests.browser.people import BUSINESS, Person

POST = "Write an Instagram post about the trial week"
NOTE_NAMES = """(() => {
  window.drawn = new Set();
  const look = () => {
    const name = document.querySelector(".switch strong")?.textContent;
    const cards = document.querySelectorAll("article.card .pv-h b");
    for (const card of cards) drawn.add(`${name}: ${card.textContent}`);
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true });
})()"""


async def second(person: Person) -> None:
    """One more business for the same person; the page opens with it."""
    body = {**BUSINESS, "business_name": "Paws and Claws", "industry": "Dog groomer"}
    request = person.context.request
    made = await request.post(f"{person.url}/business/", headers=person.headers, data=body)
    assert made.status == 201, await made.text()


async def switch(page: Page, name: str) -> None:
    """Open another business in the menu."""
    await page.locator(".switch").click()
    await page.get_by_role("menuitemradio", name=name).click()
    await opened(page, name)


async def opened(page: Page, name: str) -> None:
    """The page says the name of this business, and of no other one."""
    await expect(page.locator(".switch strong")).to_have_text(name)
    await expect(page).to_have_title(f"{name} · Marquee")


async def test_a_thread_opens_its_own_business(own: Opener) -> None:
    async with own() as person:
        page = person.page
        await second(person)
        await page.add_init_script(NOTE_NAMES)
        await person.go()
        await opened(page, "Paws and Claws")
        await switch(page, "Harbour Yoga")
        await person.say(POST)
        await person.until_ended()
        address = page.url
        await expect(person.cards.locator(".pv-h b")).to_have_text("harbouryoga")

        # What is typed stays with the business, and with the thread.
        await person.composer.fill("And one for the yoga evening")
        await switch(page, "Paws and Claws")
        await expect(person.composer).to_have_value("")
        await person.composer.fill("A post about puppies")
        await switch(page, "Harbour Yoga")
        await expect(person.composer).to_have_value("")
        await switch(page, "Paws and Claws")
        await expect(person.composer).to_have_value("A post about puppies")

        # Back, a bookmark, and a reload after another window chose otherwise.
        await page.go_back()
        await page.go_back()
        await page.go_back()
        await expect(page).to_have_url(address)
        await opened(page, "Harbour Yoga")
        await expect(person.composer).to_have_value("And one for the yoga evening")
        await page.evaluate("[localStorage, sessionStorage].forEach((each) => each.clear())")
        await page.goto(address)
        await opened(page, "Harbour Yoga")
        await expect(person.cards.locator(".pv-h b")).to_have_text("harbouryoga")
        other = await person.context.new_page()
        await other.goto(f"{person.url}/app/")
        await switch(other, "Paws and Claws")
        await person.say("Who are you?")
        await person.until_ended()
        await expect(page.get_by_role("alert")).to_have_count(0)
        await opened(page, "Harbour Yoga")
        assert await page.evaluate("[...drawn]") == ["Harbour Yoga: harbouryoga"]

        # A thread that can be read only later: until then nothing of it is drawn.
        person.watch.allow("status of 503", "answered 503: .*/threads/")
        await other.add_init_script(NOTE_NAMES)
        unread = re.compile("/threads/")
        await other.route(unread, lambda route: route.fulfill(status=503))
        await other.goto(address)
        await expect(other.get_by_role("alert")).to_contain_text("503")
        await opened(other, "Paws and Claws")
        await other.unroute(unread)
        await other.evaluate("dispatchEvent(new Event('focus'))")
        await expect(other.locator("article.card .pv-h b")).to_have_text("harbouryoga")
        await opened(other, "Harbour Yoga")
        assert await other.evaluate("[...drawn]") == ["Harbour Yoga: harbouryoga"]

        # A new thread begins in the business that is open, and a row of the facts page opens its own.
        await page.get_by_role("link", name="New conversation").click()
        await opened(page, "Harbour Yoga")
        facts = (await person.get(f"/business/{person.business_id}"))["facts"]
        await other.goto(f"{person.url}/app/?show=facts&fact={facts[0]['id']}")
        await opened(other, "Harbour Yoga")
        await expect(other.locator(".factrow.wanted")).to_contain_text("£15")

    async with own() as stranger:
        stranger.watch.allow("status of 404", "answered 404: .*/threads/")
        await stranger.page.goto(address)
        await expect(stranger.page.get_by_role("alert")).to_have_text(
            re.compile("This conversation no longer exists")
        )
        await expect(stranger.cards).to_have_count(0)
