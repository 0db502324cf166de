"""Every POST × every collection that refuses a write: the retry completes what was begun, and no more."""

from __future__ import annotations

from collections import Counter

import httpx
import pytest

from core.ids import new_id
from memory.mongo import SYSTEM_SCAN
from services.container import Services
from tests.integration.api.tenant_recipes import RECIPES
from tests.integration.api.test_tenant_matrix import OPERATIONS, Operation, call
from tests.integration.api.world import build_world
from tests.refusals import NO_DOCUMENT, refusing

KEYED = [
    operation
    for operation in OPERATIONS
    if operation.method == "POST"
    and not operation.path.startswith("/auth/")
    and not RECIPES[operation.name].works
]
"""Signing in and streams have no keys."""


async def _stored(services: Services) -> Counter[str]:
    """How many documents there are, by collection."""
    mongo = services.database.mongo
    names = sorted(await mongo.database.list_collection_names())
    return Counter(
        {name: await mongo.collection(name).count_documents({}, comment=SYSTEM_SCAN) for name in names}
    )


@pytest.mark.parametrize("operation", KEYED, ids=lambda operation: operation.name)
async def test_a_retry_after_a_half_failed_create_completes_it_once(
    operation: Operation, client: httpx.AsyncClient, services: Services
) -> None:
    world = await build_world(services, "wombat")
    prepared = [one for one in OPERATIONS if one.name == RECIPES[operation.name].after]

    async def stored() -> Counter[str]:
        client.headers.pop("Idempotency-Key", None)
        for one in prepared:
            assert (await call(client, one, RECIPES[one.name], world)).is_success
        return await _stored(services)

    async def ask(key: str) -> httpx.Response:
        client.headers["Idempotency-Key"] = key
        return await call(client, operation, RECIPES[operation.name], world)

    before = await stored()
    reference = await ask(new_id())
    assert reference.is_success, reference.text
    made = await _stored(services) - before
    failed: set[str] = set()

    for name, allowed in [*((name, NO_DOCUMENT) for name in before), ("idempotency", {"status": None})]:
        before, key = await stored(), new_id()
        async with refusing(services.database.mongo, name, allowed):
            if (await ask(key)).status_code >= 500:
                failed.add(name)
        retried = await ask(key)
        assert retried.status_code == reference.status_code, f"{name}: {retried.text}"
        assert await _stored(services) - before == made, name
        assert (await ask(key)).content == retried.content
    assert failed >= set(made)
