"""Replay and follow run logs; one reader per process distributes events to subscribers."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncGenerator
from contextlib import suppress
from time import monotonic
from typing import Any, NamedTuple

from redis.asyncio import Redis

from core.errors import Unavailable
from core.events import START, LogId
from core.scope import Scope
from memory.redis import AWAY, Backoff, reader_key, run_log_key

IDLE_SECONDS = 15.0
BUFFER = 1_000
"""Limit of buffered events of a subscriber; beyond it the subscriber reads from the log."""

PAGE = 500
BLOCK_SECONDS = 5.0
SPACING_PER_RUN = 0.00005
LONGEST_SPACING = 0.02

logger = logging.getLogger(__name__)


class Event(NamedTuple):
    """An event as written."""

    id: LogId
    data: bytes


class Gap(NamedTuple):
    """Events between `after` and the next item are lost."""

    after: LogId


class Idle(NamedTuple):
    """No new events, at the start or for a while: the caller checks the run."""


Item = Event | Gap | Idle


def continues(last: LogId, following: LogId) -> bool:
    """Return whether an event follows another without a gap: next of the attempt, or first of a later one."""
    if following.attempt == last.attempt:
        return following.seq == last.seq + 1
    return following.seq == 1 and last != START


class _Subscriber:
    """The buffer of live events of one reader.

    `since` is its start: while `behind`, the reader takes earlier events from the log.
    """

    def __init__(self, since: LogId) -> None:
        self.since = since
        self.behind = True
        self._buffer: list[Event] = []
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._deadline = 0.0

    def offer(self, events: list[Event], before: LogId) -> None:
        """Buffer the events that follow `before`; if full, clear the buffer and fall behind."""
        if len(self._buffer) + len(events) > BUFFER:
            self._buffer.clear()
            self.behind = True
        if not self._buffer:
            self.since = before
        self._buffer.extend(events)
        self._wake()

    def take(self) -> list[Event]:
        """Return and clear the buffer."""
        taken, self._buffer = self._buffer, []
        return taken

    async def wait(self, seconds: float) -> bool:
        """Wait up to `seconds` for an event; return whether there is one."""
        if not self._buffer and not self.behind:
            loop = asyncio.get_running_loop()
            self._deadline = monotonic() + seconds
            if self._timer is None:
                # One timer serves many waits: a timer per event would cost more than the event.
                self._timer = loop.call_later(seconds, self._ring)
            self._waiter = loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        return bool(self._buffer) or self.behind

    def close(self) -> None:
        """Stop the timer."""
        if self._timer is not None:
            self._timer.cancel()

    def _ring(self) -> None:
        self._timer = None
        if self._waiter is not None:
            left = self._deadline - monotonic()
            if left > 0:
                self._timer = asyncio.get_running_loop().call_later(left, self._ring)
            else:
                self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class _Channel:
    """A followed run: the reader's position and its subscribers."""

    def __init__(self, position: LogId) -> None:
        self.position = position
        self.watched = False
        self.subscribers: set[_Subscriber] = set()


