"""A request for a run, and the documents that it creates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.actions import Action
from core.conversation import Message, Run, RunInput, SpecialistName, Thread
from core.ids import derived_id, digest
from core.scope import Scope

LONGEST_TITLE = 80


@dataclass(frozen=True)
class RunRequest:
    """A client's request: its ids, the text, and the parent message."""

    thread_id: str
    run_id: str
    text: str
    campaign_id: str | None = None
    parent_id: str | None = None
    from_root: bool = False
    specialists: Sequence[SpecialistName] | None = None
    slot_ids: Sequence[str] = ()
    focus: str | None = None
    actions: Sequence[Action] | None = None


def documents_of(
    scope: Scope, user_id: str, request: RunRequest, thread: Thread | None, now: datetime
) -> tuple[Run, Message, Thread]:
    """Build the documents of a request; ids are derived from the client's ids, so a retry finds them."""
    thread_key = f"{user_id}:{request.thread_id}"
    run_id = derived_id("run", f"{user_id}:{request.run_id}")
    input_digest = digest(
        [
            *(scope.business_id, request.thread_id, request.text, request.parent_id, request.from_root),
            *(request.campaign_id, request.specialists and list(request.specialists)),
            list(request.slot_ids),
            # Only where there are some: a request of an earlier release has the digest it had.
            *([request.focus] if request.focus else []),
            *([[action.model_dump(mode="json") for action in request.actions]] if request.actions else []),
        ]
    )
    thread_id = thread.id if thread else derived_id("thread", thread_key)
    stamps: dict[str, Any] = {"business_id": scope.business_id, "created_at": now, "updated_at": now}
    inherited = thread.campaign_id if thread else None
    run = Run(
        id=run_id,
        client_id=request.run_id,
        user_id=user_id,
        dedupe_key=f"{user_id}:{request.run_id}",
        thread_id=thread_id,
        thread_client_id=request.thread_id,
        root_run_id=run_id,
        answer_id=derived_id("answer", run_id),
        input_digest=input_digest,
        input=RunInput(
            message_id=derived_id("message", run_id, input_digest),
            text=request.text,
            campaign_id=request.campaign_id or inherited,
            specialists=None if request.specialists is None else list(request.specialists),
            slot_ids=list(request.slot_ids),
            focus=request.focus,
            actions=None if request.actions is None else list(request.actions),
        ),
        **stamps,
    )
    head_id = thread.head_id if thread else None
    message = Message(
        id=run.input.message_id,
        thread_id=thread_id,
        parent_id=None if request.from_root else request.parent_id or head_id,
        role="user",
        content=request.text,
        run_id=run_id,
        **stamps,
    )
    opening = Thread(
        id=thread_id,
        client_id=request.thread_id,
        user_id=user_id,
        dedupe_key=thread_key,
        title=" ".join(request.text.split())[:LONGEST_TITLE],
        campaign_id=request.campaign_id,
        head_id=run.answer_id,
        last_run_id=run_id,
        **stamps,
    )
    return run, message, opening
