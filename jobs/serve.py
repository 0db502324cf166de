"""`make run`: servers, migrations, worker and API as one supervised group."""

from __future__ import annotations

import asyncio
import errno
import os
import re
import signal
import socket
import sys
from dataclasses import dataclass

import httpx

from core.demo import DEMO_EMAIL, DEMO_PASSWORD
from core.errors import MarqueeError, Misconfigured
from core.settings import Settings
from memory.directory_lock import DirectoryLock
from memory.embedded import EmbeddedServers, StoreUrls
from memory.processes import ProcessPlan, SupervisedProcess
from memory.reachability import check_reachable, try_connection
from memory.watchdog import Ask, Heartbeat
from services.start_checks import check_settings

WORKER_READY = re.compile(rb'"event":\s*"worker\.ready"')
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
REFUSED, FAILED, INTERRUPTED = 2, 1, 130
PORT_PATIENCE_SECONDS = 4.0


@dataclass(frozen=True)
class Commands:
    """The commands of the group; tests replace them.

    Attributes:
        prepare: Runs once, before the others: migrations and the demo workspace.
        worker: Prints a JSON line with the event `worker.ready` when it takes work, and touches the file
            behind `--heartbeat` every second.
        api: Answers `GET /readyz` with 200 when it can serve, `GET /healthz` as long as it lives.
    """

    prepare: tuple[str, ...] = (sys.executable, "-m", "jobs", "prepare")
    worker: tuple[str, ...] = (sys.executable, "-m", "jobs", "worker")
    api: tuple[str, ...] = (sys.executable, "-m", "api")


async def serve(settings: Settings, commands: Commands | None = None) -> int:
    """Run everything until a signal comes.

    Returns:
        0 after an orderly stop, 2 when it could not start for a reason that the user can fix (one sentence),
        1 when a part of Marquee failed to start, 130 when a second Ctrl-C killed it.
    """
    signals: asyncio.Queue[signal.Signals] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, signals.put_nowait, number)
    try:
        with DirectoryLock(settings.data_dir) as lock:
            check_settings(settings)
            return await _Group(settings, commands or Commands(), lock).run(signals)
    except MarqueeError as error:
        print(error.detail, file=sys.stderr, flush=True)
        return FAILED if error.kind == "unavailable" else REFUSED
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)


