"""What clients see of stored documents: every field of an answer is listed here or in its route."""

from __future__ import annotations

from typing import Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from core.business import Fact, Profile
from core.campaign import CampaignFields, ContentType, Platform, Slot
from core.clock import Instant
from core.content import AiMetadata, Approval, ApprovalState, Authorship, ContentFields, ContentStatus
from core.fields import STORED


class View(BaseModel):
    """The body of an answer. What it does not list is never published (docs/adr/0007)."""

    model_config = ConfigDict(extra="ignore", from_attributes=True)

    @classmethod
    def of(cls, source: object) -> Self:
        """Return the view of an object that has its fields as attributes."""
        return cls.model_validate(source, context=STORED)


V = TypeVar("V", bound=View)


class PageView(View, Generic[V]):
    """A part of a list, newest first, and where it goes on."""

    items: list[V]
    next_cursor: str | None = None


class DocumentView(View):
    """What is seen of every document of a business."""

    id: str
    version: int
    created_at: Instant
    updated_at: Instant
    business_id: str


class BusinessView(Profile, DocumentView):
    """A business with its facts."""

    user_id: str
    facts: list[Fact] = Field(default_factory=list)
    is_demo: bool = False


class CampaignSummary(CampaignFields, DocumentView):
    """A campaign without its calendar."""

    is_demo: bool = False


class CampaignView(CampaignSummary):
    """A campaign with its calendar, sorted by time."""

    calendar: list[Slot] = Field(default_factory=list)


class ContentView(ContentFields, DocumentView):
    """A draft with its checks, claims and sources."""

    campaign_id: str
    slot_id: str | None = None
    type: ContentType = "text"
    platform: Platform
    ai_metadata: AiMetadata = Field(default_factory=AiMetadata)
    checks_stale: bool = Field(default=False, description="Whether facts, campaign or rules changed since.")
    status: ContentStatus = "draft"
    approval: Approval | None = None
    approval_state: ApprovalState
    revision: int = 1
    authorship: Authorship | None = None
    edited_by: str | None = None


class DraftState(View):
    """A draft as the shared state of a thread shows it."""

    platform: Platform
    type: ContentType
    title: str
    status: ContentStatus
    approval_state: ApprovalState
    version: int
    slot_id: str | None = None
