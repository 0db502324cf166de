"""Cancel signals reach every listener, also after an outage."""

from __future__ import annotations

import asyncio

from redis.asyncio import Redis

from memory.signals import Signals
from tests.integration.memory.following import Processor
from tests.integration.memory.own_redis import OwnRedis
from tests.patience import PATIENCE


async def deliver(signals: Signals, run_id: str) -> None:
    """Send until somebody has heard it: a listener needs a moment to subscribe."""
    async with asyncio.timeout(PATIENCE):
        while not await signals.cancel(run_id):  # noqa: ASYNC110 -- what is waited for is on the server
            await asyncio.sleep(0.01)


async def test_a_signal_reaches_every_listener(redis: Redis, blocking: Redis) -> None:
    signals = Signals(redis, blocking)
    assert not await signals.cancel("nobody listens")
    heard: list[asyncio.Queue[str]] = [asyncio.Queue(), asyncio.Queue()]
    listeners = [asyncio.create_task(signals.listen(queue.put_nowait)) for queue in heard]
    await deliver(signals, "first")
    for queue in heard:
        while await asyncio.wait_for(queue.get(), PATIENCE) != "last":
            await deliver(signals, "last")
    for listener in listeners:
        listener.cancel()
    await asyncio.gather(*listeners, return_exceptions=True)


async def test_listeners_come_back_after_an_outage_without_spinning(
    own_redis: OwnRedis, redis: Redis, blocking: Redis
) -> None:
    signals = Signals(redis, blocking)
    heard: asyncio.Queue[str] = asyncio.Queue()
    listener = asyncio.create_task(signals.listen(heard.put_nowait))
    await deliver(signals, "before")
    assert await asyncio.wait_for(heard.get(), PATIENCE) == "before"
    own_redis.stop()
    busy = Processor()
    assert not await signals.cancel("during")
    assert await busy.share_over(2) < 0.1
    await asyncio.to_thread(own_redis.start)
    await deliver(signals, "after")
    assert await asyncio.wait_for(heard.get(), PATIENCE) == "after"
    await asyncio.to_thread(own_redis.flush)
    await deliver(signals, "after flushall")
    assert await asyncio.wait_for(heard.get(), PATIENCE) == "after flushall"
    listener.cancel()
    await asyncio.gather(listener, return_exceptions=True)
