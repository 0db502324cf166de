"""The embedder as the checks use it: in the process that checks, for the few texts of one draft."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from memory.embedders import LocalEmbedder

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_KEPT = 4_000
_kept: dict[str, NDArray[np.float32]] = {}


@functools.cache
def _embedder() -> LocalEmbedder:
    # More threads would only spin: the matrices of one draft are small.
    threadpool_limits(limits=1)
    return LocalEmbedder()


def understand(texts: Sequence[str]) -> NDArray[np.float32]:
    """One normalised vector a text; those of the last texts, such as a business's facts, are kept."""
    missing = [text for text in dict.fromkeys(texts) if text not in _kept]
    if len(_kept) + len(missing) > _MOST_KEPT:
        _kept.clear()
        missing = list(dict.fromkeys(texts))
    if missing:
        vectors = np.asarray(_embedder().embed_now(missing), np.float32)
        _kept.update(zip(missing, vectors, strict=True))
    return np.array([_kept[text] for text in texts], np.float32)
