"""Read, change and write a document by compare-and-set, with retries after conflicts."""

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
    """Set the fields that `changes` returns for the current document; nothing is written if it returns none.

    Args:
        collection: The collection of the document.
        scope: The caller's businesses.
        document_id: The document.
        changes: Returns the new values of some fields of the document.
        version: The only version that may be changed (If-Match); without it the newest is.
        expect: Further conditions of the write. `changes` must return nothing for a document that does not
        meet them.

    Raises:
        VersionMismatch: The document is not at `version`, or every retry met another writer.
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
