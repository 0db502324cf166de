"""Content: drafts and their edits."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from api.dependencies import Caller, IfMatch, Paging, ScopeDep, ServicesDep, requires, set_etag
from api.examples import CONTENT, answer, answer_list
from api.patches import ContentPatch
from api.reach import DocumentId, visible, within
from core.campaign import Platform
from core.content import Content, ContentStatus

router = APIRouter(prefix="/content", tags=["content"])


class ContentList(BaseModel):
    """A page of content, newest first."""

    items: list[Content]
    next_cursor: str | None = None


@router.get(
    "",
    summary="Content, newest first",
    dependencies=[requires("owner", "marketer", "client")],
    responses={200: answer_list(CONTENT)},
)
async def list_content(
    services: ServicesDep,
    scope: ScopeDep,
    paging: Paging,
    business_id: Annotated[str | None, Query(description="Only of this business.")] = None,
    campaign_id: Annotated[str | None, Query(description="Only of this campaign.")] = None,
    platform: Annotated[Platform | None, Query(description="Only for this platform.")] = None,
    status: Annotated[ContentStatus | None, Query(description="Only in this status.")] = None,
) -> ContentList:
    """Under every given condition; without one, of all of the caller's businesses."""
    page = await services.content.page(
        scope,
        paging.limit,
        paging.cursor,
        business_id=business_id,
        campaign_id=campaign_id,
        platform=platform,
        status=status,
    )
    return ContentList(items=page.items, next_cursor=page.next_cursor)


@router.get(
    "/{id}",
    summary="One piece of content",
    dependencies=[requires("owner", "marketer", "client")],
    responses={200: answer(CONTENT)},
)
async def get_content(
    content_id: DocumentId, services: ServicesDep, scope: ScopeDep, response: Response
) -> Content:
    """The whole document with its checks, claims and sources."""
    content = await services.content.get(scope, content_id)
    set_etag(response, content.version)
    return content


@router.put(
    "/{id}",
    summary="Edit a piece of content",
    dependencies=[requires("owner", "marketer")],
    responses={200: answer(CONTENT)},
)
async def change_content(
    content_id: DocumentId,
    patch: ContentPatch,
    services: ServicesDep,
    request: Request,
    caller: Caller,
    version: IfMatch,
    response: Response,
) -> Content:
    """A JSON merge patch (RFC 7396) of title, words, media and language.

    The old version is kept and the checks run again; a failed check never stops an edit.
    """
    found = await services.content.get(visible(caller), content_id)
    scope = within(request, caller, found.business_id)
    content = await services.content.change(scope, content_id, patch, version, edited_by=caller.user_id)
    set_etag(response, content.version)
    return content


@router.delete(
    "/{id}",
    status_code=204,
    summary="Delete a piece of content",
    dependencies=[requires("owner", "marketer")],
)
async def delete_content(
    content_id: DocumentId, services: ServicesDep, request: Request, caller: Caller, version: IfMatch
) -> None:
    """Its versions go with it; its calendar slot is planned again."""
    found = await services.content.get(visible(caller), content_id)
    scope = within(request, caller, found.business_id)
    await services.erasure.erase_content(scope, content_id, version)
