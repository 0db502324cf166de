"""A typed collection that cannot be used without a scope."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from core.clock import Clock, whole_milliseconds
from core.document import Document, TenantDocument
from core.errors import Invalid, NotFound, VersionMismatch
from core.ids import is_id
from core.scope import Scope
from memory.mongo import DuplicateKeyError, Mongo, encode_value, to_stored

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
"""No document is older; the last window of a page reaches back to here."""

FIRST_WINDOW = timedelta(hours=6)

DELETING = "deleting_at"
"""The stored field of a document that is being deleted; no model has it, so that no answer shows it."""

D = TypeVar("D", bound=Document)


@dataclass(frozen=True)
class Page(Generic[D]):
    """Some documents, newest first, and where to go on."""

    items: list[D]
    next_cursor: str | None


class AlreadyThere(Exception):
    """A unique index has this value already."""


def encode_cursor(created_at: datetime, document_id: str) -> str:
    """Where a page ended, opaque to clients."""
    text = f"{int(created_at.timestamp() * 1000)}.{document_id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> tuple[datetime, str]:
    """Read a cursor; anything that is not one is Invalid."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        milliseconds, _, document_id = text.partition(".")
        created_at = datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
    except (binascii.Error, ValueError, OverflowError, OSError) as error:
        raise Invalid("cursor: not one of ours; leave it out to start at the newest.") from error
    return whole_milliseconds(created_at), document_id


class _Typed(Generic[D]):
    """What scoped and unscoped collections share: the codec."""

    def __init__(self, mongo: Mongo, name: str, model: type[D], noun: str, clock: Clock) -> None:
        self.raw = mongo.collection(name)
        self.unjournaled = mongo.collection(name, durable=False)
        self.name = name
        self.noun = noun
        self.clock = clock
        self.model = model

    def load(self, stored: Mapping[str, Any]) -> D:
        """A stored document as its model."""
        return self.model.from_stored(stored)

    async def _insert(self, document: D, *, durable: bool = True) -> D:
        collection = self.raw if durable else self.unjournaled
        try:
            await collection.insert_one(to_stored(document))
        except DuplicateKeyError as error:
            raise AlreadyThere(self.name) from error
        return document

    def _change(self, values: Mapping[str, Any], push: Mapping[str, Any] | None) -> dict[str, Any]:
        update: dict[str, Any] = {
            "$set": {
                **{key: encode_value(value) for key, value in values.items()},
                "updated_at": self.clock.now(),
            },
            "$inc": {"version": 1},
        }
        if push:
            update["$push"] = {key: encode_value(value) for key, value in push.items()}
        return update


def _within(scope: Scope) -> dict[str, Any]:
    """The condition on what a scope may see and change."""
    return {**scope.filter(), DELETING: None}


