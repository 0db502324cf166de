"""A stage on the real stores, with a database of the test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from memory.embedded import StoreUrls
from services.checker import Checker
from services.container import open_services
from tests.integration.jobs.stage import Stage
from tests.stored import settings_on
from tests.tenancy import TenantListener


@pytest_asyncio.fixture
async def stage(
    store_urls: StoreUrls, tmp_path: Path, tenant_listener: TenantListener, checker: Checker
) -> AsyncIterator[Stage]:
    """The test fails if tenant data was reached unscoped."""
    async with open_services(settings_on(store_urls, tmp_path), None, [tenant_listener], checker) as services:
        yield await Stage.with_a_business(services)
        await services.database.mongo.drop()
    assert tenant_listener.leaks == []
