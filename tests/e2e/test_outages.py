"""The database goes away, or a worker's clock is wrong: no run is lost, and none is done twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

from core.clock import SystemClock
from memory.embedded import EmbeddedServers, StoreUrls
from tests.doubles.fault_server import FaultServer
from tests.e2e.conftest import quick, served_by
from tests.e2e.gate import Gate
from tests.e2e.grammar import check
from tests.e2e.world import World, eventually, newcomer, town, working
from tests.integration.stand_ins import started

LEASE_SECONDS = 1.0
OUTAGE_SECONDS = 8.0
"""Longer than the lease, and than a request waits for the database."""

RUNS = 20


@asynccontextmanager
async def killed(servers: EmbeddedServers) -> AsyncIterator[None]:
    """Its process dies, and a new one comes."""
    servers.processes["mongodb"].kill()
    yield
    await servers.processes["mongodb"].start()


async def test_an_outage_of_the_database_longer_than_the_lease_loses_no_run(
    store_urls: StoreUrls, data_dir: Path, model: FaultServer, tmp_path: Path
) -> None:
    elsewhere = {"REDIS_URL": store_urls.redis, "CHROMA_URL": store_urls.chroma}
    async with started(tmp_path, **elsewhere) as (servers, urls):
        settings = quick(urls, data_dir, **served_by(model), lease_seconds=LEASE_SECONDS)
        gate = Gate(model.answer)
        model.answer = gate
        async with town(settings) as place, newcomer(place) as person, working(settings), working(settings):
            runs = [await person.start("What do you know of us?", specialists=[]) for _ in range(RUNS)]
            await model.until(lambda: len(model.calls) == RUNS)
            async with killed(servers):
                # The answers come while nothing can be written.
                gate.open.set()
                await asyncio.sleep(OUTAGE_SECONDS)
            ended = [await person.ended(run, 60) for run in runs]
            assert {(run["status"], run["attempt"]) for run in ended} == {("completed", 1)}
            assert len(model.calls) == RUNS
            for run in runs:
                check(frame.event for frame in await person.events(run))
            month = await person.settled()
            assert month["used"] > 0


class WrongClock(SystemClock):
    """A clock that is ahead."""

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=30)


async def test_a_worker_whose_clock_is_wrong_takes_no_run_of_another(here: World, model: FaultServer) -> None:
    gate = Gate(model.answer)
    model.answer = gate
    settings = here.settings.model_copy(update={**served_by(model), "lease_seconds": LEASE_SECONDS})
    async with working(settings), working(settings, clock=WrongClock()):
        runs = [await here.start("What do you know of us?", specialists=[]) for _ in range(8)]
        await model.until(lambda: len(model.calls) == len(runs))

        async def long_after() -> bool:
            rows = here.services.database.runs.raw.find({"business_id": here.business_id})
            # Five heartbeats are a lease duration: each worker has had time to judge the other's runs.
            return all([row["lease"]["beat"] >= 15 async for row in rows])

        await eventually(long_after, 60)
        gate.open.set()
        ended = [await here.ended(run) for run in runs]
    assert {(run["status"], run["attempt"]) for run in ended} == {("completed", 1)}
    assert len(model.calls) == len(runs)
