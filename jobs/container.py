"""Services plus models, graphs and checkpointer: what a worker works with."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from agents.gateway import Gateway
from agents.offline.transport import OfflineTransport
from agents.specialist import Agents
from agents.tokens import TokenCounter
from core.conversation import TokenUse
from core.events import ModelBadge
from core.ids import new_id
from core.scope import Scope
from core.settings import Settings
from core.usage import LedgerEntry
from graphs.run import Copilot, Parts
from jobs.runs import RunDriver
from memory.checkpoints import Checkpoints
from prompts.library import PromptLibrary
from services.container import Services, open_services
from services.usage import Usage
from tools.registry import registry

BEATS_PER_LEASE = 5
REMEMBERED_RUNS = 2_000
"""A call that settles after its run has ended is told nobody; so many are kept before the oldest goes."""


class RunMeter:
    """The meter of model calls that also adds up what each run used, for its last event."""

    def __init__(self, usage: Usage) -> None:
        self._usage = usage
        self._runs: dict[str, dict[str, TokenUse]] = {}

    async def reserve(self, scope: Scope, tokens: int, run_id: str | None) -> str:
        """Set tokens aside for one call."""
        return await self._usage.reserve(scope, tokens, run_id)

    async def settle(self, scope: Scope, reservation_id: str, entry: LedgerEntry) -> None:
        """Replace the reservation by what was used."""
        if entry.run_id is not None:
            models = self._runs.setdefault(entry.run_id, {})
            if len(self._runs) > REMEMBERED_RUNS:
                self._runs.pop(next(iter(self._runs)))
            use = models.setdefault(entry.model, TokenUse(model=entry.model))
            use.input_tokens += entry.tokens_in
            use.output_tokens += entry.tokens_out
            use.cached_input_tokens += entry.tokens_cached
        await self._usage.settle(scope, reservation_id, entry)

    def take(self, run_id: str) -> list[TokenUse]:
        """What the run used in this process; it is told once."""
        return list(self._runs.pop(run_id, {}).values())


@dataclass(frozen=True)
class WorkerParts:
    """Everything that the worker's handlers use."""

    name: str
    services: Services
    gateway: Gateway
    driver: RunDriver


@asynccontextmanager
async def open_copilot(
    services: Services, library: PromptLibrary | None = None
) -> AsyncIterator[tuple[Copilot, Gateway]]:
    """The compiled graphs over open services, with the models of the settings; for jobs and evals."""
    settings = services.settings
    counter = TokenCounter(settings.data_dir / "tokenizer")
    meter = RunMeter(services.usage)
    gateway = Gateway(
        settings,
        meter,
        counter,
        lambda: OfflineTransport(
            services.embedder.embed_now, counter.count, settings.offline_tokens_per_second
        ),
    )
    await gateway.open()
    try:
        parts = Parts(
            clock=services.clock,
            businesses=services.businesses,
            campaigns=services.campaigns,
            drafting=services.drafting,
            recall=services.recall,
            runs=services.runs,
            threads=services.threads,
        )

        def badge() -> ModelBadge:
            return ModelBadge(model=gateway.info.name, simulated=gateway.info.simulated)

        agents = Agents(gateway, library or PromptLibrary(), registry())
        yield (
            Copilot(
                parts,
                agents,
                badge,
                meter.take,
                Checkpoints(services.database.mongo),
                repairs=settings.repairs,
                most_drafts=settings.drafts_per_request,
            ),
            gateway,
        )
    finally:
        await gateway.close()


@asynccontextmanager
async def open_worker(settings: Settings) -> AsyncIterator[WorkerParts]:
    """Open the stores, the models and the graphs; closes them at the end."""
    name = f"{socket.gethostname()}-{os.getpid()}-{new_id()[:6]}"
    async with open_services(settings) as services, open_copilot(services) as (copilot, gateway):
        driver = RunDriver(
            services.runs,
            services.log,
            services.feed,
            copilot.prepare,
            name,
            timedelta(seconds=settings.lease_seconds / BEATS_PER_LEASE),
        )
        yield WorkerParts(name, services, gateway, driver)
