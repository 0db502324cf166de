"""A request with an Idempotency-Key: its stored response and the ids that it creates."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from pydantic import Field

from core.clock import Instant
from core.document import Document
from core.ids import derived_id, new_id


class KeyedRequest(Document):
    """The record of a keyed request: open until `status` is set, claimable again after `open_until`.

    `attempt` counts the claims and fences every later write. All attempts share `token`, from which the ids
    of what they create are derived. `document_ids` are the documents that it created or returned; when one of
    them is deleted, the response is removed.
    """

    fingerprint: str
    token: str = Field(default_factory=new_id)
    attempt: int = 1
    open_until: Instant
    expires_at: Instant
    status: int | None = None
    headers: list[tuple[str, str]] = Field(default_factory=list)
    body: bytes = b""
    document_ids: list[str] = Field(default_factory=list)
    deleted: bool = False


@dataclass
class CreatedIds:
    """The ids that a request has derived; the first one marks the start of a creation."""

    token: str
    ids: list[str] = field(default_factory=list)


_created: ContextVar[CreatedIds | None] = ContextVar("created_ids", default=None)


@contextmanager
def ids_from(token: str) -> Iterator[CreatedIds]:
    """Derive the ids created inside the block from `token`."""
    created = CreatedIds(token)
    reset = _created.set(created)
    try:
        yield created
    finally:
        _created.reset(reset)


def creation_id(*parts: str) -> str:
    """Return the id of a document that a POST creates; a retry with the same key gets the same id.

    Call it right before the first write; AlreadyThere then means that an earlier attempt wrote the document,
    and the caller completes it. Without a key the id is random.

    Args:
        parts: Distinguish the documents that one request creates; the noun comes first.
    """
    created = _created.get()
    if created is None:
        return new_id()
    created.ids.append(derived_id(created.token, *parts))
    return created.ids[-1]
