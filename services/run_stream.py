"""Stream a run's events to a reader: replayed, live, and rebuilt where the log has gaps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import timedelta

import orjson

from core.conversation import ENDED, Run
from core.errors import Deleted, NotFound, Unavailable
from core.events import (
    START,
    TERMINAL,
    LogId,
    OpenItems,
    StreamGap,
    custom,
    messages_snapshot,
    run_error,
    run_finished,
    run_started,
    state_snapshot,
)
from core.scope import Scope
from memory.database import Database
from memory.run_event_reader import Event, Gap, Idle, Item, RunEventReader, continues
from services.threads import Threads

Frame = tuple[LogId | None, bytes]
"""An event and its log id. Events generated for one reader have no id: a reader resumes after the last log
event that it received."""

END_IN_FLIGHT = timedelta(seconds=3)
"""Time after a run's end within which its last event may still be missing in the log."""

LOOK_AGAIN_SECONDS = 0.2
REPLAY_PAGE = 200
FIRST = LogId(0, 1)
"""`RUN_STARTED`."""

_TERMINAL_MARKS = tuple(f'"type":"{name}"'.encode() for name in TERMINAL)
_DELTAS = (b'{"type":"TEXT_MESSAGE_CONTENT"', b'{"type":"TOOL_CALL_ARGS"')
_HEAD = 64
"""Bytes of an event that contain its type."""


def is_terminal(event: bytes) -> bool:
    """Return whether the event is terminal."""
    return any(mark in event[:_HEAD] for mark in _TERMINAL_MARKS)


