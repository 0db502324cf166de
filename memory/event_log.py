"""Append to the log of a run without waiting for Redis; one flusher per process."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from time import monotonic
from typing import Any, Literal

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from core.events import LogId, call_args, text_delta
from core.scope import Scope
from memory.redis import AWAY, Backoff, run_log_key

LOG_CAP = 20_000
"""Limit of events of one run, in Redis and, while it is unreachable, in memory."""

_CAP = b"%d" % LOG_CAP

RUNNING_SECONDS = 24 * 3600
"""Time to live of a log after its last event, while the run is active."""

ENDED_SECONDS = 3600
"""Time to live of a log after the end of its run."""

RENEW_SECONDS = 600
LINGER_SECONDS = 0.025
BATCH = 1_000
ABANDON_SECONDS = 60.0

Lane = Literal["text", "args"]

logger = logging.getLogger(__name__)


class RunWriter:
    """Writes the events of one attempt of one run, with consecutive ids.

    Call every method on the event loop; `append` and `delta` neither wait nor raise. While Redis is
    unreachable the newest `LOG_CAP` events are buffered and sent later.
    """

    def __init__(
        self, log: EventLog, key: str, attempt: int, first_seq: int, on_fenced: Callable[[], object] | None
    ) -> None:
        self.key = key
        self.attempt = attempt
        self._log = log
        self._next = first_seq
        self._on_fenced = on_fenced
        self._begun: set[tuple[Lane, str]] = set()
        self._pending: dict[tuple[Lane, str], list[str]] = {}
        self._unsent: deque[tuple[int, bytes]] = deque(maxlen=LOG_CAP)
        self._progress = asyncio.Event()
        self._fenced = False
        self._expire_in = RUNNING_SECONDS
        self._expiry_owed = False
        self._renew_at = 0.0
        self.closed_at: float | None = None

    @property
    def fenced(self) -> bool:
        """Whether a later attempt has written, so that this one cannot."""
        return self._fenced

    @property
    def last_id(self) -> LogId:
        """The newest assigned id."""
        return LogId(self.attempt, self._next - 1)

    @property
    def owing(self) -> bool:
        """Whether events or an expiry have to be sent."""
        return bool(self._unsent) or self._expiry_owed

    def append(self, event: bytes, *, now: bool = False) -> LogId:
        """Append one event; `now` sends it without delay."""
        self.seal()
        log_id = self._add(event)
        if now:
            self._log.send(self)
        else:
            self._log.linger(self)
        return log_id

    def delta(self, lane: Lane, item_id: str, text: str) -> None:
        """Add text to a message or to the arguments of a call.

        The first delta of an item is sent at once; later ones are merged for some 25 ms.
        """
        if not text:
            return
        item = (lane, item_id)
        if item in self._begun:
            self._pending.setdefault(item, []).append(text)
            self._log.linger(self)
        else:
            self._begun.add(item)
            self._pending.setdefault(item, []).append(text)
            self.seal()
            self._log.send(self)

    def seal(self) -> None:
        """Convert buffered deltas to events."""
        if self._pending:
            for (lane, item_id), pieces in self._pending.items():
                text = _whole("".join(pieces))
                self._add(text_delta(item_id, text) if lane == "text" else call_args(item_id, text))
            self._pending.clear()

    async def flush(self, timeout: float = 2.0) -> bool:  # noqa: ASYNC109 -- giving up is part of the answer
        """Wait until everything added so far is in the log.

        Returns:
            Whether they are; false when Redis is unreachable for longer than `timeout`, or when fenced.
        """
        self.seal()
        end = self._next
        if self.owing:
            self._log.send(self)
            with suppress(TimeoutError):
                async with asyncio.timeout(timeout):
                    while self.owing and not self._sent_before(end):
                        self._progress.clear()
                        await self._progress.wait()
        return not self._fenced and self._sent_before(end)

    async def close(self, *, ended: bool = True, timeout: float = 2.0) -> bool:  # noqa: ASYNC109 -- as flush
        """Flush; events not sent in time are retried in the background for a minute.

        Args:
            ended: Whether the run is over, so that its log expires in an hour.
            timeout: Seconds to wait at most.
        """
        self.closed_at = monotonic()
        if ended and not self._fenced:
            self._expire_in = ENDED_SECONDS
            self._expiry_owed = True
        return await self.flush(timeout)

    def _add(self, event: bytes) -> LogId:
        seq = self._next
        self._next = seq + 1
        if not self._fenced:
            self._unsent.append((seq, event))
        return LogId(self.attempt, seq)

    def _sent_before(self, seq: int) -> bool:
        return not self._expiry_owed and not (self._unsent and self._unsent[0][0] < seq)

    def due(self, limit: int) -> list[tuple[int, bytes]]:
        """The oldest unsent events."""
        return list(islice(self._unsent, limit))

    def expiry(self, now: float) -> int | None:
        """The time to live to set with the next batch, if it is due."""
        return self._expire_in if self._expiry_owed or now >= self._renew_at else None

    def renewed(self, seconds: int, now: float) -> None:
        """Note that the log's time to live was set to `seconds`."""
        if seconds == self._expire_in:
            self._expiry_owed = False
            self._renew_at = now + RENEW_SECONDS
        self._progress.set()

    def unsure(self) -> None:
        """Set the time to live again, since Redis may have restarted empty."""
        self._renew_at = 0.0

    def confirm(self, seq: int) -> None:
        """Note that everything up to `seq` is in the log."""
        while self._unsent and self._unsent[0][0] <= seq:
            self._unsent.popleft()
        self._progress.set()

    def fence(self) -> None:
        """Drop unsent events and notify the run: a later attempt has written."""
        if self._fenced:
            return
        self._fenced = True
        self.drop()
        if self._on_fenced is not None:
            asyncio.get_running_loop().call_soon(self._on_fenced)

    def drop(self) -> None:
        """Drop unsent events."""
        self._unsent.clear()
        self._pending.clear()
        self._expiry_owed = False
        self._progress.set()


