"""Many runs at once: one user's beside another's, and what is deleted while they work."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from core.ids import new_id
from core.settings import Settings
from services.container import open_services
from tests.chaos.marquee import RUN_SECONDS, Marquee, marquee
from tests.e2e.world import eventually, run_input
from tests.integrity import orphans

SHOPS, OF_EACH = 5, 64
AT_ONCE = 16
pytestmark = pytest.mark.timeout(600)


async def crowd(running: Marquee, shops: list[str]) -> list[str]:
    """As many long runs as one user may have, of which not all find a place."""
    places = asyncio.Semaphore(AT_ONCE)

    async def begin(shop: str) -> str:
        async with places:
            return await running.begin(shop)

    return await asyncio.gather(*(begin(shop) for shop in shops for _ in range(OF_EACH)))


async def test_who_fills_every_place_keeps_no_other_waiting(tmp_path: Path) -> None:
    # An answer takes the better part of a minute.
    async with marquee(tmp_path / "data", offline_tokens_per_second=1) as running:
        shops = [await running.open_business(running.client) for _ in range(SHOPS)]
        runs = await crowd(running, shops)
        base_url = running.client.base_url
        async with httpx.AsyncClient(base_url=base_url, timeout=60, trust_env=False) as other:
            business_id = await running.register(other)
            url, body = (
                f"/business/{business_id}/copilot",
                run_input(new_id(), new_id(), "And me?", specialists=[]),
            )
            async with (
                asyncio.timeout(RUN_SECONDS),
                other.stream("POST", url, json=body) as answer,
            ):
                async for line in answer.aiter_lines():
                    if "TEXT_MESSAGE_CONTENT" in line:
                        break
        # More wait than there are places: behind them all, it would have been long until the first word.
        told = await asyncio.gather(*(running.client.get(f"/runs/{run}") for run in runs[-OF_EACH:]))
        assert sum(one.json()["status"] == "queued" for one in told) > OF_EACH // 2


async def test_what_is_deleted_while_it_is_worked_on_leaves_nothing(tmp_path: Path) -> None:
    async with marquee(tmp_path / "data") as running:
        kept = await running.until_first_draft(run := new_id(), thread := new_id())
        gone = await running.open_business(running.client)
        runs = [await running.begin(gone, "Plan a one-week Instagram push for our offer") for _ in range(6)]
        ids = [(await running.client.get(f"/runs/{one}")).json()["id"] for one in runs]
        await eventually(lambda: _begun(running, runs))
        answer = await running.client.delete(f"/business/{gone}", params={"cascade": "true"})
        assert answer.status_code in {202, 204}

        async def unknown() -> bool:
            return (await running.client.get(f"/business/{gone}")).status_code == 404

        await eventually(unknown)
        settings = Settings(
            _env_file=None,
            **{
                f"{name}_url": running.store(f"{name.upper()}_URL") for name in ("mongodb", "redis", "chroma")
            },
        )
        async with open_services(settings) as services:

            async def clean() -> bool:
                return not await orphans(services, gone, ids)

            await eventually(clean)
        await running.verdict(run, thread, kept)


async def _begun(running: Marquee, runs: list[str]) -> bool:
    told = await asyncio.gather(*(running.client.get(f"/runs/{run}") for run in runs))
    return any(one.json()["status"] == "running" for one in told)
