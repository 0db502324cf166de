"""The listener notes what could reach another tenant, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from core.ids import new_id
from memory.database import TENANT_COLLECTIONS
from memory.embedded import StoreUrls
from memory.migrations import migrate
from memory.mongo import SYSTEM_SCAN, Mongo, PyMongoError
from tests.tenancy import TenantListener

OWN = {"business_id": "a" * 24}

LEAKS: dict[str, Callable[[Any], Any]] = {
    "find": lambda content: content.find_one({"_id": "x"}),
    "find all": lambda content: content.find().to_list(None),
    "find by something else of the business": lambda content: content.find_one({"business_id": {"$ne": "x"}}),
    "find under an or": lambda content: content.find_one({"$or": [OWN, {"status": "draft"}]}),
    "insert": lambda content: content.insert_one({"_id": new_id(), "business_id": None}),
    "insert among others": lambda content: content.insert_many([{"_id": new_id(), **OWN}, {"_id": new_id()}]),
    "update": lambda content: content.update_one({"_id": "x"}, {"$set": {"business_id": "x"}}),
    "update many": lambda content: content.update_many({}, {"$set": {"title": "x"}}),
    "delete": lambda content: content.delete_many({"status": "draft"}),
    "count": lambda content: content.count_documents({"status": "draft"}),
    "distinct": lambda content: content.distinct("title"),
    "aggregate": lambda content: content.aggregate([{"$group": {"_id": "$platform"}}]).to_list(None),
}

HELD: dict[str, Callable[[Any], Any]] = {
    "find": lambda content: content.find_one({"_id": "x", **OWN}),
    "find in several": lambda content: content.find({"business_id": {"$in": ["a", "b"]}}).to_list(None),
    "more than one batch": lambda content: content.find(OWN, batch_size=1).to_list(None),
    "insert": lambda content: content.insert_one({"_id": new_id(), **OWN}),
    "update": lambda content: content.update_one({"_id": "x", **OWN}, {"$set": {"title": "x"}}),
    "delete": lambda content: content.delete_many(OWN),
    "count": lambda content: content.count_documents(OWN),
    "aggregate": lambda content: content.aggregate([{"$match": OWN}, {"$count": "n"}]).to_list(None),
    "a tagged scan": lambda content: content.find({}, {"_id": 1}, comment=SYSTEM_SCAN).to_list(None),
}


async def noted(urls: StoreUrls, act: Callable[[Any], Any]) -> list[str]:
    listener = TenantListener()
    mongo = Mongo(urls.mongodb, f"test_{new_id()}", [listener])
    try:
        await mongo.collection("content").insert_many([{"_id": new_id(), **OWN} for _ in range(3)])
        assert listener.leaks == []
        await act(mongo.collection("content"))
        await mongo.drop()
    finally:
        mongo.close()
    return listener.leaks


@pytest.mark.parametrize("act", LEAKS.values(), ids=LEAKS)
async def test_what_names_no_business_is_noted(store_urls: StoreUrls, act: Callable[[Any], Any]) -> None:
    assert len(await noted(store_urls, act)) == 1


@pytest.mark.parametrize("act", HELD.values(), ids=HELD)
async def test_what_names_its_business_is_not(store_urls: StoreUrls, act: Callable[[Any], Any]) -> None:
    assert await noted(store_urls, act) == []


async def test_migrations_are_about_shapes_only(store_urls: StoreUrls) -> None:
    listener = TenantListener()
    mongo = Mongo(store_urls.mongodb, f"test_{new_id()}", [listener])
    try:
        await migrate(mongo)
        await mongo.drop()
    finally:
        mongo.close()
    assert listener.leaks == []


async def test_the_database_refuses_a_tenant_document_without_its_business(store_urls: StoreUrls) -> None:
    mongo = Mongo(store_urls.mongodb, f"test_{new_id()}")
    accepted = []
    try:
        await migrate(mongo)
        for name in sorted(TENANT_COLLECTIONS):
            with suppress(PyMongoError):
                await mongo.collection(name).insert_one({"_id": new_id()})
                accepted.append(name)
        await mongo.drop()
    finally:
        mongo.close()
    assert accepted == []
