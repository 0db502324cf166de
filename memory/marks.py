"""Mark documents as being deleted, and find, remove or unmark them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from core.scope import Scope
from memory.collections import DELETING, Collection
from memory.leases import DocumentRef
from memory.mongo import SYSTEM_SCAN


class Marks:
    """The marks of one collection.

    A mark is written by compare-and-set; from then on only the erasure finds or changes the document. So a
    deletion is never partly visible, and an interrupted one is found again.

    Args:
        collection: The collection of the documents.
    """

    def __init__(self, collection: Collection[Any]) -> None:
        self._collection = collection
        self._raw = collection.raw

    async def mark(
        self, scope: Scope, document_id: str, version: int, values: Mapping[str, Any] | None = None
    ) -> bool:
        """Mark a document at `version`; false if it has changed or is marked already."""
        values = {DELETING: self._collection.clock.now(), **(values or {})}
        return await self._collection.change(scope, document_id, values, {"version": version})

    async def mark_all(
        self, scope: Scope, where: Mapping[str, Any], values: Mapping[str, Any] | None = None
    ) -> None:
        """Mark every matching document, at any version."""
        marked = {DELETING: self._collection.clock.now(), **(values or {})}
        await self._raw.update_many({**where, **scope.filter()}, {"$set": marked, "$inc": {"version": 1}})

    async def unmark(self, scope: Scope, document_id: str) -> None:
        """Remove the mark."""
        await self._raw.update_one(
            {"_id": document_id, **scope.filter()}, {"$unset": {DELETING: ""}, "$inc": {"version": 1}}
        )

    async def find(
        self, scope: Scope, where: Mapping[str, Any], fields: Sequence[str] = ()
    ) -> list[dict[str, Any]]:
        """Find marked documents: `_id` and the named fields as stored."""
        wanted = dict.fromkeys((DELETING, *fields), 1)
        # The mark is tested here: the bundled server uses an index only if it has every field.
        found = self._raw.find({**where, **scope.filter()}, wanted)
        return [row async for row in found if row.get(DELETING) is not None]

    async def strip(self, scope: Scope, document_id: str, kept: Mapping[str, Any]) -> None:
        """Remove all fields of a marked document except its mark and `kept`."""
        where = {"_id": document_id, **scope.filter(), **_MARKED}
        marked = {"business_id": scope.business_id, DELETING: self._collection.clock.now()}
        await self._raw.replace_one(where, {**marked, **kept})

    async def remove(self, scope: Scope, where: Mapping[str, Any]) -> None:
        """Remove matching marked documents."""
        await self._raw.delete_many({**where, **scope.filter(), **_MARKED})

    async def left(self, before: datetime, limit: int) -> list[DocumentRef]:
        """Return documents of all businesses marked before `before`, whose deletion was interrupted."""
        cursor = self._raw.find(
            {DELETING: {"$lt": before}}, {"business_id": 1}, limit=limit, comment=SYSTEM_SCAN
        )
        return [DocumentRef(row["business_id"], row["_id"]) async for row in cursor]


_MARKED = {DELETING: {"$ne": None}}
