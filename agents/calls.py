"""A model call: its budget, its output sink, and its reservations."""

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
    """The sink for the text deltas of the current call."""

    def write(self, delta: str) -> None:
        """Receive the next delta."""
        ...

    def restart(self) -> None:
        """Discard the text so far: the model is called again."""
        ...


class Meter(Protocol):
    """The budget that every call passes."""

    async def reserve(self, scope: Scope, tokens: int, run_id: str | None) -> str:
        """Reserve tokens, or raise QuotaExhausted."""
        ...

    async def settle(self, scope: Scope, reservation_id: str, entry: LedgerEntry) -> None:
        """Replace the reservation by the used tokens; idempotent."""
        ...


@dataclass(frozen=True)
class Call:
    """The budget, agent and sink of the current model call."""

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
    """Set the current call for models called inside the block."""
    token = _current.set(call)
    try:
        yield
    finally:
        _current.reset(token)


def current_call() -> Call:
    """Return the current call; a RuntimeError means that no budget was set."""
    call = _current.get(None)
    if call is None:
        raise RuntimeError("a model was called outside `calling(...)`: nobody would pay for it")
    return call


@dataclass
class Account:
    """Reservations and settlements, shielded from cancellation."""

    meter: Meter
    counter: TokenCounter
    _open: set[asyncio.Task[Any]] = field(default_factory=set)

    async def reserve(self, call: Call, tokens: int) -> str:
        """Reserve tokens; the reservation is returned if the caller is cancelled meanwhile."""
        task = self._start(self.meter.reserve(call.scope, tokens, call.run_id))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            self._start(self._give_back(call, task))
            raise

    async def settle(self, call: Call, reservation: str, entry: Awaitable[LedgerEntry]) -> LedgerEntry:
        """Settle, even when the caller is cancelled; if the store fails, the sweeper settles."""
        return await asyncio.shield(self._start(self._settled(call, reservation, entry)))

    async def drain(self) -> None:
        """Wait for open settlements."""
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
            # Retrieve the exception here: a cancelled caller does not.
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
