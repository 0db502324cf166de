"""Notice a process that lives but does not answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

Ask = Callable[[], Awaitable[bool]]

QUESTIONS = 6
"""So many in a row without an answer, and a process counts as hanging."""

BROKEN = 3
"""An answer that says that nothing works any more counts as so many without one."""


class Broken(ConnectionError):
    """What answers says that it cannot do the simplest thing."""


class Silence:
    """Counts the questions in a row that stayed without an answer.

    Args:
        seconds: How long one question may take. One that took twice as long says nothing: it is the asker
            that did not run meanwhile, because it was stopped or the machine slept.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._missed = 0

    def note(self, missed: int, took: float) -> bool:
        """Take note of one question.

        Args:
            missed: 0 when it was answered, else as how many unanswered ones it counts.
            took: Seconds.

        Returns:
            Whether the process counts as hanging now.
        """
        if not missed:
            self._missed = 0
        elif took < 2 * self._seconds:
            self._missed += missed
        return self._missed >= QUESTIONS


async def until_silent(ask: Ask, seconds: float) -> None:
    """Ask again and again, and return when nothing was answered for so long, or twice that it is broken.

    Args:
        ask: Whether the process answers; an `OSError` counts as no.
        seconds: The whole silence; a process that is busy for a part of it is left alone.
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
    """A file that a process touches as long as its event loop turns."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = 0

    async def answers(self) -> bool:
        """Whether it was touched since the last question; the two clocks are never compared."""
        touched = self._path.stat().st_mtime_ns
        fresh, self._seen = touched != self._seen, touched
        return fresh


async def beat(path: Path, every: float) -> None:
    """Touch the file every so many seconds, until cancelled."""
    while True:
        _touch(path)
        await asyncio.sleep(every)


def _touch(path: Path) -> None:
    # On a full disk the file cannot be made, but one that is there can be touched.
    with suppress(OSError):
        path.touch()
