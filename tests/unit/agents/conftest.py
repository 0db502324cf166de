"""Gateways on doubles, closed at the end of the test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from agents.tokens import TokenCounter
from tests.doubles.bench import Bench, MeterBook, gateway, library

MakeBench = Callable[..., Awaitable[Bench]]


@pytest.fixture(scope="session")
def token_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tokens")


@pytest.fixture
def meter() -> MeterBook:
    return MeterBook()


@pytest_asyncio.fixture
async def bench(meter: MeterBook, token_folder: Path, tmp_path: Path) -> AsyncIterator[MakeBench]:
    """Makes a bench at an address or a transport."""
    async with AsyncExitStack() as stack:
        prompts = library(tmp_path / "prompts")

        async def make(**where: Any) -> Bench:
            made = await Bench.on(gateway(meter, TokenCounter(token_folder), **where), prompts)
            stack.push_async_callback(made.gateway.close)
            return made

        yield make
