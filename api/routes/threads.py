"""Threads with their messages, open artefacts and active run."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.dependencies import Caller, IfMatch, Paging, ScopeDep, ServicesDep, requires, set_etag
from api.reach import DocumentId, within
from core.clock import Instant
from core.conversation import Message, RunStatus, Thread
from core.events import Snapshot
from core.scope import Scope

router = APIRouter(tags=["copilot"])

MAY_CHAT = requires("owner", "marketer")
Reference = Annotated[str, Path(description="Our id, or the caller's own name for the thread.")]


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
    dependencies=[MAY_CHAT],
)
async def list_threads(
    business_id: DocumentId, services: ServicesDep, request: Request, caller: Caller, paging: Paging
) -> ThreadList:
    """A thread is its user's own."""
    scope = within(request, caller, business_id)
    page = await services.threads.page(scope, caller.user_id, paging.limit, paging.cursor)
    return ThreadList(items=[ThreadView.of(thread) for thread in page.items], next_cursor=page.next_cursor)


@router.get(
    "/threads/{reference}",
    summary="One thread with messages, state, interrupts and active run",
    dependencies=[MAY_CHAT],
)
async def get_thread(
    reference: Reference, services: ServicesDep, scope: ScopeDep, caller: Caller, response: Response
) -> WholeThread:
    """Everything that a page needs to show the thread again, and to go on with its run."""
    thread = await services.threads.find(scope, caller.user_id, reference)
    narrow = Scope.of(thread.business_id)
    active = await services.threads.active_run(narrow, thread)
    set_etag(response, thread.version)
    return WholeThread(
        **thread.model_dump(include=set(ThreadView.model_fields)),
        head_id=thread.head_id,
        messages=await services.threads.messages(narrow, thread.id),
        state=await services.threads.state(narrow, thread.campaign_id),
        active_run=ActiveRun(id=active.id, run_id=active.client_id, status=active.status) if active else None,
    )


@router.put(
    "/threads/{reference}",
    summary="Rename a thread",
    dependencies=[MAY_CHAT],
)
async def rename_thread(
    reference: Reference,
    patch: Annotated[ThreadPatch, Body()],
    services: ServicesDep,
    scope: ScopeDep,
    caller: Caller,
    version: IfMatch,
    response: Response,
) -> ThreadView:
    """The title is all that a person can change."""
    thread = await services.threads.find(scope, caller.user_id, reference)
    narrow = Scope.of(thread.business_id)
    renamed = await services.threads.rename(narrow, thread, version or thread.version, patch.title)
    set_etag(response, renamed.version)
    return ThreadView.of(renamed)


@router.delete(
    "/threads/{reference}",
    status_code=204,
    summary="Delete a thread",
    dependencies=[MAY_CHAT],
)
async def delete_thread(reference: Reference, services: ServicesDep, scope: ScopeDep, caller: Caller) -> None:
    """Its messages and runs go with it; the drafts and the calendar stay."""
    thread = await services.threads.find(scope, caller.user_id, reference)
    narrow = Scope.of(thread.business_id)
    active = await services.threads.active_run(narrow, thread)
    if active is not None:
        await services.runs.cancel(narrow, active)
    await services.threads.delete(narrow, thread)
