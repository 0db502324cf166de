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
from tests.e2e.world import Town, World, newcomer, town, working
from tests.patience import PATIENCE


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
        "model_first_token_seconds": PATIENCE,
        "model_stall_seconds": PATIENCE,
        "offline_tokens_per_second": 3_000.0,
        "lease_seconds": 6.0,
        "sweep_seconds": 0.3,
        "user_requests_per_minute": 1_000_000,
        "ip_requests_per_minute": 1_000_000,
        "registrations_per_hour": 1_000_000,
    }
    return Settings(_env_file=None, **{**base, **values})


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One directory for all: the tokenizer's file is unpacked into it once."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture
def settings(store_urls: StoreUrls, data_dir: Path) -> Settings:
    """Quick settings with the offline model, on a database of the test's own."""
    return quick(store_urls, data_dir)


@pytest_asyncio.fixture
async def here(settings: Settings) -> AsyncIterator[World]:
    """A newcomer on a database of the test's own, where nobody works yet."""
    async with town(settings) as place, newcomer(place) as person:
        yield person


@pytest_asyncio.fixture(scope="session")
async def offline_town(store_urls: StoreUrls, data_dir: Path) -> AsyncIterator[Town]:
    """An API and a worker with the offline model, for every test that disturbs neither."""
    settings = quick(store_urls, data_dir)
    async with town(settings) as opened, working(settings):
        yield opened


@pytest_asyncio.fixture
async def alive(offline_town: Town) -> AsyncIterator[World]:
    """A newcomer where a worker with the offline model works."""
    async with newcomer(offline_town) as person:
        yield person


@pytest.fixture(scope="session")
def offline_answers(data_dir: Path) -> Answerer:
    """What the offline model would say, for a server that fails now and then."""
    embedder, counter = LocalEmbedder(), TokenCounter(data_dir / "tokenizer")
    # Loaded now, so that no call of an impatient worker waits for it.
    embedder.embed_now(["warm"])
    counter.count("warm")
    return relayed(OfflineTransport(embedder.embed_now, counter.count, 1_000_000.0))


@pytest_asyncio.fixture(scope="session")
async def model_server(offline_answers: Answerer) -> AsyncIterator[FaultServer]:
    """A model server that answers as the offline model does, until a test has it fail."""
    async with fault_server(offline_answers) as server:
        yield server


@pytest.fixture
def model(model_server: FaultServer) -> FaultServer:
    """The model server, well and without memory of other tests."""
    model_server.calm()
    return model_server


def served_by(model: FaultServer) -> dict[str, Any]:
    """The settings that name a model server."""
    return {"openai_base_url": model.url, "model": "offline-at-a-distance"}


@pytest_asyncio.fixture(scope="session")
async def model_town(store_urls: StoreUrls, data_dir: Path, model_server: FaultServer) -> AsyncIterator[Town]:
    """An API and a worker whose model is the server's."""
    settings = quick(store_urls, data_dir, **served_by(model_server))
    async with town(settings) as opened, working(settings):
        yield opened


@pytest_asyncio.fixture
async def served(model_town: Town, model: FaultServer) -> AsyncIterator[World]:
    """A newcomer where a worker asks the model server."""
    async with newcomer(model_town) as person:
        yield person


@pytest_asyncio.fixture(scope="session")
async def impatient_server(offline_answers: Answerer) -> AsyncIterator[FaultServer]:
    """A model server for those who do not wait long."""
    async with fault_server(offline_answers) as server:
        yield server


@pytest.fixture
def impatient_model(impatient_server: FaultServer) -> FaultServer:
    """The same, well and without memory of other tests."""
    impatient_server.calm()
    return impatient_server


@pytest_asyncio.fixture(scope="session")
async def impatient_town(
    store_urls: StoreUrls, data_dir: Path, impatient_server: FaultServer
) -> AsyncIterator[Town]:
    """An API and a worker that gives a silent model a few seconds."""
    waits = {"model_first_token_seconds": 4.0, "model_stall_seconds": 3.0}
    settings = quick(store_urls, data_dir, **served_by(impatient_server), **waits)
    async with town(settings) as opened, working(settings):
        yield opened


@pytest_asyncio.fixture
async def impatient(impatient_town: Town) -> AsyncIterator[World]:
    """A newcomer where a worker waits for its model no longer than it must."""
    async with newcomer(impatient_town) as person:
        yield person
