"""Read a run's log in tests, with a limit on the patience."""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import Sequence
from contextlib import aclosing

import orjson

from core.events import START, LogId
from core.scope import Scope
from memory.run_event_reader import Event, Gap, Idle, Item, RunEventReader
from tests.patience import PATIENCE

END = b"end"


async def until_end(feed: RunEventReader, scope: Scope, run_id: str, after: LogId = START) -> list[Item]:
    """Everything after `after` up to the event `END`, without what says idle."""
    items: list[Item] = []
    async with asyncio.timeout(PATIENCE), aclosing(feed.follow(scope, run_id, after)) as stream:
        async for item in stream:
            if isinstance(item, Idle):
                continue
            items.append(item)
            if isinstance(item, Event) and item.data == END:
                break
    return items


async def first_of(
    feed: RunEventReader, scope: Scope, run_id: str, kind: type[Item], after: LogId = START
) -> Item:
    """The first item of a kind."""
    async with asyncio.timeout(PATIENCE), aclosing(feed.follow(scope, run_id, after)) as stream:
        async for item in stream:
            if isinstance(item, kind):
                return item
    raise AssertionError("the feed never ends by itself")


def ids(items: Sequence[Item]) -> list[str]:
    """What came, as ids; a gap as `gap after <id>`."""
    return [f"gap after {item.after}" if isinstance(item, Gap) else str(item.id) for item in items]  # type: ignore[union-attr] # Idle is left out


def text_of(items: Sequence[Item]) -> str:
    """The text deltas put together."""
    events = [item for item in items if isinstance(item, Event) and item.data.startswith(b"{")]
    return "".join(orjson.loads(event.data).get("delta", "") for event in events)


class Processor:
    """How busy this process is."""

    def __init__(self) -> None:
        self._wall = time.monotonic()
        self._used = self._seconds()

    async def share_over(self, seconds: float) -> float:
        """The share when `seconds` more have passed: the one thing here that takes time to tell."""
        await asyncio.sleep(seconds)
        return self.share()

    def share(self) -> float:
        """Processor time since the start, by wall time."""
        return (self._seconds() - self._used) / (time.monotonic() - self._wall)

    @staticmethod
    def _seconds() -> float:
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return usage.ru_utime + usage.ru_stime
