"""Whole runs: settings that make them quick, a model that does as it is told, the API and a worker."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from agents.offline.transport import OfflineTransport
from agents.tokens import TokenCounter
from core.ids import new_id
from core.settings import Settings
from memory.embedded import StoreUrls
from memory.embedders import LocalEmbedder
from tests.doubles.fault_server import Answerer, FaultServer, fault_server, relayed
from tests.e2e.world import World, working, world


def quick(store_urls: StoreUrls, data_dir: Path, **values: Any) -> Settings:
    """Settings under which nothing takes long, whatever the environment says."""
    base: dict[str, Any] = {
        "mongodb_url": store_urls.mongodb,
        "redis_url": store_urls.redis,
        "chroma_url": store_urls.chroma,
        "database": f"test_{new_id()}",
        "data_dir": data_dir,
        "openai_api_key": None,
        "openai_base_url": "",
        "model": "",
        "model_fallback": "",
        "model_tools": "off",
        "model_attempts": 2,
        "model_first_token_seconds": 10.0,
        "model_stall_seconds": 2.0,
        "offline_tokens_per_second": 3_000.0,
        "lease_seconds": 6.0,
        "sweep_seconds": 0.3,
        "user_requests_per_minute": 1_000_000,
        "ip_requests_per_minute": 1_000_000,
    }
    return Settings(_env_file=None, **{**base, **values})


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One directory for all: the tokenizer's file is unpacked into it once."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture
def settings(store_urls: StoreUrls, data_dir: Path) -> Settings:
    """Quick settings with the offline model."""
    return quick(store_urls, data_dir)


@pytest_asyncio.fixture
async def here(settings: Settings) -> AsyncIterator[World]:
    """The API, without a worker."""
    async with world(settings) as opened:
        yield opened


@pytest_asyncio.fixture
async def alive(here: World) -> AsyncIterator[World]:
    """The API and a worker with the offline model."""
    async with working(here.settings):
        yield here


@pytest.fixture(scope="session")
def offline_answers(data_dir: Path) -> Answerer:
    """What the offline model would say, for a server that fails now and then."""
    embedder, counter = LocalEmbedder(), TokenCounter(data_dir / "tokenizer")
    return relayed(OfflineTransport(embedder.embed_now, counter.count, 1_000_000.0))


@pytest_asyncio.fixture
async def model(offline_answers: Answerer) -> AsyncIterator[FaultServer]:
    """A model server that answers as the offline model does, until a test has it fail."""
    async with fault_server(offline_answers) as server:
        yield server


@pytest.fixture
def with_model(settings: Settings, model: FaultServer) -> Settings:
    """Quick settings on the model server."""
    return settings.model_copy(update={"openai_base_url": model.url, "model": "offline-at-a-distance"})
