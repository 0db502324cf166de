"""Claims, heartbeats and fencing of documents, and the only scans over all businesses (ids only)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, zip_longest
from typing import Any, Generic, TypeVar

from pymongo import UpdateOne

from core.lease import Claimable, Lease
from core.scope import Scope
from memory.collections import Collection
from memory.mongo import SYSTEM_SCAN, Mongo, encode_value

C = TypeVar("C", bound=Claimable)

MOST = 256
"""Limit of documents of one scan."""


@dataclass(frozen=True)
class DocumentRef:
    """A document's id and business, and the user who asked for it, if any; none of its content."""

    business_id: str
    document_id: str
    user_id: str = ""


def by_turns(refs: Iterable[DocumentRef]) -> list[DocumentRef]:
    """Return up to `MOST` documents, round robin over users (or businesses, where no user asked).

    So the documents of one user do not hide those of others.
    """
    queues: dict[str, list[DocumentRef]] = {}
    for ref in refs:
        queues.setdefault(ref.user_id or ref.business_id, []).append(ref)
    rounds = zip_longest(*queues.values())
    return list(islice((ref for one in rounds for ref in one if ref is not None), MOST))


@dataclass(frozen=True)
class Running:
    """A running document as observed: its attempt and lease."""

    ref: DocumentRef
    attempt: int
    lease: Lease | None

    @property
    def claimable(self) -> bool:
        """Whether no worker holds the lease."""
        return self.lease is None or self.lease.expired


class Leases(Generic[C]):
    """Leases on the documents of one collection.

    A claim raises `attempt` in the update that takes the lease; every later write compares it, so a worker
    that lost its lease changes nothing. Clocks of machines are never compared: a lease holds only the owner
    and the last heartbeat (`jobs/observer.py` detects those that stopped).
    """

    def __init__(self, collection: Collection[C]) -> None:
        self._collection = collection

    async def claim(
        self,
        scope: Scope,
        document_id: str,
        owner: str,
        attempt: int,
        values: Mapping[str, Any],
        expect: Mapping[str, Any],
    ) -> C | None:
        """Claim the document as attempt `attempt + 1`, if it was not claimed since it was read; return it."""
        # Two commands: for one that also returns the document the bundled server scans the collection.
        taken = {**values, "attempt": attempt + 1, "lease": Lease(owner=owner)}
        if not await self._collection.change(scope, document_id, taken, {**expect, "attempt": attempt}):
            return None
        claimed = await self._collection.find(scope, {"_id": document_id})
        return claimed if claimed is not None and claimed.attempt == attempt + 1 else None

    async def reclaim(self, scope: Scope, document: Claimable, owner: str) -> C | None:
        """Claim a running document without a holder; None when there is one."""
        if document.lease is None:
            unheld: dict[str, Any] = {"lease": None}
        elif document.lease.expired:
            unheld = {"lease.expired": True}
        else:
            return None
        return await self.claim(scope, document.id, owner, document.attempt, {}, unheld)

    async def renew(self, documents: Sequence[Claimable], owner: str, beat: int) -> list[Claimable]:
        """Renew the leases of many documents in one command.

        An expired lease is renewed unless another worker has claimed the document.

        Args:
            documents: The documents as claimed.
            owner: The owner of the leases.
            beat: A new heartbeat number.

        Returns:
            The documents whose lease is lost.
        """
        lease = encode_value(Lease(owner=owner, beat=beat))
        # Not journaled: after a crash of the database the next heartbeat repairs it.
        result = await self._collection.unjournaled.bulk_write(
            [
                UpdateOne(
                    {
                        "_id": document.id,
                        "business_id": document.business_id,
                        "attempt": document.attempt,
                        "lease.owner": owner,
                    },
                    {"$set": {"lease": lease}},
                )
                for document in documents
            ],
            ordered=False,
        )
        if result.matched_count == len(documents):
            return []
        cursor = self._collection.raw.find(
            {
                "_id": {"$in": [document.id for document in documents]},
                "business_id": {"$in": [document.business_id for document in documents]},
                "lease.owner": owner,
            },
            {"attempt": 1},
        )
        held = {(row["_id"], row["attempt"]) async for row in cursor}
        return [document for document in documents if (document.id, document.attempt) not in held]

    async def release(self, document: Claimable, *, failed: bool) -> None:
        """Release a running document, for any worker to claim at once.

        Args:
            document: The document as claimed.
            failed: Whether the attempt counts as a failure.
        """
        await self._collection.raw.update_one(
            {
                "_id": document.id,
                "business_id": document.business_id,
                "attempt": document.attempt,
                "lease": {"$ne": None},
            },
            {"$set": {"lease": None}, "$inc": {"returned": 0 if failed else 1}},
        )

    async def expire(self, running: Running) -> bool:
        """Mark a lease as expired; false if it was renewed since."""
        if running.lease is None:
            return False
        result = await self._collection.raw.update_one(
            {
                "_id": running.ref.document_id,
                "business_id": running.ref.business_id,
                "attempt": running.attempt,
                "lease.owner": running.lease.owner,
                "lease.beat": running.lease.beat,
            },
            {"$set": {"lease.expired": True}},
        )
        return result.matched_count == 1


