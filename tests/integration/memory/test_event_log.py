"""Writing: order, coalescing, ids, fencing, expiry."""

from __future__ import annotations

import asyncio

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from core.events import LogId, call_args, text_delta
from core.ids import new_id
from core.scope import Scope
from memory.event_log import ENDED_SECONDS, LOG_CAP, RUNNING_SECONDS, EventLog
from memory.redis import connect, run_log_key
from memory.run_event_reader import RunEventReader
from tests.integration.memory.following import END, ids, until_end
from tests.integration.memory.own_redis import OwnRedis
from tests.patience import PATIENCE


async def test_ids_are_consecutive_and_the_bytes_pass_unchanged(
    log: EventLog, feed: RunEventReader, scope: Scope
) -> None:
    writer = log.writer(scope, "run", 3)
    assert [writer.append(event) for event in (b"one", b"two")] == [LogId(3, 1), LogId(3, 2)]
    assert writer.append(b"three", now=True) == writer.last_id == LogId(3, 3)
    assert await writer.close()
    assert [(str(e.id), e.data) for e in await feed.tail(scope, "run")] == [
        ("3-1", b"one"),
        ("3-2", b"two"),
        ("3-3", b"three"),
    ]
    assert await feed.last_id(scope, "run") == LogId(3, 3)


async def test_an_attempt_goes_on_where_it_was_told(
    log: EventLog, feed: RunEventReader, scope: Scope
) -> None:
    writer = log.writer(scope, "run", 2, first_seq=8)
    assert writer.append(b"x") == LogId(2, 8)
    assert await writer.flush()
    assert await feed.last_id(scope, "run") == LogId(2, 8)


async def test_the_first_delta_leaves_at_once_and_later_ones_are_merged(
    log: EventLog, feed: RunEventReader, scope: Scope
) -> None:
    writer = log.writer(scope, "run", 1)
    for piece in ("Hel", "lo ", "", "world"):
        writer.delta("text", "m", piece)
    writer.delta("args", "c", '{"a":')
    writer.delta("args", "c", "1}")
    writer.append(b"behind")
    assert await writer.close()
    assert [event.data for event in await feed.tail(scope, "run")] == [
        text_delta("m", "Hel"),
        text_delta("m", "lo world"),
        call_args("c", '{"a":'),
        call_args("c", "1}"),
        b"behind",
    ]


async def test_what_lingers_leaves_by_itself(log: EventLog, feed: RunEventReader, scope: Scope) -> None:
    writer = log.writer(scope, "run", 1)
    writer.delta("text", "m", "a")
    writer.delta("text", "m", "b")
    writer.append(b"plain")
    writer.delta("text", "m", "c")
    writer.append(END)
    assert ids(await until_end(feed, scope, "run", LogId(1, 0))) == ["1-1", "1-2", "1-3", "1-4", "1-5"]


async def test_half_characters_do_not_break_the_stream(
    log: EventLog, feed: RunEventReader, scope: Scope
) -> None:
    writer = log.writer(scope, "run", 1)
    writer.delta("text", "m", "a\ud83d")
    writer.delta("text", "m", "\ud83d")
    writer.delta("text", "m", "\ude00")
    assert await writer.close()
    texts = [orjson.loads(event.data)["delta"] for event in await feed.tail(scope, "run")]
    assert texts == ["a\ufffd", "\U0001f600"]


step = st.one_of(
    st.tuples(st.just("event"), st.integers(0, 9), st.booleans()),
    st.tuples(st.sampled_from(["text", "args"]), st.sampled_from("ab"), st.text(max_size=4)),
    st.tuples(st.just("pause"), st.just(""), st.just("")),
)


