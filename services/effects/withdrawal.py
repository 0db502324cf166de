"""Stop the runs of documents that are being deleted; for api and jobs only."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from core.conversation import ACTIVE
from core.errors import NotFound
from core.scope import Scope
from memory.database import Database
from memory.marks import Marks
from services.runs import Runs

STOP_SECONDS = 5.0
"""Seconds that a deletion waits for workers; a healthy one closes its model call within 2 s."""

LOOK_SECONDS = 0.05


class Withdrawal:
    """Stops runs, first by cancellation, then by marking them as deleted.

    Args:
        database: The database of the runs.
        runs: Cancels them.
        stop_seconds: Seconds that a worker may take to end its run.
    """

    def __init__(self, database: Database, runs: Runs, stop_seconds: float = STOP_SECONDS) -> None:
        self._runs = database.runs
        self._marks = Marks(database.runs)
        self._service = runs
        self._stop_seconds = stop_seconds

    async def stop(self, scope: Scope, *conditions: Mapping[str, Any]) -> None:
        """Cancel the active runs that match any condition, and wait until their workers have ended them.

        Returns after the time limit even if some are running; does not wait for runs that no worker has
        started.
        """
        found = [await self._runs.ids(scope, {**where, "status": {"$in": ACTIVE}}) for where in conditions]
        active = sorted({run_id for ids in found for run_id in ids})
        for run_id in active:
            with suppress(NotFound):
                await self._service.cancel(scope, await self._runs.get(scope, run_id))
        in_work = {"_id": {"$in": active}, "status": "running"}
        with suppress(TimeoutError):
            async with asyncio.timeout(self._stop_seconds):
                while active and await self._runs.any(scope, in_work):  # noqa: ASYNC110 -- written elsewhere
                    await asyncio.sleep(LOOK_SECONDS)

    async def withdraw(self, scope: Scope, where: Mapping[str, Any]) -> None:
        """Mark runs as being deleted.

        This ends active runs: no worker claims them, and a worker that has one loses its lease.
        """
        ended = {"status": "cancelled", "outcome": "cancelled", "finished_at": self._runs.clock.now()}
        active = await self._runs.ids(scope, {**where, "status": {"$in": ACTIVE}})
        await self._marks.mark_all(scope, {"_id": {"$in": active}}, {**ended, "lease": None})
        await self._marks.mark_all(scope, where)
