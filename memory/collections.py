"""A typed collection that cannot be used without a scope."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from core.clock import Clock
from core.document import Document, TenantDocument
from core.errors import NotFound, VersionMismatch
from core.ids import is_id
from core.scope import Scope
from memory.mongo import DuplicateKeyError, Mongo, encode_value, to_stored
from memory.pages import ListReader, OneFind, Page, Position
from memory.windows import SampledWindows

DELETING = "deleting_at"
"""The stored field of a document that is being deleted; it is in no model, so no response shows it."""

D = TypeVar("D", bound=Document)


MOST = 1_000
"""Default limit of `all`."""


class AlreadyThere(Exception):
    """A unique index has this value already."""


class TooMany(Exception):
    """More documents than one read may return; the caller has to use pages."""


class _Typed(Generic[D]):
    """The codec of scoped and unscoped collections."""

    def __init__(self, mongo: Mongo, name: str, model: type[D], noun: str, clock: Clock) -> None:
        self._mongo = mongo
        self._lists: ListReader | None = None
        self.raw = mongo.collection(name)
        self.unjournaled = mongo.collection(name, durable=False)
        self.name = name
        self.noun = noun
        self.clock = clock
        self.model = model

    def load(self, stored: Mapping[str, Any]) -> D:
        """Decode a stored document."""
        return self.model.from_stored(stored)

    async def _reader(self) -> ListReader:
        if self._lists is None:
            self._lists = SampledWindows(self.raw) if await self._mongo.is_bundled() else OneFind(self.raw)
        return self._lists

    async def _all(self, where: Mapping[str, Any], limit: int) -> list[D]:
        found = await (await self._reader()).newest(where, None, limit + 1)
        if len(found) > limit:
            raise TooMany(f"{self.name} has more than {limit} documents under {', '.join(where)}")
        return [self.load(stored) for stored in reversed(found)]

    async def _page(self, where: Mapping[str, Any], limit: int, cursor: str | None) -> Page[D]:
        before = Position.from_cursor(cursor) if cursor else None
        # One more than the limit shows whether there is a next page.
        found = await (await self._reader()).newest(where, before, limit + 1)
        shown = found[:limit]
        more = Position.of(shown[-1]).cursor() if len(found) > limit else None
        return Page([self.load(stored) for stored in shown], more)

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
    """Return the condition on the documents that a scope may read and change."""
    return {**scope.filter(), DELETING: None}


def _is_marked(stored: Mapping[str, Any]) -> bool:
    return stored.get(DELETING) is not None


class Collection(_Typed[D]):
    """Tenant documents of one kind.

    Documents marked as being deleted (`memory/marks.py`) are neither found nor changed.
    """

    async def get(self, scope: Scope, document_id: str) -> D:
        """Return a document; NotFound for an unknown, malformed or foreign id."""
        found = await self._find(scope, {"_id": document_id}) if is_id(document_id) else None
        if found is None:
            raise NotFound(self.noun)
        return found

    def owner(self, document_id: str) -> Owner:
        """Return a document of this collection as an owner of others."""
        return Owner(self, document_id)

    async def find(self, scope: Scope, where: Mapping[str, Any]) -> D | None:
        """Find the document of a unique condition."""
        return await self._find(scope, where)

    async def _find(self, scope: Scope, where: Mapping[str, Any]) -> D | None:
        stored = await self.raw.find_one({**where, **scope.filter()})
        # The mark is tested here: the bundled server uses an index only if it has every field.
        return None if stored is None or _is_marked(stored) else self.load(stored)

    async def any(self, scope: Scope, where: Mapping[str, Any]) -> bool:
        """Return whether a document matches an indexed condition."""
        if "_id" in where:
            stored = await self.raw.find_one({**where, **scope.filter()}, {DELETING: 1})
            return stored is not None and not _is_marked(stored)
        return bool(await (await self._reader()).newest({**where, **_within(scope)}, None, 1))

    async def ids(self, scope: Scope, where: Mapping[str, Any]) -> list[str]:
        """Return the ids of all documents that match an indexed condition."""
        return await (await self._reader()).ids({**where, **_within(scope)})

    async def all(self, scope: Scope, where: Mapping[str, Any], limit: int = MOST) -> list[D]:
        """Return every document that matches a selective condition, oldest first.

        Raises:
            TooMany: More than `limit` documents match.
        """
        return await self._all({**where, **_within(scope)}, limit)

    async def page(
        self, scope: Scope, where: Mapping[str, Any], limit: int, cursor: str | None = None
    ) -> Page[D]:
        """Return up to `limit` documents, newest first.

        Args:
            scope: The businesses of the list.
            where: Fields that must have these values; frequent combinations have indexes
            (`memory/migrations.py`).
            limit: The largest number of documents.
            cursor: The `next_cursor` of the previous page; None starts at the newest.

        Raises:
            InvalidFields: The cursor is invalid.
        """
        return await self._page({**where, **_within(scope)}, limit, cursor)

    async def insert(
        self, scope: Scope, document: D, *, owners: Sequence[Owner] = (), durable: bool = True
    ) -> D:
        """Store a new document.

        Args:
            scope: The scope, which contains the document's business.
            document: The document.
            owners: Documents that it is deleted with. They are read after the insert: an erasure first marks
            the owner, then removes its dependents, so one of the two sees the other.
            durable: Whether to wait for the journal. Otherwise the next durable write makes it durable too:
            for documents that are useless without that write.

        Raises:
            AlreadyThere: A unique index has it.
            NotFound: An owner is deleted or being deleted; the insert is undone.
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
        """Set fields if the document matches `expect` (plain conditions); return whether it did."""
        where = {"_id": document_id, **_within(scope), **(expect or {})}
        result = await self.raw.update_one(where, self._change(values, push))
        return result.matched_count == 1

    async def note(
        self,
        scope: Scope,
        document_id: str,
        values: Mapping[str, Any],
        expect: Mapping[str, Any] | None = None,
    ) -> bool:
        """Set internal fields without a new version or time.

        The next durable write makes it durable too.

        Returns:
            Whether the document exists and matched `expect`.
        """
        where = {"_id": document_id, **_within(scope), **(expect or {})}
        noted = {"$set": {name: encode_value(value) for name, value in values.items()}}
        result = await self.unjournaled.update_one(where, noted)
        return result.matched_count == 1

    async def change_all(self, scope: Scope, where: Mapping[str, Any], values: Mapping[str, Any]) -> int:
        """Set fields of every matching document; return their number."""
        result = await self.raw.update_many({**where, **_within(scope)}, self._change(values, None))
        return int(result.matched_count)

    async def change_at(self, scope: Scope, document_id: str, version: int, values: Mapping[str, Any]) -> D:
        """Set fields of the version that was read, and return the result."""
        if not await self.change(scope, document_id, values, {"version": version}):
            current = await self.get(scope, document_id)
            raise VersionMismatch(
                f"It is at version {current.version} now; read it again.", current_version=current.version
            )
        return await self.get(scope, document_id)

    async def delete(self, scope: Scope, where: Mapping[str, Any]) -> int:
        """Remove all matching documents, marked or not; return their number."""
        result = await self.raw.delete_many({**where, **scope.filter()})
        return int(result.deleted_count)


