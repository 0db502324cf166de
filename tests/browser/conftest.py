"""One browser and one running Marquee for all pages that are tested."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.browser import chromium
from tests.browser.group import ROOT, Group, running
from tests.browser.people import Person, owner, visitor

Opener = Callable[..., AbstractAsyncContextManager[Person]]

FOLDER = "tests/browser/"
TOKENS_PER_SECOND = 150
"""So slow that a run can be cut in its middle."""


class OnOneWorker(LoadScopeScheduling):
    """Shares tests out one by one, but those of this folder together."""

    def _split_scope(self, nodeid: str) -> str:
        return FOLDER if nodeid.startswith(FOLDER) else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> OnOneWorker:
    """One Marquee and one browser are enough; `xdist_group` has no effect with this pytest."""
    return OnOneWorker(config, log)


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


@asynccontextmanager
async def launched() -> AsyncIterator[Browser]:
    """The unpacked Chromium."""
    assert chromium.BINARY.is_file(), "the browser is not unpacked: make .cache/browser/chromium"
    expect.set_options(timeout=20_000)
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
