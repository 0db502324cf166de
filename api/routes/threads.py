"""Threads with their messages, open artefacts and active run."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.authorization import Authorized, authorize
from api.dependencies import IfMatch, Paging, ServicesDep, set_etag
from api.resources import BusinessNamed, business_in_path, thread_in_path
from core.clock import Instant
from core.conversation import Message, RunStatus, Thread
from core.events import Snapshot

router = APIRouter(tags=["copilot"])


class ThreadView(BaseModel):
    """A thread in a list."""

    id: str
    client_id: str
    business_id: str
    title: str
    campaign_id: str | None
    version: int
    created_at: Instant
    updated_at: Instant

    @classmethod
    def of(cls, thread: Thread) -> ThreadView:
        """The view of a thread."""
        return cls.model_validate(thread.model_dump())


class ThreadList(BaseModel):
    """A page of threads, newest first."""

    items: list[ThreadView]
    next_cursor: str | None = None


class ActiveRun(BaseModel):
    """The run that is going on: attach to its events."""

    id: str
    run_id: str
    status: RunStatus


class WholeThread(ThreadView):
    """A thread with its message tree, the open artefacts, and the run that is going on."""

    head_id: str | None
    messages: list[Message]
    state: Snapshot
    interrupts: list[dict[str, Any]] = Field(default_factory=list)
    active_run: ActiveRun | None = None


class ThreadPatch(BaseModel):
    """What a person may change in a thread."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"title": "March membership drive"}]}
    )

    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


@router.get(
    "/business/{id}/threads",
    summary="The caller's threads of a business, newest first",
)
async def list_threads(
    allowed: Annotated[Authorized[BusinessNamed], authorize("thread.read", business_in_path)],
    services: ServicesDep,
    paging: Paging,
) -> ThreadList:
    """A thread is its user's own."""
    page = await services.threads.page(allowed.scope, allowed.principal.id, paging.limit, paging.cursor)
    return ThreadList(items=[ThreadView.of(thread) for thread in page.items], next_cursor=page.next_cursor)


@router.get(
    "/threads/{reference}",
    summary="One thread with messages, state, interrupts and active run",
)
async def get_thread(
    allowed: Annotated[Authorized[Thread], authorize("thread.read", thread_in_path)],
    services: ServicesDep,
    response: Response,
) -> WholeThread:
    """Everything that a page needs to show the thread again, and to go on with its run."""
    thread, scope = allowed.resource, allowed.scope
    active = await services.threads.active_run(scope, thread)
    set_etag(response, thread.version)
    return WholeThread(
        **thread.model_dump(include=set(ThreadView.model_fields)),
        head_id=thread.head_id,
        messages=await services.threads.messages(scope, thread.id),
        state=await services.threads.state(scope, thread.campaign_id),
        active_run=ActiveRun(id=active.id, run_id=active.client_id, status=active.status) if active else None,
    )


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
    """The title is all that a person can change."""
    thread = allowed.resource
    renamed = await services.threads.rename(allowed.scope, thread, version or thread.version, patch.title)
    set_etag(response, renamed.version)
    return ThreadView.of(renamed)


@router.delete(
    "/threads/{reference}",
    status_code=204,
    summary="Delete a thread",
)
async def delete_thread(
    allowed: Annotated[Authorized[Thread], authorize("thread.edit", thread_in_path)], services: ServicesDep
) -> None:
    """Its messages and runs go with it; the drafts and the calendar stay."""
    thread, scope = allowed.resource, allowed.scope
    active = await services.threads.active_run(scope, thread)
    if active is not None:
        await services.runs.cancel(scope, active)
    await services.threads.delete(scope, thread)
