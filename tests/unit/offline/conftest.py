"""The offline model on the real embedder, without pacing."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest_asyncio

from agents.offline.transport import OfflineTransport
from memory.embedders import LocalEmbedder
from tests.unit.offline.desk import Desk


@pytest_asyncio.fixture(scope="session")
async def desk() -> AsyncIterator[Desk]:
    embedder = LocalEmbedder()
    transport = OfflineTransport(embedder.embed_now, lambda text: len(text) // 4, float("inf"))
    async with httpx2.AsyncClient(transport=transport, base_url="http://offline.invalid/v1") as client:
        yield Desk(client, embedder.embed_now)
    embedder.close()
