"""One effect per Idempotency-Key: claim it, record the answer, give the answer again."""

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
"""A claim that was not renewed for so long belongs to a process that is gone."""

RENEW_SECONDS = 15.0
"""How often a claim is renewed: three renewals may fail before the lock is lost."""


@dataclass(frozen=True)
class Recorded:
    """The answer that was given the first time."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


@dataclass(frozen=True)
class Claim:
    """The right to handle a request.

    Attributes:
        id: The keyed request.
        attempt: Fences the claim against a later one.
        token: Where the ids of what the request creates come from; every attempt has the same.
    """

    id: str
    attempt: int
    token: str

    @property
    def first(self) -> bool:
        """Whether no earlier attempt can have created anything."""
        return self.attempt == 1


class Idempotency:
    """The keys of the last 24 hours.

    A key is released only where nothing was begun. An attempt that failed or crashed half-way leaves its
    record, and the next one with the same body completes what the first began.
    """

    def __init__(self, database: Database, clock: Clock, renew_seconds: float = RENEW_SECONDS) -> None:
        self._requests = database.keyed_requests
        self._clock = clock
        self._renew_seconds = renew_seconds

    async def claim(self, caller: str, operation: str, key: str, fingerprint: str) -> Claim | Recorded:
        """Take the key, or get what it was answered with.

        Raises:
            IdempotencyMismatch: The key came before with another body.
            IdempotencyInFlight: The first request with the key is still being handled.
            Deleted: What the first request created is gone.
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
        """Renew the claim while the block runs, however long it takes."""
        renewing = asyncio.create_task(self._renew(claim))
        try:
            yield
        finally:
            renewing.cancel()
            await asyncio.wait({renewing})

    async def record(
        self, claim: Claim, created: Sequence[str], status: int, headers: list[tuple[str, str]], body: bytes
    ) -> None:
        """Keep the answer of a claimed request.

        Args:
            claim: The claim.
            created: The ids of what it created.
            status: The HTTP status.
            headers: Those that are given again.
            body: The body.
        """
        document_ids = list({*created, *_ids_in(body)})
        values = {"document_ids": document_ids, "status": status, "headers": headers, "body": body}
        await self._requests.change(_open(claim), values)

    async def release(self, claim: Claim) -> None:
        """Give the key back: nothing was begun, and the key may come with another body."""
        await self._requests.delete(_open(claim))

    async def lapse(self, claim: Claim, created: Sequence[str]) -> None:
        """End the claim without an answer: the next request with the same body completes what was begun."""
        values = {"document_ids": created, "attempt": claim.attempt + 1, "open_until": self._clock.now()}
        await self._requests.change(_open(claim), values)

    async def forget(self, document_id: str) -> None:
        """Remove the answers that are about a document; the requests that created it create nothing again."""
        forgotten = {"deleted": True, "headers": [], "body": b""}
        await self._requests.change_all({"document_ids": document_id}, forgotten)

    async def _renew(self, claim: Claim) -> None:
        while True:
            await asyncio.sleep(self._renew_seconds)
            try:
                if not await self._requests.change(_open(claim), {"open_until": self._clock.now() + LOCK}):
                    return
            except Exception:
                # The database is away: the lock lasts until it is back, or another attempt completes.
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
    """The request while the claim holds it unanswered."""
    return {"_id": claim.id, "attempt": claim.attempt, "token": claim.token, "status": None}


def _ids_in(body: bytes) -> list[str]:
    """The ids that stand at the top of a JSON answer: a document's own, and what it belongs to."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return []
    fields = answer.values() if isinstance(answer, dict) else []
    return [value for value in fields if isinstance(value, str) and is_id(value)]
