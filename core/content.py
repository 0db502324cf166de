"""Content, its revisions, approval and status machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, computed_field
from pydantic_core import to_jsonable_python

from core.business import WebAddress
from core.campaign import ContentType, Platform
from core.clock import Instant
from core.document import PublicValue, TenantDocument
from core.ids import digest
from core.rules.claims import Claim
from core.rules.findings import Check, DraftText

ContentStatus = Literal["draft", "scheduled", "publishing", "published", "failed", "unconfirmed"]
ApprovalState = Literal["pending", "approved", "rejected"]
SourceKind = Literal["fact", "memory", "voice", "segment", "campaign", "request"]

Hashtag = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^#?[^\s#]+$", max_length=100)]


class TextContent(PublicValue):
    """The words of a draft. A text message uses only `caption`; an e-mail `preheader`, `body` and `cta`.

    `cta_url` is the web address where an e-mail's next step is done.
    """

    caption: Annotated[str, StringConstraints(max_length=20_000)] = ""
    hashtags: list[Hashtag] = Field(default_factory=list, max_length=60)
    cta: Annotated[str, StringConstraints(max_length=500)] = ""
    cta_url: WebAddress = ""
    preheader: Annotated[str, StringConstraints(max_length=500)] | None = None
    body: Annotated[str, StringConstraints(max_length=100_000)] | None = None


class Media(PublicValue):
    """Pictures and films of a draft, by address."""

    image_url: WebAddress | None = None
    video_url: WebAddress | None = None
    thumbnail_url: WebAddress | None = None
    alt_text: Annotated[str, StringConstraints(max_length=1_000)] | None = None


class Cited(PublicValue):
    """A source that the writer was given and a person can open."""

    kind: SourceKind
    ref: str
    label: str


class PromptId(PublicValue):
    """Which prompt wrote it: `copywriter/post@2` and its digest."""

    name: str
    digest: str


class AiMetadata(PublicValue):
    """How a draft was made, and what its writer missed or doubts; clients cannot write it."""

    prompt_used: str = ""
    prompt: PromptId | None = None
    model: str = ""
    run_id: str | None = None
    sources: list[Cited] = Field(default_factory=list)
    checks: list[Check] = Field(default_factory=list)
    claims: list[Claim] = Field(default_factory=list)
    simulated: bool = False
    note_to_owner: str = ""


class Authorship(PublicValue):
    """Who made a revision (a person or a run), when, and why."""

    person_id: str | None = None
    run_id: str | None = None
    at: Instant
    reason: Annotated[str, StringConstraints(max_length=300)] = ""


class Approval(PublicValue):
    """A person's decision on one revision, bound to the digest of what was decided."""

    decision: Literal["approved", "rejected"]
    by: str
    at: Instant
    digest: str
    revision: int


class ContentFields(PublicValue):
    """The fields of a draft that a person edits and its audience sees."""

    title: Annotated[str, StringConstraints(max_length=998)] = ""
    text_content: TextContent = Field(default_factory=TextContent)
    media: Media = Field(default_factory=Media)
    language: str = "en"

    def draft_text(self, platform: Platform) -> DraftText:
        """Return the text in the form that the rules check."""
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


_VISIBLE = (*ContentFields.model_fields, "platform")


def content_digest(visible: Mapping[str, Any]) -> str:
    """Return the digest of the fields that an audience would see.

    Empty fields are left out, so a field added by a later release does not change existing digests.

    Args:
        visible: At least the fields of `ContentFields` and `platform`, as models or as they are stored.
    """
    return digest(_filled(to_jsonable_python({name: visible[name] for name in _VISIBLE})))


def _filled(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: kept for name, one in value.items() if (kept := _filled(one)) not in (None, "", [], {})}


class Content(ContentFields, TenantDocument):
    """A draft, post, e-mail or text message.

    `version` counts writes (compare-and-set); `revision` counts changes that a reader would see;
    `content_digest` hashes what they see and is stored to be queried with `approval.digest`. `authorship`
    belongs to the current revision. `edited_by` is the last person who edited; once it is set, no run
    overwrites the text. `awaits_slot` is true until the calendar slot names the draft. `checked_against` is
    the digest of the inputs of its checks (`services/check_basis.py`).
    """

    campaign_id: str
    slot_id: str | None = None
    awaits_slot: bool = False
    type: ContentType = "text"
    platform: Platform
    ai_metadata: AiMetadata = Field(default_factory=AiMetadata)
    checked_against: str = ""
    status: ContentStatus = "draft"
    approval: Approval | None = None
    revision: int = 1
    content_digest: str = Field(default_factory=content_digest)
    authorship: Authorship | None = None
    edited_by: str | None = None

    def visible_digest(self) -> str:
        """Recompute the digest of what an audience would see; an approval is bound to it."""
        return content_digest({name: getattr(self, name) for name in _VISIBLE})

    @computed_field  # type: ignore[prop-decorator]  # pydantic's documented form; mypy does not model it
    @property
    def approval_state(self) -> ApprovalState:
        """The decision on the current digest, or pending."""
        if self.approval is None or self.approval.digest != self.visible_digest():
            return "pending"
        return self.approval.decision


class ContentVersion(TenantDocument):
    """A revision of a draft, stored before it was replaced; `number` is its revision."""

    content_id: str
    number: int
    title: str
    text_content: TextContent
    media: Media
    language: str = "en"
    authorship: Authorship | None = None
