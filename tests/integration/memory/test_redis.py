"""The Redis client: a cancelled task ends, wherever in a command it is."""

from __future__ import annotations

import asyncio

from redis.asyncio import Redis


async def test_a_cancellation_in_the_middle_of_a_command_is_never_lost(redis: Redis) -> None:
    async def command_after_command() -> None:
        for _ in range(200):
            await redis.get("nothing")

    for turns in range(400):
        task = asyncio.create_task(command_after_command())
        for _ in range(turns % 40):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled(), f"after {turns % 40} turns of the event loop"
    assert await redis.ping()
