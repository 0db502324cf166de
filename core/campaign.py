"""Campaign, KPIs, calendar slot."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from core.business import Line, Text
from core.clock import LocalTime, Timezone
from core.document import TenantDocument, Value
from core.ids import new_id

Platform = Literal["instagram", "linkedin", "email", "sms"]
PLATFORMS: tuple[Platform, ...] = ("instagram", "linkedin", "email", "sms")
ContentType = Literal["text", "image", "video"]
SlotState = Literal["proposed", "planned", "drafted", "dropped"]
FunnelStage = Literal["awareness", "consideration", "conversion", "retention"]
CampaignStatus = Literal["draft", "active", "completed"]


class Kpis(Value):
    """What the campaign is measured by; further names are the owner's own."""

    model_config = ConfigDict(extra="allow")

    engagement_rate: float | None = Field(default=None, ge=0, le=100)
    leads_target: int | None = Field(default=None, ge=0)


class Slot(Value):
    """One planned piece: when (wall time and zone), where, about what, for whom."""

    slot_id: str = Field(default_factory=new_id)
    local_time: LocalTime
    timezone: Timezone
    platform: Platform
    type: ContentType = "text"
    theme: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
    segment: str = ""
    funnel_stage: FunnelStage = "awareness"
    content_id: str | None = None
    state: SlotState = "proposed"
    run_id: str | None = None


class CampaignFields(Value):
    """What a person says about a campaign."""

    name: Line
    goal: Text = ""
    kpis: Kpis = Field(default_factory=Kpis)
    start_date: date | None = None
    end_date: date | None = None
    status: CampaignStatus = "draft"

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> CampaignFields:
        if self.start_date and self.end_date and self.end_date < self.start_date:
            message = "end_date must not be before start_date"
            raise ValueError(message)
        return self


class Campaign(CampaignFields, TenantDocument):
    """A campaign with its calendar, sorted by time."""

    model_config = TenantDocument.model_config

    calendar: list[Slot] = Field(default_factory=list)
    is_demo: bool = False
