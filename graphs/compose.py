"""Compose the copilot from models, agents and graph, for jobs and evals."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver

from agents.dialect import DialectKeeper
from agents.gateway import Gateway
from agents.offline.transport import OfflineTransport
from agents.specialist import Agents
from agents.tokens import TokenCounter
from core.conversation import TokenUse
from core.events import ModelBadge
from core.scope import Scope
from core.settings import Settings
from core.usage import LedgerEntry
from graphs.run import Copilot, RunServices
from prompts.library import PromptLibrary
from services.usage import Usage
from tools.registry import registry

REMEMBERED_RUNS = 2_000
"""Limit of runs with usage that nobody took: calls that settled after their run had ended."""


class RunMeter:
    """A meter that also sums the usage of each run, for its last event."""

    def __init__(self, usage: Usage) -> None:
        self._usage = usage
        self._runs: dict[str, dict[str, TokenUse]] = {}

    async def reserve(self, scope: Scope, tokens: int, run_id: str | None) -> str:
        """Reserve tokens for one call."""
        return await self._usage.reserve(scope, tokens, run_id)

    async def settle(self, scope: Scope, reservation_id: str, entry: LedgerEntry) -> None:
        """Replace the reservation by the used tokens."""
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
        """Return and forget the usage of a run in this process."""
        return list(self._runs.pop(run_id, {}).values())


@asynccontextmanager
async def open_copilot(
    parts: RunServices,
    settings: Settings,
    usage: Usage,
    embed: Callable[[Sequence[str]], list[list[float]]],
    checkpointer: BaseCheckpointSaver[Any] | None,
    library: PromptLibrary | None = None,
    keeper: DialectKeeper | None = None,
) -> AsyncIterator[tuple[Copilot, Gateway]]:
    """The compiled graphs with the models of the settings.

    Args:
        parts: The services of runs.
        settings: Models, and limits of repairs and drafts.
        usage: Reserves and settles tokens.
        embed: Text to vectors in the calling thread, for the offline model.
        checkpointer: Stores graph state; None stores none.
        library: The prompts; without it the released ones.
        keeper: Stores what the models' servers accept; None learns it anew.
    """
    counter = TokenCounter(settings.data_dir / "tokenizer")
    meter = RunMeter(usage)

    offline = OfflineTransport(embed, counter.count, settings.offline_tokens_per_second)
    gateway = Gateway(settings, meter, counter, lambda: offline, keeper=keeper)
    await gateway.open()
    if settings.offline:
        await offline.warm()

    def badge() -> ModelBadge:
        return ModelBadge(model=gateway.info.name, simulated=gateway.info.simulated)

    try:
        copilot = Copilot(
            parts,
            Agents(gateway, library or PromptLibrary(), registry()),
            badge,
            meter.take,
            checkpointer,
            repairs=settings.repairs,
            at_once=settings.drafts_at_once,
            seconds=settings.run_seconds,
        )
        yield copilot, gateway
    finally:
        await gateway.close()
