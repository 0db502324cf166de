"""A request that came with an Idempotency-Key, and how it was answered."""

from __future__ import annotations

from pydantic import Field

from core.clock import Instant
from core.document import Document


class KeyedRequest(Document):
    """Open until `body` is there; an open one may be taken over after `open_until`."""

    fingerprint: str
    open_until: Instant
    expires_at: Instant
    status: int | None = None
    headers: list[tuple[str, str]] = Field(default_factory=list)
    body: str = ""
