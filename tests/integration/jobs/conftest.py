"""A stage on the real stores, with a database of the test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from core.ids import new_id
from core.scope import Scope
from core.settings import Settings
from memory.embedded import StoreUrls
from services.businesses import BusinessDraft
from services.checker import Checker
from services.container import open_services
from tests.integration.jobs.stage import Stage
from tests.tenancy import TenantListener


@pytest_asyncio.fixture
async def stage(
    store_urls: StoreUrls, tmp_path: Path, tenant_listener: TenantListener, checker: Checker
) -> AsyncIterator[Stage]:
    """The test fails if tenant data was reached unscoped."""
    settings = Settings(
        _env_file=None,
        mongodb_url=store_urls.mongodb,
        redis_url=store_urls.redis,
        chroma_url=store_urls.chroma,
        database=f"test_{new_id()}",
        data_dir=tmp_path,
    )
    async with open_services(settings, None, [tenant_listener], checker) as services:
        draft = BusinessDraft(business_name="Bakery", industry="Bakery")
        business = await services.businesses.create(new_id(), draft)
        yield Stage(services, Scope.of(business.id))
        await services.database.mongo.drop()
    assert tenant_listener.leaks == []
