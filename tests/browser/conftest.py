"""One browser and one running Marquee in a process of pytest, for all pages that are tested."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from core.clock import SystemClock
from memory.database import Database
from memory.mongo import Mongo
from tests.browser import chromium
from tests.browser.group import ROOT, Group, running
from tests.browser.people import Person, owner, visitor
from tests.patience import PATIENCE

Opener = Callable[..., AbstractAsyncContextManager[Person]]

TOKENS_PER_SECOND = 150
"""So slow that a run can be cut in its middle."""


@pytest_asyncio.fixture(scope="session")
async def group(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Group]:
    """Marquee with the offline model; a test that breaks it leaves it running."""
    assert (ROOT / "web" / "dist" / "index.html").is_file(), "the page is not built: make web"
    folder = tmp_path_factory.mktemp("group")
    settings = {
        "offline_tokens_per_second": TOKENS_PER_SECOND,
        "login_attempts_per_minute": 1_000,
        "registrations_per_hour": 10_000,
    }
    async with running(folder, **settings) as group:
        yield group


@pytest_asyncio.fixture
async def database(group: Group) -> AsyncIterator[Database]:
    """The database of the running group."""
    mongo = Mongo(group.mongodb, "marquee")
    try:
        yield Database(mongo, SystemClock())
    finally:
        mongo.close()


@asynccontextmanager
async def launched() -> AsyncIterator[Browser]:
    """The unpacked Chromium."""
    assert chromium.BINARY.is_file(), "the browser is not unpacked: make .cache/browser/chromium"
    expect.set_options(timeout=1_000 * PATIENCE)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium.BINARY, args=chromium.FLAGS, env={**chromium.environment()}
        )
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One browser for all."""
    async with launched() as browser:
        yield browser


@pytest.fixture
def visit(browser: Browser, group: Group) -> Opener:
    """Opens a browser for somebody unknown."""
    return partial(visitor, browser, group)


@pytest.fixture
def own(browser: Browser, group: Group) -> Opener:
    """Opens a browser for somebody who has a business."""
    return partial(owner, browser, group)
