"""`python -m tests.browser.pictures FOLDER`: every screen at both widths and in both themes."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, expect

from core.demo import DEMO_FACTS, demo_profile
from tests.browser.conftest import TOKENS_PER_SECOND, launched
from tests.browser.group import Group, running
from tests.browser.people import DESK, PHONE, Person, owner, visitor
from tests.browser.watch import THEMES

PLAN = "Plan a two-week Instagram and e-mail push for my March membership drive"


class Album:
    """A folder of pictures of one size and theme."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name

    async def take(self, person: Person, screen: str) -> None:
        """The screen as it is, once nothing moves any more but what loops."""
        await person.page.evaluate("document.fonts.ready")
        path = self._folder / f"{screen}-{self._name}.png"
        await person.page.screenshot(path=path, animations="disabled", caret="initial")


async def accounts(browser: Browser, group: Group, album: Album, options: dict[str, Any]) -> None:
    """Before anybody has a business."""
    async with visitor(browser, group, **options) as person:
        page = person.page
        await person.go()
        await expect(page.get_by_role("button", name="Look around the demo workspace")).to_be_visible()
        await album.take(person, "sign-in")
        await page.get_by_role("link", name="Create account").click()
        await expect(page.get_by_role("heading", name="Create account")).to_be_visible()
        await album.take(person, "register")
        await page.get_by_label("Your name").fill("Ali Haddad")
        await page.get_by_label("E-mail").fill(f"ali@{options['color_scheme']}{options['size'][0]}.example")
        await page.get_by_label("Password", exact=True).fill("a long enough one")
        await page.get_by_role("button", name="Create account").click()
        await expect(page.get_by_role("heading", name="Your business")).to_be_visible()
        await album.take(person, "new-business")


async def work(browser: Browser, group: Group, album: Album, options: dict[str, Any]) -> None:
    """A run that goes on, and one that was stopped."""
    facts = [{"key": key, "value": value} for key, value in DEMO_FACTS]
    business = {**demo_profile().model_dump(mode="json"), "facts": facts}
    async with owner(browser, group, business=business, **options) as person:
        await person.go()
        await person.say(PLAN)
        await expect(person.live).to_contain_text("Copywriter is writing")
        if options["size"] == DESK:
            await expect(person.card("Being written").first).to_be_visible()
        await album.take(person, "running")
        await person.page.get_by_role("button", name="Stop").click()
        await person.until_ended()
        await album.take(person, "stopped")


async def demo(
    browser: Browser, group: Group, album: Album, options: dict[str, Any], thread: str | None
) -> str:
    """The demo workspace: first run where nothing was said yet, then the finished thread."""
    async with visitor(browser, group, **options) as person:
        page = person.page
        await person.go()
        await page.get_by_role("button", name="Look around the demo workspace").click()
        await expect(page.get_by_role("heading", name="What should")).to_be_visible()
        await album.take(person, "first-run")
        if thread is None:
            await person.say(PLAN)
            await expect(person.live).to_be_visible()
            await person.until_ended()
        await person.go(f"t/{thread or person.thread_id}")
        await expect(page.get_by_role("button", name="Write the next 2")).to_be_visible()
        await page.wait_for_load_state("networkidle")
        await album.take(person, "finished")
        if options["size"] == DESK:
            await page.get_by_text("Month", exact=True).click()
            await album.take(person, "month")
            await page.get_by_role("navigation").get_by_role("button", name="Facts").click()
            await album.take(person, "facts")
        else:
            await person.chips.first.click()
            await album.take(person, "sheet")
            await page.keyboard.press("Escape")
            await page.locator(".answer .chip").first.click()
            await album.take(person, "agenda")
            await page.keyboard.press("Escape")
            await page.get_by_role("navigation").get_by_role("button", name="Facts").click()
            await album.take(person, "facts")
        return person.thread_id


async def main(folder: Path) -> None:
    """Every screen into the folder."""
    settings = {
        "offline_tokens_per_second": TOKENS_PER_SECOND,
        "login_attempts_per_minute": 1_000,
        "registrations_per_hour": 10_000,
    }
    with tempfile.TemporaryDirectory() as home:
        async with running(Path(home), **settings) as group, launched() as browser:
            thread: str | None = None
            for size in (DESK, PHONE):
                for theme in THEMES:
                    options: dict[str, Any] = {"size": size, "color_scheme": theme}
                    if size == PHONE:
                        options |= {"has_touch": True, "is_mobile": True}
                    album = Album(folder, f"{size[0]}-{theme}")
                    await accounts(browser, group, album, options)
                    await work(browser, group, album, options)
                    thread = await demo(browser, group, album, options, thread)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
