"""Redis emptied, away and back: nothing raises, nobody spins, and it goes on by itself."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from redis.asyncio import Redis

from core.events import START, LogId
from core.scope import Scope
from memory.event_log import RUNNING_SECONDS, EventLog
from memory.redis import run_log_key
from memory.run_event_reader import Event, Gap, Idle, RunEventReader
from tests.integration.memory.following import END, Processor, first_of, ids, text_of, until_end
from tests.integration.memory.own_redis import OwnRedis
from tests.patience import PATIENCE

OUTAGE_SECONDS = 2.0


async def test_after_flushall_the_run_goes_on_and_late_readers_see_the_gap(
    log: EventLog, feed: RunEventReader, own_redis: OwnRedis, scope: Scope
) -> None:
    writer = log.writer(scope, "run", 1)
    for _ in range(3):
        writer.append(b"before")
    await writer.flush()
    async with asyncio.timeout(PATIENCE), aclosing(feed.follow(scope, "run", LogId(1, 1))) as stream:
        assert await anext(stream) == Event(LogId(1, 2), b"before")
        assert await anext(stream) == Event(LogId(1, 3), b"before")
        await asyncio.to_thread(own_redis.flush)
        assert await anext(stream) == Idle()
        writer.append(b"after", now=True)
        assert await anext(stream) == Event(LogId(1, 4), b"after")
        writer.append(END, now=True)
        assert await anext(stream) == Event(LogId(1, 5), END)
    assert ids(await until_end(feed, scope, "run")) == ["gap after 0-0", "1-4", "1-5"]
    assert ids(await until_end(feed, scope, "run", LogId(1, 2))) == ["gap after 1-2", "1-4", "1-5"]
    assert ids(await until_end(feed, scope, "run", LogId(1, 3))) == ["1-4", "1-5"]


async def test_a_run_followed_after_flushall_is_read_by_the_same_reader(
    log: EventLog, feed: RunEventReader, own_redis: OwnRedis, scope: Scope
) -> None:
    assert await first_of(feed, scope, "one", Idle) == Idle()
    await asyncio.to_thread(own_redis.flush)
    writer = log.writer(scope, "two", 0)
    reader = asyncio.create_task(until_end(feed, scope, "two"))
    writer.delta("text", "m", "a")
    writer.append(END)
    assert ids(await reader) == ["0-1", "0-2"]


async def test_an_outage_loses_nothing_for_who_was_reading(
    log: EventLog, feed: RunEventReader, own_redis: OwnRedis, redis: Redis, scope: Scope
) -> None:
    writer = log.writer(scope, "run", 1)
    writer.delta("text", "m", "before ")
    received = asyncio.Event()

    async def read() -> list[Event | Gap | Idle]:
        items: list[Event | Gap | Idle] = []
        async with asyncio.timeout(PATIENCE), aclosing(feed.follow(scope, "run", LogId(1, 0))) as stream:
            async for item in stream:
                items.append(item)
                received.set()
                if isinstance(item, Event) and item.data == END:
                    break
        return items

    reader = asyncio.create_task(read())
    await asyncio.wait_for(received.wait(), PATIENCE)
    await writer.flush()
    own_redis.stop()
    busy = Processor()
    for number in range(40):
        writer.delta("text", "m", f"{number} ")
        await busy.share_over(OUTAGE_SECONDS / 40)
    assert busy.share() < 0.1
    assert not await writer.flush(timeout=0.05)
    assert not writer.fenced
    await asyncio.to_thread(own_redis.start)
    writer.append(END)
    assert await writer.close(ended=False, timeout=PATIENCE)
    items = [item for item in await reader if not isinstance(item, Idle)]
    assert ids(items) == [f"1-{seq}" for seq in range(1, len(items) + 1)]
    assert text_of(items) == "before " + "".join(f"{number} " for number in range(40))
    # The new server knows the time to live as well.
    assert await redis.ttl(run_log_key(scope, "run")) > RUNNING_SECONDS - 60


async def test_readers_of_quiet_runs_hear_of_an_outage_as_idleness(
    feed: RunEventReader, log: EventLog, own_redis: OwnRedis, scope: Scope
) -> None:
    own_redis.stop()
    assert await first_of(feed, scope, "run", Idle) == Idle()
    reader = asyncio.create_task(until_end(feed, scope, "run"))
    writer = log.writer(scope, "run", 0)
    writer.append(b"one", now=True)
    writer.append(END, now=True)
    await asyncio.to_thread(own_redis.start)
    assert ids(await reader) == ["0-1", "0-2"]


async def test_a_stale_attempt_is_fenced_after_an_outage(
    log: EventLog, own_redis: OwnRedis, scope: Scope, feed: RunEventReader
) -> None:
    stale, later = log.writer(scope, "run", 1), log.writer(scope, "run", 2)
    own_redis.stop()
    later.append(b"later", now=True)
    assert not await later.flush(timeout=0.3)
    stale.append(b"stale", now=True)
    await asyncio.to_thread(own_redis.start)
    assert await later.flush(timeout=PATIENCE)
    assert not await stale.flush(timeout=PATIENCE)
    assert stale.fenced
    assert [event.data for event in await feed.tail(scope, "run")] == [b"later"]


async def test_a_process_that_ends_during_an_outage_does_not_hang(
    log: EventLog, feed: RunEventReader, own_redis: OwnRedis, scope: Scope
) -> None:
    reader = asyncio.create_task(until_end(feed, scope, "run", START))
    writer = log.writer(scope, "run", 1)
    writer.append(b"one", now=True)
    await writer.flush()
    own_redis.stop()
    writer.append(b"two", now=True)
    assert not await writer.close(timeout=0.2)
    await log.close(timeout=0.2)
    await feed.close()
    reader.cancel()
    await asyncio.gather(reader, return_exceptions=True)
