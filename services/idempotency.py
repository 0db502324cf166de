"""One effect per Idempotency-Key: claim it, record the answer, give the answer again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from core.clock import Clock
from core.errors import IdempotencyInFlight, IdempotencyMismatch
from core.idempotency import KeyedRequest
from core.ids import derived_id
from memory.collections import AlreadyThere
from memory.database import Database

KEPT = timedelta(hours=24)
OPEN = timedelta(seconds=60)
"""After so long an unanswered request counts as crashed, and its key may be used again."""


@dataclass(frozen=True)
class Recorded:
    """The answer that was given the first time."""

    status: int
    headers: list[tuple[str, str]]
    body: str


@dataclass(frozen=True)
class Claim:
    """The right to handle a request; `version` fences it against a later claim."""

    id: str
    version: int


class Idempotency:
    """The keys of the last 24 hours."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._requests = database.keyed_requests
        self._clock = clock

    async def claim(self, caller: str, operation: str, key: str, fingerprint: str) -> Claim | Recorded:
        """Take the key, or get what it was answered with.

        Raises:
            IdempotencyMismatch: The key came before with another body.
            IdempotencyInFlight: The first request with the key is still being handled.
        """
        now = self._clock.now()
        request = KeyedRequest(
            id=derived_id("idempotency", caller, operation, key),
            fingerprint=fingerprint,
            open_until=now + OPEN,
            expires_at=now + KEPT,
            created_at=now,
            updated_at=now,
        )
        try:
            await self._requests.insert(request)
            return Claim(request.id, request.version)
        except AlreadyThere:
            stored = await self._requests.find({"_id": request.id})
        if stored is None:
            raise IdempotencyInFlight
        if stored.expires_at > now:
            if stored.fingerprint != fingerprint:
                raise IdempotencyMismatch
            if stored.status is not None:
                return Recorded(stored.status, stored.headers, stored.body)
            if stored.open_until > now:
                raise IdempotencyInFlight
        return await self._take_over(request, stored.version)

    async def record(self, claim: Claim, status: int, headers: list[tuple[str, str]], body: str) -> None:
        """Keep the answer of a claimed request."""
        await self._requests.change(
            {"_id": claim.id, "version": claim.version}, {"status": status, "headers": headers, "body": body}
        )

    async def release(self, claim: Claim) -> None:
        """Give the key back: nothing was done."""
        await self._requests.delete({"_id": claim.id, "version": claim.version})

    async def _take_over(self, request: KeyedRequest, version: int) -> Claim:
        values = {
            "fingerprint": request.fingerprint,
            "open_until": request.open_until,
            "expires_at": request.expires_at,
            "status": None,
            "headers": [],
            "body": "",
        }
        if not await self._requests.change({"_id": request.id, "version": version}, values):
            raise IdempotencyInFlight
        return Claim(request.id, version + 1)
