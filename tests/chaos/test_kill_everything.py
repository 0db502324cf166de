"""Every part killed, or stopped for a while, in the middle of a run."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psutil
import pytest

from core.ids import new_id
from tests.chaos.marquee import Marquee, marquee

QUIET_SECONDS = 30.0
IDLE_SHARE = 0.25
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("marquee")


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
        await running.gone()
        await running.start()
        await running.verdict(run, thread, before)
    finally:
        await running.stop()


async def test_half_a_minute_without_redis(directory: Path) -> None:
    """The server is stopped, not gone: connections hang instead of being refused."""
    async with marquee(directory, silent_seconds=600) as running:
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
        await running.works()
