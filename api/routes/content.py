"""Routes of drafts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from api.authorization import Authorized, authorize
from api.deletion import DELETION, deleted
from api.dependencies import IfMatch, Paging, ServicesDep, set_etag
from api.examples import CONTENT, answer, answer_list
from api.patches import ContentPatch
from api.reference import example
from api.resources import BusinessFilter, business_in_query, content_in_path
from core.campaign import Platform
from core.content import Content, ContentStatus
from core.document import Value
from core.views import ContentView, PageView, RevisionView, View
from services.checks import local_day
from services.conclusions import taken_back

router = APIRouter(prefix="/content", tags=["content"])


class ContentList(PageView[ContentView]):
    """A page of content, newest first."""


class RevisionList(View):
    """The revisions of a draft, the present one first."""

    items: list[RevisionView]


class Restore(Value):
    """Which revision comes back."""

    model_config = example({"revision": 1})

    revision: int = Field(ge=1, le=1_000_000)


@router.get(
    "",
    summary="Content, newest first",
    responses={200: answer_list(CONTENT)},
)
async def list_content(
    allowed: Annotated[Authorized[BusinessFilter], authorize("content.read", business_in_query)],
    services: ServicesDep,
    paging: Paging,
    campaign_id: Annotated[str | None, Query(description="Only of this campaign.")] = None,
    platform: Annotated[Platform | None, Query(description="Only for this platform.")] = None,
    status: Annotated[ContentStatus | None, Query(description="Only in this status.")] = None,
) -> ContentList:
    """Drafts that match all filters; without filters, of all of the caller's businesses."""
    page = await services.content.page(
        allowed.scope,
        paging.limit,
        paging.cursor,
        campaign_id=campaign_id,
        platform=platform,
        status=status,
    )
    items = await services.content.views(allowed.scope, page.items)
    return ContentList(items=items, next_cursor=page.next_cursor)


@router.get(
    "/{id}",
    summary="One draft",
    responses={200: answer(CONTENT)},
)
async def get_content(
    allowed: Annotated[Authorized[Content], authorize("content.read", content_in_path)],
    services: ServicesDep,
    response: Response,
) -> ContentView:
    """The whole document with its checks, claims and sources."""
    set_etag(response, allowed.resource.version)
    (content,) = await services.content.views(allowed.scope, [allowed.resource])
    return content


@router.put(
    "/{id}",
    summary="Edit a draft",
    responses={200: answer(CONTENT)},
)
async def change_content(
    allowed: Annotated[Authorized[Content], authorize("content.edit", content_in_path)],
    patch: ContentPatch,
    services: ServicesDep,
    version: IfMatch,
    response: Response,
) -> ContentView:
    """A JSON merge patch (RFC 7396) of title, words, media and language.

    The previous revision is kept and the checks run again; a failed check does not refuse the edit.
    """
    changed = await services.content.change(
        allowed.scope, allowed.resource.id, patch, version, edited_by=allowed.principal.id
    )
    set_etag(response, changed.version)
    (content,) = await services.content.views(allowed.scope, [changed])
    return content


@router.get(
    "/{id}/versions",
    summary="The revisions of a draft, the present one first",
)
async def list_versions(
    allowed: Annotated[Authorized[Content], authorize("content.read", content_in_path)],
    services: ServicesDep,
) -> RevisionList:
    """Return the words of every revision, with who made it, when and why."""
    versions = await services.content.versions(allowed.scope, allowed.resource)
    return RevisionList(items=[RevisionView.of(one) for one in versions])


@router.post(
    "/{id}/restore",
    summary="Bring an earlier revision back",
    responses={200: answer(CONTENT)},
)
async def restore_content(
    allowed: Annotated[Authorized[Content], authorize("content.edit", content_in_path)],
    body: Restore,
    services: ServicesDep,
    version: IfMatch,
    response: Response,
) -> ContentView:
    """Make an earlier revision the next one; the present one is kept, so that it can come back, too."""
    scope, before, person_id = allowed.scope, allowed.resource, allowed.principal.id
    restored = await services.content.restore(scope, before.id, body.revision, version, edited_by=person_id)
    if restored.revision != before.revision:
        business = await services.businesses.get(scope, before.business_id)
        day = local_day(business, services.clock.now())
        if rejected := taken_back(day, before, said_by=person_id):
            await services.recall.remember(scope, [rejected])
    set_etag(response, restored.version)
    (content,) = await services.content.views(scope, [restored])
    return content


@router.delete(
    "/{id}",
    status_code=204,
    summary="Delete a draft",
    responses=DELETION,
)
async def delete_content(
    allowed: Annotated[Authorized[Content], authorize("content.delete", content_in_path)],
    services: ServicesDep,
    version: IfMatch,
) -> Response:
    """Deletes its revisions too; its calendar slot is planned again."""
    return deleted(await services.erasure.erase_content(allowed.scope, allowed.resource.id, version))
