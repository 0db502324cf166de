"""Workers and APIs in processes of their own, for tests that kill them."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx

from core.settings import Settings
from tests.e2e.world import eventually
from tests.patience import PATIENCE

ROOT = Path(__file__).parents[2]


def environment(settings: Settings) -> dict[str, str]:
    """What a process reads to have the same settings, and nothing of the person's own."""
    strange = ("MARQUEE_", "OPENAI_", "MONGODB_", "REDIS_", "CHROMA_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(strange)}
    own = {"mongodb_url", "redis_url", "chroma_url", "openai_base_url", "openai_api_key"}
    told = {
        (name.upper() if name in own else f"MARQUEE_{name.upper()}"): str(value)
        for name, value in settings.model_dump(exclude_none=True).items()
        if value != ""
    }
    return {**inherited, **told, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


@asynccontextmanager
async def worker_process(settings: Settings) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker that takes work; it is killed at the end if it still lives."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "jobs", "worker"),
        cwd=ROOT,
        env=environment(settings),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    said = b""
    drain: asyncio.Task[bytes] | None = None
    try:
        async with asyncio.timeout(PATIENCE):
            while b"worker.ready" not in said:
                line = await process.stdout.readline()
                assert line, said.decode()
                said += line
        drain = asyncio.create_task(process.stdout.read())
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
        await process.wait()
        if drain is not None:
            await drain


@asynccontextmanager
async def api_process(settings: Settings) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """An API and its address, once it answers; it is killed at the end if it still lives."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "api"),
        cwd=ROOT,
        env={**environment(settings), "MARQUEE_PORT": str(port)},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient(trust_env=False) as client:
            await eventually(lambda: _answers(client, url))
        yield process, url
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
        await process.wait()


async def _answers(client: httpx.AsyncClient, url: str) -> bool:
    with suppress(httpx.TransportError):
        return (await client.get(f"{url}/readyz")).is_success
    return False
