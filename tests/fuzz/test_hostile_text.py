"""Hostile texts through every rule and every door: nothing takes long, and nobody else waits.

`MARQUEE_FUZZ_TEXTS` says how many generated texts go in, `MARQUEE_FUZZ_SENDERS` how many at once; the figures
are printed with `pytest -s`.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path

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
from tests.fuzz.rules import RULES, generated_seconds, seconds
from tests.fuzz.texts import TEXTS, generated, repeated

TEXTS_GIVEN = int(os.environ.get("MARQUEE_FUZZ_TEXTS", "1000"))
MOST_MS = 50
"""Milliseconds of CPU time for 10 kB, in any rule."""

HEALTH_P99, FIRST_TOKEN_RATIO = 0.1, 2.0
SHORT, LONG = 2_500, 10_000
SENDERS = int(os.environ.get("MARQUEE_FUZZ_SENDERS", "1"))
DOORS = ("message", "edit", "fact", "name")
pytestmark = pytest.mark.timeout(7_200)


@pytest_asyncio.fixture(scope="module")
async def process() -> AsyncIterator[CheckProcess]:
    opened = CheckProcess(cpu_seconds=60)
    yield opened
    await opened.close()


def per_10_kb(spent: float, text: str) -> float:
    """Milliseconds for 10,000 bytes; of a short text, what every call costs would count for more than it."""
    return spent * 1e3 * 10_000 / max(len(text.encode(errors="replace")), 2_000)


@pytest.mark.parametrize("rule", [rule for rule in RULES if "offline" not in rule])
async def test_every_rule_on_every_text(rule: str, process: CheckProcess) -> None:
    await process.call(seconds, rule, "different words", SHORT)
    found = []
    for name, text in TEXTS.items():
        short = await process.call(seconds, rule, name, SHORT)
        long = await process.call(seconds, rule, name, LONG)
        found.append((per_10_kb(long, text(LONG)), long / max(short, 1e-4), name))
    slowest, steepest = max(found), max(found, key=lambda one: (one[0] > 1) * one[1])
    print(f"{rule:24} {slowest[0]:6.1f} ms / 10 kB ({slowest[2]}); x{steepest[1]:.1f} for x4 ({steepest[2]})")
    assert slowest[0] <= MOST_MS, slowest


async def test_every_rule_on_generated_texts(process: CheckProcess) -> None:
    found = [
        (per_10_kb(spent, generated(seed, LONG)), rule, seed)
        for seed in range(TEXTS_GIVEN)
        for rule, spent in await process.call(generated_seconds, seed, LONG)
    ]
    rate, rule, seed = max(found)
    print(f"{TEXTS_GIVEN} generated texts: {rate:.1f} ms / 10 kB at most ({rule}, text {seed})")
    assert rate <= MOST_MS


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
    running: Marquee, client: httpx.AsyncClient, business_id: str, work: Awaitable[object]
) -> dict[str, float]:
    """What somebody else notices while the work is done: seconds."""
    token = client.headers["Authorization"].removeprefix("Bearer ")
    probe = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.fuzz.probe", str(running.client.base_url), token, business_id),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    await work
    said, _ = await probe.communicate(b"")
    looks = json.loads(said)
    assert len(looks["health"]) > 50
    assert len(looks["first"]) > 10
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
        text = generated(seed, LONG)
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
        settings = {"quota_default": 1_000_000_000, "quota_installation": 10_000_000_000}
        async with (
            marquee(tmp_path, command, **settings) as running,
            httpx.AsyncClient(base_url=running.client.base_url, timeout=60, trust_env=False) as other,
        ):
            business_id = await running.register(other)
            attacker = Attacker(running.client, running.business_id)
            await attacker.prepare()

            async def beside(texts: int, *, hostile: bool) -> dict[str, float]:
                seeds = iter(range(texts))

                async def work() -> None:
                    for seed in seeds:
                        await attacker.send(seed, hostile=hostile)

                return await probed(
                    running, other, business_id, asyncio.gather(*(work() for _ in range(SENDERS)))
                )

            alone = await probed(running, other, business_id, asyncio.sleep(20))
            harmless = await beside(min(TEXTS_GIVEN, 600), hostile=False)
            hostile = await beside(TEXTS_GIVEN, hostile=True)
    print(f"{TEXTS_GIVEN} hostile texts through four doors and from the provider; milliseconds:")
    for name in alone:
        figures = [1e3 * measured[name] for measured in (alone, harmless, hostile)]
        print(
            f"{name:16} alone {figures[0]:6.1f}, beside harmless {figures[1]:6.1f}, hostile {figures[2]:6.1f}"
        )
    assert hostile["health p99"] <= HEALTH_P99
    # More senders than cores make everybody wait: then what their texts are made of must not matter.
    beside_what = alone if SENDERS == 1 else harmless
    assert hostile["first token p50"] <= FIRST_TOKEN_RATIO * beside_what["first token p50"]
