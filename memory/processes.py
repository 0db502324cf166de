"""A supervised process: adopt an orphan, spawn, wait until ready, restart, stop."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from core.errors import Unavailable
from memory.log_files import rotate, tend
from memory.watchdog import Ask, until_silent

log = logging.getLogger(__name__)

POLL_SECONDS = 0.2
ADOPT_SECONDS = 5.0
ORPHAN_STOP_SECONDS = 5.0
FIRST_PAUSE, LONGEST_PAUSE, STEADY_SECONDS = 0.2, 30.0, 60.0

# The shell writes its own pid before it execs the program, so that a killed supervisor cannot leave a process
# without a pid file. It overwrites in place, which works on a full disk, and pads a shorter pid.
_NOTE_PID = 'printf "%-20s\\n" $$ 1<>"$0" && exec "$@"'

# Asks Linux for SIGTERM when the supervisor dies (kept over exec), then becomes the program.
_TETHER = (
    "import ctypes, os, sys\n"
    "if sys.platform == 'linux':\n"
    "    ctypes.CDLL(None).prctl(1, 15)\n"
    "    os.getppid() == int(sys.argv[1]) or sys.exit(1)\n"
    "os.execv(sys.argv[2], sys.argv[2:])\n"
)


class ProcessFailed(Unavailable):
    """A required process did not become ready."""


@dataclass(frozen=True)
class ProcessPlan:
    """How to run a process, and how to recognise it.

    Attributes:
        name: The stem of its log, pid and record files.
        label: Its name for people, as in "The API".
        command: The program and its arguments.
        title: The end of its command line while it runs.
        directory: Its data directory.
        ready: A probe (an `OSError` counts as not ready), or the line that it prints when ready.
        alive: A liveness probe (an `OSError` counts as no answer), or None.
        silent_seconds: Seconds without an answer after which it is killed and restarted.
        port: The loopback port that it must listen on to count as ready.
        cwd: The working directory.
        env: Additional environment variables.
        adoptable: Whether a healthy orphan is adopted; otherwise it is restarted.
        tethered: Whether it dies with the supervisor, if the system supports that.
        start_seconds: Seconds to become ready; its exit is noticed at once.
        stop_seconds: Seconds to end before it is killed.
    """

    name: str
    label: str
    command: tuple[str, ...]
    title: str
    directory: Path
    ready: Callable[[], Awaitable[bool]] | re.Pattern[bytes] = re.compile(rb"")
    alive: Ask | None = None
    silent_seconds: float = 30.0
    port: int | None = None
    cwd: Path | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    adoptable: bool = False
    tethered: bool = False
    start_seconds: float = 60.0
    stop_seconds: float = 10.0

    @property
    def log(self) -> Path:
        """The file of its output."""
        return self.directory / "logs" / f"{self.name}.log"

    @property
    def record(self) -> Path:
        """The record by which the next supervisor recognises it, written before the start."""
        return self.directory / "run" / f"{self.name}.json"

    @property
    def pid_file(self) -> Path:
        """The file of its pid, written by itself."""
        return self.directory / "run" / f"{self.name}.pid"


def recorded_port(directory: Path, name: str) -> int | None:
    """Return the last port of a process of this directory."""
    port = _record(directory / "run" / f"{name}.json", directory).get("port")
    return port if isinstance(port, int) else None


def command_line(pid: int) -> str:
    """Return a process's command line, joined by spaces; empty if it is gone or a zombie."""
    if Path("/proc/self/cmdline").exists():
        try:
            return (
                Path(f"/proc/{pid}/cmdline")
                .read_bytes()
                .rstrip(b"\0")
                .replace(b"\0", b" ")
                .decode(errors="replace")
            )
        except OSError:
            return ""
    ps = shutil.which("ps") or "/bin/ps"
    shown = subprocess.run([ps, "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True)  # noqa: S603 - fixed arguments
    return shown.stdout.strip()


def listens(pid: int, port: int) -> bool:
    """Return whether the process listens on the IPv4 port; true if the system does not tell."""
    table = Path("/proc/net/tcp")
    if not table.exists():
        return True
    rows = [line.split() for line in table.read_text().splitlines()[1:]]
    sockets = {f"socket:[{row[9]}]" for row in rows if row[3] == "0A" and row[1].endswith(f":{port:04X}")}
    with suppress(OSError):
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                if str(descriptor.readlink()) in sockets:
                    return True
    return False


class SupervisedProcess:
    """A process and its restarts."""

    def __init__(self, plan: ProcessPlan) -> None:
        self.plan = plan
        self._child: subprocess.Popen[bytes] | None = None
        self._orphan: int | None = None
        self._log_start = 0

    @property
    def pid(self) -> int | None:
        """The pid while it lives."""
        if self._child is not None:
            return self._child.pid if self._child.poll() is None else None
        if self._orphan is not None and command_line(self._orphan).endswith(self.plan.title):
            return self._orphan
        return None

    @property
    def adopted(self) -> bool:
        """Whether an earlier supervisor started it."""
        return self._child is None and self._orphan is not None

    async def start(self) -> None:
        """Adopt or stop an orphan, start if needed, and wait until ready.

        Raises:
            ProcessFailed: It ended, or was not ready in time; it was stopped.
        """
        if not await self._heal():
            await self._start_new()

    async def run_once(self) -> None:
        """Run it to its end instead of until it is ready.

        Raises:
            ProcessFailed: It ended with another status than 0.
        """
        await self.stop_orphan()
        child = self._spawn()
        await _until(lambda: child.poll() is not None)
        if child.returncode:
            raise ProcessFailed(f"{self.plan.label} failed{self._status()}{self._last_words()}.")

    async def stop_orphan(self) -> None:
        """Stop an orphan without starting a process."""
        orphan = self._find_orphan()
        if orphan is not None:
            await self._end(*orphan, min(self.plan.stop_seconds, ORPHAN_STOP_SECONDS))

    async def keep(self) -> NoReturn:
        """Restart it whenever it ends or stops answering, with growing pauses, until cancelled."""
        clock = asyncio.get_running_loop().time
        pause = FIRST_PAUSE
        while True:
            since = clock()
            await self._until_gone()
            if clock() - since > STEADY_SECONDS:
                pause = FIRST_PAUSE
            log.warning("%s ended%s and is restarted.", self.plan.label, self._status())
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
            try:
                await self._start_new()
            except ProcessFailed as error:
                log.error("%s", error.detail)  # noqa: TRY400 - the sentence says all, the trace is ours

    async def _until_gone(self) -> None:
        """Wait for its end, kill it when it stays silent, and rotate its log meanwhile."""
        beside: list[asyncio.Task[None]] = [asyncio.create_task(tend(self.plan.log))]
        if self.plan.alive is not None:
            beside.append(asyncio.create_task(self._end_when_silent(self.plan.alive)))
        try:
            await _until(lambda: self.pid is None, every=POLL_SECONDS)
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)

    async def _end_when_silent(self, alive: Ask) -> None:
        await until_silent(alive, self.plan.silent_seconds)
        log.error("%s does not answer as it should.", self.plan.label)
        if (pid := self.pid) is not None:
            _kill(pid)

    async def stop(self) -> None:
        """Terminate it, and kill it if it does not end."""
        pid = self.pid
        if pid is not None:
            await self._end(pid, self.plan.title, self.plan.stop_seconds)
        self._child = self._orphan = None

    def kill(self) -> None:
        """Kill it and its children."""
        pid = self.pid
        if pid is not None:
            _kill(pid)
            if self._child is not None:
                self._child.wait()

    async def _heal(self) -> bool:
        orphan = self._find_orphan()
        if orphan is None:
            return False
        pid, title = orphan
        if self.plan.adoptable and title == self.plan.title:
            self._orphan = pid
            with suppress(ProcessFailed):
                await self._until_ready(ADOPT_SECONDS)
                return True
            self._orphan = None
        await self._end(pid, title, min(self.plan.stop_seconds, ORPHAN_STOP_SECONDS))
        return False

    def _find_orphan(self) -> tuple[int, str] | None:
        """Return the recorded pid and title if such a process is alive."""
        title = _record(self.plan.record, self.plan.directory).get("title")
        try:
            pid = int(self.plan.pid_file.read_text())
        except (OSError, ValueError):
            return None
        if not isinstance(title, str) or not title or not command_line(pid).endswith(title):
            return None
        return pid, title

    async def _start_new(self) -> None:
        self._spawn()
        try:
            await self._until_ready(self.plan.start_seconds)
        except ProcessFailed:
            await self.stop()
            raise

    def _spawn(self) -> subprocess.Popen[bytes]:
        plan = self.plan
        try:
            for folder in (plan.log.parent, plan.record.parent):
                folder.mkdir(parents=True, exist_ok=True)
            rotate(plan.log)
            self._log_start = plan.log.stat().st_size if plan.log.exists() else 0
            self._write_record()
        except OSError as error:
            raise ProcessFailed(f"{plan.label} cannot be started: {error.strerror}.") from error
        command = plan.command
        if plan.tethered:
            command = (sys.executable, "-I", "-S", "-c", _TETHER, str(os.getpid()), *command)
        with plan.log.open("ab") as output:
            self._child = subprocess.Popen(  # noqa: S603 - our own command lines
                ["/bin/sh", "-c", _NOTE_PID, str(plan.pid_file), *command],
                cwd=plan.cwd,
                env={**os.environ, **plan.env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Ctrl-C in a terminal goes to the whole group; only the supervisor stops processes, in order.
                start_new_session=True,
            )
        return self._child

    def _write_record(self) -> None:
        plan = self.plan
        record = {"directory": str(plan.directory), "title": plan.title, "port": plan.port}
        # On a full disk the earlier record is kept.
        if _record(plan.record, plan.directory) != record:
            draft = plan.record.with_suffix(".new")
            draft.write_text(json.dumps(record))
            draft.replace(plan.record)

    async def _until_ready(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while loop.time() < deadline:
            pid = self.pid
            if pid is None:
                raise ProcessFailed(
                    f"{self.plan.label} ended while it started{self._status()}{self._last_words()}."
                )
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout_at(deadline):
                    if await self._ready() and (self.plan.port is None or listens(pid, self.plan.port)):
                        return
            await asyncio.sleep(0.02)
        raise ProcessFailed(
            f"{self.plan.label} was not ready within {seconds:g} seconds{self._last_words()}."
        )

    async def _ready(self) -> bool:
        if isinstance(self.plan.ready, re.Pattern):
            with self.plan.log.open("rb") as output:
                output.seek(self._log_start)
                return self.plan.ready.search(output.read()) is not None
        return await self.plan.ready()

    async def _end(self, pid: int, title: str, seconds: float) -> None:
        """Stop a recognised process: SIGTERM, then SIGKILL to it and its children."""
        child = self._child if self._child is not None and self._child.pid == pid else None

        def gone() -> bool:
            return child.poll() is not None if child is not None else not command_line(pid).endswith(title)

        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        if not await _until(gone, seconds=seconds):
            log.warning("%s did not end in time and is killed.", self.plan.label)
            _kill(pid)
            await _until(gone)
        self.plan.pid_file.unlink(missing_ok=True)

    def _status(self) -> str:
        code = self._child.poll() if self._child is not None else None
        if code is None:
            return ""
        return f" by signal {-code}" if code < 0 else f" with exit status {code}"

    def _last_words(self) -> str:
        lines: list[str] = []
        with suppress(OSError):
            tail = self.plan.log.read_bytes()[-4_000:].decode(errors="replace")
            lines = [line.strip() for line in tail.splitlines() if line.strip()]
        said = f' ends with "{lines[-1][:200]}"' if lines else " is empty"
        return f"; {self.plan.log}{said}"


async def _until(
    condition: Callable[[], bool], *, seconds: float = float("inf"), every: float = 0.02
) -> bool:
    deadline = time.monotonic() + seconds
    while True:
        if condition():
            return True
        if time.monotonic() >= deadline:
            return False
        await asyncio.sleep(every)


def _kill(pid: int) -> None:
    # Each process leads its own session, so its group holds its children.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _record(path: Path, directory: Path) -> dict[str, object]:
    """Read the record of this directory; a copied directory must not claim the original's servers."""
    try:
        record = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) and record.get("directory") == str(directory) else {}
