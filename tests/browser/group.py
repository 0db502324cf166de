"""The whole of Marquee as `make run` starts it, on a data directory and a port of its own."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

from memory.processes import recorded_port
from tests.patience import PATIENCE

ROOT = Path(__file__).parents[2]
STRANGE = ("MARQUEE_", "OPENAI_", "MONGODB_", "REDIS_", "CHROMA_")
READY = "Ctrl-C stops it"


class Group:
    """The supervisor with its stores, worker and API."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.data = folder / "data"
        self.url = ""
        self._folder = folder
        self._settings = {f"MARQUEE_{name.upper()}": str(value) for name, value in settings.items()}
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[bytes] | None = None

    async def start(self) -> None:
        """Start it and wait until it says that it is ready; again on the same port if it ran before."""
        process = self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "jobs", "serve"),
            # A folder without a `.env`.
            cwd=self._folder,
            env=self._environment(),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        assert process.stdout is not None
        said = ""
        async with asyncio.timeout(PATIENCE):
            while READY not in said:
                line = await process.stdout.readline()
                assert line, said
                said += line.decode()
        found = re.search(r"http://\S+", said)
        assert found is not None, said
        self.url = found.group()
        self._reading = asyncio.create_task(process.stdout.read())

    async def stop(self) -> None:
        """What Ctrl-C does."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGINT)
        await self._gone()

    async def kill(self) -> None:
        """Kill -9 of supervisor, API and worker; the stores stay as orphans."""
        assert self._process is not None
        self._process.kill()
        for name in ("api", "worker"):
            self.kill_one(name)
        await self._gone()

    def kill_one(self, name: str) -> None:
        """Kill -9 of the API or the worker; the supervisor starts it again."""
        with suppress(ProcessLookupError):
            os.kill(self._pid(name), signal.SIGKILL)

    @contextmanager
    def paused(self, name: str) -> Iterator[None]:
        """The API or the worker stands still: a run that goes on cannot end before the page is there."""
        pid = self._pid(name)
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    @property
    def mongodb(self) -> str:
        """Where its database answers."""
        return f"mongodb://127.0.0.1:{recorded_port(self.data, 'mongodb')}/?directConnection=true"

    def _pid(self, name: str) -> int:
        return int((self.data / "run" / f"{name}.pid").read_text())

    async def _gone(self) -> None:
        if self._process is not None:
            await self._process.wait()
        if self._reading is not None:
            await self._reading

    def _environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(STRANGE)}
        return {
            **inherited,
            **self._settings,
            "MARQUEE_DATA_DIR": str(self.data),
            "MARQUEE_PORT": self.url.rsplit(":", 1)[-1] if self.url else "0",
            "PYTHONPATH": str(ROOT),
        }


@asynccontextmanager
async def running(folder: Path, **settings: object) -> AsyncIterator[Group]:
    """A group that has started; it is stopped in the end."""
    group = Group(folder, **settings)
    try:
        await group.start()
        yield group
    finally:
        await group.stop()
