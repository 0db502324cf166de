"""Somebody at a screen, and what the API tells them of the same."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from core.ids import new_id
from tests.browser.group import Group
from tests.browser.watch import Watch
from tests.e2e.world import BUSINESS
from tests.patience import PATIENCE

DESK, PHONE = (1440, 900), (390, 844)
RECORDER = Path(__file__).with_name("recorder.js")
PASSWORD = "a long enough one"
PLAN = "Plan a two-week Instagram and e-mail push for our spring offer"


@dataclass
class Person:
    """A browser of one's own and, once signed in, the API behind it."""

    context: BrowserContext
    page: Page
    watch: Watch
    url: str
    business_id: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def thread_id(self) -> str:
        """The thread of the address."""
        found = re.search(r"/app/t/([^/?]+)", self.page.url)
        assert found is not None, self.page.url
        return found.group(1)

    @property
    def composer(self) -> Locator:
        """Where the next sentence is typed."""
        return self.page.get_by_label("Message", exact=True)

    @property
    def live(self) -> Locator:
        """The line that says who works on what."""
        return self.page.locator(".liveline [role=status]")

    @property
    def cards(self) -> Locator:
        """The cards on the canvas, planned ones too."""
        return self.page.locator("article.card")

    @property
    def chips(self) -> Locator:
        """The drafts that the last answer names, without its calendar."""
        chips = self.page.locator(".answer").last.locator(".chip:not(.plain)")
        return chips.filter(has_not_text=re.compile("^Calendar"))

    def card(self, state: str) -> Locator:
        """Cards that say this in their head."""
        return self.cards.filter(has=self.page.locator(".card-h .st", has_text=state))

    async def go(self, path: str = "") -> None:
        """Open a page by its address."""
        await self.page.goto(f"{self.url}/app/{path}")

    async def seen(self) -> dict[str, Any]:
        """What was painted since the page was loaded; see `recorder.js`."""
        told: dict[str, Any] = await self.page.evaluate("window.seen")
        return told

    async def say(self, text: str) -> None:
        """Type a sentence and send it."""
        await self.composer.fill(text)
        await self.page.get_by_role("button", name="Send").click()

    async def until_ended(self, seconds: float = 60) -> None:
        """Wait until nobody works any more: Send is back in the place of Stop."""
        await expect(self.page.get_by_role("button", name="Send")).to_be_visible(timeout=seconds * 1000)
        await expect(self.page.locator(".liveline")).to_have_count(0)

    async def opened_texts(self) -> list[str]:
        """The text of every draft of the last answer, opened by its chip one after the other."""
        chips = self.chips
        texts = []
        for at in range(await chips.count()):
            await chips.nth(at).click()
            await expect(chips.nth(at)).to_have_attribute("aria-current", "true")
            texts.append(plain(await self.page.locator("article.card[aria-current]").inner_text()))
            await self.page.keyboard.press("Escape")
        return texts

    async def assert_all_there(self) -> list[dict[str, Any]]:
        """The page shows the drafts of the last answer, each once, with every word; gives the drafts."""
        answer = (await self.thread())["messages"][-1]
        made = {
            artefact["result"].get("content_id") for artefact in answer["artefacts"] if artefact["result"]
        }
        drafts = [draft for draft in await self.drafts() if draft["id"] in made]
        assert drafts
        await expect(self.chips).to_have_count(len(drafts))
        texts = await self.opened_texts()
        for draft in drafts:
            words = draft["text_content"]
            said = plain(words["body"] or words["caption"])
            assert said
            assert sum(said in text for text in texts) == 1, (said, texts)
        return drafts

    async def get(self, path: str) -> Any:
        """What the API tells this person."""
        answer = await self.context.request.get(f"{self.url}{path}", headers=self.headers)
        assert answer.ok, await answer.text()
        return await answer.json()

    async def take_token(self, email: str, password: str) -> None:
        """Sign in beside the page, to ask the API as the same person."""
        body = {"email": email, "password": password}
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as client:
            answer = await client.post("/auth/login", json=body)
        assert answer.status_code == 200, answer.text
        self.headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}

    async def thread(self) -> dict[str, Any]:
        """The open thread with its messages."""
        told: dict[str, Any] = await self.get(f"/threads/{self.thread_id}")
        return told

    async def drafts(self) -> list[dict[str, Any]]:
        """The saved drafts of the thread's campaign."""
        campaign = (await self.thread())["campaign_id"]
        items: list[dict[str, Any]] = (await self.get(f"/content?campaign_id={campaign}&limit=100"))["items"]
        return items

    async def dismiss(self) -> None:
        """Make final what the toast offers to undo, and wait until the server has deleted it."""
        async with self.page.expect_response(lambda answer: answer.request.method == "DELETE"):
            await self.page.locator(".toast").get_by_role("button", name="Dismiss").click()

    async def put(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Change something beside the page, as another window would."""
        answer = await self.context.request.put(f"{self.url}{path}", headers=self.headers, data=body)
        assert answer.ok, await answer.text()
        told: dict[str, Any] = await answer.json()
        return told

    async def delete(self, path: str) -> None:
        """Delete something beside the page."""
        answer = await self.context.request.delete(f"{self.url}{path}", headers=self.headers)
        assert answer.ok, await answer.text()


@asynccontextmanager
async def visitor(browser: Browser, group: Group, **options: Any) -> AsyncIterator[Person]:
    """Somebody whom Marquee does not know yet; in the end their page has nothing to complain about."""
    width, height = options.pop("size", DESK)
    options = {"locale": "en-GB", "timezone_id": "Europe/London", **options}
    context = await browser.new_context(viewport={"width": width, "height": height}, **options)
    context.set_default_timeout(1_000 * PATIENCE)
    await context.add_init_script(path=RECORDER)
    try:
        watch = Watch(context, group.url)
        yield Person(context, await context.new_page(), watch, group.url)
        assert watch.complaints == []
    finally:
        await context.close()


@asynccontextmanager
async def owner(
    browser: Browser, group: Group, *, business: dict[str, Any] | None = None, **options: Any
) -> AsyncIterator[Person]:
    """Somebody with a business, signed in by the cookie, before the page is opened."""
    async with visitor(browser, group, **options) as person:
        request = person.context.request
        account = {"email": f"{new_id()}@example.com", "password": PASSWORD, "name": "Kim Lee"}
        signed_in = await request.post(f"{group.url}/auth/register", data=account)
        assert signed_in.status == 201, await signed_in.text()
        person.headers = {"Authorization": f"Bearer {(await signed_in.json())['access_token']}"}
        made = await request.post(
            f"{group.url}/business/", headers=person.headers, data={**BUSINESS, **(business or {})}
        )
        assert made.status == 201, await made.text()
        person.business_id = (await made.json())["id"]
        yield person


def plain(text: str) -> str:
    """Words without their lines."""
    return " ".join(text.split())
