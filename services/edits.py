"""Change a document from what was read: compare-and-set, and again where another writer was first."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from inspect import isawaitable
from typing import Any, TypeVar

from core.document import Document
from core.errors import VersionMismatch
from core.scope import Scope
from memory.collections import Collection

D = TypeVar("D", bound=Document)

_ATTEMPTS = 12


async def edit(
    collection: Collection[D],
    scope: Scope,
    document_id: str,
    changes: Callable[[D], Mapping[str, Any] | Awaitable[Mapping[str, Any]]],
    version: int | None = None,
    expect: Mapping[str, Any] | None = None,
) -> D:
    """Set the fields that `changes` gives for the document as it is; none means nothing is written.

    Args:
        collection: Where the document is.
        scope: The caller's businesses.
        document_id: Which document.
        changes: Reads the document and gives the new values of some fields.
        version: The only version that may be changed (If-Match); without it the newest is.
        expect: Further conditions of the write, beside the version that was read. `changes` must give none
            for a document that does not meet them.

    Raises:
        VersionMismatch: It is no longer at `version`, or other writers were always first.
    """
    for attempt in range(_ATTEMPTS):
        document = await collection.get(scope, document_id)
        if version is not None and document.version != version:
            break
        values = changes(document)
        if isawaitable(values):
            values = await values
        if not values:
            return document
        conditions = {**(expect or {}), "version": document.version}
        if await collection.change(scope, document_id, values, conditions):
            return await collection.get(scope, document_id)
        await asyncio.sleep(random.uniform(0, 0.005 * (attempt + 1)))
    raise VersionMismatch(
        f"It is at version {document.version} now; read it again.", current_version=document.version
    )
