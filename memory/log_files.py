"""Bound the size of another process's log file."""

from __future__ import annotations

import asyncio
import os
import shutil
from contextlib import suppress
from pathlib import Path

LOG_BYTES = 10_000_000
"""Size from which a log becomes `<name>.log.1`; a process has at most two such files."""

LOOK_SECONDS = 1.0


def rotate(log: Path, most: int = LOG_BYTES) -> None:
    """Copy an oversized log to `<name>.log.1` and truncate it.

    The writer must have opened the file for appending. Lines written between the two steps are lost, and on a
    full disk the copy is lost: the bound takes precedence.
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
    """Check a log every second, until cancelled."""
    while True:
        with suppress(OSError):
            await asyncio.to_thread(rotate, log)
        await asyncio.sleep(LOOK_SECONDS)
