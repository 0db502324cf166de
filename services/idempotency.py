"""One effect per Idempotency-Key: claim it, record the response, replay the response."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson

from core.clock import Clock
from core.errors import Deleted, IdempotencyInFlight, IdempotencyMismatch
from core.idempotency import KeyedRequest
from core.ids import derived_id, is_id, new_id
from memory.collections import AlreadyThere
from memory.database import Database

logger = logging.getLogger(__name__)

KEPT = timedelta(hours=24)
LOCK = timedelta(seconds=60)
"""Time without renewal after which a claim is free again."""

RENEW_SECONDS = 15.0
"""Seconds between renewals: three may fail before the claim is lost."""


@dataclass(frozen=True)
class Recorded:
    """The recorded response."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


@dataclass(frozen=True)
class Claim:
    """The right to handle a request.

    Attributes:
        id: The keyed request.
        attempt: Fences writes of an earlier claim.
        token: The seed of the ids that the request creates, the same for every attempt.
    """

    id: str
    attempt: int
    token: str

    @property
    def first(self) -> bool:
        """Whether this is the first attempt."""
        return self.attempt == 1


class Idempotency:
    """The keys of the last 24 hours.

    A key is released only if nothing was created. A failed or crashed attempt leaves its record, and the next
    one with the same body completes it.
    """

    def __init__(self, database: Database, clock: Clock, renew_seconds: float = RENEW_SECONDS) -> None:
        self._requests = database.keyed_requests
        self._clock = clock
        self._renew_seconds = renew_seconds

    async def claim(self, caller: str, operation: str, key: str, fingerprint: str) -> Claim | Recorded:
        """Claim the key, or return its recorded response.

        Raises:
            IdempotencyMismatch: The key came before with another body.
            IdempotencyInFlight: The first request with the key is still being handled.
            Deleted: A document of the first request was deleted.
        """
        now = self._clock.now()
        request = KeyedRequest(
            id=derived_id("idempotency", caller, operation, key),
            fingerprint=fingerprint,
            open_until=now + LOCK,
            expires_at=now + KEPT,
            created_at=now,
            updated_at=now,
        )
        try:
            await self._requests.insert(request)
            return Claim(request.id, request.attempt, request.token)
        except AlreadyThere:
            stored = await self._requests.find({"_id": request.id})
        if stored is None:
            raise IdempotencyInFlight
        if stored.expires_at <= now:
            return await self._take_over(stored, fingerprint, 1, new_id())
        if stored.fingerprint != fingerprint:
            raise IdempotencyMismatch
        if stored.deleted:
            raise Deleted("document")
        if stored.status is not None:
            return Recorded(stored.status, stored.headers, stored.body)
        if stored.open_until > now:
            raise IdempotencyInFlight
        return await self._take_over(stored, fingerprint, stored.attempt + 1, stored.token)

    @asynccontextmanager
    async def held(self, claim: Claim) -> AsyncIterator[None]:
        """Renew the claim while the block runs."""
        renewing = asyncio.create_task(self._renew(claim))
        try:
            yield
        finally:
            renewing.cancel()
            await asyncio.wait({renewing})

    async def record(
        self, claim: Claim, created: Sequence[str], status: int, headers: list[tuple[str, str]], body: bytes
    ) -> None:
        """Record the response of a claimed request.

        Args:
            claim: The claim.
            created: The ids of the created documents.
            status: The HTTP status.
            headers: The replayed headers.
            body: The body.
        """
        document_ids = list({*created, *_ids_in(body)})
        values = {"document_ids": document_ids, "status": status, "headers": headers, "body": body}
        await self._requests.change(_open(claim), values)

    async def release(self, claim: Claim) -> None:
        """Release the key: nothing was created, and the key may be used with another body."""
        await self._requests.delete(_open(claim))

    async def lapse(self, claim: Claim, created: Sequence[str]) -> None:
        """End the claim without a response: the next request with the same body completes the work."""
        values = {"document_ids": created, "attempt": claim.attempt + 1, "open_until": self._clock.now()}
        await self._requests.change(_open(claim), values)

    async def forget(self, document_id: str) -> None:
        """Remove the responses about a deleted document; a retry of its creation is refused."""
        forgotten = {"deleted": True, "headers": [], "body": b""}
        await self._requests.change_all({"document_ids": document_id}, forgotten)

    async def _renew(self, claim: Claim) -> None:
        while True:
            await asyncio.sleep(self._renew_seconds)
            try:
                if not await self._requests.change(_open(claim), {"open_until": self._clock.now() + LOCK}):
                    return
            except Exception:
                # The database is unreachable: the claim lasts until it is back, or another attempt completes.
                logger.warning("idempotency.renew", exc_info=True)

    async def _take_over(self, stored: KeyedRequest, fingerprint: str, attempt: int, token: str) -> Claim:
        now = self._clock.now()
        values: dict[str, Any] = {
            "fingerprint": fingerprint,
            "attempt": attempt,
            "token": token,
            "open_until": now + LOCK,
            "expires_at": now + KEPT,
            "status": None,
            "headers": [],
            "body": b"",
            "deleted": False,
        }
        if not await self._requests.change({"_id": stored.id, "version": stored.version}, values):
            raise IdempotencyInFlight
        return Claim(stored.id, attempt, token)


def _open(claim: Claim) -> dict[str, Any]:
    """Return the filter of the request while the claim is open."""
    return {"_id": claim.id, "attempt": claim.attempt, "token": claim.token, "status": None}


def _ids_in(body: bytes) -> list[str]:
    """Return the top-level ids of a JSON response: the document's own, and its parents'."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return []
    fields = answer.values() if isinstance(answer, dict) else []
    return [value for value in fields if isinstance(value, str) and is_id(value)]