@given(steps=st.lists(step, max_size=40))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
async def test_order_is_kept_whatever_is_written(
    log: EventLog, feed: RunEventReader, scope: Scope, steps: list[tuple[str, object, object]]
) -> None:
    run_id = new_id()
    writer = log.writer(scope, run_id, 1)
    written: dict[str, str] = {}
    marks: list[tuple[bytes, dict[str, str]]] = []
    for number, (kind, which, value) in enumerate(steps):
        if kind == "event":
            mark = f"#{number}".encode()
            writer.append(mark, now=bool(value))
            marks.append((mark, dict(written)))
        elif kind == "pause":
            await asyncio.sleep(0)
        else:
            writer.delta("text" if kind == "text" else "args", str(which), str(value))
            item = f"{kind} {which}"
            written[item] = written.get(item, "") + str(value)
    await writer.close()
    seen: dict[str, str] = {}
    events = await feed.tail(scope, run_id)
    assert [event.id.seq for event in events] == list(range(1, len(events) + 1))
    for event in events:
        if event.data.startswith(b"#"):
            mark, before = marks.pop(0)
            assert event.data == mark
            assert {item: text for item, text in before.items() if text} == seen
        else:
            body = orjson.loads(event.data)
            lane = "text" if "messageId" in body else "args"
            item = f"{lane} {body.get('messageId') or body.get('toolCallId')}"
            seen[item] = seen.get(item, "") + body["delta"]
    assert not marks
    assert seen == {item: text for item, text in written.items() if text}


async def test_a_stale_attempt_is_fenced(log: EventLog, feed: RunEventReader, scope: Scope) -> None:
    fenced = asyncio.Event()
    stale = log.writer(scope, "run", 1, on_fenced=fenced.set)
    stale.append(b"in time", now=True)
    assert await stale.flush()
    later = log.writer(scope, "run", 2)
    later.append(b"later")
    assert await later.flush()
    stale.append(b"too late")
    stale.delta("text", "m", "too late as well")
    assert not await stale.flush()
    await asyncio.wait_for(fenced.wait(), PATIENCE)
    assert stale.fenced
    assert not stale.owing
    stale.append(b"ignored", now=True)
    assert not await stale.close()
    later.append(b"goes on")
    assert await later.close()
    assert [event.data for event in await feed.tail(scope, "run")] == [b"in time", b"later", b"goes on"]


async def test_two_attempts_at_once_never_mix(
    own_redis: OwnRedis, feed: RunEventReader, scope: Scope
) -> None:
    async with connect(own_redis.url) as first, connect(own_redis.url) as second:
        logs = [EventLog(first), EventLog(second)]
        writers = [log.writer(scope, "run", attempt + 1) for attempt, log in enumerate(logs)]
        for number in range(300):
            for writer in writers:
                writer.append(f"{writer.attempt} {number}".encode(), now=True)
            await asyncio.sleep(0)
        assert await writers[1].flush()
        assert not await writers[0].flush()
        for log in logs:
            await log.close()
    seen = [(event.id.attempt, event.id.seq) for event in await feed.tail(scope, "run")]
    assert seen == sorted(seen)
    assert [seq for attempt, seq in seen if attempt == 2] == list(range(1, 301))
    assert [seq for attempt, seq in seen if attempt == 1] == list(range(1, len(seen) - 300 + 1))


async def test_events_that_are_there_already_do_not_fence(
    log: EventLog, redis: Redis, feed: RunEventReader, scope: Scope
) -> None:
    # The server took the first two, and the reply was lost.
    for seq in (1, 2):
        await redis.xadd(run_log_key(scope, "run"), {"event": f"e{seq}"}, id=f"1-{seq}")
    writer = log.writer(scope, "run", 1)
    for seq in (1, 2, 3):
        writer.append(f"e{seq}".encode())
    assert await writer.close()
    assert not writer.fenced
    assert [event.data for event in await feed.tail(scope, "run")] == [b"e1", b"e2", b"e3"]


async def test_the_log_expires(log: EventLog, redis: Redis, scope: Scope) -> None:
    writer = log.writer(scope, "run", 0)
    writer.append(b"queued")
    assert await writer.close(ended=False)
    key = run_log_key(scope, "run")
    assert RUNNING_SECONDS - 5 <= await redis.ttl(key) <= RUNNING_SECONDS
    writer = log.writer(scope, "run", 1)
    writer.append(b"done", now=True)
    await writer.flush()
    assert await writer.close()
    assert ENDED_SECONDS - 5 <= await redis.ttl(key) <= ENDED_SECONDS


async def test_a_log_has_a_largest_size(log: EventLog, redis: Redis, scope: Scope) -> None:
    writer = log.writer(scope, "run", 1)
    for number in range(LOG_CAP + 700):
        writer.append(b"%d" % number)
        if number % 1000 == 0:
            await writer.flush(10)
    assert await writer.flush(10)
    assert await redis.xlen(run_log_key(scope, "run")) == LOG_CAP
