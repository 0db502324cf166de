"""`make run` as people have it: one data directory, its supervisor, and somebody with a business."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from core.ids import new_id
from tests.e2e.grammar import Frame, check, read_frames
from tests.e2e.processes import ROOT
from tests.e2e.world import BUSINESS, PLAN, eventually, run_input

START_SECONDS = 180.0
RUN_SECONDS = 180.0


class Marquee:
    """One data directory, its supervisor, and somebody with a business.

    Args:
        directory: The data directory.
        wrapped: A command that the supervisor is started by.
        settings: Settings that differ from those below, by their name without the prefix.
    """

    def __init__(self, directory: Path, wrapped: Sequence[str] = (), **settings: object) -> None:
        self.directory = directory
        self.port = 0
        self.client = httpx.AsyncClient(timeout=60, trust_env=False)
        self.supervisor: asyncio.subprocess.Process | None = None
        self.business_id = ""
        self._wrapped = wrapped
        self._settings = {
            # Slow enough to be killed in the middle.
            "offline_tokens_per_second": 60,
            "lease_seconds": 4,
            "user_requests_per_minute": 1_000_000,
            "ip_requests_per_minute": 1_000_000,
            **settings,
        }
        self._reading: asyncio.Task[bytes] | None = None

    async def start(self) -> None:
        """Start it and wait until it says that it is ready."""
        strange = ("MARQUEE_", "OPENAI_", "MONGODB_", "REDIS_", "CHROMA_")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(strange)}
        own = {
            **{f"MARQUEE_{name.upper()}": str(value) for name, value in self._settings.items()},
            "MARQUEE_DATA_DIR": str(self.directory),
            "MARQUEE_PORT": str(self.port),
            "MARQUEE_REGISTRATIONS_PER_HOUR": "10000",
            "PYTHONPATH": str(ROOT),
        }
        self.supervisor = await asyncio.create_subprocess_exec(
            *(*self._wrapped, sys.executable, "-m", "jobs", "serve"),
            cwd=ROOT,
            env={**inherited, **own},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        assert self.supervisor.stdout is not None
        said = ""
        async with asyncio.timeout(START_SECONDS):
            while "Ctrl-C stops it" not in said:
                line = await self.supervisor.stdout.readline()
                assert line, said
                said += line.decode()
        self._reading = asyncio.create_task(self.supervisor.stdout.read())
        address = re.search(r"http://[^\s:]+:(\d+)", said)
        assert address is not None
        self.port = int(address.group(1))
        self.client.base_url = httpx.URL(address.group())
        if not self.business_id:
            self.business_id = await self.register(self.client)

    async def register(self, client: httpx.AsyncClient) -> str:
        """Sign the client in as somebody new with a business; its id."""
        body = {"email": f"{new_id()}@example.com", "password": "a long enough one", "name": "Kim"}
        answer = await client.post("/auth/register", json=body)
        assert answer.status_code == 201, answer.text
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return await self.open_business(client)

    async def open_business(self, client: httpx.AsyncClient) -> str:
        """One more business of whoever is signed in; its id."""
        made = await client.post("/business/", json=BUSINESS)
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    @property
    def seen(self) -> Path:
        """The data directory as the supervisor sees it, also in a mount namespace of its own."""
        assert self.supervisor is not None
        return Path(f"/proc/{self.supervisor.pid}/root{self.directory}")

    def pid(self, name: str) -> int:
        """A part's process."""
        return int((self.seen / "run" / f"{name}.pid").read_text())

    def store(self, setting: str) -> str:
        """A store's URL, as the API was given it."""
        return self.environment("api")[setting]

    def environment(self, name: str) -> dict[str, str]:
        """The environment of a part's process."""
        given = Path(f"/proc/{self.pid(name)}/environ").read_bytes().decode().split("\0")
        return dict(each.split("=", 1) for each in given if "=" in each)

    def kill(self, *names: str) -> None:
        """Kill -9, all at once."""
        pids = [self.pid(name) for name in names if name != "supervisor"]
        if "supervisor" in names and self.supervisor is not None:
            pids.insert(0, self.supervisor.pid)
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    async def gone(self) -> str:
        """Wait for the supervisor's end; what it said after it was ready."""
        assert self.supervisor is not None
        await self.supervisor.wait()
        return (await self._reading).decode() if self._reading is not None else ""

    async def stop(self) -> None:
        """End it and everything it started."""
        if self.supervisor is not None:
            if self.supervisor.returncode is None:
                self.supervisor.send_signal(signal.SIGINT)
            await self.gone()
        await self.client.aclose()

    @asynccontextmanager
    async def reading(self, run: str, thread: str, text: str = PLAN) -> AsyncIterator[AsyncIterator[Frame]]:
        """The stream of a new run."""
        url = f"/business/{self.business_id}/copilot"
        async with self.client.stream("POST", url, json=run_input(thread, run, text)) as answer:
            assert answer.status_code == 200, await answer.aread()
            yield read_frames(answer)

    async def begin(self, business_id: str, text: str = "", **marquee: Any) -> str:
        """Start a run and go away: a long answer where no text is given; the client's id of it."""
        run = new_id()
        if not text:
            text, marquee = "What do you know of us?", {"specialists": []}
        url, body = f"/business/{business_id}/copilot", run_input(new_id(), run, text, **marquee)
        async with self.client.stream("POST", url, json=body) as answer:
            assert answer.status_code == 200, await answer.aread()
            await anext(aiter(answer.aiter_lines()))
        return run

    async def until_first_draft(self, run: str, thread: str) -> list[Frame]:
        """Start a run and read until its first draft is saved."""
        got: list[Frame] = []
        async with asyncio.timeout(RUN_SECONDS), self.reading(run, thread) as frames:
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

        found: dict[str, Any] = await eventually(look, RUN_SECONDS)
        return found

    async def events(self, run: str, after: str | None) -> list[Frame]:
        """What is left of a run's stream."""
        headers = {"Last-Event-ID": after} if after else {}
        async with (
            asyncio.timeout(RUN_SECONDS),
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

    async def works(self) -> None:
        """Assert that a new run goes through."""
        run, thread = new_id(), new_id()
        before = await self.until_first_draft(run, thread)
        await self.verdict(run, thread, before)


@asynccontextmanager
async def marquee(directory: Path, wrapped: Sequence[str] = (), **settings: object) -> AsyncIterator[Marquee]:
    """One that has started; it is stopped at the end."""
    running = Marquee(directory, wrapped, **settings)
    try:
        await running.start()
        yield running
    finally:
        await running.stop()
