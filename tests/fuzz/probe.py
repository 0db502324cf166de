"""Measure, from a process of its own, how long /healthz and another tenant's first token take."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import suppress
from time import perf_counter

import httpx

from core.ids import new_id
from tests.e2e.grammar import read_frames
from tests.e2e.world import run_input

HEALTH_SECONDS, TALK_SECONDS = 0.05, 0.5
"""Between two looks."""


async def health(client: httpx.AsyncClient, found: list[float]) -> None:
    """Ask again and again."""
    while True:
        began = perf_counter()
        answer = await client.get("/healthz")
        assert answer.status_code == 200
        found.append(perf_counter() - began)
        await asyncio.sleep(HEALTH_SECONDS)


async def first_token(client: httpx.AsyncClient, business_id: str, found: list[float]) -> None:
    """Say something again and again."""
    while True:
        began = perf_counter()
        body = run_input(new_id(), new_id(), "Are you open on Sunday?", specialists=[])
        async with client.stream("POST", f"/business/{business_id}/copilot", json=body) as answer:
            assert answer.status_code == 200
            waiting = True
            async for frame in read_frames(answer):
                if waiting and frame.kind == "TEXT_MESSAGE_CONTENT":
                    found.append(perf_counter() - began)
                    waiting = False
        await asyncio.sleep(TALK_SECONDS)


async def main(url: str, token: str, business_id: str) -> None:
    """Measure until the input ends, then print both lists in seconds."""
    print("ready", flush=True)  # read by the test
    looks: dict[str, list[float]] = {"health": [], "first": []}
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60, trust_env=False) as client:
        measuring = asyncio.gather(
            health(client, looks["health"]), first_token(client, business_id, looks["first"])
        )
        ended = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
        await asyncio.wait({measuring, ended}, return_when=asyncio.FIRST_COMPLETED)
        if measuring.done():
            measuring.result()
        measuring.cancel()
        with suppress(asyncio.CancelledError):
            await measuring
    print(json.dumps(looks))  # read by the test


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
