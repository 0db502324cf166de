"""Which workers are there: one Redis key with the time, by Redis, of each one's last sign of life."""

from __future__ import annotations

from core.errors import Unavailable
from memory.redis import PREFIX, RedisClient

WORKERS_KEY = f"{PREFIX}:workers"
GONE_AFTER_SECONDS = 15.0
"""A worker gives a sign every few seconds; so long without one, it counts as gone."""


async def sign_of_life(redis: RedisClient, worker: str) -> None:
    """Say that this worker is there, and forget those that are long gone."""
    now, _ = await redis.time()
    async with redis.pipeline(transaction=False) as pipeline:
        pipeline.zadd(WORKERS_KEY, {worker: now})
        pipeline.zremrangebyscore(WORKERS_KEY, "-inf", now - 10 * GONE_AFTER_SECONDS)
        await pipeline.execute()


async def sign_off(redis: RedisClient, worker: str) -> None:
    """Say that this worker leaves."""
    await redis.zrem(WORKERS_KEY, worker)


async def need_worker(redis: RedisClient) -> None:
    """Raise Unavailable unless a worker is there."""
    now, _ = await redis.time()
    if not await redis.zcount(WORKERS_KEY, now - GONE_AFTER_SECONDS, "+inf"):
        raise Unavailable("No worker is there.", part="worker")
