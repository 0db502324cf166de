"""The vector index of memories in Chroma, always filtered by business."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import httpx

from core.errors import Unavailable
from core.scope import Scope

if TYPE_CHECKING:
    from chromadb.api import AsyncClientAPI
    from chromadb.api.models.AsyncCollection import AsyncCollection

T = TypeVar("T")

BATCH = 500
QUERY_SECONDS = 3.0
WRITE_SECONDS = 30.0
SEARCH_WIDTH = 400
"""HNSW search width; with Chroma's default of 100, one of hundreds of similar decisions is not found."""


@dataclass(frozen=True)
class Hit:
    """A memory near a question; similarity 1 is equal, 0 unrelated."""

    memory_id: str
    similarity: float


class VectorIndex:
    """One Chroma collection per embedder and dimension; every query names its business.

    Every method raises Unavailable when Chroma does not answer.
    """

    def __init__(self, url: str, embedder_name: str, dimension: int) -> None:
        self._url = url.rstrip("/")
        self._name = f"marquee-{embedder_name}-{dimension}"
        self._connecting: asyncio.Task[AsyncCollection] | None = None
        self._client: AsyncClientAPI | None = None

    async def ping(self) -> None:
        """Raise unless Chroma answers."""
        try:
            async with httpx.AsyncClient(timeout=5) as client:
                (await client.get(f"{self._url}/api/v2/heartbeat")).raise_for_status()
        except httpx.HTTPError as error:
            raise Unavailable("Chroma does not answer.") from error

    async def open(self) -> None:
        """Import Chroma's client and connect; Unavailable when there is no answer."""
        await asyncio.to_thread(import_module, "chromadb")
        await self._ask(lambda collection: collection.count())

    async def put(self, scope: Scope, vectors: Mapping[str, list[float]], kinds: Mapping[str, str]) -> None:
        """Index memories of one business by id, replacing existing ones."""
        ids = list(vectors)

        async def put(collection: AsyncCollection) -> None:
            for start in range(0, len(ids), BATCH):
                part = ids[start : start + BATCH]
                metadatas: list[Any] = [
                    {"business_id": scope.business_id, "kind": kinds[key]} for key in part
                ]
                embeddings: list[Any] = [vectors[key] for key in part]
                await collection.upsert(ids=part, embeddings=embeddings, metadatas=metadatas)

        await self._ask(put)

    async def nearest(
        self, scope: Scope, vector: Sequence[float], limit: int, kinds: Sequence[str] = ()
    ) -> list[Hit]:
        """Return the memories of one business nearest to `vector`, best first; of all kinds or of some."""
        query: list[Any] = [list(vector)]
        of_kind = {"$in": list(kinds)} if kinds else {"$ne": ""}
        where: Any = {"$and": [{"business_id": scope.business_id}, {"kind": of_kind}]}
        found = await self._ask(
            lambda collection: collection.query(
                query_embeddings=query,
                n_results=limit,
                where=where,
                include=["distances"],
            ),
            QUERY_SECONDS,
        )
        distances = found["distances"] or [[]]
        return [
            Hit(memory_id, 1.0 - float(distance))
            for memory_id, distance in zip(found["ids"][0], distances[0], strict=True)
        ]

    async def remove(self, scope: Scope, memory_ids: Sequence[str]) -> None:
        """Remove memories of the business."""
        where: Any = {"business_id": scope.business_id}
        await self._ask(lambda collection: collection.delete(ids=list(memory_ids), where=where))

    async def remove_all(self, scope: Scope) -> None:
        """Remove all memories of the business."""
        where: Any = {"business_id": scope.business_id}
        await self._ask(lambda collection: collection.delete(where=where))

    async def close(self) -> None:
        """Close the connections."""
        connecting, self._connecting = self._connecting, None
        if connecting is not None and not connecting.done():
            connecting.cancel()
            await asyncio.wait({connecting})
        await self._close_client()

    async def _ask(
        self, operation: Callable[[AsyncCollection], Awaitable[T]], seconds: float = WRITE_SECONDS
    ) -> T:
        """Run an operation, twice if the connection breaks: all of them may be repeated.

        A server closes an idle connection at the moment in which the next request is sent on it.
        """
        # Imported on first use: the import is slow, and many processes never use Chroma.
        from chromadb.errors import ChromaError

        connecting = self._connecting
        try:
            # Chroma's client has no timeout. Concurrent callers share one connection attempt, and one that
            # gives up leaves it to the others.
            async with asyncio.timeout(seconds):
                if connecting is None or _failed(connecting):
                    connecting = self._connecting = asyncio.create_task(self._connect())
                    connecting.add_done_callback(_failed)
                collection = await asyncio.shield(connecting)
                try:
                    return await operation(collection)
                except httpx.TransportError:
                    return await operation(collection)
        except TimeoutError as error:
            raise Unavailable("Chroma does not answer in time.") from error
        except (ChromaError, httpx.HTTPError, OSError, ValueError) as error:
            if self._connecting is connecting:
                self._connecting = None
            raise Unavailable("Chroma does not answer.") from error

    async def _connect(self) -> AsyncCollection:
        import chromadb
        from chromadb.config import Settings

        parts = urlsplit(self._url)
        await self._close_client()
        self._client = await chromadb.AsyncHttpClient(
            host=parts.hostname or "127.0.0.1",
            port=parts.port or (443 if parts.scheme == "https" else 8000),
            ssl=parts.scheme == "https",
            settings=Settings(anonymized_telemetry=False),
        )
        return await self._client.get_or_create_collection(
            self._name,
            embedding_function=None,
            configuration={"hnsw": {"space": "cosine", "ef_search": SEARCH_WIDTH}},
        )

    async def _close_client(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            # Chroma's client has no public way to close; its server part is a context manager.
            await client._server.__aexit__(None, None, None)  # type: ignore[attr-defined]


def _failed(task: asyncio.Task[Any]) -> bool:
    """Return whether a task ended without a result; this also marks its exception as retrieved."""
    return task.done() and (task.cancelled() or task.exception() is not None)