class EventLog:
    """The writing side of all run logs of one process; due events of all runs share a pipeline."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._ready: dict[RunWriter, None] = {}
        self._lingering: dict[RunWriter, float] = {}
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._timer: asyncio.TimerHandle | None = None
        self._flusher: asyncio.Task[None] | None = None
        self._backoff = Backoff()

    def writer(
        self,
        scope: Scope,
        run_id: str,
        attempt: int,
        first_seq: int = 1,
        on_fenced: Callable[[], object] | None = None,
    ) -> RunWriter:
        """Create a writer for one attempt of a run.

        Args:
            scope: The run's business.
            run_id: The run.
            attempt: Counts the claims of the run; 0 before the first.
            first_seq: The next sequence number of the attempt.
            on_fenced: Called once when a later attempt has written.
        """
        return RunWriter(self, run_log_key(scope, run_id), attempt, first_seq, on_fenced)

    def send(self, writer: RunWriter) -> None:
        """Send the writer's events now."""
        self._lingering.pop(writer, None)
        self._ready[writer] = None
        if self._flusher is None or self._flusher.done():
            self._flusher = asyncio.create_task(self._flush_forever(), name="event-log-flusher")
        self._idle.clear()
        self._wake.set()

    def linger(self, writer: RunWriter) -> None:
        """Send the writer's events soon."""
        self._lingering.setdefault(writer, monotonic())
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LINGER_SECONDS, self._tick)

    async def close(self, timeout: float = 2.0) -> None:  # noqa: ASYNC109 -- giving up is part of the design
        """Send due events, for `timeout` seconds at most, and stop."""
        for writer in list(self._lingering):
            writer.seal()
            self.send(writer)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._flusher is None:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._idle.wait()
        self._flusher.cancel()
        with suppress(asyncio.CancelledError):
            await self._flusher
        self._flusher = None

    def _tick(self) -> None:
        """Send every writer that has lingered for at least half the time: fewer, larger pipelines."""
        self._timer = None
        now = monotonic()
        for writer, since in list(self._lingering.items()):
            if now - since < LINGER_SECONDS / 2:
                break
            writer.seal()
            self.send(writer)
        if self._lingering:
            oldest = next(iter(self._lingering.values()))
            delay = oldest + LINGER_SECONDS - now
            self._timer = asyncio.get_running_loop().call_later(delay, self._tick)

    async def _flush_forever(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._ready:
                if await self._deliver(self._take()):
                    self._recovered()
                else:
                    await self._failed()
            self._idle.set()

    def _take(self) -> list[tuple[RunWriter, list[tuple[int, bytes]]]]:
        """Take a batch of due events; a writer with more is queued behind the others."""
        batch: list[tuple[RunWriter, list[tuple[int, bytes]]]] = []
        room = BATCH
        for writer in list(self._ready):
            if room <= 0:
                break
            del self._ready[writer]
            events = writer.due(room)
            room -= len(events) or 1
            batch.append((writer, events))
        return batch

    async def _deliver(self, batch: list[tuple[RunWriter, list[tuple[int, bytes]]]]) -> bool:
        """Send one batch; writers with events left are queued again."""
        now = monotonic()
        pipe = self._redis.pipeline(transaction=False)
        expiries: list[int | None] = []
        for writer, events in batch:
            # Packed bytes: the client would encode every argument of every event again.
            key, attempt = writer.key.encode(), writer.attempt
            for seq, event in events:
                log_id = b"%d-%d" % (attempt, seq)
                pipe.execute_command("XADD", key, b"MAXLEN", _CAP, log_id, b"event", event)
            seconds = writer.expiry(now)
            expiries.append(seconds)
            if seconds is not None:
                pipe.execute_command("EXPIRE", key, seconds)
        fine = True
        try:
            replies = iter(await pipe.execute(raise_on_error=False))
            for (writer, events), seconds in zip(batch, expiries, strict=True):
                fine &= await self._settle(writer, events, replies)
                if seconds is not None and not isinstance(next(replies), Exception):
                    writer.renewed(seconds, now)
        except AWAY as error:
            self._report(error)
            fine = False
        except asyncio.CancelledError:
            for writer, _ in batch:
                self._ready[writer] = None
            raise
        for writer, _ in batch:
            if not fine:
                writer.unsure()
            if writer.owing:
                self._ready[writer] = None
        return fine

    async def _settle(self, writer: RunWriter, events: list[tuple[int, bytes]], replies: Any) -> bool:
        """Process the replies to one writer's events; return whether none has to be sent again."""
        confirmed, refused, fine = 0, 0, True
        for seq, _ in events:
            reply = next(replies)
            if not isinstance(reply, Exception):
                if fine:
                    confirmed = seq
            elif isinstance(reply, ResponseError) and "equal or smaller" in str(reply):
                refused = seq
            else:
                self._report(reply)
                fine = False
        if refused and await self._overtaken(writer):
            writer.fence()
            return True
        # The id is refused and no later attempt has written: it is in the log already, and the reply to an
        # earlier send was lost.
        if fine or confirmed:
            writer.confirm(max(confirmed, refused if fine else 0))
        return fine

    async def _overtaken(self, writer: RunWriter) -> bool:
        newest: Any = await self._redis.xrevrange(writer.key, count=1)
        return bool(newest) and LogId.parse(newest[0][0].decode()).attempt > writer.attempt

    def _report(self, error: BaseException) -> None:
        if self._backoff.failures == 0:
            logger.warning("Redis does not take events; they are kept and sent later: %s", error)

    def _recovered(self) -> None:
        if self._backoff.failures:
            logger.info("Redis takes events again")
            self._backoff.reset()

    async def _failed(self) -> None:
        now = monotonic()
        for writer in list(self._ready):
            if writer.closed_at is not None and now - writer.closed_at > ABANDON_SECONDS:
                writer.drop()
                del self._ready[writer]
        await self._backoff.pause()


def _whole(text: str) -> str:
    """Remove lone surrogates, which some providers send and JSON cannot encode."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
