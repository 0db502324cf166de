"""Due work and sweeps: what was lost on the way is sent again, since the documents say what is due."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from core.scope import Scope
from memory.leases import Scans
from services.container import Services

logger = logging.getLogger(__name__)

WAKE_AGAIN_AFTER = timedelta(seconds=2)
"""A queued run or an unindexed memory that is older was forgotten by its wake-up."""


class Sweeper:
    """Looks at regular intervals for what nobody works on. Any number of workers may sweep at once."""

    def __init__(self, services: Services, every: float) -> None:
        self._services = services
        self._scans = Scans(services.database.mongo)
        self._every = every

    async def run(self) -> None:
        """Sweep until cancelled."""
        while True:
            try:
                await self.sweep()
            except Exception:
                # The database is away: nothing is lost, the next sweep sees the same.
                logger.warning("sweep.failed", exc_info=True)
            await asyncio.sleep(self._every)

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
                await self._services.queue.wake(name, business_id=place[0], document_id=place[1])
        for lost in await self._scans.expired_reservations(now):
            await self._services.budgets.charge_expired(Scope.of(lost.business_id), lost.document_id)
