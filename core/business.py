"""Business profile, segments, facts and memories."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from core.clock import Instant, Timezone
from core.document import Document, PublicValue, TenantDocument
from core.fields import NotBlank
from core.ids import new_id

Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    NotBlank,
    AfterValidator(lambda text: " ".join(text.splitlines())),
]
"""One line: a break within it becomes a space, since some of them end up in the headers of a mail."""
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000)]
FactText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), NotBlank]
HexColor = Annotated[str, StringConstraints(pattern=r"^#[0-9A-Fa-f]{6}$")]
WebAddress = Annotated[str, StringConstraints(max_length=2_000, pattern=r"^(https?://\S+|/\S+)?$")]
"""An http(s) address or a path on this server; no scheme that a browser would execute."""
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
"""A BCP 47 tag, such as `fr` or `de-AT`."""


class Segment(PublicValue):
    """A group of people the business writes for."""

    segment_name: Line
    age_range: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] = ""
    interests: list[Line] = Field(default_factory=list, max_length=20)


class BrandAssets(PublicValue):
    """How the brand looks; used in previews only."""

    logo_url: WebAddress | None = None
    brand_colors: list[HexColor] = Field(default_factory=list, max_length=8)
    fonts: list[Line] = Field(default_factory=list, max_length=4)


class Fact(PublicValue):
    """A statement that is known to be true, with its source."""

    id: str = Field(default_factory=new_id)
    key: Line
    value: FactText
    source: Literal["owner", "demo"] = "owner"
    expires_at: Instant | None = None
    updated_at: Instant | None = None


class Profile(PublicValue):
    """The fields of a business that a person edits."""

    business_name: Line
    industry: Line
    brand_voice: Text = ""
    primary_goals: list[Line] = Field(default_factory=list, max_length=12)
    target_audience: list[Segment] = Field(default_factory=list, max_length=12)
    brand_assets: BrandAssets = Field(default_factory=BrandAssets)
    timezone: Timezone = "UTC"
    language: Language = "en"
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None = None
    postal_address: Text = ""
    banned_words: list[Line] = Field(default_factory=list, max_length=200)


class Business(Profile, Document):
    """A tenant: profile and facts. Its id is the `business_id` of everything it owns.

    `rules_version` is the version of the rules of its last requested recheck.
    """

    user_id: str
    business_id: str
    facts: list[Fact] = Field(default_factory=list)
    is_demo: bool = False
    rules_version: int = 0


MemoryKind = Literal["fact", "decision", "approved", "rejected", "style", "question"]


class Memory(TenantDocument):
    """A remembered text; the Chroma index can be rebuilt from these documents.

    `trusted` is false for what customers wrote: it never counts as a source for a figure. `indexed` is false
    until Chroma has the current text. `subject`, `decision` (or the wish on style), `reason` and `said_by`
    (a user's id) are what `text` was made of; the memories of earlier releases have only the text.
    """

    kind: MemoryKind
    text: str
    subject: str = ""
    decision: str = ""
    reason: str = ""
    said_by: str | None = None
    ref: str
    trusted: bool = True
    indexed: bool = False
    dedupe_key: str
