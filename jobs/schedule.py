"""Due work and sweeps: what was lost on the way is sent again, since the documents say what is due."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import timedelta

from core.scope import Scope
from memory.leases import Scans
from memory.queue import Handler
from services.container import Services

logger = logging.getLogger(__name__)

WAKE_AGAIN_AFTER = timedelta(seconds=2)
"""A queued run or an unindexed memory that is older was forgotten by its wake-up."""


class Sweeper:
    """Looks at regular intervals for what nobody works on. Any number of workers may sweep at once.

    Args:
        services: The stores to look at, and the queue that wakes workers.
        every: Seconds between two looks.
        handlers: What is done here at once while wake-ups cannot be sent.
        most: How much of that at a time.
    """

    def __init__(self, services: Services, every: float, handlers: Mapping[str, Handler], most: int) -> None:
        self._services = services
        self._scans = Scans(services.database.mongo)
        self._every = every
        self._handlers = handlers
        self._most = most
        self._here: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Sweep until cancelled."""
        try:
            while True:
                try:
                    await self.sweep()
                except Exception:
                    # The database is away: nothing is lost, the next sweep sees the same.
                    logger.warning("sweep.failed", exc_info=True)
                await asyncio.sleep(self._every)
        finally:
            for task in self._here:
                task.cancel()
            await asyncio.gather(*self._here, return_exceptions=True)

    async def sweep(self) -> None:
        """One look at everything."""
        now = self._services.clock.now()
        earlier = now - WAKE_AGAIN_AFTER
        for name, found in (
            ("run", await self._scans.stalled_runs(now)),
            ("run", await self._scans.waiting_runs(earlier)),
            ("index", await self._scans.unindexed_memories(earlier)),
        ):
            for place in {(one.business_id, one.document_id if name == "run" else "") for one in found}:
                sent = await self._services.queue.wake(name, business_id=place[0], document_id=place[1])
                if not sent and len(self._here) < self._most:
                    task = asyncio.create_task(self._do(name, *place))
                    self._here.add(task)
                    task.add_done_callback(self._here.discard)
        for lost in await self._scans.expired_reservations(now):
            await self._services.budgets.charge_expired(Scope.of(lost.business_id), lost.document_id)

    async def _do(self, name: str, business_id: str, document_id: str) -> None:
        try:
            await self._handlers[name](business_id=business_id, document_id=document_id)
        except Exception:
            logger.exception("sweep.work", extra={"business_id": business_id})