class _Group:
    """The processes of one data directory."""

    def __init__(self, settings: Settings, commands: Commands, lock: DirectoryLock) -> None:
        self._settings = settings
        self._commands = commands
        self._directory = lock.directory
        self._servers = EmbeddedServers(lock, settings.store_urls, silent_seconds=settings.silent_seconds)
        self._host, self._port = settings.host, settings.port
        self._children: list[SupervisedProcess] = []

    async def run(self, signals: asyncio.Queue[signal.Signals]) -> int:
        """Start, announce, supervise, and stop at the first signal."""
        work = asyncio.create_task(self._work())
        first = asyncio.create_task(signals.get())
        await asyncio.wait({work, first}, return_when=asyncio.FIRST_COMPLETED)
        stopped_by_person = first.done()
        first.cancel()
        if stopped_by_person:
            _say("\nStopping, when what is being written is finished. Ctrl-C again ends it at once.")
        stopping = asyncio.create_task(self._stop(work))
        second = asyncio.create_task(signals.get())
        await asyncio.wait({stopping, second}, return_when=asyncio.FIRST_COMPLETED)
        second.cancel()
        if not stopping.done():
            self._kill()
            stopping.cancel()
            await asyncio.wait({stopping})
            return INTERRUPTED
        await stopping
        if not stopped_by_person:
            await work
        return 0

    async def _work(self) -> None:
        for orphan in self._worker_and_api({}):
            await orphan.stop_orphan()
        self._port = await _claim_port(self._host, self._port)
        await check_reachable(self._settings.store_urls, database=self._settings.database)
        environment = self._environment(await self._servers.start())
        stores = asyncio.create_task(self._servers.watch())
        try:
            # In its own process, so that its memory is released.
            prepare = self._process(
                "prepare", "The preparation of the database", self._commands.prepare, environment
            )
            self._children = [prepare]
            await prepare.run_once()
            self._children = self._worker_and_api(environment)
            starts = (child.start() for child in self._children)
            for result in await asyncio.gather(*starts, return_exceptions=True):
                if isinstance(result, BaseException):
                    raise result
            self._announce()
            await asyncio.gather(stores, *(child.keep() for child in self._children))
        finally:
            stores.cancel()
            await asyncio.wait({stores})

    async def _stop(self, work: asyncio.Task[None]) -> None:
        work.cancel()
        await asyncio.wait({work})
        for child in reversed(self._children):
            await child.stop()
        await self._servers.stop()

    def _kill(self) -> None:
        for child in self._children:
            child.kill()
        self._servers.kill()

    def _environment(self, urls: StoreUrls) -> dict[str, str]:
        settings = self._settings
        without_proxy = {part for part in os.environ.get("NO_PROXY", "").split(",") if part}
        loopback = ",".join(sorted(without_proxy | {"127.0.0.1", "localhost"}))
        return {
            **urls.environment(),
            "MARQUEE_DATA_DIR": str(self._directory),
            "MARQUEE_ENV": settings.env,
            "MARQUEE_HOST": self._host,
            "MARQUEE_PORT": str(self._port),
            "PYTHONUNBUFFERED": "1",
            # Chroma's client uses proxy settings even for loopback.
            "NO_PROXY": loopback,
            "no_proxy": loopback,
        }

    def _worker_and_api(self, environment: dict[str, str]) -> list[SupervisedProcess]:
        heartbeat = self._directory / "run" / "worker.heartbeat"
        worker = (*self._commands.worker, "--heartbeat", str(heartbeat))
        return [
            self._process(
                "worker", "The worker", worker, environment, WORKER_READY, Heartbeat(heartbeat).answers
            ),
            self._process(
                "api", "The API", self._commands.api, environment, self._api_is_ready, self._api_answers
            ),
        ]

    def _process(
        self,
        name: str,
        label: str,
        command: tuple[str, ...],
        environment: dict[str, str],
        ready: Ask | re.Pattern[bytes] = re.compile(rb""),
        alive: Ask | None = None,
    ) -> SupervisedProcess:
        return SupervisedProcess(
            ProcessPlan(
                name=name,
                label=label,
                command=command,
                title=" ".join(command),
                directory=self._directory,
                ready=ready,
                alive=alive,
                silent_seconds=self._settings.silent_seconds,
                env=environment,
                tethered=True,
                start_seconds=120,
                stop_seconds=20,
            )
        )

    async def _api_is_ready(self) -> bool:
        return await self._ask_api("/readyz") == 200

    async def _api_answers(self) -> bool:
        # Any response means that it answers.
        return bool(await self._ask_api("/healthz"))

    async def _ask_api(self, path: str) -> int:
        await try_connection(self._reached_at(), self._port)
        async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
            try:
                return (await client.get(f"{self._address()}{path}")).status_code
            except httpx.HTTPError as error:
                raise ConnectionError(str(error)) from error

    def _reached_at(self) -> str:
        everywhere = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - nothing is bound
        return everywhere.get(self._host, self._host)

    def _address(self) -> str:
        host = self._reached_at()
        return f"http://[{host}]:{self._port}" if ":" in host else f"http://{host}:{self._port}"

    def _announce(self) -> None:
        lines = ["", f"  Marquee is ready:  {self._settings.public_url or self._address()}"]
        if self._settings.demo and not self._settings.production:
            lines.append(f"  Demo sign-in:      {DEMO_EMAIL}  password {DEMO_PASSWORD}")
        lines += [f"  Data and logs:     {self._directory}", "  Ctrl-C stops it.", ""]
        _say("\n".join(lines))


async def _claim_port(host: str, port: int) -> int:
    """Return the port to serve on (a free one for 0) once it can be bound.

    Waits for a process that was just killed to release its port.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise Misconfigured(f"MARQUEE_HOST names {host}, which is no address of this machine.") from error
    patience = asyncio.get_running_loop().time() + PORT_PATIENCE_SECONDS
    while True:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(address)
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise Misconfigured(
                        f"MARQUEE_HOST and MARQUEE_PORT name {host}:{port}, "
                        f"which cannot be used ({error.strerror})."
                    ) from error
                if asyncio.get_running_loop().time() > patience:
                    raise Misconfigured(
                        f"Port {port} of {host} is taken; stop what uses it or set MARQUEE_PORT."
                    ) from error
            else:
                return int(probe.getsockname()[1])
        await asyncio.sleep(0.1)


def _say(text: str) -> None:
    print(text, flush=True)
