"""Campaign, KPIs, calendar slot."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    ConfigDict,
    Field,
    FiniteFloat,
    ModelWrapValidatorHandler,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from core.business import Line, Text
from core.clock import Day, LocalTime, Timezone
from core.document import PublicValue, TenantDocument
from core.ids import new_id
from core.rules.findings import Platform as Platform

PLATFORMS: tuple[Platform, ...] = get_args(Platform)
ContentType = Literal["text", "image", "video"]
SlotState = Literal["proposed", "planned", "drafted", "dropped"]
FunnelStage = Literal["awareness", "consideration", "conversion", "retention"]
CampaignStatus = Literal["draft", "active", "completed"]

BRIEF = 600
"""Characters of a brief."""


KpiName = re.compile(r"[^\W\d][\w -]{0,59}\Z")
KpiText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]


class Kpis(PublicValue):
    """The targets of a campaign; the owner may add names."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, int | FiniteFloat | KpiText] = Field(init=False)

    engagement_rate: float | None = Field(default=None, ge=0, le=100)
    leads_target: int | None = Field(default=None, ge=0, le=1_000_000_000)

    @model_validator(mode="wrap")
    @classmethod
    def _keep_own_names(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Read a stored document with the owner's names: its `extra="ignore"` would drop them as unknown.

        Values that are neither numbers nor text were written by a later release and are left out.
        """
        kpis = handler(value)
        if kpis.model_extra is not None or not isinstance(value, Mapping):
            return kpis
        readable = {
            name: one
            for name, one in value.items()
            if name in cls.model_fields or isinstance(one, int | float | str)
        }
        return cls.model_validate(readable, extra="allow")

    @model_validator(mode="after")
    def _storable(self) -> Self:
        own = self.model_extra or {}
        if len(own) > 20:
            message = "at most 20 names of your own"
            raise ValueError(message)
        for name, value in own.items():
            if not KpiName.match(name):
                message = f"{name[:60]!r} is not a name: a letter, then letters, digits, spaces, _ or -"
                raise ValueError(message)
            if isinstance(value, int) and abs(value) > 10**15:
                message = f"{name} is too large"
                raise ValueError(message)
        return self


class SlotFields(PublicValue):
    """The fields of a slot that a person edits."""

    local_time: LocalTime
    segment: str = ""


class Slot(SlotFields):
    """A planned post or message: time (wall time and zone), platform, theme and segment.

    `brief` hands it over to the writer: angle, opening, facts, next step, what not to repeat. `media_idea` is
    a picture or film that would go with it.
    """

    slot_id: str = Field(default_factory=new_id)
    timezone: Timezone
    platform: Platform
    type: ContentType = "text"
    theme: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
    brief: Annotated[str, StringConstraints(strip_whitespace=True, max_length=BRIEF)] = ""
    media_idea: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    funnel_stage: FunnelStage = "awareness"
    content_id: str | None = None
    state: SlotState = "proposed"
    run_id: str | None = None
    changed_by: str | None = None


class CampaignFields(PublicValue):
    """The fields of a campaign that a person edits."""

    name: Line
    goal: Text = ""
    kpis: Kpis = Field(default_factory=Kpis)
    start_date: Day | None = None
    end_date: Day | None = None
    status: CampaignStatus = "draft"

    @field_validator("end_date")
    @classmethod
    def _ends_after_it_starts(cls, end: date | None, info: ValidationInfo) -> date | None:
        start = info.data.get("start_date")
        if start and end and end < start:
            message = "must not be before start_date"
            raise ValueError(message)
        return end


class Campaign(CampaignFields, TenantDocument):
    """A campaign with its calendar, sorted by time."""

    calendar: list[Slot] = Field(default_factory=list)
    is_demo: bool = False