@dataclass(frozen=True)
class Owner:
    """A document that others are deleted with."""

    collection: Collection[Any]
    document_id: str

    async def present(self, scope: Scope) -> bool:
        """Return whether it exists and is not being deleted."""
        return await self.collection.any(scope, {"_id": self.document_id})


class SystemCollection(_Typed[D]):
    """Documents that belong to no business: users, memberships, sessions."""

    async def find(self, where: Mapping[str, Any]) -> D | None:
        """Find the first matching document."""
        stored = await self.raw.find_one(dict(where))
        return None if stored is None else self.load(stored)

    async def all(self, where: Mapping[str, Any], limit: int = MOST) -> list[D]:
        """Return every document that matches a selective condition, oldest first.

        Raises:
            TooMany: More than `limit` documents match.
        """
        return await self._all(where, limit)

    async def page(self, where: Mapping[str, Any], limit: int, cursor: str | None = None) -> Page[D]:
        """Return up to `limit` documents, newest first, as `Collection.page` does."""
        return await self._page(where, limit, cursor)

    async def insert(self, document: D) -> D:
        """Store a new document; AlreadyThere if a unique index has its value."""
        return await self._insert(document)

    async def change(self, where: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
        """Set fields of one matching document; return whether there was one."""
        result = await self.raw.update_one(dict(where), self._change(values, None))
        return result.matched_count == 1

    async def change_all(self, where: Mapping[str, Any], values: Mapping[str, Any]) -> int:
        """Set fields of every matching document; return their number."""
        result = await self.raw.update_many(dict(where), self._change(values, None))
        return int(result.matched_count)

    async def delete(self, where: Mapping[str, Any]) -> int:
        """Remove all matching documents; return their number."""
        result = await self.raw.delete_many(dict(where))
        return int(result.deleted_count)
