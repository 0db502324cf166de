"""Read, edit and recheck drafts; every edit keeps what was there before."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from core.business import Language
from core.campaign import Campaign, Platform
from core.clock import Clock
from core.content import Authorship, Content, ContentFields, ContentStatus
from core.errors import NotFound
from core.merge_patch import apply_patch
from core.scope import Scope
from memory.database import Database
from memory.pages import Page
from services.checker import Checker
from services.citing import rechecked
from services.edits import edit
from services.revisions import Revisions

_BATCH = 100


class ContentEdit(ContentFields):
    """What a person may change; the language is a tag that means something."""

    language: Language = "en"


class Contents:
    """The pieces of the caller's businesses."""

    def __init__(self, database: Database, checker: Checker, clock: Clock) -> None:
        self._content = database.content
        self._revisions = Revisions(database, clock)
        self._campaigns = database.campaigns
        self._businesses = database.businesses
        self._checker = checker
        self._clock = clock

    async def get(self, scope: Scope, content_id: str) -> Content:
        """One piece of the scope."""
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
        """Pieces under every given condition, newest first; a foreign id is a NotFound."""
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
        """Apply a person's merge patch to the words and pictures, check them again, and keep what was there.

        A failed check never stops an edit: it is shown, and stops the approval.

        Args:
            scope: The caller's businesses.
            content_id: Which draft.
            patch: The merge patch.
            version: The only version that may be changed (If-Match); without it the newest is.
            edited_by: The person's id.
            reason: Why, as the list of revisions shows it.
        """
        content = await self._content.get(scope, content_id)
        narrow = scope.only(content.business_id)
        campaign = await self._campaigns.get(narrow, content.campaign_id)
        business = await self._businesses.get(narrow, content.business_id)
        by = Authorship(person_id=edited_by, at=self._clock.now(), reason=reason)

        async def changes(current: Content) -> dict[str, Any]:
            values = apply_patch(ContentEdit, current, patch)
            if not values:
                return {}
            after = current.model_copy(update=values)
            values["ai_metadata"] = await self._checker.recheck(after, business, campaign, by.at)
            values["edited_by"] = edited_by
            return await self._revisions.replace(narrow, current, values, by)

        return await edit(self._content, narrow, content_id, changes, version)

    async def recheck_drafts(self, scope: Scope, business_id: str, campaign_id: str | None = None) -> int:
        """Check every draft anew, after what its figures and words rest on has changed; how many differ."""
        narrow = scope.only(business_id)
        business = await self._businesses.get(narrow, business_id)
        campaigns = {one.id: one for one in await self._campaigns.all(narrow, {})}
        where = {"status": "draft", **({"campaign_id": campaign_id} if campaign_id else {})}
        now, differ, cursor = self._clock.now(), 0, None
        while True:
            page = await self._content.page(narrow, where, _BATCH, cursor)
            for content in page.items:
                campaign = campaigns.get(content.campaign_id)
                if campaign is None or rechecked(content, business, campaign, now) == content.ai_metadata:
                    continue
                differ += 1

                def changes(current: Content, campaign: Campaign = campaign) -> dict[str, Any]:
                    return {"ai_metadata": rechecked(current, business, campaign, now)}

                # Somebody may have deleted it meanwhile.
                with suppress(NotFound):
                    await edit(self._content, narrow, content.id, changes)
            if page.next_cursor is None:
                return differ
            cursor = page.next_cursor
