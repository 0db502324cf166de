"""Which parts of the installation answer, and how fast."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Literal

State = Literal["up", "down"]
Check = Callable[[], Awaitable[None]]

WAIT_SECONDS = 5.0
FRESH_SECONDS = 1.0
"""So long an answer serves everybody who asks: anybody may, and a check costs a write."""


@dataclass(frozen=True)
class Part:
    """One part as it was just found. Without a needed one nothing works; the others only degrade."""

    name: str
    state: State
    needed: bool
    ms: float


class HealthChecks:
    """The parts by name; each is asked by its own check, which raises when the part does not answer."""

    def __init__(self, needed: Mapping[str, Check], others: Mapping[str, Check]) -> None:
        self._checks = [(name, check, True) for name, check in needed.items()]
        self._checks += [(name, check, False) for name, check in others.items()]
        self._one_look = asyncio.Lock()
        self._found: list[Part] = []
        self._fresh_until = 0.0

    async def look(self) -> list[Part]:
        """What was found in the last second, else ask all of them at once, for five seconds at most."""
        async with self._one_look:
            if time.monotonic() >= self._fresh_until:
                self._found = list(await asyncio.gather(*(self._ask(*entry) for entry in self._checks)))
                self._fresh_until = time.monotonic() + FRESH_SECONDS
            return self._found

    async def _ask(self, name: str, check: Check, needed: bool) -> Part:
        started = time.perf_counter()
        state: State = "up"
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await check()
        # Whatever a driver raises means the same here: the part does not answer.
        except Exception:
            state = "down"
        return Part(name, state, needed, round((time.perf_counter() - started) * 1000, 1))
