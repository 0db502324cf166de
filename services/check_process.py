"""Run rules on untrusted text in a child process with a CPU deadline enforced by the kernel.

A slow pattern holds the interpreter lock: in a thread it would block the whole process and could not be
interrupted. Here the CPU timer ends the child, even if the parent is gone, and the next call starts a new
one.
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
from weakref import WeakValueDictionary

import numpy  # noqa: F401 - its threads can be limited once it is loaded
from threadpoolctl import threadpool_limits

_log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

CPU_SECONDS = 3.0
"""CPU seconds of one call: some ten times what the longest ordinary text needs."""

WALL_SECONDS = 60.0
"""Seconds after which a child is replaced that is stopped or starved and uses no CPU time."""

_LOGGED = 200
"""Limit of logged characters of an error, which may quote the text."""

_ROOT = Path(__file__).resolve().parents[1]


class CheckStopped(Exception):
    """A call passed its deadline or failed: its text is not checked."""


class CheckProcess:
    """One child process that calls functions, one at a time."""

    def __init__(self, cpu_seconds: float = CPU_SECONDS, wall_seconds: float = WALL_SECONDS) -> None:
        self._cpu_seconds = cpu_seconds
        self._wall_seconds = wall_seconds
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="checks")
        self._child: tuple[subprocess.Popen[bytes], Connection] | None = None
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def call_for(self, owner: str, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Like `call`, with at most one call of each owner in the queue, so that no owner fills it.

        Raises:
            CheckStopped: It passed its deadline or raised.
        """
        turn = self._turns.setdefault(owner, asyncio.Lock())
        async with turn:
            return await self.call(function, *args, **kwargs)

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function of a module that the child can import, with values that can be pickled.

        Raises:
            CheckStopped: The call passed its deadline or raised.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._call, function, args, kwargs)

    async def close(self) -> None:
        """End the child and any running call."""
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
            answered = pipe.poll(self._wall_seconds)
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
        """Return the connection to a living child; start one if needed."""
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
    # More threads would only spin: the matrices of one draft are small.
    threadpool_limits(limits=1)
    while True:
        try:
            function, args, kwargs = pipe.recv()
        except EOFError:
            return
        # The default action of the signal ends the process, even inside a pattern match.
        signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
        try:
            answer = True, function(*args, **kwargs)
        except Exception as error:
            answer = False, repr(error)[:_LOGGED]
        signal.setitimer(signal.ITIMER_PROF, 0)
        pipe.send(answer)


if __name__ == "__main__":
    serve(Connection(int(sys.argv[1])), float(sys.argv[2]))
