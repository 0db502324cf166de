"""Pages of a list, newest first: cursors, and the find that reads a page."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, Protocol, Self, TypeVar

from core.document import Document
from core.errors import InvalidFields
from memory.mongo import RawCollection, Stored

D = TypeVar("D", bound=Document)

NEWEST_FIRST = [("created_at", -1), ("_id", -1)]

_UNIX = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_POSITION = re.compile(r"([0-9]{1,14})\.([0-9a-f]{24})\Z")


@dataclass(frozen=True)
class Page(Generic[D]):
    """A page of documents, newest first, with the cursor of the next page, or None."""

    items: list[D]
    next_cursor: str | None


@dataclass(frozen=True, order=True)
class Position:
    """A position in a list; greater positions come first (newest first)."""

    created_at: datetime
    id: str

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """Return the position of a stored document."""
        return cls(stored["created_at"], stored["_id"])

    def cursor(self) -> str:
        """Encode the position as an opaque cursor."""
        text = f"{(self.created_at - _UNIX) // _MILLISECOND}.{self.id}"
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def from_cursor(cls, cursor: str) -> Self:
        """Decode a cursor.

        Raises:
            InvalidFields: The cursor is invalid.
        """
        try:
            text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
            found = _POSITION.match(text)
            if found is not None:
                return cls(_UNIX + int(found[1]) * _MILLISECOND, found[2])
        except (binascii.Error, ValueError, OverflowError):
            pass
        message = "is not the next_cursor of a page; leave it out to start at the newest"
        raise InvalidFields([{"field": "cursor", "message": message}])


class ListReader(Protocol):
    """Reads the lists of a collection; the implementation depends on the server."""

    async def newest(self, where: Mapping[str, Any], before: Position | None, count: int) -> list[Stored]:
        """Return stored documents, newest first.

        Args:
            where: Fields that must be equal; `business_id` may be `{"$in": […]}`.
            before: The position after which to start; None starts at the newest.
            count: The largest number of documents.
        """
        ...

    async def ids(self, where: Mapping[str, Any]) -> list[str]:
        """Return the ids of all matching documents."""
        ...


class OneFind:
    """Reads a page by one find: MongoDB scans its index from the position and stops after `count`."""

    def __init__(self, collection: RawCollection) -> None:
        self._collection = collection

    async def newest(self, where: Mapping[str, Any], before: Position | None, count: int) -> list[Stored]:
        """Return stored documents, newest first."""
        condition = dict(where)
        if before is not None:
            earlier = [{"created_at": {"$lt": before.created_at}}, {"_id": {"$lt": before.id}}]
            condition |= {"created_at": {"$lte": before.created_at}, "$or": earlier}
        return await self._collection.find(condition).sort(NEWEST_FIRST).limit(count).to_list(count)

    async def ids(self, where: Mapping[str, Any]) -> list[str]:
        """Return the ids of all matching documents."""
        return [one["_id"] for one in await self._collection.find(where, {"_id": 1}).to_list(None)]
