"""What every stored document carries."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from core.clock import Instant
from core.ids import new_id


class Value(BaseModel):
    """A part of a document or of a request; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class WrittenBy(Value):
    """The run that made a document: undo is a query over it."""

    run_id: str
    agent: str
    slot: str | None = None


class Document(BaseModel):
    """A stored document: id (24 hex), shape number, version for compare-and-set, times."""

    model_config = ConfigDict(extra="ignore", validate_by_name=True, validate_by_alias=True)

    id: str = Field(default_factory=new_id)
    shape: int = Field(default=1, alias="schema", exclude=False)
    version: int = 1
    created_at: Instant
    updated_at: Instant


class TenantDocument(Document):
    """A document of one business."""

    business_id: str
    written_by: WrittenBy | None = None
