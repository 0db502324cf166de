"""Make one collection refuse writes: a real error at the store's own boundary."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from memory.mongo import Mongo

NO_DOCUMENT: Mapping[str, Any] = {"_id": "the id of no document"}


@asynccontextmanager
async def refusing(mongo: Mongo, name: str, allowed: Mapping[str, Any] = NO_DOCUMENT) -> AsyncIterator[None]:
    """While the block runs, the collection takes only documents that are as `allowed` says."""
    found = await mongo.database.command("listCollections", filter={"name": name})
    (collection,) = found["cursor"]["firstBatch"]
    before = collection.get("options", {}).get("validator", {})
    await mongo.database.command("collMod", name, validator=dict(allowed))
    try:
        yield
    finally:
        await mongo.database.command("collMod", name, validator=before)
