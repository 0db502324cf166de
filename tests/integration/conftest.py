"""A fresh, migrated database whose every command is held to its tenant."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from core.clock import SystemClock
from core.ids import new_id
from memory.database import Database
from memory.embedded import StoreUrls
from memory.migrations import migrate
from memory.mongo import Mongo
from tests.tenancy import TenantListener


@pytest.fixture
def tenant_listener() -> TenantListener:
    """What notes the commands without a business; give it to every `Mongo` that a test opens itself."""
    return TenantListener()


@pytest_asyncio.fixture
async def database(store_urls: StoreUrls, tenant_listener: TenantListener) -> AsyncIterator[Database]:
    """A new database on the session's server; the test fails if tenant data was reached unscoped."""
    mongo = Mongo(store_urls.mongodb, f"test_{new_id()}", [tenant_listener])
    try:
        await migrate(mongo)
        yield Database(mongo, SystemClock())
        await mongo.drop()
    finally:
        mongo.close()
    assert tenant_listener.leaks == []
