"""Routes of what is remembered of a business beside its facts."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from api.authorization import Authorized, authorize
from api.deletion import DELETION, deleted
from api.dependencies import Paging, ServicesDep
from api.resources import BusinessNamed, business_in_path
from core.views import DocumentView, PageView
from memory.pages import Page
from services.recall import BESIDE_FACTS

router = APIRouter(prefix="/business/{id}/memory", tags=["business"])

Kind = Literal["decision", "style", "approved", "rejected", "question"]


class MemoryView(DocumentView):
    """Something that is remembered; of what an earlier release remembered there is only the `text`."""

    kind: Kind = Field(description="`style` is a wish for every text.")
    text: str = Field(description="As models read it.")
    subject: str
    decision: str = Field(description="What was decided or wished.")
    reason: str
    said_by: str | None = Field(description="The user who said it.")
    thread_id: str | None = Field(
        default=None, description="The conversation that it comes from, if it is the caller's own."
    )


class MemoryList(PageView[MemoryView]):
    """A page of memories: newest first, or nearest to the question first."""


@router.get("", summary="What is remembered of a business")
async def list_memories(
    allowed: Annotated[Authorized[BusinessNamed], authorize("memory.read", business_in_path)],
    services: ServicesDep,
    paging: Paging,
    q: Annotated[
        str | None, Query(max_length=300, description="Only what is about this, in any language; one page.")
    ] = None,
    kind: Annotated[Kind | None, Query(description="Only of this kind.")] = None,
) -> MemoryList:
    """Decisions and wishes of every conversation; facts have their own address.

    With `q` the nearest in meaning come first, and there is no `next_cursor`.
    """
    scope, kinds = allowed.scope, [kind] if kind else BESIDE_FACTS
    if q and q.strip():
        vector = await services.checker.vector(q)
        page = Page(await services.recall.search(scope, vector, kinds, paging.limit), None)
    else:
        page = await services.recall.page(scope, kinds, paging.limit, paging.cursor)
    refs = [memory.ref for memory in page.items]
    threads = await services.threads.of_runs(scope, allowed.principal.id, refs)
    views = [
        MemoryView.of(memory).model_copy(update={"thread_id": threads.get(memory.ref)})
        for memory in page.items
    ]
    return MemoryList(items=views, next_cursor=page.next_cursor)


@router.delete(
    "/{memory_id}",
    status_code=204,
    summary="Forget something",
    responses=DELETION,
)
async def delete_memory(
    allowed: Annotated[Authorized[BusinessNamed], authorize("memory.delete", business_in_path)],
    memory_id: Annotated[str, Path(description="The memory's id: 24 hex digits.")],
    services: ServicesDep,
) -> Response:
    """From now on nothing is written or answered from it; drafts that were made from it stay."""
    return deleted(await services.erasure.erase_memory(allowed.scope, memory_id))
