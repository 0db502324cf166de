"""Signal the cancellation of a run to all workers; the run's document holds the durable request."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from redis.asyncio import Redis

from memory.redis import AWAY, CANCEL_CHANNEL, Backoff

QUIET_SECONDS = 15.0
SEND_SECONDS = 1.0

logger = logging.getLogger(__name__)


class Signals:
    """Cancel signals by pub/sub.

    Args:
        redis: For sending.
        blocking: For the subscription.
    """

    def __init__(self, redis: Redis, blocking: Redis) -> None:
        self._redis = redis
        self._blocking = blocking

    async def cancel(self, run_id: str) -> bool:
        """Send the signal; return whether a worker received it. Never raises; gives up after a second."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                return int(await self._redis.publish(CANCEL_CHANNEL, run_id)) > 0
        except AWAY:
            return False

    async def listen(self, callback: Callable[[str], object]) -> None:
        """Call back with the id of every run to cancel, until this task is cancelled.

        Signals sent while Redis is unreachable are lost.
        """
        backoff = Backoff()
        while True:
            try:
                async with self._blocking.pubsub() as subscription:
                    await subscription.subscribe(CANCEL_CHANNEL)
                    asked = False
                    while True:
                        message: Any = await subscription.get_message(timeout=QUIET_SECONDS)
                        backoff.reset()
                        if message is None and asked:
                            # A half-open connection.
                            break
                        if message is None:
                            await subscription.ping()
                        asked = message is None
                        if message is not None and message["type"] == "message":
                            callback(message["data"].decode())
            except AWAY as error:
                if backoff.failures == 0:
                    logger.warning("No cancel signals while Redis is away: %s", error)
                await backoff.pause()
