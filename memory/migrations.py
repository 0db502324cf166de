"""Numbered, idempotent indexes, validators and reshapes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from pymongo import ASCENDING, DESCENDING, IndexModel

from memory.mongo import SYSTEM_SCAN, Mongo
from memory.reshapes import give_seats, normalise_addresses, number_revisions

Migration = Callable[[Mongo], Awaitable[None]]


_NAMES_ITS_BUSINESS = {
    "$jsonSchema": {
        "bsonType": "object",
        "required": ["business_id"],
        "properties": {"business_id": {"bsonType": "string"}},
    }
}


def _newest(*fields: str) -> IndexModel:
    return IndexModel([*((field, ASCENDING) for field in fields), ("created_at", DESCENDING)])


def _unique(*fields: str) -> IndexModel:
    return IndexModel([(field, ASCENDING) for field in fields], unique=True)


async def listed(mongo: Mongo, *fields: str) -> list[IndexModel]:
    """Return the indexes of the lists whose documents share the values of `fields` (`memory/pages.py`)."""
    same = [(field, ASCENDING) for field in fields]
    newest = IndexModel([*same, ("created_at", DESCENDING), ("_id", DESCENDING)])
    # For samples of a list on the bundled server (`memory/windows.py`).
    return [newest, IndexModel([*same, ("_id", ASCENDING)])] if await mongo.is_bundled() else [newest]


async def make_collection(mongo: Mongo, name: str, *indexes: IndexModel, tenant: bool = True) -> None:
    """Create a collection with its validator and indexes, or add them to it.

    Args:
        mongo: The database.
        name: The collection.
        indexes: The indexes, at least one.
        tenant: Whether the validator requires a `business_id`.
    """
    # Creating the first index creates the collection, also in two processes at once.
    await mongo.collection(name).create_indexes([*indexes])
    if tenant:
        await mongo.database.command("collMod", name, validator=_NAMES_ITS_BUSINESS)


async def _first_collections(mongo: Mongo) -> None:
    """Create the first collections with their indexes."""
    system: dict[str, list[IndexModel]] = {
        "users": [_unique("email")],
        "memberships": [_unique("user_id", "business_id"), IndexModel([("business_id", ASCENDING)])],
        "refresh_families": [
            IndexModel([("user_id", ASCENDING)]),
            IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0),
        ],
        "idempotency": [IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0)],
    }
    for name, indexes in system.items():
        await make_collection(mongo, name, *indexes, tenant=False)
    checkpoint = IndexModel(
        [("business_id", ASCENDING), ("thread_id", ASCENDING), ("checkpoint_id", ASCENDING)]
    )
    tenant: dict[str, list[IndexModel]] = {
        "businesses": [_newest("business_id")],
        "campaigns": [_newest("business_id")],
        "content": [_newest("business_id"), _newest("business_id", "campaign_id")],
        "content_versions": [_unique("business_id", "content_id", "number")],
        "threads": [_unique("dedupe_key"), _newest("business_id", "user_id")],
        "chat_messages": [_newest("business_id", "thread_id")],
        "runs": [
            _unique("dedupe_key"),
            _newest("business_id", "thread_id"),
        ],
        "memories": [
            _unique("business_id", "dedupe_key"),
            _newest("business_id"),
            IndexModel([("indexed", ASCENDING), ("updated_at", ASCENDING)]),
        ],
        "ai_usage": [
            _unique("business_id", "month"),
            IndexModel([("reservations.expires_at", ASCENDING)]),
        ],
        "usage_ledger": [_newest("business_id", "month"), _newest("business_id", "run_id")],
        "checkpoints": [checkpoint],
        "checkpoint_writes": [checkpoint],
    }
    for name, indexes in tenant.items():
        await make_collection(mongo, name, *indexes)


async def _memory_indexes(mongo: Mongo) -> None:
    """Index memories other than facts, and memories that are not in Chroma yet."""
    kinds = IndexModel([("business_id", ASCENDING), ("kind", ASCENDING)])
    waiting = IndexModel([("business_id", ASCENDING), ("indexed", ASCENDING)])
    await make_collection(mongo, "memories", kinds, waiting)


UNTIL_INDEX = "status_1_lease.until_1"


async def _tasks_and_leases(mongo: Mongo) -> None:
    """Index due work, oldest first, and convert leases to ones without times.

    A lease of the earlier shape has an expiry and is not renewed any more, so the run is free.
    """
    await make_collection(mongo, "tasks", IndexModel([("status", ASCENDING), ("due_at", ASCENDING)]))
    await make_collection(mongo, "runs", IndexModel([("status", ASCENDING), ("created_at", ASCENDING)]))
    runs = mongo.collection("runs")
    if UNTIL_INDEX in await runs.index_information():
        await runs.drop_index(UNTIL_INDEX)
    await runs.update_many(
        {"status": "running", "lease.until": {"$exists": True}},
        {"$set": {"lease": None}},
        comment=SYSTEM_SCAN,
    )


async def _untied_drafts(mongo: Mongo) -> None:
    """Index drafts that their slot does not name yet."""
    waiting = IndexModel([("awaits_slot", ASCENDING)], partialFilterExpression={"awaits_slot": True})
    await make_collection(mongo, "content", waiting)


async def _deletions(mongo: Mongo) -> None:
    """Index the lookups of deletions, interrupted deletions, and the expiry of checkpoints."""
    marked = IndexModel([("deleting_at", ASCENDING)], sparse=True)
    for name in ("businesses", "campaigns", "content", "threads"):
        await make_collection(mongo, name, marked)
    written = IndexModel([("business_id", ASCENDING), ("written_by.run_id", ASCENDING)])
    await make_collection(mongo, "content", written)
    about = IndexModel([("business_id", ASCENDING), ("ref", ASCENDING)])
    await make_collection(mongo, "memories", about)
    await make_collection(mongo, "idempotency", IndexModel([("document_ids", ASCENDING)]), tenant=False)
    for name in ("checkpoints", "checkpoint_writes"):
        await make_collection(mongo, name, IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0))
        await mongo.collection(name).update_many(
            {"expires_at": {"$exists": False}},
            {"$set": {"expires_at": datetime.now(UTC) + timedelta(days=30)}},
            comment=SYSTEM_SCAN,
        )


_LISTS: dict[str, list[tuple[str, ...]]] = {
    "businesses": [("business_id",)],
    "campaigns": [("business_id",), ("business_id", "status")],
    "content": [
        ("business_id",),
        ("business_id", "campaign_id"),
        ("business_id", "platform"),
        ("business_id", "status"),
    ],
    "threads": [("business_id", "user_id")],
    "chat_messages": [("business_id", "thread_id")],
    "memories": [("business_id", "indexed")],
    "refresh_families": [("user_id",)],
}


async def _lists(mongo: Mongo) -> None:
    """Index lists, newest first, then by id."""
    for name, lists in _LISTS.items():
        tenant = name != "refresh_families"
        for fields in lists:
            await make_collection(mongo, name, *await listed(mongo, *fields), tenant=tenant)
            before = "_".join(f"{field}_1" for field in fields) + "_created_at_-1"
            if before in await mongo.collection(name).index_information():
                await mongo.collection(name).drop_index(before)
    await make_collection(mongo, "businesses", _unique("business_id"))


async def _checked_by(mongo: Mongo) -> None:
    """Index the rules version of businesses; earlier ones have none."""
    await make_collection(mongo, "businesses", IndexModel([("rules_version", ASCENDING)]))
    await mongo.collection("businesses").update_many(
        {"rules_version": {"$exists": False}}, {"$set": {"rules_version": 0}}, comment=SYSTEM_SCAN
    )


async def _business_seats(mongo: Mongo) -> None:
    """Index seats, and seat the existing businesses."""
    await make_collection(mongo, "business_seats", IndexModel([("user_id", ASCENDING)]), tenant=False)
    await give_seats(mongo)


async def _invitations(mongo: Mongo) -> None:
    """Index invitations by expiry."""
    expired = IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0)
    await make_collection(mongo, "invitations", expired, tenant=False)


async def _memory_lists(mongo: Mongo) -> None:
    """Index the list of memories by kind, and interrupted deletions of memories."""
    marked = IndexModel([("deleting_at", ASCENDING)], sparse=True)
    await make_collection(mongo, "memories", marked, *await listed(mongo, "business_id", "kind"))


MIGRATIONS: tuple[tuple[int, Migration], ...] = (
    (1, _first_collections),
    # 2 set the validators, which are now set when a collection is created.
    (3, _memory_indexes),
    (4, number_revisions),
    (5, _tasks_and_leases),
    (6, _untied_drafts),
    (7, normalise_addresses),
    (8, _deletions),
    (9, _lists),
    (10, _checked_by),
    (11, _business_seats),
    (12, _invitations),
    (13, _memory_lists),
)


async def migrate(mongo: Mongo) -> int:
    """Apply missing migrations in order; idempotent, also from two processes.

    Returns:
        The number of the newest migration.
    """
    done = mongo.collection("migrations")
    applied = {row["_id"] async for row in done.find({})}
    for number, migration in MIGRATIONS:
        if number not in applied:
            await migration(mongo)
            await done.update_one(
                {"_id": number}, {"$setOnInsert": {"applied_at": datetime.now(UTC)}}, upsert=True
            )
    return MIGRATIONS[-1][0]
