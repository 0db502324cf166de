"""A Redis-protocol server that a test may treat badly, and the clients of a process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from core.ids import new_id
from core.scope import Scope
from memory.event_log import EventLog
from memory.redis import connect
from memory.run_event_reader import RunEventReader
from tests.integration.memory.own_redis import OwnRedis


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[OwnRedis]:
    """A running server for this test alone."""
    server = OwnRedis(tmp_path)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest_asyncio.fixture
async def redis(own_redis: OwnRedis) -> AsyncIterator[Redis]:
    """The client for short commands."""
    async with connect(own_redis.url) as client:
        yield client


@pytest_asyncio.fixture
async def blocking(own_redis: OwnRedis) -> AsyncIterator[Redis]:
    """The client for commands that wait on the server."""
    async with connect(own_redis.url, blocking=True) as client:
        yield client


@pytest_asyncio.fixture
async def log(redis: Redis) -> AsyncIterator[EventLog]:
    """The writing side."""
    event_log = EventLog(redis)
    yield event_log
    await event_log.close(timeout=0.1)


@pytest_asyncio.fixture
async def feed(redis: Redis, blocking: Redis) -> AsyncIterator[RunEventReader]:
    """The reading side, which says early that it is idle."""
    event_feed = RunEventReader(redis, blocking, idle_after=0.5)
    yield event_feed
    await event_feed.close()


@pytest.fixture
def scope() -> Scope:
    """One business."""
    return Scope.of(new_id())
