"""The Redis client and all key names."""

from __future__ import annotations

import asyncio
import random
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from core.scope import Scope

PREFIX = "marquee"

RedisClient = Redis
"""The client's type, for modules that may not import the driver."""

AWAY = (RedisError, OSError)
"""Exceptions of a command while Redis is unavailable."""


class _Cancellable(AbstractConnection):
    """A connection that never loses the cancellation of its task.

    redis-py sends under `asyncio.wait_for`, which before Python 3.12 ignores a cancellation that comes
    together with the end of what it waits for (https://github.com/python/cpython/issues/86296).
    """

    async def send_packed_command(self, *args: Any, **options: Any) -> None:
        task = asyncio.current_task()
        before = task.cancelling() if task else 0
        await super().send_packed_command(*args, **options)
        if task and task.cancelling() > before:
            await self.disconnect(nowait=True)
            raise asyncio.CancelledError


def connect(url: str, *, blocking: bool = False, connections: int = 32) -> Redis:
    """Create a client whose pool waits instead of raising.

    Args:
        url: `redis://` or `rediss://`.
        blocking: Whether its commands block on the server (XREAD, subscriptions): no read timeout.
        connections: Limit of connections.
    """
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=connections,
        timeout=10,
        protocol=2,
        socket_connect_timeout=2,
        socket_timeout=None if blocking else 5,
        health_check_interval=0,
        retry=Retry(NoBackoff(), 1),
    )
    # The URL chooses the class: TCP, TLS or a socket file.
    pool.connection_class = type("CancellableConnection", (_Cancellable, pool.connection_class), {})
    return Redis.from_pool(pool)


class Backoff:
    """Exponential backoff with jitter from 0.1 s to 2 s."""

    def __init__(self, longest: float = 2.0) -> None:
        self._longest = longest
        self._failures = 0

    @property
    def failures(self) -> int:
        """The number of consecutive failures."""
        return self._failures

    def reset(self) -> None:
        """Reset after a success."""
        self._failures = 0

    async def pause(self) -> None:
        """Count a failure and wait."""
        delay = min(self._longest, 0.1 * 2 ** min(self._failures, 10))
        self._failures += 1
        await asyncio.sleep(delay * random.uniform(0.5, 1))


def run_log_key(scope: Scope, run_id: str) -> str:
    """Return the key of the stream with a run's events."""
    return f"{PREFIX}:{scope.business_id}:run:{run_id}"


def reader_key(process: str) -> str:
    """Return the key of the stream that wakes the log reader of one process."""
    return f"{PREFIX}:reader:{process}"


def window_key(kind: str, who: str) -> str:
    """Return the key of a rate window of a user, an address or an e-mail."""
    return f"{PREFIX}:rate:{kind}:{who}"


QUEUE_KEY = f"{PREFIX}:queue"
CANCEL_CHANNEL = f"{PREFIX}:cancel"
