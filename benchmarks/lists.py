"""`python -m benchmarks.lists`: requests for lists of few and of many drafts, on the bundled database."""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

import httpx

from api.app import create_app
from core.campaign import PLATFORMS, Campaign
from core.content import Content, TextContent
from core.conversation import Thread
from core.ids import new_id
from core.scope import Scope
from core.settings import Settings
from memory.embedded import disposable_stores
from memory.mongo import to_stored
from services.businesses import BusinessDraft
from services.container import Services, open_services

MOST = 3.0
"""Limit of the ratio of times, many drafts to few, with equal pages."""

FEW, MANY, REPEATS = 12, 10_000, 20
NEWEST = datetime(2026, 6, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Spread:
    """A number of drafts created within a span of time."""

    name: str
    drafts: int
    span: timedelta


SPREADS = (
    Spread(f"{FEW}", FEW, timedelta(days=1)),
    Spread(f"{MANY} in a minute", MANY, timedelta(minutes=1)),
    Spread(f"{MANY} in three years", MANY, timedelta(days=1_095)),
)


async def fill(services: Services, user_id: str, spread: Spread) -> Mapping[str, str]:
    """Store a business with drafts and a thread; return the paths to measure, by name."""
    business = await services.businesses.create(user_id, BusinessDraft(business_name="B", industry="I"))
    scope, now = Scope.of(business.id), services.clock.now()
    campaign = Campaign(business_id=business.id, name="C", created_at=now, updated_at=now)
    await services.database.campaigns.insert(scope, campaign)
    drafts = []
    for number in range(spread.drafts):
        at = NEWEST - spread.span * (number / spread.drafts)
        drafts.append(
            Content(
                business_id=business.id,
                campaign_id=campaign.id,
                platform=PLATFORMS[number % len(PLATFORMS)],
                text_content=TextContent(caption="Warm from seven: our sourdough. " * 10),
                created_at=at,
                updated_at=at,
            )
        )
    for start in range(0, spread.drafts, 500):
        batch = [to_stored(draft) for draft in drafts[start : start + 500]]
        await services.database.content.raw.insert_many(batch)
    thread = Thread(
        business_id=business.id,
        client_id="thread",
        user_id=user_id,
        dedupe_key=f"{user_id}:thread",
        campaign_id=campaign.id,
        created_at=now,
        updated_at=now,
    )
    await services.database.threads.insert(scope, thread)
    return {
        "all drafts": f"/content?business_id={business.id}&limit=12",
        "of a campaign": f"/content?campaign_id={campaign.id}&limit=12",
        "of a platform": f"/content?business_id={business.id}&platform=sms&limit=3",
        "of a status": f"/content?business_id={business.id}&status=draft&limit=12",
        "of another status": f"/content?business_id={business.id}&status=failed&limit=12",
        "of a platform and a status": f"/content?business_id={business.id}&platform=sms&status=failed",
        "a thread": f"/threads/{thread.id}",
    }


async def timed(client: httpx.AsyncClient, path: str) -> float:
    """Return the milliseconds of one request."""
    begun = perf_counter()
    answer = await client.get(path)
    took = (perf_counter() - begun) * 1_000
    answer.raise_for_status()
    return took


async def run() -> bool:
    """Print the table; return whether every ratio is within the limit."""
    with tempfile.TemporaryDirectory() as folder:
        async with AsyncExitStack() as stack:
            urls = await stack.enter_async_context(disposable_stores(Path(folder)))
            settings = Settings(
                mongodb_url=urls.mongodb, redis_url=urls.redis, chroma_url=urls.chroma, data_dir=Path(folder)
            )
            services = await stack.enter_async_context(open_services(settings))
            transport = httpx.ASGITransport(create_app(settings, services))
            clients, paths = [], []
            for spread in SPREADS:
                mark = new_id()
                signed_in = await services.accounts.register(f"{mark}@example.com", new_id(), "A")
                headers = {"Authorization": f"Bearer {signed_in.access_token}"}
                client = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers)
                clients.append(await stack.enter_async_context(client))
                paths.append(await fill(services, signed_in.user.id, spread))
            held = True
            print(f"{'':28}" + "".join(f"{spread.name:>28}" for spread in SPREADS))
            for name in paths[0]:
                # Alternating, so that other load affects all alike.
                rounds = [
                    [await timed(client, path[name]) for client, path in zip(clients, paths, strict=True)]
                    for _ in range(REPEATS)
                ]
                medians = [statistics.median(times) for times in zip(*rounds[1:], strict=True)]
                held &= max(medians) <= MOST * medians[0]
                print(row(name, rounds[0], medians))
    print(f"{'met   ' if held else 'MISSED'} medians of {MANY} at most {MOST:.0f} times those of {FEW}")
    return held


def row(name: str, first: Sequence[float], medians: Sequence[float]) -> str:
    """Return milliseconds of the first request, the median of the others, and the ratio to few."""
    cells = (
        f"{one:8.1f} {median:8.1f} ({median / medians[0]:4.1f}x)"
        for one, median in zip(first, medians, strict=True)
    )
    return f"{name:28}" + "".join(f"{cell:>28}" for cell in cells)


if __name__ == "__main__":
    sys.exit(0 if asyncio.run(run()) else 1)
