"""Read and edit drafts; every edit keeps the previous revision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.business import Language
from core.campaign import Platform
from core.clock import Clock
from core.content import Authorship, Content, ContentFields, ContentStatus, ContentVersion
from core.errors import NotFound
from core.merge_patch import apply_patch
from core.scope import Scope
from core.views import ContentView
from memory.database import Database
from memory.pages import Page
from services.edits import edit
from services.rechecks import Rechecks
from services.revisions import Revisions


class ContentEdit(ContentFields):
    """The fields of a draft that a person edits, with a validated language tag."""

    language: Language = "en"


class Contents:
    """The drafts of the caller's businesses."""

    def __init__(self, database: Database, rechecks: Rechecks, clock: Clock) -> None:
        self._content = database.content
        self._versions = database.versions
        self._revisions = Revisions(database, clock)
        self._campaigns = database.campaigns
        self._rechecks = rechecks
        self._clock = clock

    async def get(self, scope: Scope, content_id: str) -> Content:
        """Return one draft of the scope."""
        return await self._content.get(scope, content_id)

    async def page(
        self,
        scope: Scope,
        limit: int,
        cursor: str | None = None,
        *,
        campaign_id: str | None = None,
        platform: Platform | None = None,
        status: ContentStatus | None = None,
    ) -> Page[Content]:
        """Return drafts that match all filters, newest first; NotFound for a foreign id."""
        narrow = scope
        where: dict[str, Any] = {}
        if campaign_id is not None:
            campaign = await self._campaigns.get(narrow, campaign_id)
            narrow = narrow.only(campaign.business_id)
            where["campaign_id"] = campaign_id
        if platform is not None:
            where["platform"] = platform
        if status is not None:
            where["status"] = status
        return await self._content.page(narrow, where, limit, cursor)

    async def change(
        self,
        scope: Scope,
        content_id: str,
        patch: Mapping[str, Any],
        version: int | None = None,
        *,
        edited_by: str,
        reason: str = "edited",
    ) -> Content:
        """Apply a person's merge patch to a draft, check it again, and keep the previous revision.

        A failed check stops the approval, not the edit.

        Args:
            scope: The caller's businesses.
            content_id: The draft.
            patch: The merge patch.
            version: The only version that may be changed (If-Match); without it the newest is.
            edited_by: The person's id.
            reason: The reason, for the list of revisions.
        """
        by = Authorship(person_id=edited_by, at=self._clock.now(), reason=reason)

        async def changes(current: Content) -> dict[str, Any]:
            values = apply_patch(ContentEdit, current, patch)
            if not values:
                return {}
            values |= await self._rechecks.check(scope, current.model_copy(update=values))
            values["edited_by"] = edited_by
            return await self._revisions.replace(scope, current, values, by)

        content = await edit(self._content, scope, content_id, changes, version)
        await self._rechecks.after_saving(content)
        return content

    async def versions(self, scope: Scope, content: Content) -> list[ContentVersion]:
        """Return the revisions of a draft, the present one first."""
        kept = await self._versions.all(scope, {"content_id": content.id})
        present = self._revisions.present(content)
        older = sorted(kept, key=lambda one: -one.number)
        return [present, *(one for one in older if one.number < content.revision)]

    async def restore(
        self, scope: Scope, content_id: str, revision: int, version: int | None = None, *, edited_by: str
    ) -> Content:
        """Make an earlier revision the next one.

        Args:
            scope: The caller's businesses.
            content_id: The draft.
            revision: The number of the revision that comes back.
            version: The only version that may be changed (If-Match).
            edited_by: The person's id.

        Raises:
            NotFound: There is no such revision.
        """
        kept = await self._versions.find(scope, {"content_id": content_id, "number": revision})
        content = await self.get(scope, content_id)
        if kept is None and revision != content.revision:
            raise NotFound("revision", revision=revision)
        source = kept or self._revisions.present(content)
        patch = source.model_dump(mode="json", include=set(ContentFields.model_fields))
        reason = f"restored revision {revision}"
        return await self.change(scope, content_id, patch, version, edited_by=edited_by, reason=reason)

    async def views(self, scope: Scope, contents: Sequence[Content]) -> list[ContentView]:
        """Return the views of drafts, with whether their checks are stale."""
        stale = await self._rechecks.stale(scope, contents)
        return [ContentView.of(one).model_copy(update={"checks_stale": one.id in stale}) for one in contents]
