"""Routes of campaigns."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Path, Query, Response

from api.authorization import Authorized, authorize
from api.deletion import DELETION, deleted
from api.dependencies import IfMatch, Paging, ServicesDep, set_etag
from api.examples import CAMPAIGN, answer, answer_list
from api.patches import CampaignPatch, SlotPatch
from api.reference import problem_response
from api.resources import BusinessFilter, business_in_query, campaign_in_path
from core.campaign import Campaign, CampaignFields
from core.views import CampaignView, PageView

router = APIRouter(prefix="/campaign", tags=["campaign"])


class NewCampaign(CampaignFields):
    """A campaign of one of the caller's businesses."""

    business_id: str


class CampaignList(PageView[CampaignView]):
    """A page of campaigns, newest first."""


_NEW = CAMPAIGN.model_dump(
    mode="json", include={"business_id", "name", "goal", "kpis", "start_date", "end_date", "status"}
)


async def campaign_to_create(draft: Annotated[NewCampaign, Body(examples=[_NEW])]) -> NewCampaign:
    """Return the new campaign as a resource of its business."""
    return draft


@router.post(
    "/",
    status_code=201,
    summary="Create a campaign",
    responses={201: answer(CAMPAIGN, "The new campaign.")},
)
async def create_campaign(
    allowed: Annotated[Authorized[NewCampaign], authorize("campaign.edit", campaign_to_create)],
    services: ServicesDep,
    response: Response,
) -> CampaignView:
    """Takes the document's own fields; the calendar is filled by the strategist."""
    draft = allowed.resource
    campaign = await services.campaigns.create(allowed.scope, draft.business_id, draft)
    response.headers["Location"] = f"/campaign/{campaign.id}"
    set_etag(response, campaign.version)
    return CampaignView.of(campaign)


@router.get(
    "",
    summary="Campaigns, newest first",
    responses={200: answer_list(CAMPAIGN)},
)
async def list_campaigns(
    allowed: Annotated[Authorized[BusinessFilter], authorize("campaign.read", business_in_query)],
    services: ServicesDep,
    paging: Paging,
) -> CampaignList:
    """Of one business, or of all of the caller's."""
    page = await services.campaigns.page(allowed.scope, paging.limit, paging.cursor)
    return CampaignList.of(page)


@router.get(
    "/{id}",
    summary="One campaign",
    responses={200: answer(CAMPAIGN)},
)
async def get_campaign(
    allowed: Annotated[Authorized[Campaign], authorize("campaign.read", campaign_in_path)], response: Response
) -> CampaignView:
    """The whole document with its calendar."""
    set_etag(response, allowed.resource.version)
    return CampaignView.of(allowed.resource)


@router.put(
    "/{id}",
    summary="Change a campaign",
    responses={200: answer(CAMPAIGN)},
)
async def change_campaign(
    allowed: Annotated[Authorized[Campaign], authorize("campaign.edit", campaign_in_path)],
    patch: CampaignPatch,
    services: ServicesDep,
    version: IfMatch,
    response: Response,
) -> CampaignView:
    """A JSON merge patch (RFC 7396) of a campaign's fields.

    Its drafts are checked again in the background; until then `checks_stale` is true.
    """
    scope, campaign_id = allowed.scope, allowed.resource.id
    campaign = await services.campaigns.change(scope, campaign_id, patch, version)
    set_etag(response, campaign.version)
    return CampaignView.of(campaign)


@router.put(
    "/{id}/calendar/{slot_id}",
    summary="Change a slot of the calendar",
    responses={200: answer(CAMPAIGN)},
)
async def change_slot(
    allowed: Annotated[Authorized[Campaign], authorize("campaign.edit", campaign_in_path)],
    slot_id: Annotated[str, Path(description="The slot's id.")],
    patch: SlotPatch,
    services: ServicesDep,
    version: IfMatch,
    response: Response,
) -> CampaignView:
    """A JSON merge patch (RFC 7396) of the slot's local time and segment; `If-Match` is the campaign's.

    Its draft moves with it. A proposed slot is planned then. The answer is the campaign with its calendar.
    """
    campaign = await services.campaigns.change_slot(
        allowed.scope, allowed.resource.id, slot_id, patch, version
    )
    set_etag(response, campaign.version)
    return CampaignView.of(campaign)


@router.delete(
    "/{id}",
    status_code=204,
    summary="Delete a campaign",
    responses={**DELETION, 409: problem_response("It has content and `cascade` is not true.")},
)
async def delete_campaign(
    allowed: Annotated[Authorized[Campaign], authorize("campaign.delete", campaign_in_path)],
    services: ServicesDep,
    version: IfMatch,
    cascade: Annotated[bool, Query(description="Also when it has content, which goes with it.")] = False,
) -> Response:
    """Ends runs on it; conversations about it stay, without a campaign."""
    campaign_id = allowed.resource.id
    return deleted(
        await services.erasure.erase_campaign(allowed.scope, campaign_id, cascade=cascade, version=version)
    )
