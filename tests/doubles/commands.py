"""Several actors send their database commands one at a time, in an order that the test chooses."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from contextvars import ContextVar
from typing import Any

from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)

Choose = Callable[[Mapping[str, str]], str]
"""Which of the actors that wait goes next; each with its command, such as `insert content`."""

SETTLE_SECONDS = 0.2
"""An actor that has sent nothing for so long waits for something else: a pause, another store."""

STUCK_SECONDS = 60.0

_actor: ContextVar[str | None] = ContextVar("actor", default=None)


class Commands(CommandListener):
    """Holds back each command of an actor until it is that actor's turn; other commands pass.

    Give it to the client as a listener: the driver calls it right before a command leaves, in the context of
    the task that sends it.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, deque[tuple[str, threading.Event]]] = {}
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._arrived = asyncio.Event()

    def started(self, event: CommandStartedEvent) -> None:
        """Wait for the actor's turn."""
        name = _actor.get()
        if name is None or self._loop is None:
            return
        collection = event.command.get(event.command_name)
        turn = threading.Event()
        with self._lock:
            waiting = self._waiting.setdefault(name, deque())
            waiting.append((f"{event.command_name} {collection}", turn))
        self._loop.call_soon_threadsafe(self._arrived.set)
        turn.wait(STUCK_SECONDS)

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """The next command may come."""

    def failed(self, event: CommandFailedEvent) -> None:
        """The next command may come."""

    async def run(
        self,
        actors: Mapping[str, Coroutine[Any, Any, Any]],
        choose: Choose,
        killed: Mapping[str, int] | None = None,
    ) -> dict[str, Any]:
        """Run every actor to its end; what came of each: its result, or what it raised.

        Args:
            actors: What each does.
            choose: Whose command goes next.
            killed: After how many of its commands an actor dies, with the next one just sent.
        """
        self._loop = asyncio.get_running_loop()
        tasks = {name: asyncio.create_task(_as(name, work)) for name, work in actors.items()}
        for task in tasks.values():
            task.add_done_callback(lambda _: self._arrived.set())
        sent = dict.fromkeys(tasks, 0)
        try:
            async with asyncio.timeout(STUCK_SECONDS):
                while ready := await self._settled(tasks):
                    name = choose(ready)
                    if (killed or {}).get(name) == sent[name]:
                        tasks[name].cancel()
                    sent[name] += 1
                    self._let_go(name)
                results = await asyncio.gather(*tasks.values(), return_exceptions=True)
        finally:
            self._loop = None
            for name in list(self._waiting):
                while self._waiting[name]:
                    self._let_go(name)
        return dict(zip(tasks, results, strict=True))

    async def _settled(self, tasks: Mapping[str, asyncio.Task[Any]]) -> dict[str, str]:
        """Who waits with which command, once each does, has ended, or sends nothing for a while."""
        while True:
            self._arrived.clear()
            with self._lock:
                ready = {name: self._waiting[name][0][0] for name in tasks if self._waiting.get(name)}
            if all(name in ready or task.done() for name, task in tasks.items()):
                return ready
            try:
                async with asyncio.timeout(SETTLE_SECONDS if ready else None):
                    await self._arrived.wait()
            except TimeoutError:
                return ready

    def _let_go(self, name: str) -> None:
        with self._lock:
            _, turn = self._waiting[name].popleft()
        turn.set()


async def _as(name: str, work: Coroutine[Any, Any, Any]) -> Any:
    _actor.set(name)
    return await work
