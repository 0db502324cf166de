"""A worker, or the database, is away for longer than a lease, and comes back."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psutil
import pytest

from core.ids import new_id
from tests.chaos.marquee import Marquee, marquee
from tests.e2e.grammar import check
from tests.e2e.processes import ROOT
from tests.e2e.world import eventually

AWAY_SECONDS = 14.0
RUNS = 20
pytestmark = pytest.mark.timeout(600)


@asynccontextmanager
async def another_worker(running: Marquee) -> AsyncIterator[None]:
    """One more worker, on the settings of the first."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "jobs", "worker"),
        cwd=ROOT,
        env=running.environment("worker"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        await process.wait()


async def test_a_worker_that_was_stopped_past_its_lease_changes_nothing_when_it_goes_on(
    tmp_path: Path,
) -> None:
    async with marquee(tmp_path / "data", silent_seconds=600) as running:
        run, thread = new_id(), new_id()
        before = await running.until_first_draft(run, thread)
        stopped = running.pid("worker")
        os.kill(stopped, signal.SIGSTOP)

        async def taken_over() -> bool:
            told = (await running.client.get(f"/runs/{run}")).json()
            return bool(told["attempt"] > 1)

        async with another_worker(running):
            await eventually(taken_over)
            os.kill(stopped, signal.SIGCONT)
            await running.verdict(run, thread, before)
        assert running.pid("worker") == stopped


async def test_a_database_that_is_away_longer_than_a_lease_loses_none_of_many_long_runs(
    tmp_path: Path,
) -> None:
    settings = {"lease_seconds": 10, "offline_tokens_per_second": 3}
    async with marquee(tmp_path / "data", **settings) as running:
        runs = [await running.begin(running.business_id) for _ in range(RUNS)]

        async def all_work() -> bool:
            told = [(await running.client.get(f"/runs/{run}")).json()["status"] for run in runs]
            return set(told) == {"running"}

        await eventually(all_work)
        database = psutil.Process(running.pid("mongodb"))
        database.suspend()
        await asyncio.sleep(AWAY_SECONDS)
        database.resume()
        ended = await asyncio.gather(*(running.ended(run) for run in runs))
        assert {told["status"] for told in ended} == {"completed"}
        for run in runs:
            check(frame.event for frame in await running.events(run, None))
