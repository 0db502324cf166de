"""A task: background work of one business that has no document of its own, and its status machine."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from core.clock import Instant
from core.lease import Claimable

TaskStatus = Literal["queued", "running", "completed", "failed"]


class Task(Claimable):
    """One kind of work on one subject; `services/tasks.py` alone writes its status.

    There is one task for a business, kind and subject (its id is derived from them), however often it is
    requested. `subject` therefore names something long-lived, such as a campaign, or is empty for work on
    the whole business. A queued task may be postponed until `due_by`. Every request raises `version`: one
    that comes while the task runs makes it run again.
    """

    kind: str
    subject: str = ""
    payload: dict[str, Any] = Field(default_factory=dict)
    status: TaskStatus = "queued"
    due_at: Instant
    due_by: Instant
    problem: dict[str, Any] | None = None
    finished_at: Instant | None = None
