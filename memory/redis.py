"""The Redis client and all key names."""

from __future__ import annotations

import asyncio
import random

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from core.scope import Scope

PREFIX = "marquee"

RedisClient = Redis
"""The client's type, for modules that may not import the driver."""

AWAY = (RedisError, OSError)
"""Exceptions of a command while Redis is unavailable."""


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
