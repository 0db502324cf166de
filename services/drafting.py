"""Save the drafts of runs, once per run and place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.business import Business
from core.campaign import Campaign, ContentType, Platform, Slot
from core.clock import Clock
from core.content import AiMetadata, Authorship, Content, ContentFields
from core.document import WrittenBy
from core.errors import Invalid, NotFound, VersionMismatch
from core.ids import derived_id
from core.scope import Scope
from memory.collections import AlreadyThere
from memory.database import Database
from services.campaigns import Campaigns
from services.edits import edit
from services.rechecks import Rechecks
from services.revisions import Revisions

_UNTOUCHED: Mapping[str, Any] = {"edited_by": None, "approval": None, "status": "draft"}
"""Conditions under which a run may overwrite a draft, tested by the update itself."""


def draft_id(business_id: str, run_id: str, place: str) -> str:
    """Derive the id of a run's draft from its place: a slot's id, or a number."""
    return derived_id("content", business_id, run_id, place)


class Drafting:
    """Writes drafts for runs; never overwrites a person's edit or decision."""

    def __init__(self, database: Database, campaigns: Campaigns, rechecks: Rechecks, clock: Clock) -> None:
        self._database = database
        self._content = database.content
        self._revisions = Revisions(database, clock)
        self._campaigns = campaigns
        self._rechecks = rechecks
        self._clock = clock

    async def save_draft(
        self,
        scope: Scope,
        *,
        business: Business,
        campaign: Campaign,
        slot: Slot | None,
        platform: Platform,
        fields: ContentFields,
        ai_metadata: AiMetadata,
        checked_against: str,
        written_by: WrittenBy,
        content_type: ContentType = "text",
    ) -> Content:
        """Store a draft and tie it to its slot.

        The id is derived from `written_by` (root run and place), so a later attempt or a repair overwrites
        its own draft. A draft that a person has edited or decided on is not changed.

        Args:
            scope: The businesses of the run.
            business: The business the run works for.
            campaign: The campaign that the draft belongs to.
            slot: The calendar slot it fills, if it fills one.
            platform: The target platform.
            fields: Title, words, media and language.
            ai_metadata: How it was made, with its checks and claims.
            checked_against: The digest of the inputs of the checks (`services/check_basis.py`).
            written_by: The root run, the agent, and the place in the run (`slot`).
            content_type: Text, image or video.
        """
        if not written_by.slot:
            raise Invalid("A draft needs its place in the run.")
        narrow = scope.only(business.id)
        current_campaign = await self._campaigns.get(narrow, campaign.id)
        now = self._clock.now()
        by = Authorship(run_id=written_by.run_id, at=now, reason="written")
        made = {
            "title": fields.title,
            "text_content": fields.text_content,
            "media": fields.media,
            "language": fields.language,
            "campaign_id": current_campaign.id,
            "slot_id": None if slot is None else slot.slot_id,
            "type": content_type,
            "platform": platform,
            "ai_metadata": ai_metadata,
            "checked_against": checked_against,
            "written_by": written_by,
        }
        content = Content.model_validate(
            {
                **made,
                "id": draft_id(business.id, written_by.run_id, written_by.slot),
                "business_id": business.id,
                "authorship": by,
                "awaits_slot": slot is not None,
                "created_at": now,
                "updated_at": now,
            }
        )

        async def changes(old: Content) -> dict[str, Any]:
            if any(getattr(old, name) != value for name, value in _UNTOUCHED.items()):
                return {}
            values = {name: value for name, value in made.items() if getattr(old, name) != value}
            again = by.model_copy(update={"reason": "written again"})
            return await self._revisions.replace(narrow, old, values, again)

        owners = [
            self._database.campaigns.owner(current_campaign.id),
            self._database.businesses.owner(business.id),
            self._database.runs.owner(written_by.run_id),
        ]
        try:
            saved = await self._content.insert(narrow, content, owners=owners)
        except NotFound:
            # It was taken back meanwhile, and a person may have edited it.
            await self._database.versions.delete(narrow, {"content_id": content.id})
            raise
        except AlreadyThere:
            saved = await edit(self._content, narrow, content.id, changes, expect=_UNTOUCHED)
        return await self._finished(narrow, saved, None if slot is None else slot.content_id)

    async def get(self, scope: Scope, content_id: str) -> Content:
        """Return one draft of the scope."""
        return await self._content.get(scope, content_id)

    async def save_edit(
        self,
        scope: Scope,
        before: Content,
        fields: ContentFields,
        *,
        ai_metadata: AiMetadata,
        checked_against: str,
        run_id: str,
        reason: str,
    ) -> Content:
        """Save what a run made of a draft as its next revision; what a reader would not see is no revision.

        Args:
            scope: The business of the draft.
            before: The draft as it was given to the editor.
            fields: The changed draft.
            ai_metadata: How it was made, with its checks and claims.
            checked_against: What the checks were made against.
            run_id: The root run.
            reason: What was asked for, for the list of revisions.

        Raises:
            VersionMismatch: There is another revision by now, or the draft is no longer one.
        """
        by = Authorship(run_id=run_id, at=self._clock.now(), reason=reason)

        async def changes(current: Content) -> dict[str, Any]:
            if current.revision != before.revision or current.status != "draft":
                raise VersionMismatch("It was changed meanwhile.", current_version=current.version)
            values = {name: getattr(fields, name) for name in ContentFields.model_fields}
            if current.model_copy(update=values).visible_digest() == current.visible_digest():
                return {}
            values |= {"ai_metadata": ai_metadata, "checked_against": checked_against}
            return await self._revisions.replace(scope, current, values, by)

        saved = await edit(self._content, scope, before.id, changes)
        await self._rechecks.after_saving(saved)
        return saved

    async def saved(self, scope: Scope, business_id: str, run_id: str, place: str) -> Content | None:
        """Return the draft that an earlier attempt of the run saved at this place."""
        narrow = scope.only(business_id)
        found = await self._content.find(narrow, {"_id": draft_id(business_id, run_id, place)})
        return None if found is None else await self._finished(narrow, found)

    async def tie(self, scope: Scope, where: Mapping[str, str]) -> int:
        """Tie drafts whose worker died before their slot named them; return their number."""
        tied = 0
        while content := await self._content.find(scope, {**where, "awaits_slot": True}):
            await self._tied(scope, content)
            tied += 1
        return tied

    async def _finished(self, scope: Scope, content: Content, instead_of: str | None = None) -> Content:
        """Complete the saving of a draft; idempotent."""
        tied = await self._tied(scope, content, instead_of)
        # The inputs of the checks may have changed during the run.
        await self._rechecks.after_saving(tied)
        return tied

    async def _tied(self, scope: Scope, content: Content, instead_of: str | None = None) -> Content:
        """Tie the draft to its slot and return it; a slot with another draft keeps that one."""
        if not content.awaits_slot or content.slot_id is None:
            return content
        place = (content.campaign_id, content.slot_id, content.id)
        await self._campaigns.mark_drafted(scope, *place, instead_of)
        if not await self._content.note(scope, content.id, {"awaits_slot": False}):
            # The draft was deleted meanwhile.
            await self._campaigns.release_slot(scope, *place)
        return content.model_copy(update={"awaits_slot": False})
