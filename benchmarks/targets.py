"""Targets: the model itself, Marquee with its real processes, and the plain stack."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import psutil

from benchmarks.client import Wire
from benchmarks.wire import MODEL, asking

READY = re.compile(rb"Marquee is ready:\s+http://127\.0\.0\.1:(\d+)")
PARTS = {
    "-m api": "api",
    "-m jobs worker": "worker",
    "secantusd": "mongodb",
    "valkey": "redis",
    "redis-server": "redis",
    "chroma": "chroma",
}
FACTS = {
    "Opening hours": "Monday to Saturday, 7 to 19",
    "Sunday": "closed",
    "Sourdough loaf": "£4.20",
    "Delivery": "free from £25 within five miles",
    "Phone": "01234 567890",
}


@dataclass(frozen=True)
class Target:
    """A target: address, request and processes."""

    name: str
    port: int
    wire: Wire
    ask: Callable[[int, int, int], str]
    """(number of the stream, words, words a second) → a whole HTTP request."""
    processes: Mapping[str, psutil.Process]

    def spent(self) -> dict[str, float]:
        """Return the CPU seconds of every process."""
        times = {name: process.cpu_times() for name, process in self.processes.items()}
        return {name: time.user + time.system for name, time in times.items()}


def _post(path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    content = json.dumps(body, separators=(",", ":"))
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Connection: close",
        "Content-Type: application/json",
        f"Content-Length: {len(content)}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join(lines) + "\r\n\r\n" + content


@asynccontextmanager
async def _process(
    *arguments: str, environment: Mapping[str, str] | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, **(environment or {})},
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def _first_line(process: asyncio.subprocess.Process) -> int:
    assert process.stdout is not None  # noqa: S101  # it was asked for
    return int(await process.stdout.readline())


@asynccontextmanager
async def model() -> AsyncIterator[Target]:
    """Start the model server as a target."""
    async with _process("-m", "benchmarks.model") as process:
        port = await _first_line(process)

        def ask(_: int, words: int, rate: int) -> str:
            messages = [{"role": "user", "content": asking(words, rate)}]
            return _post("/v1/chat/completions", {"model": MODEL, "stream": True, "messages": messages}, {})

        yield Target("model", port, "openai", ask, {"model": psutil.Process(process.pid)})


def _run_input(number: int, words: int, rate: int, run: str, **more: Any) -> dict[str, Any]:
    return {
        "threadId": f"{run}-thread-{number}",
        "runId": f"{run}-run-{number}",
        "state": {},
        "messages": [{"id": "1", "role": "user", "content": asking(words, rate)}],
        "tools": [],
        "context": [],
        "forwardedProps": {},
        **more,
    }


@asynccontextmanager
async def plain(model_port: int) -> AsyncIterator[Target]:
    """Start the plain stack: ag-ui-langgraph's endpoint over ChatOpenAI."""
    async with _process("-m", "benchmarks.plain", f"http://127.0.0.1:{model_port}/v1") as process:
        port = await _first_line(process)
        names = Numbered()

        def ask(number: int, words: int, rate: int) -> str:
            return _post("/", _run_input(number, words, rate, names.next()), {"Accept": "text/event-stream"})

        yield Target("plain stack", port, "ag-ui", ask, {"app": psutil.Process(process.pid)})


class Numbered:
    """Generates unique names."""

    def __init__(self) -> None:
        self._given = 0

    def next(self) -> str:
        """Return the next name."""
        self._given += 1
        return f"bench-{self._given}"


@asynccontextmanager
async def marquee(model_port: int, businesses: int) -> AsyncIterator[Target]:
    """Start stores, API and worker as `make run` does, with signed-in users."""
    with tempfile.TemporaryDirectory(prefix="marquee-bench-") as folder:
        environment = {
            "MARQUEE_DATA_DIR": folder,
            "MARQUEE_HOST": "127.0.0.1",
            "MARQUEE_PORT": "0",
            "MARQUEE_DEMO": "false",
            "MARQUEE_MODEL": MODEL,
            "OPENAI_BASE_URL": f"http://127.0.0.1:{model_port}/v1",
            "OPENAI_API_KEY": "none",
            # All users of the benchmark share one address.
            "MARQUEE_IP_REQUESTS_PER_MINUTE": "1000000",
            "MARQUEE_LOGIN_ATTEMPTS_PER_MINUTE": "1000000",
            **dict.fromkeys(("MONGODB_URL", "REDIS_URL", "CHROMA_URL"), ""),
        }
        async with _process("-m", "jobs", "serve", environment=environment) as process:
            port = await _ready(process)
            people = await _people(port, businesses)
            names = Numbered()

            def ask(number: int, words: int, rate: int) -> str:
                business_id, token = people[number % len(people)]
                nobody: dict[str, Any] = {"marquee": {"specialists": []}}
                body = _run_input(number, words, rate, names.next(), forwardedProps=nobody)
                headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
                return _post(f"/business/{business_id}/copilot", body, headers)

            parts = _parts(psutil.Process(process.pid))
            await _quiet(parts)
            yield Target("Marquee", port, "ag-ui", ask, parts)


async def _ready(process: asyncio.subprocess.Process) -> int:
    assert process.stdout is not None  # noqa: S101  # it was asked for
    said = b""
    while line := await process.stdout.readline():
        said += line
        if found := READY.search(line):
            return int(found[1])
    raise SystemExit(f"Marquee did not start:\n{said.decode('utf-8', 'replace')}")


async def _quiet(parts: Mapping[str, psutil.Process]) -> None:
    """Wait until the new facts are indexed."""
    async with asyncio.timeout(120):
        calm = 0
        while calm < 3:
            before = sum(sum(process.cpu_times()[:2]) for process in parts.values())
            await asyncio.sleep(1)
            spent = sum(sum(process.cpu_times()[:2]) for process in parts.values()) - before
            calm = calm + 1 if spent < 0.2 else 0


async def _people(port: int, businesses: int) -> list[tuple[str, str]]:
    """Create businesses with facts; return them with their owners' access tokens."""
    at_once = asyncio.Semaphore(4)

    async def one(client: httpx.AsyncClient, number: int) -> tuple[str, str]:
        async with at_once:
            account = {
                "email": f"owner{number}@example.com",
                "password": "correct horse battery",
                "name": "Owner",
            }
            signed_in = await client.post("/auth/register", json=account)
            signed_in.raise_for_status()
            token = signed_in.json()["access_token"]
            business = {
                "business_name": f"Bakery {number}",
                "industry": "Bakery",
                "brand_voice": "Warm and plain",
                "facts": [{"key": key, "value": value} for key, value in FACTS.items()],
            }
            headers = {"Authorization": f"Bearer {token}"}
            founded = await client.post("/business/", json=business, headers=headers)
            founded.raise_for_status()
            return founded.json()["id"], token

    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as client:
        return await asyncio.gather(*(one(client, number) for number in range(businesses)))


def _parts(supervisor: psutil.Process) -> dict[str, psutil.Process]:
    parts = {}
    for child in supervisor.children(recursive=True):
        command = " ".join(child.cmdline())
        name = next((name for sign, name in PARTS.items() if sign in command), None)
        if name is not None and name not in parts:
            parts[name] = child
    return parts
