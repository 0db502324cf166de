"""Claim, heartbeat, fence, attempts on any document; the only cross-business scans, ids only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pymongo import UpdateOne

from core.conversation import Lease
from core.scope import Scope
from memory.collections import Collection
from memory.mongo import SYSTEM_SCAN, Mongo, encode_value


@dataclass(frozen=True)
class Found:
    """A document that a scan came across: where it is, nothing of what it says."""

    business_id: str
    document_id: str


@dataclass(frozen=True)
class Hold:
    """A claimed document, and the attempt that holds it."""

    business_id: str
    document_id: str
    attempt: int


class Leases:
    """Holds on the documents of one collection.

    A claim raises `attempt` in the same update that takes the lease; every later write compares it, so a
    worker that lost its hold changes nothing, whatever its clock says.
    """

    def __init__(self, collection: Collection[Any], duration: timedelta) -> None:
        self._collection = collection
        self._duration = duration

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
        now = self._collection.clock.now()
        return await self._collection.change(
            scope,
            document_id,
            {
                **values,
                "attempt": attempt + 1,
                "lease": Lease(owner=owner, until=now + self._duration),
            },
            {**expect, "attempt": attempt},
        )

    async def renew(self, holds: Sequence[Hold]) -> list[Hold]:
        """Heartbeat of many holds in one command; those that are lost."""
        until = encode_value(self._collection.clock.now() + self._duration)
        # One that is lost with the database's crash only lets the lease end earlier.
        result = await self._collection.unjournaled.bulk_write(
            [
                UpdateOne(
                    {
                        "_id": hold.document_id,
                        "business_id": hold.business_id,
                        "attempt": hold.attempt,
                        "lease": {"$ne": None},
                    },
                    {"$set": {"lease.until": until}},
                )
                for hold in holds
            ],
            ordered=False,
        )
        if result.matched_count == len(holds):
            return []
        cursor = self._collection.raw.find(
            {
                "_id": {"$in": [hold.document_id for hold in holds]},
                "business_id": {"$in": [hold.business_id for hold in holds]},
                "lease": {"$ne": None},
            },
            {"business_id": 1, "attempt": 1},
        )
        held = {Hold(row["business_id"], row["_id"], row["attempt"]) async for row in cursor}
        return [hold for hold in holds if hold not in held]

    async def release(self, scope: Scope, document_id: str, attempt: int) -> None:
        """Let the lease end now."""
        await self._collection.raw.update_one(
            {"_id": document_id, **scope.filter(), "attempt": attempt, "lease": {"$ne": None}},
            {"$set": {"lease.until": encode_value(self._collection.clock.now())}},
        )


class Scans:
    """What is due or stalled, over all businesses: every command here carries the system-scan tag."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo

    async def _find(self, name: str, where: Mapping[str, Any], limit: int = 200) -> list[Found]:
        cursor = self._mongo.collection(name).find(
            dict(where), {"_id": 1, "business_id": 1}, comment=SYSTEM_SCAN, limit=limit
        )
        return [Found(row["business_id"], row["_id"]) async for row in cursor]

    async def stalled_runs(self, now: datetime) -> list[Found]:
        """Running, and the lease is over."""
        return await self._find("runs", {"status": "running", "lease.until": {"$lt": now}})

    async def waiting_runs(self, before: datetime) -> list[Found]:
        """Queued since before `before`: the wake-up was lost."""
        return await self._find("runs", {"status": "queued", "created_at": {"$lt": before}})

    async def expired_reservations(self, now: datetime) -> list[Found]:
        """Months with a reservation whose call never came back."""
        return await self._find("ai_usage", {"reservations.expires_at": {"$lt": now}})

    async def unindexed_memories(self, before: datetime) -> list[Found]:
        """Remembered texts that Chroma does not have yet."""
        return await self._find("memories", {"indexed": False, "updated_at": {"$lt": before}})

    async def businesses(self) -> list[str]:
        """Every business, for work on the whole installation that a person asked for."""
        return [found.business_id for found in await self._find("businesses", {}, limit=0)]
