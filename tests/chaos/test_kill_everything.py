"""`make run` as people have it, with every part killed in the middle of a run."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from core.ids import new_id
from tests.e2e.grammar import Frame, check, read_frames
from tests.e2e.processes import ROOT
from tests.e2e.world import BUSINESS, PLAN, eventually, run_input

READY_SECONDS = 120.0
QUIET_SECONDS = 30.0
IDLE_SHARE = 0.25
pytestmark = pytest.mark.timeout(400)


class Marquee:
    """One data directory, its supervisor, and somebody with a business."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = 0
        self.client = httpx.AsyncClient(timeout=30, trust_env=False)
        self.supervisor: asyncio.subprocess.Process | None = None
        self.business_id = ""

    async def start(self) -> None:
        """Start it and wait until it says that it is ready."""
        strange = ("MARQUEE_", "OPENAI_", "MONGODB_", "REDIS_", "CHROMA_")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(strange)}
        own = {
            "MARQUEE_DATA_DIR": str(self.directory),
            "MARQUEE_PORT": str(self.port),
            # Slow enough to be killed in the middle.
            "MARQUEE_OFFLINE_TOKENS_PER_SECOND": "60",
            "MARQUEE_LEASE_SECONDS": "4",
            "PYTHONPATH": str(ROOT),
        }
        self.supervisor = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "jobs", "serve"),
            cwd=ROOT,
            env={**inherited, **own},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        assert self.supervisor.stdout is not None
        said = ""
        async with asyncio.timeout(READY_SECONDS):
            while "Ctrl-C stops it" not in said:
                line = await self.supervisor.stdout.readline()
                assert line, said
                said += line.decode()
        address = re.search(r"http://[^\s:]+:(\d+)", said)
        assert address is not None
        self.port = int(address.group(1))
        self.client.base_url = httpx.URL(address.group())
        if not self.business_id:
            await self.register()

    async def register(self) -> None:
        """Somebody new with a business."""
        body = {"email": f"{new_id()}@example.com", "password": "a long enough one", "name": "Kim"}
        answer = await self.client.post("/auth/register", json=body)
        assert answer.status_code == 201, answer.text
        self.client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        self.business_id = (await self.client.post("/business/", json=BUSINESS)).json()["id"]

    def pid(self, name: str) -> int:
        """A part's process."""
        return int((self.directory / "run" / f"{name}.pid").read_text())

    def kill(self, *names: str) -> None:
        """Kill -9, all at once."""
        pids = [self.pid(name) for name in names if name != "supervisor"]
        if "supervisor" in names and self.supervisor is not None:
            pids.insert(0, self.supervisor.pid)
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    async def stop(self) -> None:
        """End it and everything it started."""
        if self.supervisor is not None and self.supervisor.returncode is None:
            self.supervisor.send_signal(signal.SIGINT)
            await self.supervisor.communicate()
        await self.client.aclose()

    @asynccontextmanager
    async def reading(self, run: str, thread: str) -> AsyncIterator[AsyncIterator[Frame]]:
        """The stream of a new run."""
        url = f"/business/{self.business_id}/copilot"
        async with self.client.stream("POST", url, json=run_input(thread, run, PLAN)) as answer:
            assert answer.status_code == 200
            yield read_frames(answer)

    async def until_first_draft(self, run: str, thread: str) -> list[Frame]:
        """Start a run and read until its first draft is saved."""
        got: list[Frame] = []
        async with asyncio.timeout(90), self.reading(run, thread) as frames:
            async for frame in frames:
                got.append(frame)
                if frame.kind == "TOOL_CALL_RESULT" and "content_id" in frame.event["content"]:
                    break
        return got

    async def ended(self, run: str) -> dict[str, Any]:
        """The run once it has ended."""

        async def look() -> dict[str, Any] | None:
            with suppress(httpx.TransportError):
                told: dict[str, Any] = (await self.client.get(f"/runs/{run}")).json()
                return told if told.get("status") in {"completed", "failed", "cancelled"} else None
            return None

        found: dict[str, Any] = await eventually(look, 120)
        return found

    async def events(self, run: str, after: str | None) -> list[Frame]:
        """What is left of a run's stream."""
        headers = {"Last-Event-ID": after} if after else {}
        async with (
            asyncio.timeout(90),
            self.client.stream("GET", f"/runs/{run}/events", headers=headers) as answer,
        ):
            return [frame async for frame in read_frames(answer)]

    async def verdict(self, run: str, thread: str, before: list[Frame]) -> None:
        """Assert that the run completed once: nothing twice, nothing that was told is missing."""
        ended = await self.ended(run)
        assert ended["status"] == "completed", ended
        cursor = next(str(frame.id) for frame in reversed(before) if frame.id)
        rest = await self.events(run, cursor)
        check([frame.event for frame in [*before, *rest]])
        check(frame.event for frame in await self.events(run, None))
        message = (await self.client.get(f"/threads/{thread}")).json()["messages"][-1]
        assert message["status"] == "complete"
        told = [
            artefact["result"]["content_id"]
            for artefact in message["artefacts"]
            if "content_id" in artefact["result"]
        ]
        assert len(told) == len(set(told)) == 4
        slots: Counter[str] = Counter()
        for content_id in told:
            content = await self.client.get(f"/content/{content_id}")
            assert content.status_code == 200
            slots[content.json()["slot_id"]] += 1
        assert set(slots.values()) == {1}
        early = [json.loads(frame.event["content"]) for frame in before if frame.kind == "TOOL_CALL_RESULT"]
        assert {result["content_id"] for result in early if "content_id" in result} <= set(told)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("marquee")


@asynccontextmanager
async def marquee(directory: Path) -> AsyncIterator[Marquee]:
    running = Marquee(directory)
    try:
        await running.start()
        yield running
    finally:
        await running.stop()


@pytest.mark.parametrize("victims", [("worker",), ("api",), ("redis",), ("worker", "redis"), ("mongodb",)])
async def test_a_part_killed_in_the_middle_of_a_run(directory: Path, victims: tuple[str, ...]) -> None:
    async with marquee(directory) as running:
        run, thread = new_id(), new_id()
        before = await running.until_first_draft(run, thread)
        running.kill(*victims)
        await running.verdict(run, thread, before)


async def test_everything_killed_in_the_middle_of_a_run(directory: Path) -> None:
    running = Marquee(directory)
    try:
        await running.start()
        run, thread = new_id(), new_id()
        before = await running.until_first_draft(run, thread)
        running.kill("supervisor", "worker", "api", "mongodb", "redis", "chroma")
        assert running.supervisor is not None
        await running.supervisor.communicate()
        await running.start()
        await running.verdict(run, thread, before)
    finally:
        await running.stop()


async def test_half_a_minute_without_redis(directory: Path) -> None:
    """The server is stopped, not gone: connections hang instead of being refused."""
    async with marquee(directory) as running:
        redis = psutil.Process(running.pid("redis"))
        busy = [psutil.Process(running.pid(name)) for name in ("worker", "api")]
        redis.suspend()
        try:
            for process in busy:
                process.cpu_percent()
            await asyncio.sleep(QUIET_SECONDS)
            shares = [process.cpu_percent() / 100 for process in busy]
        finally:
            redis.resume()
        assert max(shares) < IDLE_SHARE, shares
        run, thread = new_id(), new_id()
        before = await running.until_first_draft(run, thread)
        await running.verdict(run, thread, before)
