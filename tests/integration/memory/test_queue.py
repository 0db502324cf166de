"""Wake-ups: by name, to one worker, over FLUSHALL and outages, and a drain at the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from memory.queue import GROUP, STREAM_CAP, Handler, Queue, WakeBroker, run_worker
from memory.redis import QUEUE_KEY
from tests.integration.memory.following import Processor
from tests.integration.memory.own_redis import OwnRedis
from tests.patience import PATIENCE


class Heard:
    """A handler that notes what it was woken for."""

    def __init__(self) -> None:
        self.calls: asyncio.Queue[dict[str, object]] = asyncio.Queue()

    async def __call__(self, **arguments: object) -> None:
        await self.calls.put(arguments)

    async def next(self) -> dict[str, object]:
        return await asyncio.wait_for(self.calls.get(), PATIENCE)


@pytest_asyncio.fixture
async def queue(own_redis: OwnRedis) -> AsyncIterator[Queue]:
    waker = Queue(WakeBroker(own_redis.url))
    yield waker
    await waker.close()


@asynccontextmanager
async def a_worker(
    server: OwnRedis, handlers: Mapping[str, Handler], concurrency: int = 4, drain: float = 5.0
) -> AsyncIterator[asyncio.Event]:
    broker = WakeBroker(server.url)
    stop = asyncio.Event()
    worker = asyncio.create_task(run_worker(broker, handlers, concurrency, stop, drain))
    try:
        yield stop
    finally:
        stop.set()
        await asyncio.wait_for(worker, PATIENCE)
        await broker.shutdown()


async def test_a_wake_up_reaches_one_worker_by_name(own_redis: OwnRedis, queue: Queue) -> None:
    run, publish = Heard(), Heard()
    handlers = {"run": run, "publish": publish}
    async with a_worker(own_redis, handlers), a_worker(own_redis, handlers):
        for number in range(50):
            assert await queue.wake("run", business_id="b", number=number)
        assert await queue.wake("publish", ids=["x"])
        numbers = [(await run.next())["number"] for _ in range(50)]
        assert await publish.next() == {"ids": ["x"]}
    assert sorted(numbers, key=str) == sorted(range(50), key=str)
    assert run.calls.empty()


async def test_what_is_sent_before_a_worker_starts_is_not_lost(own_redis: OwnRedis, queue: Queue) -> None:
    assert await queue.wake("run", run_id="early")
    heard = Heard()
    async with a_worker(own_redis, {"run": heard}):
        assert await heard.next() == {"run_id": "early"}


async def test_a_failing_or_unknown_task_does_not_stop_the_worker(own_redis: OwnRedis, queue: Queue) -> None:
    heard = Heard()

    async def fails() -> None:
        raise RuntimeError("on purpose")

    async with a_worker(own_redis, {"run": heard, "fails": fails}, concurrency=1):
        await queue.wake("fails")
        await queue.wake("nobody")
        await queue.wake("fails", unexpected=True)
        await queue.wake("run", run_id="next")
        assert await heard.next() == {"run_id": "next"}


async def test_flushall_makes_nobody_deaf(own_redis: OwnRedis, queue: Queue) -> None:
    heard = Heard()
    async with a_worker(own_redis, {"run": heard}):
        await queue.wake("run", number=1)
        await heard.next()
        for number in (2, 3):
            await asyncio.to_thread(own_redis.flush)
            busy = Processor()
            assert await queue.wake("run", number=number)
            assert await heard.next() == {"number": number}
        assert await busy.share_over(0.5) < 0.1


async def test_an_outage_is_waited_for_without_spinning(own_redis: OwnRedis, queue: Queue) -> None:
    heard = Heard()
    async with a_worker(own_redis, {"run": heard}):
        await queue.wake("run", number=1)
        await heard.next()
        own_redis.stop()
        busy = Processor()
        assert not await queue.wake("run", number=2)
        assert await busy.share_over(2) < 0.1
        await asyncio.to_thread(own_redis.start)
        assert await queue.wake("run", number=3)
        assert await heard.next() == {"number": 3}


async def test_a_worker_may_start_before_redis(own_redis: OwnRedis, queue: Queue) -> None:
    heard = Heard()
    own_redis.stop()
    async with a_worker(own_redis, {"run": heard}):
        assert not await queue.wake("run")
        await asyncio.to_thread(own_redis.start)
        assert await queue.wake("run", number=1)
        assert await heard.next() == {"number": 1}


async def test_the_drain_lets_work_finish_and_cancels_what_takes_too_long(
    own_redis: OwnRedis, queue: Queue
) -> None:
    started = asyncio.Semaphore(0)
    ended: list[str] = []
    release = asyncio.Event()

    async def quick() -> None:
        started.release()
        await release.wait()
        ended.append("quick")

    async def endless() -> None:
        started.release()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    async with a_worker(own_redis, {"quick": quick, "endless": endless}, drain=0.3) as stop:
        await queue.wake("quick")
        await queue.wake("endless")
        await asyncio.wait_for(started.acquire(), PATIENCE)
        await asyncio.wait_for(started.acquire(), PATIENCE)
        stop.set()
        release.set()
    assert ended == ["quick", "cancelled"]


async def test_no_more_run_at_once_than_allowed_and_the_rest_is_left_to_others(
    own_redis: OwnRedis, queue: Queue
) -> None:
    release = asyncio.Event()
    entered: asyncio.Queue[str] = asyncio.Queue()

    def holding(name: str) -> Handler:
        async def hold() -> None:
            await entered.put(name)
            await release.wait()

        return hold

    async with a_worker(own_redis, {"hold": holding("first")}, concurrency=2):
        for _ in range(4):
            await queue.wake("hold")
        assert [await entered.get() for _ in range(2)] == ["first", "first"]
        async with a_worker(own_redis, {"hold": holding("second")}, concurrency=2):
            assert [await asyncio.wait_for(entered.get(), PATIENCE) for _ in range(2)] == ["second", "second"]
            release.set()


async def test_the_stream_is_trimmed_and_a_worker_leaves_the_group(
    own_redis: OwnRedis, queue: Queue, redis: Redis
) -> None:
    pipe = redis.pipeline(transaction=False)
    for _ in range(STREAM_CAP + 500):
        pipe.xadd(QUEUE_KEY, {"data": b"not a task"})
    await pipe.execute()
    await queue.wake("run")
    assert await redis.xlen(QUEUE_KEY) <= STREAM_CAP + 100
    await redis.delete(QUEUE_KEY)
    heard = Heard()
    async with a_worker(own_redis, {"run": heard}):
        await queue.wake("run")
        await heard.next()
        assert len(await redis.xinfo_consumers(QUEUE_KEY, GROUP)) == 1
        assert (await redis.xpending(QUEUE_KEY, GROUP))["pending"] == 0
    assert await redis.xinfo_consumers(QUEUE_KEY, GROUP) == []


@pytest.mark.parametrize("value", [None, 1, "text", [1, {"a": None}], True])
async def test_arguments_arrive_as_they_were(own_redis: OwnRedis, queue: Queue, value: object) -> None:
    heard = Heard()
    async with a_worker(own_redis, {"run": heard}):
        await queue.wake("run", value=value)
        assert await heard.next() == {"value": value}
