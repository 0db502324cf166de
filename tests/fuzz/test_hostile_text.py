"""Hostile texts through every rule and every door: nothing takes long, and nobody else waits.

`MARQUEE_FUZZ_TEXTS` says how many texts are made for the rules, and how many for the doors. The figures are
printed with `pytest -s`.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from time import monotonic

import httpx
import pytest
import pytest_asyncio

from core.ids import new_id
from services.check_process import CheckProcess
from tests.chaos.marquee import Marquee, marquee
from tests.e2e.grammar import read_frames
from tests.e2e.processes import ROOT
from tests.e2e.world import run_input
from tests.fuzz.provider import ASKED, HARMLESS, HARMLESS_ASKED
from tests.fuzz.rules import MANY, slowest_listed, slowest_made
from tests.fuzz.texts import generated, repeated

TEXTS_GIVEN = int(os.environ.get("MARQUEE_FUZZ_TEXTS", "300"))
MOST_MS = 50
"""Milliseconds of CPU time for 10 kB, in any rule."""

HEALTH_P99, RATIO = 0.1, 2.0
LONGEST = 50_000
SENDERS, LOOK_SECONDS = 4, 10
DOORS = ("message", "edit", "fact", "name")
pytestmark = pytest.mark.timeout(7_200)


@pytest_asyncio.fixture
async def processes() -> AsyncIterator[list[CheckProcess]]:
    """One for each core; what hangs there is ended."""
    opened = [CheckProcess(cpu_seconds=3_600, wall_seconds=7_200) for _ in range(2)]
    yield opened
    for process in opened:
        await process.close()


async def test_every_rule_reads_every_listed_text_in_linear_time(processes: list[CheckProcess]) -> None:
    waiting, slow = iter(MANY), []

    async def work(process: CheckProcess) -> None:
        for rule in waiting:
            most, longest, name = await process.call(slowest_listed, rule)
            print(f"{rule:24} {most:5.1f} ms / 10 kB at most, {longest:5.1f} in ten times as much ({name})")
            if max(most, longest) > MOST_MS:
                slow.append(rule)

    await asyncio.gather(*map(work, processes))
    assert not slow


async def test_every_rule_reads_what_hypothesis_makes_in_linear_time(processes: list[CheckProcess]) -> None:
    share = TEXTS_GIVEN // len(processes)
    found = await asyncio.gather(
        *(process.call(slowest_made, share, number) for number, process in enumerate(processes))
    )
    most, rule, text = max(found)
    print(f"{TEXTS_GIVEN} texts made by hypothesis: {most:.1f} ms / 10 kB at most ({rule}: {text!r})")
    assert most <= MOST_MS


@asynccontextmanager
async def provider() -> AsyncIterator[str]:
    """The address of a model server in a process of its own."""
    served = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.fuzz.provider"), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert served.stdout is not None
    try:
        yield (await served.stdout.readline()).decode().strip()
    finally:
        served.kill()
        await served.wait()


async def probed(
    running: Marquee,
    client: httpx.AsyncClient,
    business_id: str,
    work: Callable[[], Awaitable[object]],
) -> dict[str, float]:
    """What somebody else notices while the work is done: seconds."""
    token = client.headers["Authorization"].removeprefix("Bearer ")
    probe = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.fuzz.probe", str(running.client.base_url), token, business_id),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert probe.stdout is not None
    await probe.stdout.readline()
    await work()
    said, _ = await probe.communicate(b"")
    looks = json.loads(said)
    assert len(looks["health"]) > 50
    assert len(looks["first"]) > 5
    return {
        "health p50": statistics.median(looks["health"]),
        "health p99": statistics.quantiles(looks["health"], n=100)[98],
        "first token p50": statistics.median(looks["first"]),
        "first token p90": statistics.quantiles(looks["first"], n=10)[8],
    }


class Attacker:
    """Somebody who sends hostile texts through every door of a business of their own."""

    def __init__(self, client: httpx.AsyncClient, business_id: str) -> None:
        self.client = client
        self.business_id = business_id
        self.drafts: list[str] = []
        self.answers = 0

    async def prepare(self) -> None:
        """Have something to edit."""
        for _ in range(3):
            await self.say("Write a LinkedIn post about our trial week")
        page = await self.client.get("/content", params={"business_id": self.business_id})
        self.drafts = [item["id"] for item in page.json()["items"]]
        assert self.drafts

    async def say(self, text: str) -> None:
        """Send a message and read its run to the end."""
        body = run_input(new_id(), new_id(), text)
        async with self.client.stream("POST", f"/business/{self.business_id}/copilot", json=body) as answer:
            if answer.status_code == 200:
                last = [frame.kind async for frame in read_frames(answer)][-1]
                assert last in {"RUN_FINISHED", "RUN_ERROR"}
                self.answers += 1
            else:
                assert answer.status_code == 422, await answer.aread()

    async def send(self, seed: int, *, hostile: bool) -> None:
        """One text through one door; a message brings as long an answer of its provider."""
        text = generated(seed, LONGEST)
        if not hostile:
            text = repeated(HARMLESS)(len(text))
        door = DOORS[seed % len(DOORS)]
        if door == "message":
            wanted = (ASKED if hostile else HARMLESS_ASKED).format(seed)
            await self.say(f"Write a LinkedIn post: {wanted} {text}"[:8_000])
            return
        address, body = {
            "edit": (f"/content/{self.drafts[seed % len(self.drafts)]}", {"text_content": {"caption": text}}),
            "fact": (
                f"/business/{self.business_id}/facts",
                {"facts": [{"key": text[:200], "value": text[200:700]}]},
            ),
            "name": (
                f"/business/{self.business_id}",
                {"business_name": text[:200], "brand_voice": text[:2_000], "banned_words": [text[:100]]},
            ),
        }[door]
        answer = await self.client.put(address, json=body)
        assert answer.status_code in {200, 412, 422}, (door, seed, answer.text)


async def test_nobody_waits_for_hostile_texts(tmp_path: Path) -> None:
    async with provider() as url:
        command = ("env", f"OPENAI_BASE_URL={url}", "OPENAI_API_KEY=none", "MARQUEE_MODEL=hostile")
        settings = {"quota_default": 10**9, "quota_installation": 10**10, "access_minutes": 600}
        async with (
            marquee(tmp_path, command, **settings) as running,
            httpx.AsyncClient(base_url=running.client.base_url, timeout=60, trust_env=False) as other,
        ):
            business_id = await running.register(other)
            attacker = Attacker(running.client, running.business_id)
            await attacker.prepare()

            async def beside(senders: int, texts: int, *, hostile: bool) -> dict[str, float]:
                async def work() -> None:
                    seeds, ends = count(), monotonic() + LOOK_SECONDS

                    async def send() -> None:
                        while (seed := next(seeds)) < texts or monotonic() < ends:
                            await attacker.send(seed, hostile=hostile)

                    await asyncio.gather(*(send() for _ in range(senders)))

                return await probed(running, other, business_id, work)

            alone = await probed(running, other, business_id, lambda: asyncio.sleep(LOOK_SECONDS))
            found = {
                senders: (
                    await beside(senders, 0, hostile=False),
                    await beside(senders, texts, hostile=True),
                )
                for senders, texts in ((1, 0), (SENDERS, TEXTS_GIVEN))
            }
    print(f"{TEXTS_GIVEN} hostile texts through four doors and from the provider; milliseconds:")
    _show("alone", alone)
    for senders, (harmless, hostile) in found.items():
        _show(f"{senders} harmless", harmless)
        _show(f"{senders} hostile", hostile)
    for harmless, hostile in found.values():
        # What other work on this machine costs, or as many harmless texts, is no fault of theirs.
        assert hostile["health p99"] <= max(HEALTH_P99, RATIO * harmless["health p99"])
        assert hostile["first token p50"] <= RATIO * harmless["first token p50"]


def _show(beside_whom: str, measured: dict[str, float]) -> None:
    print(f"{beside_whom:10}", ", ".join(f"{name} {1e3 * value:.1f}" for name, value in measured.items()))
