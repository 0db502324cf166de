"""One user who wants everything keeps no other waiting."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from core.ids import new_id
from memory.embedded import StoreUrls
from tests.doubles.fault_server import FaultServer
from tests.e2e.conftest import quick, served_by
from tests.e2e.gate import Gate
from tests.e2e.world import BUSINESS, World, newcomer, run_input, town, working
from tests.integration.memory.own_redis import OwnRedis

SHOPS = 5
OF_EACH = 8
PLACES = 32
"""Fewer than the runs of all shops, which each keep to the cap of a business."""


async def begin(person: World, business_id: str, text: str) -> None:
    """Start a run and go away."""
    body = run_input(new_id(), new_id(), text, specialists=[])
    async with person.stream("POST", f"/business/{business_id}/copilot", json=body) as (answer, frames):
        assert answer.status_code == 200
        await anext(frames)


@pytest.mark.parametrize("redis_is_away", [False, True])
async def test_a_user_with_many_shops_and_long_runs_keeps_no_other_waiting(
    redis_is_away: bool, store_urls: StoreUrls, data_dir: Path, model: FaultServer, tmp_path: Path
) -> None:
    redis = OwnRedis(tmp_path)
    redis.start()
    try:
        settings = quick(
            store_urls,
            data_dir,
            **served_by(model),
            redis_url=redis.url,
            worker_runs=PLACES,
            runs_per_business=OF_EACH,
            model_first_token_seconds=60.0,
        )
        async with town(settings) as place, newcomer(place) as busy, newcomer(place) as other:
            shops = [(await busy.client.post("/business/", json=BUSINESS)).json()["id"] for _ in range(SHOPS)]
            for shop in shops:
                await asyncio.gather(*(begin(busy, shop, "A long one, please") for _ in range(OF_EACH)))
            await begin(other, other.business_id, "And me?")
            gate = model.answer = Gate(model.answer)
            if redis_is_away:
                redis.stop()
            async with working(settings):
                await model.until(lambda: any("And me?" in call.prompt for call in model.calls))
                # All of the busy one's share is at work.
                await model.until(lambda: len(model.calls) > PLACES // 2)
                # What waits for a place needs none to be stopped.
                waiting = await place.services.database.runs.raw.find_one(
                    {"status": "queued", "business_id": {"$in": shops}}
                )
                assert waiting is not None
                await busy.client.post(f"/runs/{waiting['_id']}/cancel")
                assert (await busy.ended(waiting["_id"]))["status"] == "cancelled"
                gate.open.set()
    finally:
        redis.stop()
