"""Claim, heartbeat, fence, attempts on any document; the only cross-business scans, ids only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, zip_longest
from typing import Any

from pymongo import UpdateOne

from core.lease import Claimable, Lease
from core.scope import Scope
from memory.collections import Collection
from memory.mongo import SYSTEM_SCAN, Mongo, encode_value

MOST = 256
"""Documents that one scan gives at most."""


@dataclass(frozen=True)
class DocumentRef:
    """Where a document is, and which user asked for it, if one did; nothing of what it says."""

    business_id: str
    document_id: str
    user_id: str = ""


def by_turns(refs: Iterable[DocumentRef]) -> list[DocumentRef]:
    """Up to `MOST` documents: the first of every user (or business, where no user asked), then the next.

    However many documents one of them has, those of the others are found.
    """
    queues: dict[str, list[DocumentRef]] = {}
    for ref in refs:
        queues.setdefault(ref.user_id or ref.business_id, []).append(ref)
    rounds = zip_longest(*queues.values())
    return list(islice((ref for one in rounds for ref in one if ref is not None), MOST))


@dataclass(frozen=True)
class Running:
    """A document in work, as an observer sees it: its attempt and the lease of that moment."""

    ref: DocumentRef
    attempt: int
    lease: Lease | None

    @property
    def claimable(self) -> bool:
        """Whether no worker holds it."""
        return self.lease is None or self.lease.expired


class Leases:
    """Leases on the documents of one collection.

    A claim raises `attempt` in the same update that takes the lease; every later write compares it, so a
    worker that lost its lease changes nothing. No clock is compared with another one: a lease says only
    who holds the document and which heartbeat was the last (`jobs/observer.py` finds those that stopped).
    """

    def __init__(self, collection: Collection[Any]) -> None:
        self._collection = collection

    async def claim(
        self,
        scope: Scope,
        document_id: str,
        owner: str,
        attempt: int,
        values: Mapping[str, Any],
        expect: Mapping[str, Any],
    ) -> bool:
        """Take the document as attempt `attempt + 1`, if nobody else took it since it was read."""
        return await self._collection.change(
            scope,
            document_id,
            {**values, "attempt": attempt + 1, "lease": Lease(owner=owner)},
            {**expect, "attempt": attempt},
        )

    async def reclaim(self, scope: Scope, document: Claimable, owner: str) -> bool:
        """Take a document in work that no worker holds any more; false when one does."""
        if document.lease is None:
            unheld: dict[str, Any] = {"lease": None}
        elif document.lease.expired:
            unheld = {"lease.expired": True}
        else:
            return False
        return await self.claim(scope, document.id, owner, document.attempt, {}, unheld)

    async def renew(self, documents: Sequence[Claimable], owner: str, beat: int) -> list[Claimable]:
        """Heartbeat of many documents in one command.

        An attempt whose lease has expired takes it back, unless another worker has claimed the document.

        Args:
            documents: As they were claimed.
            owner: Who claimed them.
            beat: A number that was not used before.

        Returns:
            Those that are lost.
        """
        lease = encode_value(Lease(owner=owner, beat=beat))
        # One that is lost with the database's crash is made good by the next.
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
        """Give a document in work back, for any worker to take at once.

        Args:
            document: As it was claimed.
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
        """Let other workers claim a document whose heartbeat stopped; false if it has beaten since."""
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
    """What is due or in work, over all businesses: every command here carries the system-scan tag."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo

    async def running(self, name: str) -> list[Running]:
        """The documents of a collection that are in work, the oldest first."""
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
        """Runs queued since before `before`: the wake-up was lost, or there was no place."""
        return await self._in_turn("runs", {"status": "queued", "created_at": {"$lt": before}}, "created_at")

    async def cancelled_runs(self) -> list[DocumentRef]:
        """Queued runs that somebody asked to cancel."""
        return await self._in_turn(
            "runs", {"status": "queued", "cancel_requested_at": {"$ne": None}}, "created_at"
        )

    async def due_tasks(self, now: datetime) -> list[DocumentRef]:
        """Queued tasks whose time has come."""
        return await self._in_turn("tasks", {"status": "queued", "due_at": {"$lte": now}}, "due_at")

    async def expired_reservations(self, now: datetime) -> list[DocumentRef]:
        """Months with a reservation whose call never came back."""
        where = {"reservations.expires_at": {"$lt": now}}
        return await self._in_turn("ai_usage", where, "updated_at")

    async def unindexed_memories(self, before: datetime) -> list[DocumentRef]:
        """Remembered texts that Chroma does not have yet."""
        return await self._in_turn(
            "memories", {"indexed": False, "updated_at": {"$lt": before}}, "updated_at"
        )

    async def untied_drafts(self, before: datetime) -> list[DocumentRef]:
        """Drafts that their slot does not name: the worker died in between."""
        where = {"awaits_slot": True, "updated_at": {"$lt": before}}
        return await self._in_turn("content", where, "updated_at")

    async def checked_before(self, rules_version: int) -> list[DocumentRef]:
        """Some businesses whose drafts were last checked by earlier rules."""
        where = {"rules_version": {"$lt": rules_version}}
        cursor = self._mongo.collection("businesses").find(where, {"business_id": 1}, comment=SYSTEM_SCAN)
        return [DocumentRef(row["business_id"], row["_id"]) async for row in cursor.limit(MOST)]

    async def businesses(self) -> list[str]:
        """Every business, for work on the whole installation that a person asked for."""
        cursor = self._mongo.collection("businesses").find({}, {"business_id": 1}, comment=SYSTEM_SCAN)
        return [row["business_id"] async for row in cursor]

    async def _in_turn(self, name: str, where: Mapping[str, Any], since: str) -> list[DocumentRef]:
        """What waits, by turns, those first who wait longest.

        Args:
            name: The collection.
            where: What waits.
            since: The field that says since when.
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
