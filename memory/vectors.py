"""Campaign memory in Chroma, always filtered by business."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

from core.errors import Unavailable
from core.scope import Scope

if TYPE_CHECKING:
    from chromadb.api.models.AsyncCollection import AsyncCollection

BATCH = 500


@dataclass(frozen=True)
class Hit:
    """A remembered text near a question; similarity 1 is the same, 0 unrelated."""

    memory_id: str
    similarity: float


class CampaignMemory:
    """One Chroma collection per embedder and dimension; every query names its business.

    Every method raises Unavailable when Chroma does not answer.
    """

    def __init__(self, url: str, embedder_name: str, dimension: int) -> None:
        self._url = url.rstrip("/")
        self._name = f"marquee-{embedder_name}-{dimension}"
        self._collection: AsyncCollection | None = None

    async def ping(self) -> None:
        """Raise unless Chroma answers."""
        try:
            async with httpx.AsyncClient(timeout=5) as client:
                (await client.get(f"{self._url}/api/v2/heartbeat")).raise_for_status()
        except httpx.HTTPError as error:
            raise Unavailable("Chroma does not answer.") from error

    async def is_empty(self) -> bool:
        """Whether nothing is indexed, for any business."""
        async with self._open() as collection:
            return await collection.count() == 0

    async def put(self, scope: Scope, vectors: Mapping[str, list[float]], kinds: Mapping[str, str]) -> None:
        """Index memories of one business by id; an id that is there is replaced."""
        ids = list(vectors)
        async with self._open() as collection:
            for start in range(0, len(ids), BATCH):
                part = ids[start : start + BATCH]
                metadatas: list[Any] = [
                    {"business_id": scope.business_id, "kind": kinds[key]} for key in part
                ]
                embeddings: list[Any] = [vectors[key] for key in part]
                await collection.upsert(ids=part, embeddings=embeddings, metadatas=metadatas)

    async def nearest(self, scope: Scope, vector: Sequence[float], limit: int) -> list[Hit]:
        """The memories of one business that are nearest to `vector`, best first."""
        query: list[Any] = [list(vector)]
        async with self._open() as collection:
            found = await collection.query(
                query_embeddings=query,
                n_results=limit,
                where={"business_id": scope.business_id},
                include=["distances"],
            )
        distances = found["distances"] or [[]]
        return [
            Hit(memory_id, 1.0 - float(distance))
            for memory_id, distance in zip(found["ids"][0], distances[0], strict=True)
        ]

    async def remove_all(self, scope: Scope) -> None:
        """Forget everything of the business."""
        async with self._open() as collection:
            await collection.delete(where={"business_id": scope.business_id})

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[AsyncCollection]:
        # Imported on first use: it costs more than the rest of a process that never asks Chroma.
        import chromadb
        from chromadb.config import Settings
        from chromadb.errors import ChromaError

        try:
            if self._collection is None:
                parts = urlsplit(self._url)
                client = await chromadb.AsyncHttpClient(
                    host=parts.hostname or "127.0.0.1",
                    port=parts.port or (443 if parts.scheme == "https" else 8000),
                    ssl=parts.scheme == "https",
                    settings=Settings(anonymized_telemetry=False),
                )
                self._collection = await client.get_or_create_collection(
                    self._name, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
                )
            yield self._collection
        except (ChromaError, httpx.HTTPError, OSError, ValueError) as error:
            self._collection = None
            raise Unavailable("Chroma does not answer.") from error
