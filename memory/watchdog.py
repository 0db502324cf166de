"""Detect processes that run but do not answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

Ask = Callable[[], Awaitable[bool]]

QUESTIONS = 6
"""Consecutive unanswered probes after which a process counts as hanging."""

BROKEN = 3
"""Weight of an answer that reports a broken process."""


class Broken(ConnectionError):
    """The process answers that it is broken."""


class Silence:
    """Counts consecutive unanswered probes.

    Args:
        seconds: Timeout of one probe. A probe that took twice as long is ignored: this process itself was
        suspended.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._missed = 0

    def note(self, missed: int, took: float) -> bool:
        """Record one probe.

        Args:
            missed: 0 when it was answered, else its weight.
            took: Seconds.

        Returns:
            Whether the process counts as hanging.
        """
        if not missed:
            self._missed = 0
        elif took < 2 * self._seconds:
            self._missed += missed
        return self._missed >= QUESTIONS


async def until_silent(ask: Ask, seconds: float) -> None:
    """Probe until nothing was answered for `seconds`, or `Broken` was raised twice.

    Args:
        ask: The probe; an `OSError` counts as no answer.
        seconds: The length of the silence; a process that is busy for part of it is not affected.
    """
    clock = asyncio.get_running_loop().time
    each = seconds / QUESTIONS
    silence = Silence(each)
    while True:
        began = clock()
        missed = 1
        try:
            async with asyncio.timeout(each):
                missed = 0 if await ask() else 1
        except Broken:
            missed = BROKEN
        except OSError:
            pass
        if silence.note(missed, clock() - began):
            return
        await asyncio.sleep(max(0.0, began + each - clock()))


class Heartbeat:
    """A file that a process touches while its event loop runs."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = 0

    async def answers(self) -> bool:
        """Return whether it was touched since the last probe, without comparing clocks."""
        touched = self._path.stat().st_mtime_ns
        fresh, self._seen = touched != self._seen, touched
        return fresh


async def beat(path: Path, every: float) -> None:
    """Touch the file at intervals, until cancelled."""
    while True:
        _touch(path)
        await asyncio.sleep(every)


def _touch(path: Path) -> None:
    # On a full disk the file cannot be created, but an existing one can be touched.
    with suppress(OSError):
        path.touch()
