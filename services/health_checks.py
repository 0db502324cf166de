"""Check the parts of the installation, with latencies."""

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
"""Seconds for which a result is cached: the endpoint is public, and a check costs a write."""


@dataclass(frozen=True)
class Part:
    """The result for one part: without a needed part nothing works, without another service is degraded."""

    name: str
    state: State
    needed: bool
    ms: float


class HealthChecks:
    """The checks of the parts by name; a check raises when its part does not answer."""

    def __init__(self, needed: Mapping[str, Check], others: Mapping[str, Check]) -> None:
        self._checks = [(name, check, True) for name, check in needed.items()]
        self._checks += [(name, check, False) for name, check in others.items()]
        self._one_look = asyncio.Lock()
        self._found: list[Part] = []
        self._fresh_until = 0.0

    async def look(self) -> list[Part]:
        """Return the cached result, else check all parts at once, for five seconds at most."""
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
        # Any exception of a driver means that the part does not answer.
        except Exception:
            state = "down"
        return Part(name, state, needed, round((time.perf_counter() - started) * 1000, 1))
