"""Calendars."""

from __future__ import annotations

from fastapi import APIRouter

from api.dependencies import ScopeDep, ServicesDep, requires
from api.examples import CALENDAR, answer
from services.campaigns import Calendar

router = APIRouter(tags=["publishing"])


@router.get(
    "/calendar/{campaign_id}",
    summary="A campaign's calendar with its drafts",
    dependencies=[requires("owner", "marketer", "client")],
    responses={200: answer(CALENDAR)},
)
async def get_calendar(campaign_id: str, services: ServicesDep, scope: ScopeDep) -> Calendar:
    """The slots in the order of time, each with the draft that fills it."""
    return await services.campaigns.calendar(scope, campaign_id)
