"""Run rules over foreign text in a process of their own, under a deadline that the kernel keeps.

A pattern that takes too long holds the interpreter lock, so a thread would stop its whole process, and
nothing can interrupt it there. Here it costs the child: its CPU timer ends it wherever it is, also when the
parent has gone, and the next call starts a new one.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

_log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

CPU_SECONDS = 2.0
"""CPU time that one call may take: some ten times what the longest honest text needs."""

_WALL_SECONDS = 60.0
"""A child that is stopped or starved uses no CPU time; after so long it is replaced all the same."""

_LOGGED = 200
"""Characters of an error that are noted: it may quote the text."""

_ROOT = Path(__file__).resolve().parents[1]


class CheckStopped(Exception):
    """A call was ended at its deadline, or failed: its text is not checked."""


class CheckProcess:
    """One child process that calls plain functions; calls wait for each other."""

    def __init__(self, cpu_seconds: float = CPU_SECONDS) -> None:
        self._cpu_seconds = cpu_seconds
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="checks")
        self._child: tuple[subprocess.Popen[bytes], Connection] | None = None

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function of a module that the child can import, with values that can be pickled.

        Raises:
            CheckStopped: It passed its deadline or raised.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._call, function, args, kwargs)

    async def close(self) -> None:
        """End the child; a call under way is stopped."""
        if self._child is not None:
            self._child[0].kill()
        await asyncio.to_thread(self._thread.shutdown, cancel_futures=True)
        self._end()

    def _call(self, function: Callable[..., T], args: tuple[object, ...], kwargs: dict[str, object]) -> T:
        name = function.__qualname__
        value: Any
        try:
            pipe = self._running()
            pipe.send((function, args, kwargs))
            answered = pipe.poll(_WALL_SECONDS)
            returned, value = pipe.recv() if answered else (False, "it used no time")
        except (EOFError, OSError):
            answered, returned, value = False, False, "it passed its deadline"
        if not answered:
            self._end()
        if not returned:
            _log.warning("%s was stopped: %s", name, value)
            raise CheckStopped(name)
        result: T = value
        return result

    def _running(self) -> Connection:
        """The connection to a child that lives."""
        if self._child is not None and self._child[0].poll() is None:
            return self._child[1]
        self._end()
        ours, theirs = Pipe()
        with theirs:
            child = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-m", __name__, str(theirs.fileno()), str(self._cpu_seconds)],
                cwd=_ROOT,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                # Ctrl-C in a terminal goes to the whole group; the child ends with its parent.
                start_new_session=True,
            )
        self._child = child, ours
        return ours

    def _end(self) -> None:
        if self._child is not None:
            child, pipe = self._child
            self._child = None
            pipe.close()
            child.kill()
            child.wait()


def serve(pipe: Connection, cpu_seconds: float) -> None:
    """Answer calls until the parent is gone."""
    while True:
        try:
            function, args, kwargs = pipe.recv()
        except EOFError:
            return
        # Nobody handles the signal: its default action ends the process, in the middle of a match too.
        signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
        try:
            answer = True, function(*args, **kwargs)
        except Exception as error:
            answer = False, repr(error)[:_LOGGED]
        signal.setitimer(signal.ITIMER_PROF, 0)
        pipe.send(answer)


if __name__ == "__main__":
    serve(Connection(int(sys.argv[1])), float(sys.argv[2]))
