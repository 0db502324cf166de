"""Receive wake-ups, run their handlers, and drain at the end."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from core.errors import Unavailable
from core.scope import Scope
from core.settings import Settings
from jobs.container import WorkerParts, open_worker
from jobs.places import Places
from jobs.schedule import Sweeper
from memory.presence import sign_of_life, sign_off
from memory.queue import Handler, run_worker
from memory.redis import AWAY
from memory.watchdog import beat
from services.logging_setup import configure_logging, noted

logger = logging.getLogger("marquee.worker")

SIGN_SECONDS = 5.0
BEAT_SECONDS = 1.0
DRAIN_SECONDS = 10.0
TASKS_AT_ONCE = 4
"""Limit of background tasks in one worker, apart from the places of runs."""

INDEXING_AT_ONCE = 8

GC_THRESHOLDS = (50_000, 50, 50)


class Handlers:
    """The handlers of wake-ups; without a free place a document is left to the sweeper."""

    def __init__(self, parts: WorkerParts) -> None:
        settings = parts.services.settings
        self._parts = parts
        self._runs = Places(settings.worker_runs, settings.runs_per_business)
        self._tasks = Places(TASKS_AT_ONCE, 1)
        self._indexing = Places(INDEXING_AT_ONCE, 1)

    @property
    def by_name(self) -> Mapping[str, Handler]:
        """The handlers by name of the wake-up."""
        return {"run": self.run, "cancel": self.cancel, "task": self.task, "index": self.index}

    @property
    def at_once(self) -> int:
        """Limit of concurrent handlers."""
        return self._runs.count + self._tasks.count + self._indexing.count

    async def run(self, business_id: str, document_id: str, user_id: str = "") -> None:
        """Drive a run."""
        with self._runs.take(business_id, user_id) as taken:
            if not taken:
                return
            with noted(business_id=business_id, run_id=document_id):
                await self._parts.runs(business_id, document_id)
        if self._parts.services.recall.owes(Scope.of(business_id)):
            await self.index(business_id)

    async def cancel(self, business_id: str, document_id: str, user_id: str = "") -> None:
        """End a queued run that is to be cancelled; this needs no place."""
        with noted(business_id=business_id, run_id=document_id):
            await self._parts.runs(business_id, document_id)

    async def task(self, business_id: str, document_id: str, user_id: str = "") -> None:
        """Drive a background task."""
        with self._tasks.take(business_id, user_id) as taken:
            if taken:
                with noted(business_id=business_id, task_id=document_id):
                    await self._parts.tasks(business_id, document_id)

    async def index(self, business_id: str, document_id: str = "", user_id: str = "") -> None:
        """Index new memories."""
        with self._indexing.take(business_id, user_id) as taken:
            if taken:
                try:
                    await self._parts.services.recall.index(Scope.of(business_id))
                except Unavailable:
                    logger.warning("memory.unavailable", extra={"business_id": business_id})


async def work(settings: Settings, heartbeat: Path | None = None) -> int:
    """Work until a signal comes, then let attempts finish or release them.

    Args:
        settings: The settings.
        heartbeat: A file that is touched every second, for the supervisor's liveness check.
    """
    configure_logging(settings.log_level)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    beside = [_beside(beat(heartbeat, BEAT_SECONDS))] if heartbeat else []
    async with open_worker(settings) as parts:
        handlers = Handlers(parts)
        services = parts.services
        # Objects built at start stay alive; full collections over them would stall every stream.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)
        sweeper = Sweeper(services, handlers.by_name)
        beside += [
            _beside(sweeper.run()),
            _beside(services.signals.listen(parts.runs.cancel)),
            _beside(_show_presence(parts)),
        ]
        logger.info("worker ready", extra={"event": "worker.ready", "model": parts.gateway.info.name})
        try:
            await run_worker(services.broker, handlers.by_name, handlers.at_once, stop, DRAIN_SECONDS)
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            with suppress(*AWAY):
                await sign_off(services.redis, parts.name)
    return 0


def _beside(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    return asyncio.create_task(work)


async def _show_presence(parts: WorkerParts) -> None:
    while True:
        with suppress(*AWAY):
            await sign_of_life(parts.services.redis, parts.name)
        await asyncio.sleep(SIGN_SECONDS)
