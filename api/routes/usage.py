"""Routes of the usage of a business."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from api.authorization import Authorized, authorize
from api.dependencies import ServicesDep
from api.examples import answer
from api.resources import BusinessNamed, business_in_path
from core.clock import Instant
from core.views import View

router = APIRouter(prefix="/business", tags=["business"])

_EXAMPLE = {
    "month": "2027-03",
    "limit": 2_000_000,
    "tokens_used": 48_210,
    "reserved": 2_560,
    "remaining": 1_949_230,
    "resets_at": "2027-04-01T00:00:00.000Z",
    "cost": {"micro_usd": 31_400},
    "by_agent": {"copilot": 6_120, "copywriter": 33_890, "strategist": 8_200},
    "by_model": {"gpt-5.4-mini": 48_210},
    "by_day": {"2027-03-01": 30_010, "2027-03-02": 18_200},
}


class Cost(View):
    """An amount of money as an integer."""

    micro_usd: int = Field(description="Millionths of a US dollar.")


class UsageView(View):
    """Tokens and cost of one UTC month."""

    month: str
    limit: int
    tokens_used: int
    reserved: int = Field(description="Set aside for calls that are going on.")
    remaining: int
    resets_at: Instant
    cost: Cost
    by_agent: dict[str, int]
    by_model: dict[str, int]
    by_day: dict[str, int]


@router.get(
    "/{id}/usage",
    summary="What a business has used of its month",
    responses={200: answer(_EXAMPLE)},
)
async def get_usage(
    allowed: Annotated[Authorized[BusinessNamed], authorize("usage.read", business_in_path)],
    services: ServicesDep,
    month: Annotated[
        str | None,
        Query(
            pattern="^20[0-9]{2}-(0[1-9]|1[0-2])$",
            description="`2027-03`, UTC; the present month by default.",
        ),
    ] = None,
) -> UsageView:
    """Tokens and cost of a month, by default the current one, by agent and model."""
    return UsageView.model_validate(await services.usage.report(allowed.scope, month))
