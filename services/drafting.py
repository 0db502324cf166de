"""Save what a specialist wrote, once per run and place."""

from __future__ import annotations

from core.business import Business
from core.campaign import Campaign, ContentType, Platform, Slot
from core.clock import Clock
from core.content import AiMetadata, Content, ContentFields
from core.document import WrittenBy
from core.errors import Invalid
from core.ids import derived_id
from core.scope import Scope
from memory.collections import AlreadyThere
from memory.database import Database
from services.campaigns import Campaigns
from services.edits import edit


def draft_id(business_id: str, run_id: str, place: str) -> str:
    """The id of what a run writes at one of its places: a slot's id, or a number."""
    return derived_id("content", business_id, run_id, place)


class Drafting:
    """Writes drafts for runs; a person's work is never overwritten."""

    def __init__(self, database: Database, campaigns: Campaigns, clock: Clock) -> None:
        self._content = database.content
        self._versions = database.versions
        self._campaigns = campaigns
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
        written_by: WrittenBy,
        content_type: ContentType = "text",
    ) -> Content:
        """Store a draft and tie it to its slot.

        The id follows from `written_by` (the root run and its numbered place), so a second attempt, or a
        repair, overwrites its own work. What a person has edited or decided on since is left as it is.

        Args:
            scope: The businesses of the run.
            business: The business the run works for.
            campaign: The campaign that the piece belongs to.
            slot: The calendar slot it fills, if it fills one.
            platform: Where it would be posted.
            fields: Title, words, media and language.
            ai_metadata: How it was made, with its checks and claims.
            written_by: The root run, the agent, and the place in the run (`slot`).
            content_type: Text, image or video.
        """
        if not written_by.slot:
            raise Invalid("A draft needs its place in the run.")
        narrow = scope.only(business.id)
        current_campaign = await self._campaigns.get(narrow, campaign.id)
        now = self._clock.now()
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
            "written_by": written_by,
        }
        content = Content.model_validate(
            {
                **made,
                "id": draft_id(business.id, written_by.run_id, written_by.slot),
                "business_id": business.id,
                "created_at": now,
                "updated_at": now,
            }
        )
        try:
            saved = await self._content.insert(narrow, content)
        except AlreadyThere:
            person_was_here = await self._touched_by_a_person(narrow, content.id)
            saved = await edit(
                self._content,
                narrow,
                content.id,
                lambda old: (
                    {}
                    if person_was_here or old.approval is not None or old.status != "draft"
                    else {name: value for name, value in made.items() if getattr(old, name) != value}
                ),
            )
        if slot is not None:
            await self._campaigns.mark_drafted(narrow, current_campaign.id, slot.slot_id, saved.id)
        return saved

    async def saved(self, scope: Scope, business_id: str, run_id: str, place: str) -> Content | None:
        """What an earlier attempt of the run wrote at this place."""
        where = {"_id": draft_id(business_id, run_id, place)}
        return await self._content.find(scope.only(business_id), where)

    async def _touched_by_a_person(self, scope: Scope, content_id: str) -> bool:
        kept = await self._versions.all(
            scope, {"content_id": content_id, "edited_by": {"$ne": None}}, limit=1
        )
        return bool(kept)
