"""The task queue: a Taskiq broker that survives outages, and enqueue by name."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ResponseError
from taskiq import AckableMessage, AsyncBroker
from taskiq.exceptions import SendTaskError
from taskiq.kicker import AsyncKicker
from taskiq.receiver import Receiver
from taskiq_redis import RedisStreamBroker

from memory.redis import AWAY, QUEUE_KEY, Backoff

GROUP = "workers"
STREAM_CAP = 10_000
"""Limit of queued wake-ups; the sweeper sends dropped ones again."""

BLOCK_MILLISECONDS = 2_000
SEND_SECONDS = 1.0
FORGET_CONSUMER_MILLISECONDS = 10 * 60 * 1000
"""Idle time after which a consumer is removed; a living one reads every two seconds."""

Handler = Callable[..., Awaitable[None]]

logger = logging.getLogger(__name__)


class WakeBroker(RedisStreamBroker):
    """A broker for wake-ups: acknowledged on receipt, no results, no reclaim.

    The listener of the base class receives nothing after FLUSHALL and spins while Redis is unreachable.
    """

    def __init__(self, url: str, queue_name: str = QUEUE_KEY) -> None:
        super().__init__(
            url,
            queue_name=queue_name,
            max_connection_pool_size=8,
            consumer_group_name=GROUP,
            consumer_name=f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}",
            maxlen=STREAM_CAP,
            protocol=2,
            timeout=SEND_SECONDS,
            socket_connect_timeout=SEND_SECONDS,
            socket_timeout=BLOCK_MILLISECONDS / 1000 + 3,
            retry=Retry(NoBackoff(), 0),
        )
        self.stop = asyncio.Event()

    async def startup(self) -> None:
        """Start even while Redis is unreachable: the listener creates the group."""
        await AsyncBroker.startup(self)

    async def listen(self) -> AsyncGenerator[AckableMessage, None]:
        """Yield wake-ups until `stop` is set, through outages of Redis."""
        backoff = Backoff()
        tidy = False
        async with Redis(connection_pool=self.connection_pool) as redis:
            # The client's own timeout can swallow a cancellation: check the event too.
            while not self.stop.is_set():
                try:
                    if not tidy:
                        await self._forget_the_dead(redis)
                        tidy = True
                    # One at a time: do not hold work that another worker could do.
                    fetched: Any = await redis.xreadgroup(
                        self.consumer_group_name,
                        self.consumer_name,
                        {self.queue_name: ">"},
                        count=1,
                        block=BLOCK_MILLISECONDS,
                        noack=True,
                    )
                except AWAY as error:
                    # After FLUSHALL the group is missing: recreate it without a pause.
                    if not await self._group_was_missing(redis, error):
                        if backoff.failures == 0:
                            logger.warning("No wake-ups while Redis is away: %s", error)
                        await backoff.pause()
                    continue
                if backoff.failures:
                    logger.info("Wake-ups come again")
                    backoff.reset()
                for _, entries in fetched:
                    for _, fields in entries:
                        yield AckableMessage(data=fields[b"data"], ack=_acknowledged)

    async def shutdown(self) -> None:
        """Leave the group and close the connections."""
        if self.is_worker_process:
            async with Redis(connection_pool=self.connection_pool) as redis:
                with suppress(*AWAY):
                    await redis.xgroup_delconsumer(
                        self.queue_name, self.consumer_group_name, self.consumer_name
                    )
        await super().shutdown()

    async def _group_was_missing(self, redis: Redis, error: Exception) -> bool:
        """Create the group from the start of the stream, so that no wake-up is lost."""
        if not isinstance(error, ResponseError) or not any(
            sign in str(error) for sign in ("NOGROUP", "UNBLOCKED", "no such key")
        ):
            return False
        try:
            await redis.xgroup_create(self.queue_name, self.consumer_group_name, id="0", mkstream=True)
        except AWAY as problem:
            return "BUSYGROUP" in str(problem)
        return True

    async def _forget_the_dead(self, redis: Redis) -> None:
        """Remove the consumers of crashed processes from the group."""
        consumers: Any = await redis.xinfo_consumers(self.queue_name, self.consumer_group_name)
        for consumer in consumers:
            if consumer["idle"] > FORGET_CONSUMER_MILLISECONDS:
                await redis.xgroup_delconsumer(self.queue_name, self.consumer_group_name, consumer["name"])


class Queue:
    """Sends wake-ups by name."""

    def __init__(self, broker: WakeBroker) -> None:
        self._broker = broker

    async def wake(self, name: str, **arguments: Any) -> bool:
        """Send a wake-up `name` to some worker; the arguments are JSON values.

        Returns:
            Whether it was sent. False within about a second while Redis is unreachable: the sweeper sends it
            later.
        """
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await AsyncKicker(name, self._broker, {}).kiq(**arguments)
        except (SendTaskError, *AWAY) as error:
            logger.debug("wake-up %s was not sent: %s", name, error)
            return False
        return True

    async def close(self) -> None:
        """Close the connections."""
        await self._broker.shutdown()


async def run_worker(
    broker: WakeBroker,
    handlers: Mapping[str, Handler],
    concurrency: int,
    stop: asyncio.Event,
    drain: float = 10.0,
) -> None:
    """Handle wake-ups until `stop` is set, then let running handlers finish within `drain` seconds.

    Args:
        broker: The source of wake-ups.
        handlers: Handlers by name, called with the arguments of `Queue.wake`.
        concurrency: Limit of concurrent handlers.
        stop: Ends the work.
        drain: Seconds after which running handlers are cancelled.
    """
    running: set[asyncio.Task[Any]] = set()
    broker.is_worker_process = True
    broker.stop = stop
    for name, handler in handlers.items():
        broker.register_task(_tracked(handler, running), task_name=name)
    receiver = Receiver(broker, max_async_tasks=concurrency, wait_tasks_timeout=drain)
    await receiver.listen(stop)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


def _tracked(handler: Handler, running: set[asyncio.Task[Any]]) -> Handler:
    async def handle(**arguments: Any) -> None:
        task = asyncio.current_task()
        if task is not None:
            running.add(task)
            task.add_done_callback(running.discard)
        await handler(**arguments)

    return handle


async def _acknowledged() -> None:
    """Do nothing: NOACK acknowledges on receipt."""
