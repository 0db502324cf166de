"""A run's events as one reader sees them: replayed, live, and rebuilt where the log has gaps."""

from __future__ import annotations

from collections.abc import AsyncIterator

import orjson

from core.conversation import ENDED, Run
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
from memory.event_feed import Event, EventFeed, Gap
from services.threads import Threads, branch

Frame = tuple[LogId, bytes]

_TERMINAL_MARKS = tuple(f'"type":"{name}"'.encode() for name in TERMINAL)
_HEAD = 64
"""Bytes in which an event names its type."""


def is_terminal(event: bytes) -> bool:
    """Whether nothing follows the event."""
    return any(mark in event[:_HEAD] for mark in _TERMINAL_MARKS)


class Following:
    """Streams a run to any number of readers, from any event on."""

    def __init__(self, database: Database, threads: Threads, feed: EventFeed) -> None:
        self._database = database
        self._threads = threads
        self._feed = feed

    async def follow(self, scope: Scope, run: Run, after: LogId = START) -> AsyncIterator[Frame]:
        """Every event behind `after`, up to the one that ends the run.

        Where events are missing the reader gets CUSTOM `stream_gap` and snapshots, and from then on only
        events of items that it saw opened. When the log is gone and the run has ended, the ending is
        rebuilt from the documents.
        """
        seen = OpenItems()
        seen.started = after > START
        last, gap, broken = after, False, False
        async for item in self._feed.follow(scope, run.id, after):
            if isinstance(item, Gap):
                gap = broken = True
            elif isinstance(item, Event):
                if gap:
                    for frame in await self._catch_up(scope, run, seen, last, item.id):
                        yield frame
                    gap = False
                if broken:
                    event = orjson.loads(item.data)
                    if event["type"] in TERMINAL:
                        break
                    if not seen.fits(event):
                        continue
                    seen.feed(event)
                seen.started = True
                last = item.id
                yield item.id, item.data
                if is_terminal(item.data):
                    return
            else:
                run = await self._database.runs.get(scope, run.id)
                if run.status in ENDED:
                    break
        run = await self._database.runs.get(scope, run.id)
        for frame in await self._ending(scope, run, seen):
            yield frame

    async def _catch_up(
        self, scope: Scope, run: Run, seen: OpenItems, last: LogId, before: LogId
    ) -> list[Frame]:
        """What a reader needs who missed the events between `last` and `before`."""
        events = [] if seen.started else [run_started(run.thread_client_id, run.client_id)]
        events += [custom(StreamGap(after=str(last))), *await self._snapshots(scope, run)]
        seen.started = True
        first = max(before.seq - len(events), last.seq + 1 if last.attempt == before.attempt else 0)
        return [(LogId(before.attempt, first + place), event) for place, event in enumerate(events)]

    async def _ending(self, scope: Scope, run: Run, seen: OpenItems) -> list[Frame]:
        """The end of a run whose last events the reader cannot get from the log."""
        events = [] if seen.started else [run_started(run.thread_client_id, run.client_id)]
        events += seen.closing()
        events += await self._snapshots(scope, run)
        if run.status == "failed" and run.problem is not None:
            events.append(run_error(run.problem))
        else:
            usage = [use.model_dump() for use in run.usage]
            outcome = run.outcome or "cancelled"
            events.append(run_finished(run.thread_client_id, run.client_id, outcome, usage))
        return [(LogId(run.attempt + 1, place), event) for place, event in enumerate(events, start=1)]

    async def _snapshots(self, scope: Scope, run: Run) -> list[bytes]:
        messages = await self._threads.messages(scope, run.thread_id)
        head = run.answer_id if run.status in ENDED else run.input.message_id
        thread = await self._database.threads.get(scope, run.thread_id)
        state = await self._threads.state(scope, thread.campaign_id or run.input.campaign_id)
        return [messages_snapshot(branch(messages, head)), state_snapshot(state)]
