"""Content, its versions, approval and status machine."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, computed_field

from core.business import WebAddress
from core.campaign import ContentType, Platform
from core.clock import Instant
from core.document import TenantDocument, Value
from core.ids import digest
from core.rules.claims import Claim
from core.rules.findings import Check, DraftText

ContentStatus = Literal["draft", "scheduled", "publishing", "published", "failed", "unconfirmed"]
ApprovalState = Literal["pending", "approved", "rejected"]
SourceKind = Literal["fact", "memory", "voice", "segment", "campaign", "request"]

Hashtag = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^#?[^\s#]+$", max_length=100)]


class TextContent(Value):
    """The words of a piece. SMS uses only `caption`; an e-mail `preheader`, `body` and `cta`."""

    caption: Annotated[str, StringConstraints(max_length=20_000)] = ""
    hashtags: list[Hashtag] = Field(default_factory=list, max_length=60)
    cta: Annotated[str, StringConstraints(max_length=500)] = ""
    preheader: Annotated[str, StringConstraints(max_length=500)] | None = None
    body: Annotated[str, StringConstraints(max_length=100_000)] | None = None


class Media(Value):
    """Pictures and films of a piece, by address."""

    image_url: WebAddress | None = None
    video_url: WebAddress | None = None
    thumbnail_url: WebAddress | None = None
    alt_text: Annotated[str, StringConstraints(max_length=1_000)] | None = None


class Cited(Value):
    """Something the writer was given and the reader may open."""

    kind: SourceKind
    ref: str
    label: str


class PromptId(Value):
    """Which prompt wrote it: `copywriter/post@1` and its digest."""

    name: str
    digest: str


class AiMetadata(Value):
    """How a piece was made; never writable from outside."""

    prompt_used: str = ""
    prompt: PromptId | None = None
    model: str = ""
    run_id: str | None = None
    sources: list[Cited] = Field(default_factory=list)
    checks: list[Check] = Field(default_factory=list)
    claims: list[Claim] = Field(default_factory=list)
    simulated: bool = False


class Approval(Value):
    """A person's decision, bound to the digest of what was decided."""

    decision: Literal["approved", "rejected"]
    by: str
    at: Instant
    digest: str
    version: int


class ContentFields(Value):
    """What a person may change in a piece."""

    title: Annotated[str, StringConstraints(max_length=998)] = ""
    text_content: TextContent = Field(default_factory=TextContent)
    media: Media = Field(default_factory=Media)
    language: str = "en"

    def draft_text(self, platform: Platform) -> DraftText:
        """The words as the rules read them."""
        words = self.text_content
        fields = {
            "title": self.title,
            "preheader": words.preheader or "",
            "caption": words.caption,
            "body": words.body or "",
            "cta": words.cta,
        }
        return DraftText(
            platform=platform,
            language=self.language,
            fields={name: text for name, text in fields.items() if text},
            hashtags=words.hashtags,
            has_media=bool(self.media.image_url or self.media.video_url),
        )


class Content(ContentFields, TenantDocument):
    """One piece that can leave the house."""

    campaign_id: str
    slot_id: str | None = None
    type: ContentType = "text"
    platform: Platform
    ai_metadata: AiMetadata = Field(default_factory=AiMetadata)
    status: ContentStatus = "draft"
    approval: Approval | None = None

    def audience_digest(self) -> str:
        """The digest of what an audience would see; approval is bound to it."""
        seen = self.model_dump(mode="json", include={"title", "text_content", "media", "platform"})
        return digest(seen)

    @computed_field  # type: ignore[prop-decorator]  # pydantic's documented form; mypy does not model it
    @property
    def approval_state(self) -> ApprovalState:
        """Derived: a decision holds only while its digest is the content's."""
        if self.approval is None or self.approval.digest != self.audience_digest():
            return "pending"
        return self.approval.decision


class ContentVersion(TenantDocument):
    """What a piece was before an edit."""

    content_id: str
    number: int
    title: str
    text_content: TextContent
    media: Media
    edited_by: str | None = None
