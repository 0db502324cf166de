"""Tools that read campaigns."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from tools.context import RunContext

MOST_CAMPAIGNS = 5


class NoArguments(BaseModel):
    """No arguments."""


async def read_calendar(context: RunContext, _: NoArguments) -> list[dict[str, Any]]:
    """Return the newest campaigns with their slots."""
    page = await context.campaigns.page(context.scope, MOST_CAMPAIGNS)
    return [
        {
            "campaign": campaign.name,
            "goal": campaign.goal,
            "slots": [
                slot.model_dump(mode="json", include={"local_time", "platform", "theme", "state"})
                for slot in campaign.calendar
            ],
        }
        for campaign in page.items
    ]
