"""Routes of threads with their messages, open artefacts and active run."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Response
from pydantic import Field

from api.authorization import Authorized, authorize
from api.deletion import DELETION, deleted
from api.dependencies import IfMatch, Paging, ServicesDep, set_etag
from api.reference import example
from api.resources import BusinessNamed, business_in_path, thread_in_path
from core.business import Line
from core.conversation import (
    Artefact,
    Clarification,
    MessageStatus,
    ProposedAction,
    RunStatus,
    Step,
    Thread,
)
from core.document import Value
from core.events import Snapshot
from core.views import DocumentView, PageView, View

router = APIRouter(tags=["copilot"])

MESSAGES = 100
"""Limit of messages in a thread's response."""


class ThreadView(DocumentView):
    """A thread in a list."""

    client_id: str
    title: str
    campaign_id: str | None


class ThreadList(PageView[ThreadView]):
    """A page of threads, newest first."""


class MessageView(DocumentView):
    """A node of the message tree: an edit or a retry is a sibling."""

    thread_id: str
    parent_id: str | None = None
    role: Literal["user", "assistant"]
    content: str = ""
    run_id: str | None = None
    steps: list[Step] = Field(default_factory=list)
    artefacts: list[Artefact] = Field(default_factory=list)
    unsourced: list[str] = Field(
        default_factory=list, description="Figures of `content` that have no source in what is known."
    )
    clarify: Clarification | None = Field(
        default=None, description="What `content` asks, with possible answers: each sends its actions."
    )
    proposed_actions: list[ProposedAction] = Field(
        default_factory=list, description="What only a person may do, offered as buttons."
    )
    status: MessageStatus = "complete"
    problem: dict[str, Any] | None = None


class MessageList(PageView[MessageView]):
    """A page of messages, newest first."""


class ActiveRun(View):
    """The active run, whose events can be streamed."""

    id: str
    run_id: str
    status: RunStatus


class Stays(View):
    """Documents that are not deleted with a thread."""

    campaign_id: str | None
    drafts: int = Field(description="Drafts that were written in the thread.")


class WholeThread(ThreadView):
    """A thread with its messages, open artefacts and active run."""

    head_id: str | None
    messages: list[MessageView] = Field(description="The newest ones of all branches, oldest first.")
    older_cursor: str | None = Field(
        default=None,
        description="The cursor of `GET /threads/{reference}/messages` for the messages before these.",
    )
    state: Snapshot
    interrupts: list[dict[str, Any]] = Field(default_factory=list)
    active_run: ActiveRun | None = None
    stays: Stays = Field(description="What stays when the thread is deleted.")


class ThreadPatch(Value):
    """The fields of a thread that a person edits."""

    model_config = example({"title": "March membership drive"})

    title: Line


@router.get(
    "/business/{id}/threads",
    summary="The caller's threads of a business, newest first",
)
async def list_threads(
    allowed: Annotated[Authorized[BusinessNamed], authorize("thread.read", business_in_path)],
    services: ServicesDep,
    paging: Paging,
) -> ThreadList:
    """Only the caller's own threads."""
    page = await services.threads.page(allowed.scope, allowed.principal.id, paging.limit, paging.cursor)
    return ThreadList.of(page)


@router.get(
    "/threads/{reference}",
    summary="One thread with messages, state, interrupts and active run",
)
async def get_thread(
    allowed: Annotated[Authorized[Thread], authorize("thread.read", thread_in_path)],
    services: ServicesDep,
    response: Response,
) -> WholeThread:
    """Everything that a client needs to show the thread and to resume its run."""
    thread, scope = allowed.resource, allowed.scope
    active = await services.threads.active_run(scope, thread)
    set_etag(response, thread.version)
    drafts = await services.threads.drafts_written(scope, thread.id)
    page = await services.threads.messages(scope, thread.id, MESSAGES)
    return WholeThread(
        **ThreadView.of(thread).model_dump(),
        head_id=thread.head_id,
        messages=[MessageView.of(message) for message in reversed(page.items)],
        older_cursor=page.next_cursor,
        state=await services.threads.state(scope, thread.campaign_id),
        active_run=ActiveRun(id=active.id, run_id=active.client_id, status=active.status) if active else None,
        stays=Stays(campaign_id=thread.campaign_id, drafts=drafts),
    )


@router.get(
    "/threads/{reference}/messages",
    summary="A thread's messages, newest first",
)
async def list_messages(
    allowed: Annotated[Authorized[Thread], authorize("thread.read", thread_in_path)],
    services: ServicesDep,
    paging: Paging,
) -> MessageList:
    """Messages of all branches: `parent_id` is the message that each one follows."""
    page = await services.threads.messages(allowed.scope, allowed.resource.id, paging.limit, paging.cursor)
    return MessageList.of(page)


@router.put(
    "/threads/{reference}",
    summary="Rename a thread",
)
async def rename_thread(
    allowed: Annotated[Authorized[Thread], authorize("thread.edit", thread_in_path)],
    patch: Annotated[ThreadPatch, Body()],
    services: ServicesDep,
    version: IfMatch,
    response: Response,
) -> ThreadView:
    """Changes the title."""
    thread = allowed.resource
    renamed = await services.threads.rename(allowed.scope, thread, version or thread.version, patch.title)
    set_etag(response, renamed.version)
    return ThreadView.of(renamed)


@router.delete(
    "/threads/{reference}",
    status_code=204,
    summary="Delete a thread",
    responses=DELETION,
)
async def delete_thread(
    allowed: Annotated[Authorized[Thread], authorize("thread.edit", thread_in_path)],
    services: ServicesDep,
    version: IfMatch,
) -> Response:
    """Ends its runs and deletes them with messages and memories; campaign and drafts stay (`stays`)."""
    return deleted(await services.erasure.erase_thread(allowed.scope, allowed.resource, version))
