"""Routes of calendars."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter

from api.authorization import Authorized, Caller, authorize
from api.dependencies import ServicesDep
from api.examples import CALENDAR, answer
from core.campaign import Campaign
from services.campaigns import Calendar

router = APIRouter(tags=["publishing"])


async def campaign_of_calendar(campaign_id: str, services: ServicesDep, caller: Caller) -> Campaign:
    """Return the campaign at `/calendar/{campaign_id}`."""
    return await services.campaigns.get(caller.scope(), campaign_id)


@router.get(
    "/calendar/{campaign_id}",
    summary="A campaign's calendar with its drafts",
    responses={200: answer(CALENDAR)},
)
async def get_calendar(
    allowed: Annotated[Authorized[Campaign], authorize("campaign.read", campaign_of_calendar)],
    services: ServicesDep,
) -> Calendar:
    """The slots ordered by time, each with its draft."""
    return await services.campaigns.calendar(allowed.scope, allowed.resource)