class Collection(_Typed[D]):
    """Tenant documents of one kind.

    Hot queries have both ends bounded: a page reads windows of time that double until it is full, since
    not every server stops a range scan at the limit.

    A document that is marked as being deleted (`memory/marks.py`) is neither found nor changed.
    """

    async def get(self, scope: Scope, document_id: str) -> D:
        """The document, or NotFound for an unknown, malformed or foreign id."""
        stored = None
        if is_id(document_id):
            stored = await self.raw.find_one({"_id": document_id, **_within(scope)})
        if stored is None:
            raise NotFound(self.noun)
        return self.load(stored)

    def owner(self, document_id: str) -> Owner:
        """A document of this collection as the owner of others."""
        return Owner(self, document_id)

    async def find(self, scope: Scope, where: Mapping[str, Any]) -> D | None:
        """The one document that a unique condition names."""
        stored = await self.raw.find_one({**where, **_within(scope)})
        return None if stored is None else self.load(stored)

    async def any(self, scope: Scope, where: Mapping[str, Any]) -> bool:
        """Whether there is a document under a condition that an index answers."""
        return await self.raw.find_one({**where, **_within(scope)}, {"_id": 1}) is not None

    async def ids(self, scope: Scope, where: Mapping[str, Any]) -> list[str]:
        """The ids of all documents under a condition that an index answers."""
        return [row["_id"] async for row in self.raw.find({**where, **_within(scope)}, {"_id": 1})]

    async def count(self, scope: Scope, where: Mapping[str, Any]) -> int:
        """How many documents there are under a condition that an index answers; it reads each."""
        return await self.raw.count_documents({**where, **_within(scope)})

    async def all(self, scope: Scope, where: Mapping[str, Any], limit: int = 500) -> list[D]:
        """Every document under a narrow condition, oldest first."""
        cursor = self.raw.find({**where, **_within(scope)}).sort([("created_at", 1), ("_id", 1)])
        return [self.load(stored) async for stored in cursor.limit(limit)]

    async def page(
        self, scope: Scope, where: Mapping[str, Any], limit: int, cursor: str | None = None
    ) -> Page[D]:
        """Up to `limit` documents, newest first, from behind `cursor`."""
        upper, last_id = decode_cursor(cursor) if cursor else (self.clock.now() + timedelta(minutes=1), "")
        items: list[D] = []
        window = FIRST_WINDOW
        while len(items) <= limit and upper >= EPOCH:
            lower = max(upper - window, EPOCH - timedelta(milliseconds=1))
            bounds = {"created_at": {"$gt": lower, "$lte": upper}}
            found = self.raw.find({**where, **_within(scope), **bounds})
            async for stored in found.sort([("created_at", -1), ("_id", -1)]):
                document = self.load(stored)
                if last_id and document.created_at == upper and document.id >= last_id:
                    continue
                items.append(document)
            upper, last_id, window = lower, "", window * 2
        kept = items[:limit]
        more = encode_cursor(kept[-1].created_at, kept[-1].id) if len(items) > limit else None
        return Page(kept, more)

    async def insert(
        self, scope: Scope, document: D, *, owners: Sequence[Owner] = (), durable: bool = True
    ) -> D:
        """Store a new document.

        Args:
            scope: Contains the document's business.
            document: The document.
            owners: What it is deleted with. They are looked at after the insert: an erasure marks the owner
                first and then removes what belongs to it, so that one of the two always sees the other.
            durable: Whether to wait for the disk. Else it is safe as soon as any later durable write is: for
                what means nothing without that one.

        Raises:
            AlreadyThere: A unique index has it.
            NotFound: An owner is deleted or being deleted; the document is taken back.
        """
        business_id = document.business_id if isinstance(document, TenantDocument) else None
        if business_id is None:
            business_id = getattr(document, "business_id", "")
        if business_id not in scope.business_ids:
            raise NotFound("business")
        await self._insert(document, durable=durable)
        present = await asyncio.gather(*(owner.present(scope) for owner in owners))
        for owner, is_present in zip(owners, present, strict=True):
            if not is_present:
                await self.delete(scope, {"_id": document.id})
                raise NotFound(owner.collection.noun)
        return document

    async def change(
        self,
        scope: Scope,
        document_id: str,
        values: Mapping[str, Any],
        expect: Mapping[str, Any] | None = None,
        push: Mapping[str, Any] | None = None,
    ) -> bool:
        """Set named fields if the document is as `expect` says (plain conditions); true if it was."""
        where = {"_id": document_id, **_within(scope), **(expect or {})}
        result = await self.raw.update_one(where, self._change(values, push))
        return result.matched_count == 1

    async def note(self, scope: Scope, document_id: str, values: Mapping[str, Any]) -> bool:
        """Set bookkeeping that is no change to a reader: version and time stay; false without a document.

        It is safe on disk as soon as any later durable write is.
        """
        noted = {"$set": {name: encode_value(value) for name, value in values.items()}}
        result = await self.unjournaled.update_one({"_id": document_id, **_within(scope)}, noted)
        return result.matched_count == 1

    async def change_all(self, scope: Scope, where: Mapping[str, Any], values: Mapping[str, Any]) -> int:
        """Set named fields of every document under a condition; how many."""
        result = await self.raw.update_many({**where, **_within(scope)}, self._change(values, None))
        return int(result.matched_count)

    async def change_at(self, scope: Scope, document_id: str, version: int, values: Mapping[str, Any]) -> D:
        """Set named fields of the version that was read, and give back the result."""
        if not await self.change(scope, document_id, values, {"version": version}):
            current = await self.get(scope, document_id)
            raise VersionMismatch(
                f"It is at version {current.version} now; read it again.", current_version=current.version
            )
        return await self.get(scope, document_id)

    async def delete(self, scope: Scope, where: Mapping[str, Any]) -> int:
        """Remove what the condition names, marked or not; how many."""
        result = await self.raw.delete_many({**where, **scope.filter()})
        return int(result.deleted_count)


@dataclass(frozen=True)
class Owner:
    """A document that others belong to: they are deleted with it."""

    collection: Collection[Any]
    document_id: str

    async def present(self, scope: Scope) -> bool:
        """Whether it exists and is not being deleted."""
        return await self.collection.any(scope, {"_id": self.document_id})


class SystemCollection(_Typed[D]):
    """Documents that belong to no business: users, memberships, sessions."""

    async def find(self, where: Mapping[str, Any]) -> D | None:
        """The first document under a condition."""
        stored = await self.raw.find_one(dict(where))
        return None if stored is None else self.load(stored)

    async def all(self, where: Mapping[str, Any], limit: int = 500) -> list[D]:
        """Every document under a narrow condition, oldest first."""
        cursor = self.raw.find(dict(where)).sort([("created_at", 1), ("_id", 1)])
        return [self.load(stored) async for stored in cursor.limit(limit)]

    async def insert(self, document: D) -> D:
        """Store a new document; AlreadyThere where a unique index has it."""
        return await self._insert(document)

    async def change(self, where: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
        """Set named fields of the one document that is as `where` says; true if there was one."""
        result = await self.raw.update_one(dict(where), self._change(values, None))
        return result.matched_count == 1

    async def change_all(self, where: Mapping[str, Any], values: Mapping[str, Any]) -> int:
        """Set named fields of every document under a condition; how many."""
        result = await self.raw.update_many(dict(where), self._change(values, None))
        return int(result.matched_count)

    async def delete(self, where: Mapping[str, Any]) -> int:
        """Remove what the condition names; how many."""
        result = await self.raw.delete_many(dict(where))
        return int(result.deleted_count)
