"""Which parts of the installation answer, and how fast."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Literal

State = Literal["up", "down"]
Check = Callable[[], Awaitable[None]]

WAIT_SECONDS = 2.0


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

    async def look(self) -> list[Part]:
        """Ask all of them at once, for two seconds at most."""
        return list(await asyncio.gather(*(self._ask(*entry) for entry in self._checks)))

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
