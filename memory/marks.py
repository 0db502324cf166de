"""Mark documents as being deleted, and find, remove or unmark what is marked."""

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

    A mark is written by compare-and-set, and from then on nothing but its erasure finds or changes the
    document. So a deletion that began is never half visible, and one that crashed is found again.

    Args:
        collection: Whose documents are marked.
    """

    def __init__(self, collection: Collection[Any]) -> None:
        self._collection = collection
        self._raw = collection.raw

    async def mark(
        self, scope: Scope, document_id: str, version: int, values: Mapping[str, Any] | None = None
    ) -> bool:
        """Mark a document that is still at `version`; false if it has changed, or is marked already."""
        values = {DELETING: self._collection.clock.now(), **(values or {})}
        return await self._collection.change(scope, document_id, values, {"version": version})

    async def mark_all(
        self, scope: Scope, where: Mapping[str, Any], values: Mapping[str, Any] | None = None
    ) -> None:
        """Mark every document under a condition, whatever its version."""
        marked = {DELETING: self._collection.clock.now(), **(values or {})}
        await self._raw.update_many({**where, **scope.filter()}, {"$set": marked, "$inc": {"version": 1}})

    async def unmark(self, scope: Scope, document_id: str) -> None:
        """Let the document be found again."""
        await self._raw.update_one(
            {"_id": document_id, **scope.filter()}, {"$unset": {DELETING: ""}, "$inc": {"version": 1}}
        )

    async def find(
        self, scope: Scope, where: Mapping[str, Any], fields: Sequence[str] = ()
    ) -> list[dict[str, Any]]:
        """All marked documents under a condition: `_id` and the named fields as they are stored."""
        wanted = dict.fromkeys((DELETING, *fields), 1)
        # The mark is looked at here, since the bundled server uses an index only if it has every field.
        found = self._raw.find({**where, **scope.filter()}, wanted)
        return [row async for row in found if row.get(DELETING) is not None]

    async def strip(self, scope: Scope, document_id: str, kept: Mapping[str, Any]) -> None:
        """Remove everything from a marked document but its mark and the fields `kept`."""
        where = {"_id": document_id, **scope.filter(), **_MARKED}
        marked = {"business_id": scope.business_id, DELETING: self._collection.clock.now()}
        await self._raw.replace_one(where, {**marked, **kept})

    async def remove(self, scope: Scope, where: Mapping[str, Any]) -> None:
        """Remove the marked documents under a condition."""
        await self._raw.delete_many({**where, **scope.filter(), **_MARKED})

    async def left(self, before: datetime, limit: int) -> list[DocumentRef]:
        """Documents of all businesses that were marked before `before`: their deletion did not end."""
        cursor = self._raw.find(
            {DELETING: {"$lt": before}}, {"business_id": 1}, limit=limit, comment=SYSTEM_SCAN
        )
        return [DocumentRef(row["business_id"], row["_id"]) async for row in cursor]


_MARKED = {DELETING: {"$ne": None}}