class RunStream:
    """Streams a run to readers, from any event on."""

    def __init__(
        self,
        database: Database,
        threads: Threads,
        reader: RunEventReader,
        in_flight: timedelta = END_IN_FLIGHT,
    ) -> None:
        self._database = database
        self._threads = threads
        self._reader = reader
        self._in_flight = in_flight

    async def follow(self, scope: Scope, run: Run, after: LogId = START) -> AsyncGenerator[Frame]:
        """Yield every event after `after`, up to the terminal one.

        After a gap the reader gets the ends of its open items, CUSTOM `marquee.stream_gap` and snapshots,
        then only events of items that it saw opened. If the log has expired and the run has ended, the ending
        is rebuilt from the documents. If the run is deleted, the stream ends with that problem.
        """
        reader = _Reader(after)
        try:
            async with aclosing(self._frames(scope, run, reader)) as frames:
                async for frame in frames:
                    yield frame
        except NotFound:
            if not reader.items.started:
                yield None, run_started(run.thread_client_id, run.client_id)
            for event in [*reader.items.closing(), run_error(Deleted("run").problem())]:
                yield None, event

    async def _frames(self, scope: Scope, run: Run, reader: _Reader) -> AsyncGenerator[Frame]:
        after = reader.last
        # If the start of the log is lost, the open items of a resuming reader are unknown.
        reader.gap = after > START and await self._begins_after(scope, run, FIRST)
        async with aclosing(self._items(scope, run, after)) as items:
            async for item in items:
                if isinstance(item, Idle):
                    run = await self._database.runs.get(scope, run.id)
                    if run.status in ENDED and not self._end_is_coming(run):
                        break
                elif isinstance(item, Gap):
                    reader.gap = True
                elif item.id == after:
                    return
                elif item.id < after:
                    # The run never had this id: send the ending.
                    break
                else:
                    if reader.gap or await self._lost_before(scope, run, reader.last, item.id):
                        for event in await self._catch_up(scope, run, reader):
                            yield None, event
                    if reader.broken and is_terminal(item.data):
                        run = await self._database.runs.get(scope, run.id)
                        for event in await self._snapshots(scope, run):
                            yield None, event
                    for frame in reader.take(item):
                        yield frame
                    if reader.items.ended:
                        return
        if reader.items.ended:
            return
        run = await self._database.runs.get(scope, run.id)
        for event in await self._ending(scope, run, reader):
            yield None, event

    async def _items(self, scope: Scope, run: Run, after: LogId) -> AsyncGenerator[Item]:
        """Yield the log after `after`; for an ended run without waiting for more."""
        if run.status not in ENDED:
            async with aclosing(self._reader.follow(scope, run.id, after)) as items:
                async for item in items:
                    yield item
            return
        while (recorded := await self._recorded(scope, run)) is None:  # noqa: ASYNC110 -- written elsewhere
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
        last = after
        for place, event in enumerate(recorded):
            if event.id > after:
                if not continues(last, event.id):
                    yield Gap(last)
                last = event.id
                yield event
            elif is_terminal(event.data):
                # The reader has received the end.
                yield event
            if place % REPLAY_PAGE == 0:
                await asyncio.sleep(0)

    async def _recorded(self, scope: Scope, run: Run) -> list[Event] | None:
        """Return the whole log of an ended run, or None while its last event may be missing."""
        try:
            events = await self._reader.tail(scope, run.id)
        except Unavailable:
            return []
        complete = bool(events) and is_terminal(events[-1].data)
        return None if not complete and self._end_is_coming(run) else events

    def _end_is_coming(self, run: Run) -> bool:
        """Return whether the last event of an ended run may still arrive in the log."""
        now = self._database.runs.clock.now()
        return run.finished_at is not None and now - run.finished_at < self._in_flight

    async def _lost_before(self, scope: Scope, run: Run, last: LogId, following: LogId) -> bool:
        """Return whether the last events of an earlier attempt may be lost."""
        if last == START or following.attempt == last.attempt:
            return False
        return await self._begins_after(scope, run, last)

    async def _begins_after(self, scope: Scope, run: Run, place: LogId) -> bool:
        """Return whether the event at `place` was trimmed; logs are only trimmed at the start."""
        try:
            first = await self._reader.first_id(scope, run.id)
        except Unavailable:
            return True
        return first is None or first > place

    async def _catch_up(self, scope: Scope, run: Run, reader: _Reader) -> list[bytes]:
        """Return the events for a reader that missed some."""
        events = reader.items.closing()
        if not reader.items.started:
            events.append(run_started(run.thread_client_id, run.client_id))
        events += [custom(StreamGap(after=str(reader.last))), *await self._snapshots(scope, run)]
        reader.caught_up()
        return events

    async def _ending(self, scope: Scope, run: Run, reader: _Reader) -> list[bytes]:
        """Return the ending of a run whose last events are not in the log."""
        if reader.items.started:
            events = [*reader.items.closing(), custom(StreamGap(after=str(reader.last)))]
        else:
            events = [run_started(run.thread_client_id, run.client_id)]
        events += await self._snapshots(scope, run)
        if run.status == "failed" and run.problem is not None:
            events.append(run_error(run.problem))
        else:
            usage = [use.model_dump() for use in run.usage]
            outcome = run.outcome or "cancelled"
            events.append(run_finished(run.thread_client_id, run.client_id, outcome, usage))
        return events

    async def _snapshots(self, scope: Scope, run: Run) -> list[bytes]:
        head = run.answer_id if run.status in ENDED else run.input.message_id
        messages = await self._threads.branch(scope, run.thread_id, head)
        thread = await self._database.threads.get(scope, run.thread_id)
        state = await self._threads.state(scope, thread.campaign_id or run.input.campaign_id)
        return [messages_snapshot(messages), state_snapshot(state)]


class _Reader:
    """The state of one reader: its position and open items."""

    def __init__(self, after: LogId) -> None:
        self.last = after
        self.gap = False
        self.broken = False
        self.items = OpenItems()
        self.items.started = after > START

    def caught_up(self) -> None:
        """Reset after a gap: nothing is open, and events of unopened items are skipped."""
        self.gap, self.broken = False, True
        self.items = OpenItems()
        self.items.started = True

    def take(self, event: Event) -> list[Frame]:
        """Return the frames for the next event of the log."""
        place = self.last = event.id
        # Deltas open and close nothing.
        if not self.broken and event.data.startswith(_DELTAS):
            return [(place, event.data)]
        told = orjson.loads(event.data)
        if self.broken and not self.items.fits(told):
            return []
        ends: list[Frame] = []
        if told["type"] in TERMINAL or told["type"] == "MESSAGES_SNAPSHOT":
            # Still open only if the closing events were lost between two attempts.
            ends = [(None, closing) for closing in self.items.closing()]
            for _, closing in ends:
                self.items.feed(orjson.loads(closing))
        self.items.feed(told)
        return [*ends, (place, event.data)]
