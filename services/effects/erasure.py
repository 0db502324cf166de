"""Erase: a piece, a campaign or a business, with everything that hangs on it; for api and jobs only."""

from __future__ import annotations

from typing import Protocol

from core.errors import NotEmpty, VersionMismatch
from core.scope import Scope
from memory.database import Database
from services.campaigns import Campaigns

_BATCH = 200


class Forgetful(Protocol):
    """What is remembered of a business, and can be forgotten (`services/recall.py`)."""

    async def forget_business(self, scope: Scope) -> None:
        """Remove everything that is remembered of a business."""
        ...


class Erasure:
    """Erasure. Each step may be repeated: what is asked for last disappears last."""

    def __init__(self, database: Database, campaigns: Campaigns, recall: Forgetful) -> None:
        self._database = database
        self._campaigns = campaigns
        self._recall = recall

    async def erase_content(self, scope: Scope, content_id: str, version: int | None = None) -> None:
        """Delete a piece and its versions; its slot is planned again.

        Raises:
            VersionMismatch: It is no longer at `version`.
        """
        content = await self._database.content.get(scope, content_id)
        if version is not None and content.version != version:
            raise VersionMismatch(
                f"It is at version {content.version} now; read it again.", current_version=content.version
            )
        narrow = scope.only(content.business_id)
        await self._database.versions.delete(narrow, {"content_id": content_id})
        if content.slot_id is not None:
            await self._campaigns.release_slot(narrow, content.campaign_id, content.slot_id, content_id)
        await self._database.content.delete(narrow, {"_id": content_id})

    async def erase_campaign(self, scope: Scope, campaign_id: str, *, cascade: bool) -> None:
        """Delete a campaign; its pieces go only with `cascade`."""
        campaign = await self._database.campaigns.get(scope, campaign_id)
        narrow = scope.only(campaign.business_id)
        where = {"campaign_id": campaign_id}
        if not cascade and (await self._database.content.page(narrow, where, 1)).items:
            raise NotEmpty("The campaign has content; cascade=true deletes it too.", holds=["content"])
        while pieces := await self._database.content.all(narrow, where, limit=_BATCH):
            ids = {"$in": [piece.id for piece in pieces]}
            await self._database.versions.delete(narrow, {"content_id": ids})
            await self._database.content.delete(narrow, {"_id": ids})
        while threads := await self._database.threads.all(narrow, where, limit=_BATCH):
            for thread in threads:
                await self._database.threads.change(narrow, thread.id, {"campaign_id": None}, where)
        await self._database.campaigns.delete(narrow, {"_id": campaign_id})

    async def erase_business(self, scope: Scope, business_id: str, *, cascade: bool) -> None:
        """Delete a business with all that it owns; campaigns and content go only with `cascade`."""
        narrow = scope.only(business_id)
        await self._database.businesses.get(narrow, business_id)
        if not cascade:
            holds = [
                name
                for name, found in (
                    ("campaigns", await self._database.campaigns.page(narrow, {}, 1)),
                    ("content", await self._database.content.page(narrow, {}, 1)),
                )
                if found.items
            ]
            if holds:
                raise NotEmpty(
                    f"The business has {' and '.join(holds)}; cascade=true deletes them too.", holds=holds
                )
        await self._recall.forget_business(narrow)
        await self._database.erase(narrow)
        await self._database.memberships.delete({"business_id": business_id})