class Scans:
    """Due and running work of all businesses; every command carries the system-scan tag."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo

    async def running(self, name: str) -> list[Running]:
        """Return the running documents of a collection, oldest first."""
        wanted = {"_id": 1, "business_id": 1, "user_id": 1, "attempt": 1, "lease": 1}
        found = self._mongo.collection(name).find({"status": "running"}, wanted, comment=SYSTEM_SCAN)
        return [
            Running(
                DocumentRef(row["business_id"], row["_id"], row.get("user_id", "")),
                row["attempt"],
                None if row["lease"] is None else Lease.model_validate(row["lease"], extra="ignore"),
            )
            async for row in found.sort("created_at", 1)
        ]

    async def queued_runs(self, before: datetime) -> list[DocumentRef]:
        """Return runs queued before `before`: the wake-up was lost, or there was no place."""
        return await self._in_turn("runs", {"status": "queued", "created_at": {"$lt": before}}, "created_at")

    async def cancelled_runs(self) -> list[DocumentRef]:
        """Return queued runs that are to be cancelled."""
        return await self._in_turn(
            "runs", {"status": "queued", "cancel_requested_at": {"$ne": None}}, "created_at"
        )

    async def due_tasks(self, now: datetime) -> list[DocumentRef]:
        """Return queued tasks that are due."""
        return await self._in_turn("tasks", {"status": "queued", "due_at": {"$lte": now}}, "due_at")

    async def expired_reservations(self, now: datetime) -> list[DocumentRef]:
        """Return months with an expired reservation."""
        where = {"reservations.expires_at": {"$lt": now}}
        return await self._in_turn("ai_usage", where, "updated_at")

    async def unindexed_memories(self, before: datetime) -> list[DocumentRef]:
        """Return memories that are not indexed."""
        return await self._in_turn(
            "memories", {"indexed": False, "updated_at": {"$lt": before}}, "updated_at"
        )

    async def untied_drafts(self, before: datetime) -> list[DocumentRef]:
        """Return drafts that their slot does not name, since the worker died."""
        where = {"awaits_slot": True, "updated_at": {"$lt": before}}
        return await self._in_turn("content", where, "updated_at")

    async def checked_before(self, rules_version: int) -> list[DocumentRef]:
        """Return some businesses whose drafts were last checked with earlier rules."""
        where = {"rules_version": {"$lt": rules_version}}
        cursor = self._mongo.collection("businesses").find(where, {"business_id": 1}, comment=SYSTEM_SCAN)
        return [DocumentRef(row["business_id"], row["_id"]) async for row in cursor.limit(MOST)]

    async def businesses(self) -> list[str]:
        """Return every business, for administrator commands."""
        cursor = self._mongo.collection("businesses").find({}, {"business_id": 1}, comment=SYSTEM_SCAN)
        return [row["business_id"] async for row in cursor]

    async def _in_turn(self, name: str, where: Mapping[str, Any], since: str) -> list[DocumentRef]:
        """Return waiting documents, round robin, longest waiting first.

        Args:
            name: The collection.
            where: The condition of waiting documents.
            since: The field with the time since when they wait.
        """
        owner = {"business_id": "$business_id", "user_id": "$user_id"}
        pipeline: list[dict[str, Any]] = [
            {"$match": dict(where)},
            {"$sort": {since: 1}},
            {"$group": {"_id": owner, "ids": {"$push": "$_id"}, "since": {"$first": f"${since}"}}},
            {"$sort": {"since": 1}},
            {"$project": {"ids": {"$slice": ["$ids", MOST]}}},
        ]
        cursor = self._mongo.collection(name).aggregate(pipeline, comment=SYSTEM_SCAN)
        return by_turns(
            [
                DocumentRef(row["_id"]["business_id"], document_id, row["_id"].get("user_id") or "")
                async for row in cursor
                for document_id in row["ids"]
            ]
        )
