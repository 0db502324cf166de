"""Request background tasks: the only writer of task status."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any, Literal

from core.clock import Clock
from core.ids import derived_id
from core.scope import Scope
from core.task import Task
from memory.collections import AlreadyThere
from memory.database import Database
from memory.leases import Leases

DELAY = timedelta(seconds=2)
"""How long a task waits for further requests."""

LONGEST_DELAY = timedelta(seconds=20)
"""How long further requests may postpone it."""


class Tasks:
    """Background tasks of a business: requested by services, run by workers (`jobs/tasks.py`).

    Requests for the same kind and subject are one task. While it is queued, a request postpones it, so that
    ten changes within a few seconds are handled once; while it runs, a request makes it run again after.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._tasks = database.tasks
        self._businesses = database.businesses
        self._clock = clock
        self.leases = Leases(database.tasks)

    async def request(
        self,
        scope: Scope,
        kind: str,
        subject: str = "",
        payload: Mapping[str, Any] | None = None,
        *,
        delay: timedelta = DELAY,
        longest_delay: timedelta = LONGEST_DELAY,
    ) -> str:
        """Request a task that sees everything written before this call.

        Args:
            scope: The business.
            kind: A name of `jobs/tasks.py`.
            subject: Its subject, such as a campaign's id; empty for the whole business.
            payload: JSON values for the handler; those of the newest request are used.
            delay: How long to wait for further requests.
            longest_delay: How long further requests may postpone it.

        Returns:
            The task's id.

        Raises:
            NotFound: The business was deleted.
        """
        now = self._clock.now()
        due_at, due_by = now + delay, now + longest_delay
        task = Task(
            id=derived_id("task", scope.business_id, kind, subject),
            business_id=scope.business_id,
            kind=kind,
            subject=subject,
            payload=dict(payload or {}),
            due_at=due_at,
            due_by=due_by,
            created_at=now,
            updated_at=now,
        )
        owners = [self._businesses.owner(scope.business_id)]
        newest = {"payload": task.payload}
        later = {**newest, "due_at": due_at}
        anew = {**later, "due_by": due_by}
        # In the order of a task's lifecycle: if one condition failed, a later one matches.
        by_status: list[tuple[dict[str, Any], dict[str, Any]]] = [
            ({"status": "queued", "due_by": {"$gte": due_at}}, later),
            ({"status": "queued"}, newest),
            ({"status": "running"}, anew),
            ({"status": {"$in": ["completed", "failed"]}}, {**anew, "status": "queued", "problem": None}),
        ]
        while True:
            for expect, values in by_status:
                if await self._tasks.change(scope, task.id, values, expect):
                    return task.id
            with suppress(AlreadyThere):
                await self._tasks.insert(scope, task, owners=owners)
                return task.id

    async def claim(
        self, scope: Scope, task_id: str, owner: str, admits: Callable[[Task], bool]
    ) -> Task | None:
        """Claim a task that is due or lost its worker; None when there is nothing to do."""
        task = await self._tasks.find(scope, {"_id": task_id})
        if task is None or not admits(task):
            return None
        if task.status == "queued" and task.due_at <= self._clock.now():
            waiting = {"status": "queued", "due_at": task.due_at}
            return await self.leases.claim(
                scope, task_id, owner, task.attempt, {"status": "running"}, waiting
            )
        return await self.leases.reclaim(scope, task, owner) if task.status == "running" else None

    async def end(
        self, task: Task, status: Literal["completed", "failed"], problem: Mapping[str, Any] | None = None
    ) -> None:
        """End a claimed task; if it was requested meanwhile, queue it again."""
        scope, now = Scope.of(task.business_id), self._clock.now()
        held = {"attempt": task.attempt, "status": "running"}
        # The next attempt starts with no failures.
        given_back = {"lease": None, "returned": task.attempt}
        ended = {**given_back, "status": status, "problem": problem, "finished_at": now}
        if not await self._tasks.change(scope, task.id, ended, {**held, "version": task.version}):
            await self._tasks.change(scope, task.id, {**given_back, "status": "queued"}, held)

    async def retry(self, task: Task, after: timedelta, problem: Mapping[str, Any]) -> None:
        """Queue a claimed task again; this attempt counts as a failure."""
        due_at = self._clock.now() + after
        values = {"status": "queued", "due_at": due_at, "due_by": due_at, "problem": problem, "lease": None}
        held = {"attempt": task.attempt, "status": "running"}
        await self._tasks.change(Scope.of(task.business_id), task.id, values, held)
