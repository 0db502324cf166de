"""The MongoDB client and codec; the only file that imports Motor."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from bson.codec_options import CodecOptions
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection
from pydantic import BaseModel
from pymongo.errors import ConnectionFailure, DuplicateKeyError, OperationFailure, PyMongoError
from pymongo.monitoring import CommandListener
from pymongo.write_concern import WriteConcern

__all__ = [
    "CommandListener",
    "ConnectionFailure",
    "DuplicateKeyError",
    "Mongo",
    "PyMongoError",
    "cannot_serve",
    "encode_value",
    "to_stored",
]

SYSTEM_SCAN = "system-scan"
"""The comment on commands that scan all businesses (`memory/leases.py`)."""

_CANNOT_SERVE = frozenset(
    {
        1,  # InternalError: SecantusDB after a failure of its storage engine
        91,  # ShutdownInProgress
        8_000,  # AtlasError, such as a full space quota
        11_600,  # InterruptedAtShutdown
        11_602,  # InterruptedDueToReplStateChange
        14_031,  # OutOfDiskSpace
    }
)

Stored = dict[str, Any]
RawCollection = AsyncIOMotorCollection[Stored]


def cannot_serve(error: BaseException) -> bool:
    """Return whether the error means that the database is unavailable: unreachable, disk full, or broken."""
    return isinstance(error, ConnectionFailure) or (
        isinstance(error, OperationFailure) and error.code in _CANNOT_SERVE
    )


def encode_value(value: Any) -> Any:
    """Encode a value for BSON: models as mappings, dates and decimals as text, enums by value."""
    if isinstance(value, BaseModel):
        return encode_value(value.model_dump(mode="python", by_alias=True, exclude_computed_fields=True))
    if isinstance(value, dict):
        return {str(key): encode_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [encode_value(item) for item in value]
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    return value


def to_stored(document: BaseModel) -> Stored:
    """Encode a document, with its id as `_id`."""
    stored: Stored = encode_value(document)
    stored["_id"] = stored.pop("id")
    return stored


class Mongo:
    """One client and one database; times are read as aware UTC.

    Args:
        url: The server.
        database: The database's name.
        listeners: Receive every command.
        patience: Seconds that a command waits for the server before it fails.
    """

    def __init__(
        self,
        url: str,
        database: str,
        listeners: Sequence[CommandListener] = (),
        patience: float = 5.0,
    ) -> None:
        self._client: AsyncIOMotorClient[Stored] = AsyncIOMotorClient(
            url,
            tz_aware=True,
            tzinfo=UTC,
            appname="marquee",
            event_listeners=list(listeners),
            serverSelectionTimeoutMS=int(patience * 1_000),
            connectTimeoutMS=5_000,
            retryWrites=True,
        )
        self._options: CodecOptions[Stored] = CodecOptions(tz_aware=True, tzinfo=UTC)
        self.database = self._client.get_database(database, codec_options=self._options)
        self._bundled: bool | None = None

    def collection(self, name: str, *, durable: bool = True) -> RawCollection:
        """Return a raw collection, for `memory/` only; tenant data goes through `memory/collections.py`.

        Args:
            name: The collection.
            durable: Whether writes wait for the journal, if the URL asks for it. The journal is ordered, so a
            durable write makes earlier writes of every collection durable.
        """
        collection = self.database[name]
        if durable or not collection.write_concern.document.get("j"):
            return collection
        concern = WriteConcern(**{**collection.write_concern.document, "j": False})
        return collection.with_options(write_concern=concern)

    async def probe(self) -> None:
        """Raise unless a write can be read back; a broken database still answers a ping."""
        probes = self.database["health"]
        # Two processes may insert at once.
        with suppress(DuplicateKeyError):
            await probes.update_one({"_id": "probe"}, {"$currentDate": {"at": True}}, upsert=True)
        if await probes.find_one({"_id": "probe"}) is None:
            raise ConnectionFailure("what was written is not there")

    async def is_bundled(self) -> bool:
        """Return whether the server is the bundled one (`memory/embedded.py`), not MongoDB."""
        if self._bundled is None:
            self._bundled = "secantusVersion" in await self.database.command("buildInfo")
        return self._bundled

    async def drop(self) -> None:
        """Drop the database."""
        await self._client.drop_database(self.database.name)

    def close(self) -> None:
        """Close every connection."""
        self._client.close()
