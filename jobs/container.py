"""Build a worker's services, models, graphs and checkpointer."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from agents.gateway import Gateway
from core.clock import Clock
from core.conversation import Run
from core.ids import new_id
from core.settings import Settings
from core.task import Task
from graphs.compose import open_copilot
from jobs.claimed import Driver
from jobs.runs import RunKind
from jobs.tasks import TaskKind, task_handlers
from memory.checkpoints import Checkpoints
from services.container import Services, open_services

DATABASE_PATIENCE = 30.0
"""Seconds that a worker waits for an unreachable database; longer than requests, to keep generated text."""


@dataclass(frozen=True)
class WorkerParts:
    """The dependencies of the worker's handlers."""

    name: str
    services: Services
    gateway: Gateway
    runs: Driver[Run]
    tasks: Driver[Task]


@asynccontextmanager
async def open_worker(settings: Settings, clock: Clock | None = None) -> AsyncIterator[WorkerParts]:
    """Open the stores, models and graphs; close them at the end."""
    name = f"{socket.gethostname()}-{os.getpid()}-{new_id()[:6]}"
    async with (
        open_services(settings, clock, database_patience=DATABASE_PATIENCE) as services,
        open_copilot(
            services,
            settings,
            services.usage,
            services.embedder.embed_now,
            Checkpoints(services.database.mongo, services.database.runs),
            keeper=services.model_servers,
        ) as (copilot, gateway),
    ):
        await asyncio.gather(services.recall.open(), services.checker.warm())
        runs = RunKind(
            services.runs,
            services.log,
            services.event_reader,
            copilot.prepare,
            settings.run_attempts,
            settings.run_seconds,
        )
        tasks = TaskKind(services.tasks, task_handlers(services))
        yield WorkerParts(
            name,
            services,
            gateway,
            Driver(runs, name, settings.lease_seconds),
            Driver(tasks, name, settings.lease_seconds),
        )
