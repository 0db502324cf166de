"""A background task of one business, and its status machine."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from core.clock import Instant
from core.lease import Claimable

TaskStatus = Literal["queued", "running", "completed", "failed"]


class Task(Claimable):
    """One kind of work on one subject; only `services/tasks.py` writes its status.

    Its id is derived from business, kind and subject, so repeated requests are one task. `subject` names
    something long-lived, such as a campaign, or is empty for the whole business. A queued task may be
    postponed until `due_by`. Every request raises `version`: one during the run makes the task run again.
    """

    kind: str
    subject: str = ""
    payload: dict[str, Any] = Field(default_factory=dict)
    status: TaskStatus = "queued"
    due_at: Instant
    due_by: Instant
    problem: dict[str, Any] | None = None
    finished_at: Instant | None = None
