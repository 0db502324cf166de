"""Response models: the fields of stored documents that clients see."""

from __future__ import annotations

from typing import Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from core.business import Fact, Profile
from core.campaign import CampaignFields, ContentType, Platform, Slot
from core.clock import Instant
from core.content import (
    AiMetadata,
    Approval,
    ApprovalState,
    Authorship,
    ContentFields,
    ContentStatus,
    Media,
    TextContent,
)
from core.fields import STORED


class View(BaseModel):
    """The body of a response; fields that it does not list are not published (docs/adr/0007)."""

    model_config = ConfigDict(extra="ignore", from_attributes=True)

    @classmethod
    def of(cls, source: object) -> Self:
        """Return the view of an object that has its fields as attributes."""
        return cls.model_validate(source, context=STORED)


V = TypeVar("V", bound=View)


class PageView(View, Generic[V]):
    """A page of a list, newest first, with the cursor of the next one."""

    items: list[V]
    next_cursor: str | None = None


class DocumentView(View):
    """The fields that all documents of a business show."""

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


class RevisionView(View):
    """A revision of a draft: its words, and who made it when and why."""

    revision: int = Field(validation_alias="number")
    title: str
    text_content: TextContent
    media: Media
    language: str
    authorship: Authorship | None = None


class DraftState(View):
    """A draft in the shared state of a thread."""

    platform: Platform
    type: ContentType
    title: str
    status: ContentStatus
    approval_state: ApprovalState
    version: int
    slot_id: str | None = None
