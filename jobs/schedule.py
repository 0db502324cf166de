"""Sweep for due and lost work: wake-ups are sent again from the state of the documents."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from itertools import count
from typing import Any

from core.rules.version import RULES_VERSION
from core.scope import Scope
from jobs.observer import BEATS_PER_LEASE, LeaseObserver
from memory.leases import DocumentRef, Leases, Scans, by_turns
from memory.queue import Handler
from services.container import Services

logger = logging.getLogger(__name__)

WAKE_AGAIN_AFTER = timedelta(seconds=2)
"""Age from which a queued run or unindexed memory counts as having lost its wake-up."""

RARELY = 5
"""Sweeps from one look for what nobody waits for to the next."""


class Sweeper:
    """Looks for work without a worker at regular intervals. Any number of workers may sweep at once.

    Args:
        services: The stores and the queue.
        handlers: Handlers that run in this worker while wake-ups cannot be sent.
    """

    def __init__(self, services: Services, handlers: Mapping[str, Handler]) -> None:
        settings = services.settings
        self._services = services
        self._scans = Scans(services.database.mongo)
        self._runs = LeaseObserver(settings.lease_seconds)
        self._tasks = LeaseObserver(settings.lease_seconds)
        self._every = min(settings.sweep_seconds, settings.lease_seconds / BEATS_PER_LEASE)
        self._handlers = handlers
        self._here: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Sweep until cancelled."""
        try:
            for number in count():
                await self.sweep(rare=number % RARELY == 0)
                await asyncio.sleep(self._every)
        finally:
            for task in self._here:
                task.cancel()
            await asyncio.gather(*self._here, return_exceptions=True)

    async def sweep(self, *, rare: bool = True) -> None:
        """Run every look once, those for work that nobody waits for only if `rare`.

        A failure does not stop the others.
        """
        services = self._services
        waited_for = (self._look_at_runs, self._look_at_tasks, self._look_at_memories, self._charge)
        others = (
            self._look_at_slots,
            self._look_at_rules,
            services.usage.tidy,
            services.erasure.resume,
        )
        for look in (*waited_for, *(others if rare else ())):
            try:
                await look()
            except Exception:
                # The database is unreachable: the next sweep sees the same.
                logger.warning("sweep.failed", exc_info=True, extra={"look": look.__name__})

    async def _look_at_runs(self) -> None:
        unheld = await self._unheld("runs", self._services.runs.leases, self._runs)
        earlier = self._services.clock.now() - WAKE_AGAIN_AFTER
        await self._wake("cancel", await self._scans.cancelled_runs())
        await self._wake("run", [*unheld, *await self._scans.queued_runs(earlier)])

    async def _look_at_tasks(self) -> None:
        unheld = await self._unheld("tasks", self._services.tasks.leases, self._tasks)
        await self._wake("task", [*unheld, *await self._scans.due_tasks(self._services.clock.now())])

    async def _look_at_memories(self) -> None:
        earlier = self._services.clock.now() - WAKE_AGAIN_AFTER
        found = await self._scans.unindexed_memories(earlier)
        businesses = dict.fromkeys(ref.business_id for ref in found)
        await self._wake("index", [DocumentRef(business_id, "") for business_id in businesses])

    async def _look_at_slots(self) -> None:
        drafting = self._services.drafting
        earlier = self._services.clock.now() - WAKE_AGAIN_AFTER
        for ref in await self._scans.untied_drafts(earlier):
            with self._whatever_happens(ref):
                await drafting.tie(Scope.of(ref.business_id), {"_id": ref.document_id})

    async def _look_at_rules(self) -> None:
        for ref in await self._scans.checked_before(RULES_VERSION):
            with self._whatever_happens(ref):
                await self._services.rechecks.after_new_rules(Scope.of(ref.business_id))

    async def _charge(self) -> None:
        budgets = self._services.budgets
        for ref in await self._scans.expired_reservations(self._services.clock.now()):
            with self._whatever_happens(ref):
                await budgets.charge_expired(Scope.of(ref.business_id), ref.document_id)

    async def _unheld(self, name: str, leases: Leases[Any], observer: LeaseObserver) -> list[DocumentRef]:
        """Return the running documents without a holder, including those whose heartbeat has stopped."""
        running = await self._scans.running(name)
        unheld = [one.ref for one in running if one.claimable]
        for stopped in observer.stopped(running):
            if await leases.expire(stopped):
                logger.warning("lease.expired", extra={"document_id": stopped.ref.document_id})
                unheld.append(stopped.ref)
        return by_turns(unheld)

    async def _wake(self, name: str, refs: Iterable[DocumentRef]) -> None:
        """Send wake-ups; run the handlers here while Redis is unreachable. Each handler limits itself."""
        sent = True
        for ref in refs:
            # After one failure do not try the others: each would wait a second.
            sent = sent and await self._services.queue.wake(name, **asdict(ref))
            if not sent:
                task = asyncio.create_task(self._do(name, ref))
                self._here.add(task)
                task.add_done_callback(self._here.discard)

    async def _do(self, name: str, ref: DocumentRef) -> None:
        with self._whatever_happens(ref):
            await self._handlers[name](**asdict(ref))

    @contextmanager
    def _whatever_happens(self, ref: DocumentRef) -> Iterator[None]:
        """Log an error, so that the following documents are still handled."""
        try:
            yield
        except Exception:
            logger.exception("sweep.work", extra={"business_id": ref.business_id})
