"""Background tasks and their handlers.

To add a kind of background work:

1. Request it: `await tasks.request(scope, "recheck")` (`services/tasks.py`). Requests
   for the same business, kind and subject are one task; it is due two seconds after the last of them.
2. Write the work as a function `async def (scope, task) -> None` in `services/` and name it in
   `task_handlers` below.

A handler reads its input from the documents; a request during the run makes it run again. It must be
idempotent: a worker may die at any point. Errors are retried after some seconds, then the task ends as
`failed` with a problem until it is requested again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

from core.errors import Unavailable
from core.scope import Scope
from core.task import Task
from jobs.claimed import Abandon, Attempt, Decision, Finish, GiveUp, Release, Retry, RetryPolicy
from memory.leases import DocumentRef, Leases
from services.container import Services
from services.rechecks import RECHECK
from services.tasks import Tasks

TaskHandler = Callable[[Scope, Task], Awaitable[None]]

ATTEMPTS = 5
BACKOFF_SECONDS = 5.0
TASK_SECONDS = 600.0


def task_handlers(services: Services) -> Mapping[str, TaskHandler]:
    """Return the handler of each kind of task."""
    return {RECHECK: services.rechecks.run}


class TaskKind:
    """Tasks as claimed documents (`jobs/claimed.py`)."""

    def __init__(self, tasks: Tasks, handlers: Mapping[str, TaskHandler]) -> None:
        self._tasks = tasks
        self._handlers = handlers
        self.policy = RetryPolicy(
            ATTEMPTS,
            retries=lambda _: True,
            backoff=BACKOFF_SECONDS,
            lost=Unavailable(f"It was started {ATTEMPTS} times and its worker was lost each time."),
            late=Unavailable(f"It took longer than {TASK_SECONDS / 60:g} minutes."),
        )

    @property
    def leases(self) -> Leases[Task]:
        """The leases of the tasks."""
        return self._tasks.leases

    async def claim(self, ref: DocumentRef, owner: str, admits: Callable[[Task], bool]) -> Task | None:
        """Claim a task that is due; kinds of a newer release are left to its workers."""
        return await self._tasks.claim(
            Scope.of(ref.business_id),
            ref.document_id,
            owner,
            lambda task: task.kind in self._handlers and admits(task),
        )

    def seconds(self, _: Task) -> float:
        """Return the deadline of an attempt in seconds."""
        return TASK_SECONDS

    def begin(self, task: Task, _: Attempt[Task]) -> TaskWork:
        """Create the work of one attempt."""
        return TaskWork(self._tasks, task, self._handlers[task.kind])

    async def cancelled(self, _: Sequence[Task]) -> list[str]:
        """Return nothing: tasks are not cancelled."""
        return []


class TaskWork:
    """One attempt of a task."""

    def __init__(self, tasks: Tasks, task: Task, handler: TaskHandler) -> None:
        self._tasks = tasks
        self._task = task
        self._handler = handler

    async def __call__(self) -> None:
        """Run the handler."""
        await self._handler(Scope.of(self._task.business_id), self._task)

    async def settle(self, decision: Decision) -> None:
        """Write the outcome."""
        match decision:
            case Finish():
                await self._tasks.end(self._task, "completed")
            case GiveUp(problem):
                await self._tasks.end(self._task, "failed", problem)
            case Retry(after, problem):
                await self._tasks.retry(self._task, timedelta(seconds=after), problem)
            case Release():
                await self._tasks.leases.release(self._task, failed=False)
            case Abandon():
                pass
