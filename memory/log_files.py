"""Keep the log that another process writes within a bound."""

from __future__ import annotations

import asyncio
import os
import shutil
from contextlib import suppress
from pathlib import Path

LOG_BYTES = 10_000_000
"""A log that is longer becomes `<name>.log.1`; a process has two such files at most."""

LOOK_SECONDS = 1.0


def rotate(log: Path, most: int = LOG_BYTES) -> None:
    """Copy a log that is too long to `<name>.log.1` and empty it.

    The writer goes on in the same file: it must have opened it for appending. What it writes between the two
    steps is lost, and so is the copy where the disk is full: the bound counts more.
    """
    if not log.exists() or log.stat().st_size <= most:
        return
    older = log.with_suffix(".log.1")
    try:
        shutil.copyfile(log, older)
    except OSError:
        with suppress(OSError):
            older.unlink(missing_ok=True)
    os.truncate(log, 0)


async def tend(log: Path) -> None:
    """Look at a log every second, until cancelled."""
    while True:
        with suppress(OSError):
            await asyncio.to_thread(rotate, log)
        await asyncio.sleep(LOOK_SECONDS)
