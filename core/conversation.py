"""Thread, message tree, run and its status machine."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from core.actions import Action, Decision, Option
from core.clock import Instant
from core.document import PublicValue, TenantDocument, Value
from core.lease import Claimable

RunStatus = Literal["queued", "running", "completed", "failed", "cancelled"]
RunOutcome = Literal["success", "interrupt", "cancelled"]
MessageStatus = Literal["complete", "stopped", "failed"]
SpecialistName = Literal["strategy", "copywriter"]

ENDED: frozenset[RunStatus] = frozenset({"completed", "failed", "cancelled"})
"""Statuses that a run never leaves."""

ACTIVE: tuple[RunStatus, ...] = ("queued", "running")


class RunInput(Value):
    """What a run was asked to do: `actions` of a pressed button, or words; `focus` is the open draft."""

    message_id: str
    text: str
    campaign_id: str | None = None
    specialists: list[SpecialistName] | None = None
    slot_ids: list[str] = Field(default_factory=list)
    focus: str | None = None
    actions: list[Action] | None = None


class TokenUse(PublicValue):
    """Tokens of one model in one run."""

    model: str
    input_tokens: int = 0
    output_tokens: int = 0
    cached_input_tokens: int = 0


class Run(Claimable):
    """One execution of a graph; only `services/runs.py` writes its status.

    All attempts write the assistant message `answer_id`.
    """

    client_id: str
    user_id: str
    dedupe_key: str
    thread_id: str
    thread_client_id: str
    root_run_id: str
    answer_id: str
    input: RunInput
    input_digest: str
    status: RunStatus = "queued"
    outcome: RunOutcome | None = None
    cancel_requested_at: Instant | None = None
    problem: dict[str, Any] | None = None
    usage: list[TokenUse] = Field(default_factory=list)
    started_at: Instant | None = None
    finished_at: Instant | None = None


class Step(PublicValue):
    """A step of the run, as the page lists it."""

    id: str
    agent: str
    task: str
    status: Literal["started", "finished", "failed"]
    ms: int = 0


class Artefact(PublicValue):
    """A typed output: its tool call, its kind and the saved document."""

    tool_call_id: str
    name: str
    identity: dict[str, Any] = Field(default_factory=dict)
    args: dict[str, Any] = Field(default_factory=dict)
    result: dict[str, Any] | None = None


class Named(PublicValue):
    """A draft by its id and title."""

    content_id: str
    title: str


class ProposedAction(PublicValue):
    """What only a person may do, offered as a button; `available` says whether this release can do it."""

    operation: Decision
    targets: list[Named]
    at: str | None = None
    available: bool = True


class Clarification(PublicValue):
    """A question that has to be answered first; each option is a button that sends its actions."""

    question: str
    options: list[Option] = Field(default_factory=list)


class Message(TenantDocument):
    """A node of the message tree; an edit or a retry is a sibling, never an overwrite.

    `unsourced` lists the figures of `content` without a source.
    """

    thread_id: str
    parent_id: str | None = None
    role: Literal["user", "assistant"]
    content: str = ""
    run_id: str | None = None
    steps: list[Step] = Field(default_factory=list)
    artefacts: list[Artefact] = Field(default_factory=list)
    unsourced: list[str] = Field(default_factory=list)
    clarify: Clarification | None = None
    proposed_actions: list[ProposedAction] = Field(default_factory=list)
    status: MessageStatus = "complete"
    problem: dict[str, Any] | None = None
    attempt: int = 0


class Thread(TenantDocument):
    """A conversation of one user.

    `head_id` is the newest message, or the one that `last_run_id` will write. The status of that run says
    whether it is active.
    """

    client_id: str
    user_id: str
    dedupe_key: str
    title: str = ""
    campaign_id: str | None = None
    head_id: str | None = None
    last_run_id: str | None = None
