"""The businesses that a caller may access, as the filter of every command on tenant data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.errors import NotFound


@dataclass(frozen=True)
class Scope:
    """The businesses that a caller may access; every command on tenant data carries its filter."""

    business_ids: frozenset[str]

    @classmethod
    def of(cls, *business_ids: str) -> Scope:
        """Return the scope of these businesses."""
        return cls(frozenset(business_ids))

    def only(self, business_id: str) -> Scope:
        """Narrow the scope to one business; NotFound for a foreign id."""
        if business_id not in self.business_ids:
            raise NotFound("business")
        return Scope(frozenset({business_id}))

    @property
    def business_id(self) -> str:
        """The one business of a narrowed scope."""
        (business_id,) = self.business_ids
        return business_id

    def filter(self) -> dict[str, Any]:
        """Return the condition on `business_id`."""
        ids = sorted(self.business_ids)
        return {"business_id": ids[0] if len(ids) == 1 else {"$in": ids}}
