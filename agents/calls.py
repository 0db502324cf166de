"""A model call: who pays for it, where its text goes, and its account with the meter."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from agents.tokens import TokenCounter
from core.content import PromptId
from core.scope import Scope
from core.usage import LedgerEntry

_log = logging.getLogger(__name__)

T = TypeVar("T")


class TextSink(Protocol):
    """Where the text of the current call goes, delta by delta."""

    def write(self, delta: str) -> None:
        """Take the next piece of the text."""
        ...

    def restart(self) -> None:
        """Forget what was written: the model is asked again."""
        ...


class Meter(Protocol):
    """The budget that every call passes."""

    async def reserve(self, scope: Scope, tokens: int, run_id: str | None) -> str:
        """Set tokens aside, or raise QuotaExhausted."""
        ...

    async def settle(self, scope: Scope, reservation_id: str, entry: LedgerEntry) -> None:
        """Replace the reservation by what was used; repeated calls change nothing."""
        ...


@dataclass(frozen=True)
class Call:
    """On whose account, for which agent and to where the current model call goes."""

    scope: Scope
    user_id: str | None = None
    run_id: str | None = None
    agent: str = ""
    prompt: PromptId | None = None
    sink: TextSink | None = None
    max_output: int | None = None
    temperature: float | None = None


_current: ContextVar[Call] = ContextVar("call")


@contextmanager
def calling(call: Call) -> Iterator[None]:
    """Make `call` the current one: models called inside belong to it."""
    token = _current.set(call)
    try:
        yield
    finally:
        _current.reset(token)


def current_call() -> Call:
    """The current call; a model call that belongs to nobody is a mistake in the code."""
    call = _current.get(None)
    if call is None:
        raise RuntimeError("a model was called outside `calling(...)`: nobody would pay for it")
    return call


@dataclass
class Account:
    """Reservations and their settlements, which cancelling cannot interrupt."""

    meter: Meter
    counter: TokenCounter
    _open: set[asyncio.Task[Any]] = field(default_factory=set)

    async def reserve(self, call: Call, tokens: int) -> str:
        """Set tokens aside; one that is cancelled meanwhile is given back."""
        task = self._start(self.meter.reserve(call.scope, tokens, call.run_id))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            self._start(self._give_back(call, task))
            raise

    async def settle(self, call: Call, reservation: str, entry: Awaitable[LedgerEntry]) -> LedgerEntry:
        """Settle, even when the caller is cancelled; a store that fails leaves it to the sweeper."""
        return await asyncio.shield(self._start(self._settled(call, reservation, entry)))

    async def drain(self) -> None:
        """Wait for what is still being settled."""
        while self._open:
            await asyncio.wait(self._open)

    def _start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._open.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._open.discard(task)
        if not task.cancelled():
            # Seen here too, since a cancelled caller does not ask for it any more.
            task.exception()

    async def _give_back(self, call: Call, reserving: asyncio.Task[str]) -> None:
        with suppress(Exception):
            unused = LedgerEntry(run_id=call.run_id, agent=call.agent, outcome="cancelled")
            await self.meter.settle(call.scope, await reserving, unused)

    async def _settled(self, call: Call, reservation: str, entry: Awaitable[LedgerEntry]) -> LedgerEntry:
        spent = await entry
        try:
            await self.meter.settle(call.scope, reservation, spent)
        except Exception:
            _log.exception("a model call could not be settled; the sweeper will charge it")
        return spent
