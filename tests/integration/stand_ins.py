"""Servers to test against: the embedded ones of a directory, and one that says what a test wants."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from memory.directory_lock import DirectoryLock
from memory.embedded import EmbeddedServers, StoreUrls

REDIS_ONLY = {"MONGODB_URL": "mongodb://elsewhere", "CHROMA_URL": "http://elsewhere"}


@asynccontextmanager
async def started(
    directory: Path, *, orderly: bool = False, **external: str
) -> AsyncIterator[tuple[EmbeddedServers, StoreUrls]]:
    """Servers of a directory; killed at the end where the orderly stop (2 s) is not what is tested."""
    with DirectoryLock(directory) as lock:
        servers = EmbeddedServers(lock, external, tethered=True)
        try:
            yield servers, await servers.start()
        finally:
            if orderly:
                await servers.stop()
            else:
                servers.kill()


@asynccontextmanager
async def answering(answer: Callable[[bytes], bytes | None]) -> AsyncIterator[int]:
    """A server on a free port that says `answer` to whatever comes, or hangs when that is none."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while said := await reader.read(4096):
                if (reply := answer(said)) is not None:
                    writer.write(reply)
                    await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
