"""Deletions beside a worker that stands still and an API that dies: nothing comes back, and each ends."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest

from core.ids import new_id
from core.scope import Scope
from core.settings import Settings
from services.container import Services, open_services
from tests.chaos.marquee import Marquee, marquee
from tests.e2e.world import eventually
from tests.integrity import orphans

RESUMED_SECONDS = 120.0
"""The sweep takes up a deletion 30 s after it began."""

pytestmark = pytest.mark.timeout(400)


@asynccontextmanager
async def stores(running: Marquee) -> AsyncIterator[Services]:
    """A look into its stores."""
    settings = Settings(
        _env_file=None,
        mongodb_url=running.store("MONGODB_URL"),
        redis_url=running.store("REDIS_URL"),
        chroma_url=running.store("CHROMA_URL"),
        data_dir=running.directory,
    )
    async with open_services(settings) as services:
        yield services


@asynccontextmanager
async def stopped(pid: int) -> AsyncIterator[None]:
    """SIGSTOP a process, and SIGCONT it at the end."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


async def address(running: Marquee, noun: str, thread: str) -> str:
    """What is deleted."""
    if noun == "thread":
        return f"/threads/{thread}"
    if noun == "business":
        return f"/business/{running.business_id}"
    (campaign,) = (await running.client.get("/campaign")).json()["items"]
    return f"/campaign/{campaign['id']}"


@pytest.mark.parametrize("noun", ["thread", "campaign", "business"])
async def test_a_deletion_while_the_worker_is_stopped_past_its_lease(tmp_path: Path, noun: str) -> None:
    run, thread = new_id(), new_id()
    async with marquee(tmp_path) as running, stores(running) as services:
        await running.until_first_draft(run, thread)
        business_id = running.business_id
        run_ids = await services.database.runs.ids(Scope.of(business_id), {})
        path = await address(running, noun, thread)
        async with stopped(running.pid("worker")):
            answer = await running.client.delete(path, params={"cascade": "true"})
            assert answer.status_code == 204, answer.text
            assert (await running.client.get(path)).status_code == 404
            assert await orphans(services, business_id, run_ids) == []
        if noun == "business":
            running.business_id = await running.open_business(running.client)
        # The same worker wakes up and does other work; of its old run it changes nothing.
        await running.works()
        assert await orphans(services, business_id, run_ids) == []
        assert (await running.client.get(path)).status_code == 404


async def test_the_sweep_ends_a_deletion_whose_api_was_killed(tmp_path: Path) -> None:
    run, thread = new_id(), new_id()
    async with marquee(tmp_path) as running, stores(running) as services:
        await running.until_first_draft(run, thread)
        scope = Scope.of(running.business_id)
        run_ids = await services.database.runs.ids(scope, {})

        async def stored() -> list[str]:
            rows = services.database.threads.raw.find(scope.filter())
            return ["marked" if "deleting_at" in row else "there" async for row in rows]

        async def marked() -> bool:
            return await stored() == ["marked"]

        async def gone() -> bool:
            return await stored() == []

        # The deletion waits for the worker that stands still, and dies waiting.
        async with stopped(running.pid("worker")):
            deleting = asyncio.create_task(running.client.delete(f"/threads/{thread}"))
            await eventually(marked)
            running.kill("api")
            with pytest.raises(httpx.TransportError):
                await deleting
        await eventually(gone, RESUMED_SECONDS)
        assert await orphans(services, scope.business_id, run_ids) == []