class RunEventReader:
    """The reading side of all run logs of one process.

    Args:
        redis: For short commands.
        blocking: For the blocking read.
        idle_after: Seconds without an event after which a subscriber gets `Idle`.
    """

    def __init__(self, redis: Redis, blocking: Redis, *, idle_after: float = IDLE_SECONDS) -> None:
        self._redis = redis
        self._blocking = blocking
        self._idle_after = idle_after
        self._channels: dict[bytes, _Channel] = {}
        self._wake_key = reader_key(secrets.token_hex(8)).encode()
        self._wake_id = b"0-0"
        self._blocked = False
        self._reader: asyncio.Task[None] | None = None

    async def follow(self, scope: Scope, run_id: str, after: LogId = START) -> AsyncGenerator[Item]:
        """Yield the log after `after`, then live events without end; the caller closes the iterator.

        Every event comes once and in order, also through outages of Redis; a `Gap` replaces lost ones. `Idle`
        comes at once when the log is empty (expired, or not started).
        """
        key = run_log_key(scope, run_id).encode()
        last, heard, fresh = after, monotonic(), True
        backoff = Backoff()
        subscriber: _Subscriber | None = None
        try:
            while True:
                try:
                    if subscriber is None:
                        subscriber = await self._join(key)
                        await self._nudge(key)
                    events = await self._next(key, last, subscriber)
                    backoff.reset()
                except AWAY:
                    await backoff.pause()
                    if monotonic() - heard >= self._idle_after:
                        heard = monotonic()
                        yield Idle()
                    continue
                for event in events:
                    if event.id > last:
                        if not continues(last, event.id):
                            yield Gap(last)
                        last, heard, fresh = event.id, monotonic(), False
                        yield event
                if subscriber.behind:
                    continue
                if fresh or not await subscriber.wait(self._idle_after):
                    heard, fresh = monotonic(), False
                    yield Idle()
        finally:
            if subscriber is not None:
                self._leave(key, subscriber)

    async def tail(self, scope: Scope, run_id: str) -> list[Event]:
        """Return the whole log; Unavailable while Redis is unreachable."""
        key, last, events = run_log_key(scope, run_id).encode(), START, list[Event]()
        try:
            while page := await self._page(key, last):
                events += page
                last = page[-1].id
        except AWAY as error:
            raise Unavailable("The event log cannot be read now.") from error
        return events

    async def last_id(self, scope: Scope, run_id: str) -> LogId:
        """Return the newest id in the log, START if empty; Unavailable while Redis is unreachable."""
        try:
            return await self._newest(run_log_key(scope, run_id).encode())
        except AWAY as error:
            raise Unavailable("The event log cannot be read now.") from error

    async def first_id(self, scope: Scope, run_id: str) -> LogId | None:
        """Return the oldest id in the log; Unavailable while Redis is unreachable."""
        try:
            entries: Any = await self._redis.xrange(run_log_key(scope, run_id), count=1)
        except AWAY as error:
            raise Unavailable("The event log cannot be read now.") from error
        return _event(entries[0]).id if entries else None

    @property
    def watching(self) -> int:
        """The number of followed runs."""
        return len(self._channels)

    async def close(self) -> None:
        """Stop the reader."""
        if self._reader is not None:
            self._reader.cancel()
            with suppress(asyncio.CancelledError):
                await self._reader
            self._reader = None

    async def _join(self, key: bytes) -> _Subscriber:
        if key not in self._channels:
            newest = await self._newest(key)
            self._channels.setdefault(key, _Channel(newest))
        channel = self._channels[key]
        subscriber = _Subscriber(channel.position)
        channel.subscribers.add(subscriber)
        if self._reader is None or self._reader.done():
            self._reader = asyncio.create_task(self._read_forever(), name="event-reader")
        return subscriber

    async def _nudge(self, key: bytes) -> None:
        """Wake the blocking read, so that it includes new runs."""
        if self._blocked and not self._channels[key].watched:
            pipe = self._redis.pipeline(transaction=False)
            pipe.execute_command("XADD", self._wake_key, "MAXLEN", 1, "*", "wake", "")
            pipe.execute_command("EXPIRE", self._wake_key, 3600)
            await pipe.execute()

    def _leave(self, key: bytes, subscriber: _Subscriber) -> None:
        subscriber.close()
        channel = self._channels.get(key)
        if channel is not None:
            channel.subscribers.discard(subscriber)
            if not channel.subscribers:
                del self._channels[key]

    async def _next(self, key: bytes, last: LogId, subscriber: _Subscriber) -> list[Event]:
        """Return buffered events, or a page of the log while the subscriber is behind."""
        if not subscriber.behind:
            return subscriber.take()
        since = subscriber.since
        page = await self._page(key, last)
        reached = page[-1].id if page else last
        if len(page) < PAGE and (subscriber.since == since or reached >= subscriber.since):
            subscriber.behind = False
        return page

    async def _page(self, key: bytes, after: LogId) -> list[Event]:
        entries: Any = await self._redis.xrange(key, min=f"({after}", count=PAGE)
        return [_event(entry) for entry in entries]

    async def _newest(self, key: bytes) -> LogId:
        entries: Any = await self._redis.xrevrange(key, count=1)
        return _event(entries[0]).id if entries else START

    async def _read_forever(self) -> None:
        backoff = Backoff()
        while True:
            try:
                reply = await self._read()
            except AWAY as error:
                if backoff.failures == 0:
                    logger.warning("Run logs cannot be followed while Redis is away: %s", error)
                await backoff.pause()
                continue
            if backoff.failures:
                logger.info("Run logs can be followed again")
                backoff.reset()
            if reply:
                self._fan_out(reply)
                # A read costs more with more runs: let events accumulate.
                await asyncio.sleep(min(LONGEST_SPACING, SPACING_PER_RUN * len(self._channels)))

    async def _read(self) -> Any:
        positions: dict[Any, Any] = {self._wake_key: self._wake_id}
        for key, channel in self._channels.items():
            positions[key] = str(channel.position)
            channel.watched = True
        self._blocked = True
        try:
            # A half-open connection must not stop the reader forever.
            async with asyncio.timeout(BLOCK_SECONDS + 5):
                return await self._blocking.xread(positions, PAGE, int(BLOCK_SECONDS * 1000))
        finally:
            self._blocked = False

    def _fan_out(self, reply: Any) -> None:
        for key, entries in reply:
            if key == self._wake_key:
                self._wake_id = entries[-1][0]
                continue
            channel = self._channels.get(key)
            if channel is None:
                continue
            before = channel.position
            events = [event for entry in entries if (event := _event(entry)).id > before]
            if events:
                channel.position = events[-1].id
                for subscriber in channel.subscribers:
                    subscriber.offer(events, before)


def _event(entry: Any) -> Event:
    attempt, _, seq = entry[0].partition(b"-")
    return Event(LogId(int(attempt), int(seq)), entry[1][b"event"])
