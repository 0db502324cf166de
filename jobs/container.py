"""Services plus models, graphs and checkpointer: what a worker works with."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from agents.gateway import Gateway
from core.ids import new_id
from core.settings import Settings
from graphs.compose import open_copilot
from jobs.runs import RunDriver
from memory.checkpoints import Checkpoints
from services.container import Services, open_services

BEATS_PER_LEASE = 5


@dataclass(frozen=True)
class WorkerParts:
    """Everything that the worker's handlers use."""

    name: str
    services: Services
    gateway: Gateway
    driver: RunDriver


@asynccontextmanager
async def open_worker(settings: Settings) -> AsyncIterator[WorkerParts]:
    """Open the stores, the models and the graphs; closes them at the end."""
    name = f"{socket.gethostname()}-{os.getpid()}-{new_id()[:6]}"
    async with (
        open_services(settings) as services,
        open_copilot(
            services,
            settings,
            services.usage,
            services.embedder.embed_now,
            Checkpoints(services.database.mongo),
        ) as (copilot, gateway),
    ):
        await asyncio.gather(services.recall.open(), services.checker.warm())
        driver = RunDriver(
            services.runs,
            services.log,
            services.feed,
            copilot.prepare,
            name,
            timedelta(seconds=settings.lease_seconds / BEATS_PER_LEASE),
        )
        yield WorkerParts(name, services, gateway, driver)
