"""Who may make an account, as the page shows it: by invitation, and not at all."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

from playwright.async_api import Browser, expect

from core.settings import Settings
from memory.embedded import StoreUrls
from tests.browser.group import ROOT, Group
from tests.browser.people import PASSWORD, visitor
from tests.browser.watch import accessible
from tests.e2e.processes import api_process, environment
from tests.stored import settings_on


async def command(ours: Settings, *arguments: str) -> str:
    """What a command of the administrator prints."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "api", *arguments),
        cwd=ROOT,
        env=environment(ours),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate(f"{PASSWORD}\n".encode())
    assert process.returncode == 0, said.decode()
    return said.decode()


async def test_an_invitation_opens_the_form_once(
    browser: Browser, store_urls: StoreUrls, tmp_path: Path
) -> None:
    ours = settings_on(store_urls, tmp_path, registration="invite")
    async with api_process(ours) as (_, url):
        place = Group(tmp_path)
        place.url = url
        invited = (await command(ours.model_copy(update={"public_url": url}), "invite")).split()[0]
        async with visitor(browser, place) as person:
            person.watch.allow("status of 422", "answered 422: .*/auth/register")
            page = person.page
            await page.goto(f"{url}/app/register")
            await page.get_by_label("Your name").fill("Kim Lee")
            await page.get_by_label("E-mail").fill("kim@example.com")
            await page.get_by_label("Password", exact=True).fill(PASSWORD)
            await page.get_by_label("Invitation code").fill("no such code")
            await page.get_by_role("button", name="Create account").click()
            await expect(page.get_by_text("unknown, used or expired")).to_be_visible()
            await accessible(page)
            await page.goto(invited)
            await page.get_by_label("Your name").fill("Kim Lee")
            await page.get_by_label("E-mail").fill("kim@example.com")
            await page.get_by_label("Password", exact=True).fill(PASSWORD)
            await page.get_by_role("button", name="Create account").click()
            await expect(page).to_have_url(re.compile("/app/new-business$"))


async def test_where_nobody_makes_accounts_the_page_offers_none(
    browser: Browser, store_urls: StoreUrls, tmp_path: Path
) -> None:
    ours = settings_on(store_urls, tmp_path, registration="closed")
    async with api_process(ours) as (_, url):
        place = Group(tmp_path)
        place.url = url
        assert "can sign in now" in await command(ours, "create-user", "kim@example.com", "--name", "Kim Lee")
        async with visitor(browser, place) as person:
            page = person.page
            await person.go("sign-in")
            await page.wait_for_load_state("networkidle")
            await page.get_by_label("E-mail").fill("kim@example.com")
            await expect(page.get_by_role("link", name="Create account")).to_have_count(0)
            await page.get_by_label("Password", exact=True).fill(PASSWORD)
            await page.get_by_role("button", name="Sign in", exact=True).click()
            await expect(page).to_have_url(re.compile("/app/new-business$"))
