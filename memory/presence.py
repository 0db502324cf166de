"""Presence of workers: a Redis key with the time, by Redis, of each worker's last heartbeat."""

from __future__ import annotations

from core.errors import Unavailable
from memory.redis import PREFIX, RedisClient

WORKERS_KEY = f"{PREFIX}:workers"
GONE_AFTER_SECONDS = 15.0
"""Seconds without a heartbeat after which a worker counts as gone."""


async def sign_of_life(redis: RedisClient, worker: str) -> None:
    """Record a heartbeat of this worker, and remove workers that are gone."""
    now, _ = await redis.time()
    async with redis.pipeline(transaction=False) as pipeline:
        pipeline.zadd(WORKERS_KEY, {worker: now})
        pipeline.zremrangebyscore(WORKERS_KEY, "-inf", now - 10 * GONE_AFTER_SECONDS)
        await pipeline.execute()


async def sign_off(redis: RedisClient, worker: str) -> None:
    """Remove this worker."""
    await redis.zrem(WORKERS_KEY, worker)


async def need_worker(redis: RedisClient) -> None:
    """Raise Unavailable unless a worker is present."""
    now, _ = await redis.time()
    if not await redis.zcount(WORKERS_KEY, now - GONE_AFTER_SECONDS, "+inf"):
        raise Unavailable("No worker is there.", part="worker")
