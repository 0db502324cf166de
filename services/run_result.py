"""The result of an attempt at a run, and the message that keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from core.conversation import (
    Artefact,
    Clarification,
    Message,
    ProposedAction,
    Run,
    RunOutcome,
    Step,
    TokenUse,
)

_MESSAGE_STATUS: dict[str, Literal["complete", "stopped", "failed"]] = {
    "completed": "complete",
    "cancelled": "stopped",
    "failed": "failed",
}


@dataclass(frozen=True)
class RunResult:
    """The result of an attempt."""

    status: Literal["completed", "failed", "cancelled"]
    outcome: RunOutcome | None = None
    text: str = ""
    steps: Sequence[Step] = ()
    artefacts: Sequence[Artefact] = ()
    unsourced: Sequence[str] = ()
    clarify: Clarification | None = None
    proposed_actions: Sequence[ProposedAction] = ()
    campaign_id: str | None = None
    problem: dict[str, Any] | None = None
    usage: Sequence[TokenUse] = field(default_factory=tuple)

    def message(self, run: Run, now: datetime) -> Message:
        """Return the answer of the run as a message of its thread."""
        return Message(
            id=run.answer_id,
            business_id=run.business_id,
            thread_id=run.thread_id,
            parent_id=run.input.message_id,
            role="assistant",
            content=self.text,
            run_id=run.id,
            steps=list(self.steps),
            artefacts=list(self.artefacts),
            unsourced=list(self.unsourced),
            clarify=self.clarify,
            proposed_actions=list(self.proposed_actions),
            status=_MESSAGE_STATUS[self.status],
            problem=self.problem,
            attempt=run.attempt,
            created_at=now,
            updated_at=now,
        )
