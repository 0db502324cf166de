"""Pages of a list, newest first: where one ends, and the one find that reads the next."""

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
    """Some documents, newest first, and the cursor behind the last; None when nothing follows."""

    items: list[D]
    next_cursor: str | None


@dataclass(frozen=True, order=True)
class Position:
    """A place in a list: a greater one comes earlier, since the newest comes first."""

    created_at: datetime
    id: str

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """Return where a stored document is."""
        return cls(stored["created_at"], stored["_id"])

    def cursor(self) -> str:
        """Return the position in a form that is opaque to clients."""
        text = f"{(self.created_at - _UNIX) // _MILLISECOND}.{self.id}"
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def from_cursor(cls, cursor: str) -> Self:
        """Read a cursor.

        Raises:
            InvalidFields: It is not one that a page gave.
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
    """Reads a collection's lists; which one does depends on the server."""

    async def newest(self, where: Mapping[str, Any], before: Position | None, count: int) -> list[Stored]:
        """Return stored documents, newest first.

        Args:
            where: Fields that must be equal; `business_id` may be `{"$in": […]}`.
            before: The position behind which to begin; None begins at the newest.
            count: How many at most.
        """
        ...

    async def ids(self, where: Mapping[str, Any]) -> list[str]:
        """Return the ids of all documents under a condition."""
        ...


class OneFind:
    """Lets the server walk its index from the position and stop after `count`, as MongoDB does."""

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
        """Return the ids of all documents under a condition."""
        return [one["_id"] for one in await self._collection.find(where, {"_id": 1}).to_list(None)]
