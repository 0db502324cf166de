"""The fields of every stored document, and how a stored document is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from core.clock import Instant
from core.fields import STORED
from core.ids import new_id


class Value(BaseModel):
    """A part of a request or of a stored document.

    A request with unknown fields is refused, at every depth. `Document.from_stored` ignores them, at every
    depth: after a rollback this release reads what the next one wrote (docs/adr/0007).
    """

    model_config = ConfigDict(extra="forbid")


class PublicValue(Value):
    """A part of a document whose fields are all visible to clients."""


class WrittenBy(Value):
    """The run that made a document; undo queries it."""

    run_id: str
    agent: str
    slot: str | None = None


class Document(Value):
    """A stored document: id (24 hex), shape number, version for compare-and-set, times."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    id: str = Field(default_factory=new_id)
    shape: int = Field(default=1, alias="schema", exclude=False)
    version: int = 1
    created_at: Instant
    updated_at: Instant

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> Self:
        """Load a stored document; fields that this release does not know are ignored."""
        fields = dict(stored)
        fields["id"] = fields.pop("_id")
        return cls.model_validate(fields, extra="ignore", context=STORED)


class TenantDocument(Document):
    """A document of one business."""

    business_id: str
    written_by: WrittenBy | None = None
