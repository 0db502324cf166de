"""RunStream: replay from any point, joining, gaps, idleness, slow readers."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from core.errors import Unavailable
from core.events import START, LogId
from core.ids import new_id
from core.scope import Scope
from memory.event_log import EventLog
from memory.redis import connect, run_log_key
from memory.run_event_reader import BUFFER, Event, Gap, Idle, RunEventReader, continues
from tests.integration.memory.following import END, first_of, ids, until_end
from tests.integration.memory.own_redis import OwnRedis
from tests.patience import PATIENCE


async def a_run_of_three_attempts(log: EventLog, scope: Scope, run_id: str) -> list[str]:
    written: list[str] = []
    for attempt, count in ((0, 1), (1, 5), (3, 4)):
        writer = log.writer(scope, run_id, attempt)
        written += [str(writer.append(b"event")) for _ in range(count)]
        if attempt == 3:
            written.append(str(writer.append(END)))
        assert await writer.close()
    return written


async def test_every_cut_point_gives_exactly_the_rest(
    log: EventLog, feed: RunEventReader, scope: Scope
) -> None:
    written = await a_run_of_three_attempts(log, scope, "run")
    assert ids(await until_end(feed, scope, "run")) == written
    for position, cut in enumerate(written[:-1]):
        assert ids(await until_end(feed, scope, "run", LogId.parse(cut))) == written[position + 1 :]


@given(
    before=st.integers(0, 12),
    cut=st.integers(0, 12),
    bursts=st.lists(st.integers(0, 8), min_size=1, max_size=6),
    joins=st.integers(0, 5),
)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
async def test_live_readers_see_what_was_written(
    log: EventLog, feed: RunEventReader, scope: Scope, before: int, cut: int, bursts: list[int], joins: int
) -> None:
    run_id = new_id()
    writer = log.writer(scope, run_id, 0)
    written = [str(writer.append(b"old")) for _ in range(before)]
    await writer.flush()
    cut = min(cut, before)
    readers = [
        asyncio.create_task(until_end(feed, scope, run_id)),
        asyncio.create_task(until_end(feed, scope, run_id, LogId(0, cut))),
    ]
    late: asyncio.Task[list[Event | Gap | Idle]] | None = None
    for number, burst in enumerate(bursts):
        written += [str(writer.append(b"new", now=True)) for _ in range(burst)]
        if number == joins:
            late = asyncio.create_task(until_end(feed, scope, run_id))
        await asyncio.sleep(0)
    written.append(str(writer.append(END)))
    assert await writer.close()
    assert ids(await readers[0]) == written
    assert ids(await readers[1]) == written[cut:]
    if late is not None:
        assert ids(await late) == written
    assert not feed.watching


async def test_many_runs_share_one_reader(
    log: EventLog, feed: RunEventReader, redis: Redis, scope: Scope
) -> None:
    runs = [new_id() for _ in range(60)]
    readers = [asyncio.create_task(until_end(feed, scope, run_id)) for run_id in runs]
    writers = [log.writer(scope, run_id, 0) for run_id in runs]
    for _ in range(20):
        for writer in writers:
            writer.delta("text", "m", "token ")
        await asyncio.sleep(0.005)
    blocked = [client for client in await redis.client_list() if client["cmd"] == "xread"]
    assert len(blocked) <= 1
    for writer in writers:
        writer.append(END)
        await writer.close()
    for items in await asyncio.gather(*readers):
        assert ids(items) == [f"0-{seq}" for seq in range(1, len(items) + 1)]


async def test_a_business_follows_its_own_runs_only(
    log: EventLog, feed: RunEventReader, scope: Scope
) -> None:
    await a_run_of_three_attempts(log, scope, "run")
    assert await feed.tail(Scope.of(new_id()), "run") == []
    assert await first_of(feed, Scope.of(new_id()), "run", Idle) == Idle()


async def test_a_slow_reader_loses_nothing(log: EventLog, feed: RunEventReader, scope: Scope) -> None:
    writer = log.writer(scope, "run", 0)
    count = BUFFER * 4
    items: list[str] = []
    async with asyncio.timeout(PATIENCE), aclosing(feed.follow(scope, "run")) as stream:
        assert await anext(stream) == Idle()
        quick = asyncio.create_task(until_end(feed, scope, "run"))
        for number in range(count):
            writer.append(b"event", now=True)
            if number % 500 == 499:
                # The slow reader takes one event in the time of five hundred.
                await writer.flush()
                item = await anext(stream)
                items.append(str(item.id) if isinstance(item, Event) else repr(item))
        writer.append(END, now=True)
        assert ids(await quick) == [f"0-{seq}" for seq in range(1, count + 2)]
        async for item in stream:
            items.append(str(item.id) if isinstance(item, Event) else repr(item))
            if isinstance(item, Event) and item.data == END:
                break
    assert items == [f"0-{seq}" for seq in range(1, count + 2)]


@pytest.mark.parametrize(
    ("last", "following", "whole"),
    [
        (START, LogId(0, 1), True),
        (START, LogId(0, 2), False),
        (START, LogId(1, 1), False),
        (LogId(0, 1), LogId(0, 2), True),
        (LogId(0, 1), LogId(0, 3), False),
        (LogId(0, 1), LogId(1, 1), True),
        (LogId(1, 40), LogId(2, 1), True),
        (LogId(1, 40), LogId(3, 1), True),
        (LogId(1, 40), LogId(2, 2), False),
    ],
)
def test_what_counts_as_a_gap(last: LogId, following: LogId, whole: bool) -> None:
    assert continues(last, following) is whole


async def test_a_missing_start_and_a_jump_are_gaps(
    log: EventLog, feed: RunEventReader, redis: Redis, scope: Scope
) -> None:
    key = run_log_key(scope, "run")
    for log_id in ("0-3", "0-4", "1-1", "1-5"):
        await redis.xadd(key, {"event": "x"}, id=log_id)
    reader = asyncio.create_task(until_end(feed, scope, "run"))
    await redis.xadd(key, {"event": END}, id="2-2")
    expected = ["gap after 0-0", "0-3", "0-4", "1-1", "gap after 1-1", "1-5", "gap after 1-5", "2-2"]
    assert ids(await reader) == expected
    assert ids(await until_end(feed, scope, "run", LogId(0, 3))) == expected[2:]


async def test_an_empty_log_is_idle_at_once_and_then_from_time_to_time(
    log: EventLog, redis: Redis, blocking: Redis, scope: Scope
) -> None:
    feed = RunEventReader(redis, blocking, idle_after=0.2)
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(PATIENCE), aclosing(feed.follow(scope, "run")) as stream:
        started = loop.time()
        assert await anext(stream) == Idle()
        assert loop.time() - started < 0.15
        for _ in range(2):
            started = loop.time()
            assert await anext(stream) == Idle()
            assert 0.15 < loop.time() - started < 1
        writer = log.writer(scope, "run", 0)
        writer.append(b"late", now=True)
        assert await anext(stream) == Event(LogId(0, 1), b"late")
        started = loop.time()
        assert await anext(stream) == Idle()
        assert 0.15 < loop.time() - started < 1
    await feed.close()


async def test_an_id_from_beyond_the_log_harms_nobody(
    log: EventLog, feed: RunEventReader, scope: Scope
) -> None:
    writer = log.writer(scope, "run", 0)
    writer.append(b"first", now=True)
    await writer.flush()
    stranger = asyncio.create_task(first_of(feed, scope, "run", Event, LogId(99, 99)))
    assert await first_of(feed, scope, "run", Idle, LogId(99, 99)) == Idle()
    reader = asyncio.create_task(until_end(feed, scope, "run"))
    writer.append(END, now=True)
    assert ids(await reader) == ["0-1", "0-2"]
    stranger.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stranger
    assert not feed.watching


async def test_without_redis_the_tail_is_unavailable(own_redis: OwnRedis, scope: Scope) -> None:
    async with connect(own_redis.url) as client, connect(own_redis.url, blocking=True) as blocking:
        feed = RunEventReader(client, blocking)
        own_redis.stop()
        with pytest.raises(Unavailable):
            await feed.tail(scope, "run")
        with pytest.raises(Unavailable):
            await feed.last_id(scope, "run")
