"""Campaigns."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query, Request, Response
from pydantic import BaseModel

from api.dependencies import Caller, IfMatch, Paging, ScopeDep, ServicesDep, requires, set_etag
from api.examples import CAMPAIGN, answer, answer_list
from api.patches import CampaignPatch
from api.reach import DocumentId, visible, within
from api.reference import problem_response
from core.campaign import Campaign, CampaignFields

router = APIRouter(prefix="/campaign", tags=["campaign"])


class NewCampaign(CampaignFields):
    """A campaign of one of the caller's businesses."""

    business_id: str


class CampaignList(BaseModel):
    """A page of campaigns, newest first."""

    items: list[Campaign]
    next_cursor: str | None = None


_NEW = CAMPAIGN.model_dump(
    mode="json", include={"business_id", "name", "goal", "kpis", "start_date", "end_date", "status"}
)


@router.post(
    "/",
    status_code=201,
    summary="Create a campaign",
    dependencies=[requires("owner", "marketer")],
    responses={201: answer(CAMPAIGN, "The new campaign.")},
)
async def create_campaign(
    draft: Annotated[NewCampaign, Body(examples=[_NEW])],
    services: ServicesDep,
    request: Request,
    caller: Caller,
    response: Response,
) -> Campaign:
    """Takes the document's own fields; the calendar is filled by the strategist."""
    scope = within(request, caller, draft.business_id)
    campaign = await services.campaigns.create(scope, draft.business_id, draft)
    response.headers["Location"] = f"/campaign/{campaign.id}"
    set_etag(response, campaign.version)
    return campaign


@router.get(
    "",
    summary="Campaigns, newest first",
    dependencies=[requires("owner", "marketer", "client")],
    responses={200: answer_list(CAMPAIGN)},
)
async def list_campaigns(
    services: ServicesDep,
    scope: ScopeDep,
    paging: Paging,
    business_id: Annotated[str | None, Query(description="Only of this business.")] = None,
) -> CampaignList:
    """Of one business, or of all of the caller's."""
    page = await services.campaigns.page(scope, business_id, paging.limit, paging.cursor)
    return CampaignList(items=page.items, next_cursor=page.next_cursor)


@router.get(
    "/{id}",
    summary="One campaign",
    dependencies=[requires("owner", "marketer", "client")],
    responses={200: answer(CAMPAIGN)},
)
async def get_campaign(
    campaign_id: DocumentId, services: ServicesDep, scope: ScopeDep, response: Response
) -> Campaign:
    """The whole document with its calendar."""
    campaign = await services.campaigns.get(scope, campaign_id)
    set_etag(response, campaign.version)
    return campaign


@router.put(
    "/{id}",
    summary="Change a campaign",
    dependencies=[requires("owner", "marketer")],
    responses={200: answer(CAMPAIGN)},
)
async def change_campaign(
    campaign_id: DocumentId,
    patch: CampaignPatch,
    services: ServicesDep,
    request: Request,
    caller: Caller,
    version: IfMatch,
    response: Response,
) -> Campaign:
    """A JSON merge patch (RFC 7396) of what a person says about a campaign; its drafts are checked again."""
    found = await services.campaigns.get(visible(caller), campaign_id)
    scope = within(request, caller, found.business_id)
    campaign = await services.campaigns.change(scope, campaign_id, patch, version)
    await services.content.recheck_drafts(scope, found.business_id, campaign_id)
    set_etag(response, campaign.version)
    return campaign


@router.delete(
    "/{id}",
    status_code=204,
    summary="Delete a campaign",
    dependencies=[requires("owner", "marketer")],
    responses={409: problem_response("It has content and `cascade` is not true.")},
)
async def delete_campaign(
    campaign_id: DocumentId,
    services: ServicesDep,
    request: Request,
    caller: Caller,
    cascade: Annotated[bool, Query(description="Also when it has content, which goes with it.")] = False,
) -> None:
    """Conversations about it stay, without a campaign."""
    found = await services.campaigns.get(visible(caller), campaign_id)
    scope = within(request, caller, found.business_id)
    await services.erasure.erase_campaign(scope, campaign_id, cascade=cascade)
