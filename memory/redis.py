"""The Redis client and the one builder of keys."""

from __future__ import annotations

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from core.scope import Scope

PREFIX = "marquee"


def connect(url: str, *, blocking: bool = False, connections: int = 32) -> Redis:
    """A client whose pool waits instead of raising.

    Args:
        url: `redis://` or `rediss://`.
        blocking: Whether its commands wait on the server for long (XREAD, subscriptions): no read timeout.
        connections: At most so many connections.
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
    return Redis(connection_pool=pool)


def run_log_key(scope: Scope, run_id: str) -> str:
    """The stream that holds a run's events."""
    return f"{PREFIX}:{scope.business_id}:run:{run_id}"


def cache_key(scope: Scope, name: str, digest: str) -> str:
    """A cached value of one business."""
    return f"{PREFIX}:{scope.business_id}:cache:{name}:{digest}"


def window_key(kind: str, who: str) -> str:
    """A rate window of a user, an address or an e-mail."""
    return f"{PREFIX}:rate:{kind}:{who}"


QUEUE_KEY = f"{PREFIX}:queue"
CANCEL_CHANNEL = f"{PREFIX}:cancel"
