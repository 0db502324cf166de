"""Create, list and change businesses and their facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Protocol

from pydantic import Field

from core.account import Membership
from core.business import Business, Fact, FactText, Line, Profile
from core.clock import Clock, Instant
from core.document import Value
from core.errors import NotFound, TooManyBusinesses
from core.idempotency import creation_id
from core.ids import new_id
from core.merge_patch import apply_patch
from core.rules.version import RULES_VERSION
from core.scope import Scope
from memory.collections import AlreadyThere
from memory.database import Database
from memory.pages import Page
from memory.seats import Seats
from services.edits import edit
from services.rechecks import Rechecks

MOST_FACTS = 200


class FactMemory(Protocol):
    """Stores facts for similarity search (`services/recall.py`)."""

    async def remember_facts(self, scope: Scope, business: Business) -> None:
        """Replace the remembered facts by those of the business."""
        ...


class NewFact(Value):
    """A new fact; `source` is set by the server and ignored here."""

    key: Line
    value: FactText
    expires_at: Instant | None = None
    source: str | None = None


class FactDraft(NewFact):
    """A fact of a request.

    `id` names a fact of this business to keep or change; without it the fact is new. `updated_at` and
    `source` are set by the server and may be sent back.
    """

    id: str | None = None
    updated_at: Instant | None = None


class BusinessDraft(Profile):
    """A new business with its first facts."""

    facts: list[NewFact] = Field(default_factory=list, max_length=MOST_FACTS)


class Businesses:
    """Businesses and their facts."""

    def __init__(
        self, database: Database, recall: FactMemory, rechecks: Rechecks, seats: Seats, clock: Clock
    ) -> None:
        self._businesses = database.businesses
        self._memberships = database.memberships
        self._recall = recall
        self._rechecks = rechecks
        self._seats = seats
        self._clock = clock

    async def create(self, user_id: str, draft: BusinessDraft) -> Business:
        """Create a business whose creator is its owner.

        A retry of the request completes what is missing: the business becomes visible with its membership,
        and its facts are remembered last.

        Raises:
            TooManyBusinesses: The creator has no seat left.
        """
        now = self._clock.now()
        business_id = creation_id("business")
        scope = Scope.of(business_id)
        business = Business(
            **{name: getattr(draft, name) for name in Profile.model_fields},
            id=business_id,
            business_id=business_id,
            user_id=user_id,
            facts=self._facts([], [FactDraft(**fact.model_dump()) for fact in draft.facts], now),
            rules_version=RULES_VERSION,
            created_at=now,
            updated_at=now,
        )
        try:
            await self._businesses.insert(scope, business)
        except AlreadyThere:
            business = await self._businesses.get(scope, business_id)
        try:
            await self._seats.take(user_id, scope)
        except TooManyBusinesses:
            await self._businesses.delete(scope, {"_id": business_id})
            raise
        with suppress(AlreadyThere):
            await self._memberships.insert(
                Membership(
                    business_id=business_id, user_id=user_id, role="owner", created_at=now, updated_at=now
                )
            )
        if business.facts:
            await self._recall.remember_facts(scope, business)
        return business

    async def get(self, scope: Scope, business_id: str) -> Business:
        """Return one business of the scope."""
        return await self._businesses.get(scope.only(business_id), business_id)

    async def page(self, scope: Scope, limit: int, cursor: str | None = None) -> Page[Business]:
        """Return the businesses of the scope, newest first."""
        return await self._businesses.page(scope, {}, limit, cursor)

    async def change(
        self, scope: Scope, business_id: str, patch: Mapping[str, Any], version: int | None = None
    ) -> Business:
        """Apply a merge patch to the profile, and have the drafts checked again."""
        narrow = scope.only(business_id)
        async with self._rechecks.after_change(narrow):
            return await edit(
                self._businesses,
                narrow,
                business_id,
                lambda business: apply_patch(Profile, business, patch),
                version,
            )

    async def replace_facts(
        self, scope: Scope, business_id: str, drafts: Sequence[FactDraft], version: int | None = None
    ) -> Business:
        """Make `drafts` the whole list of facts, remember it, and have the drafts checked again."""
        narrow = scope.only(business_id)

        def changes(business: Business) -> dict[str, Any]:
            facts = self._facts(business.facts, drafts, self._clock.now())
            return {} if facts == business.facts else {"facts": facts}

        async with self._rechecks.after_change(narrow):
            business = await edit(self._businesses, narrow, business_id, changes, version)
        await self._recall.remember_facts(narrow, business)
        return business

    @staticmethod
    def _facts(known: Sequence[Fact], drafts: Sequence[FactDraft], now: datetime) -> list[Fact]:
        """Return the new list of facts; an unchanged one keeps its source and time."""
        by_id = {fact.id: fact for fact in known}
        facts: list[Fact] = []
        for draft in drafts:
            old = by_id.pop(draft.id, None) if draft.id is not None else None
            if draft.id is not None and old is None:
                raise NotFound("fact")
            same = old is not None and (old.key, old.value, old.expires_at) == (
                draft.key,
                draft.value,
                draft.expires_at,
            )
            if old is not None and same:
                facts.append(old)
                continue
            facts.append(
                Fact(
                    id=old.id if old is not None else new_id(),
                    key=draft.key,
                    value=draft.value,
                    expires_at=draft.expires_at,
                    updated_at=now,
                )
            )
        return facts
