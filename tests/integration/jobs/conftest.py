"""A stage on the real stores, with a database of the test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from core.ids import new_id
from core.settings import Settings
from memory.embedded import StoreUrls
from services.checker import Checker
from services.container import open_services
from tests.integration.jobs.stage import Stage
from tests.tenancy import TenantListener


@pytest_asyncio.fixture
async def stage(
    store_urls: StoreUrls, tmp_path: Path, tenant_listener: TenantListener, checker: Checker
) -> AsyncIterator[Stage]:
    """The test fails if tenant data was reached unscoped."""
    async with open_services(on(store_urls, tmp_path), None, [tenant_listener], checker) as services:
        yield await Stage.with_a_business(services)
        await services.database.mongo.drop()
    assert tenant_listener.leaks == []


def on(urls: StoreUrls, data_dir: Path) -> Settings:
    """Settings on these stores, with a database of the test's own."""
    return Settings(
        _env_file=None,
        mongodb_url=urls.mongodb,
        redis_url=urls.redis,
        chroma_url=urls.chroma,
        database=f"test_{new_id()}",
        data_dir=data_dir,
    )
