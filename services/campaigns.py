"""Campaigns and their calendars."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from core.calendar import SlotChange, rearranged
from core.campaign import Campaign, CampaignFields, Slot, SlotFields
from core.clock import Clock, to_instant
from core.content import ApprovalState, Content, ContentStatus
from core.document import WrittenBy
from core.errors import InvalidFields, NotFound
from core.idempotency import creation_id
from core.ids import derived_id
from core.merge_patch import apply_patch
from core.scope import Scope
from core.views import View
from memory.collections import AlreadyThere
from memory.database import Database
from memory.pages import Page
from services.check_basis import CheckBasis
from services.edits import edit
from services.rechecks import Rechecks

MOST_SLOTS = 400

LAST_FEW = 5
"""Campaigns among which a conversation without one looks for a calendar."""


class SlotContent(View):
    """The draft of a slot in a calendar."""

    id: str
    title: str
    status: ContentStatus
    approval_state: ApprovalState
    checks_failed: int
    checks_stale: bool = False


class CalendarSlot(Slot):
    """A slot with its draft."""

    content: SlotContent | None = None


class Calendar(View):
    """A campaign's slots, ordered by time; `timezone` is the business's."""

    campaign_id: str
    timezone: str
    slots: list[CalendarSlot]


class Campaigns:
    """Campaigns of the caller's businesses."""

    def __init__(self, database: Database, rechecks: Rechecks, clock: Clock) -> None:
        self._campaigns = database.campaigns
        self._businesses = database.businesses
        self._content = database.content
        self._runs = database.runs
        self._rechecks = rechecks
        self._clock = clock

    async def create(self, scope: Scope, business_id: str, fields: CampaignFields) -> Campaign:
        """Create a campaign with an empty calendar."""
        narrow = scope.only(business_id)
        campaign = self._new(business_id, fields)
        return await self._once(narrow, campaign.model_copy(update={"id": creation_id("campaign")}))

    async def create_draft(
        self, scope: Scope, business_id: str, fields: CampaignFields, written_by: WrittenBy
    ) -> Campaign:
        """Create the draft campaign of a run; a later attempt of the run gets the same one."""
        narrow = scope.only(business_id)
        campaign = self._new(business_id, fields).model_copy(
            update={
                "id": derived_id("campaign", business_id, written_by.run_id),
                "status": "draft",
                "written_by": written_by,
            }
        )
        return await self._once(narrow, campaign)

    async def get(self, scope: Scope, campaign_id: str) -> Campaign:
        """Return one campaign of the scope."""
        return await self._campaigns.get(scope, campaign_id)

    async def page(self, scope: Scope, limit: int, cursor: str | None = None) -> Page[Campaign]:
        """Return the campaigns of the scope, newest first."""
        return await self._campaigns.page(scope, {}, limit, cursor)

    async def change(
        self, scope: Scope, campaign_id: str, patch: Mapping[str, Any], version: int | None = None
    ) -> Campaign:
        """Apply a merge patch to a campaign's fields, and have its drafts checked again.

        The scope is that of one business.
        """
        async with self._rechecks.after_change(scope):
            return await edit(
                self._campaigns,
                scope,
                campaign_id,
                lambda campaign: apply_patch(CampaignFields, campaign, patch),
                version,
            )

    async def resolve(
        self, scope: Scope, business_id: str, named_id: str | None
    ) -> tuple[Campaign | None, Campaign | None]:
        """Return the campaign of a request, and the one whose calendar it may be about.

        The first is the named one, else the only active one, else None. The second is the same, or, where
        there is none, the newest of the last few that has a calendar.
        """
        narrow = scope.only(business_id)
        if named_id is not None:
            named = await self._campaigns.get(narrow, named_id)
            return named, named
        newest = (await self._campaigns.page(narrow, {}, LAST_FEW)).items
        active = [campaign for campaign in newest if campaign.status == "active"]
        if len(newest) == LAST_FEW:
            active = (await self._campaigns.page(narrow, {"status": "active"}, 2)).items
        if len(active) == 1:
            return active[0], active[0]
        return None, next((campaign for campaign in newest if campaign.calendar), None)

    async def of_slots(self, scope: Scope, slot_ids: Sequence[str]) -> Campaign | None:
        """The campaign that has the first of these slots, if any has."""
        if not slot_ids:
            return None
        found = await self._campaigns.all(scope, {"calendar.slot_id": slot_ids[0]})
        return found[0] if found else None

    async def calendar(self, scope: Scope, campaign: Campaign) -> Calendar:
        """Return the campaign's slots with their drafts."""
        narrow = scope.only(campaign.business_id)
        business = await self._businesses.get(narrow, campaign.business_id)
        ids = [slot.content_id for slot in campaign.calendar if slot.content_id]
        found = await self._content.all(narrow, {"_id": {"$in": ids}}, limit=MOST_SLOTS) if ids else []
        basis = CheckBasis(business, campaign, self._clock.now())
        drafts = {content.id: _shown(content, basis) for content in found}
        return Calendar(
            campaign_id=campaign.id,
            timezone=business.timezone,
            slots=[
                CalendarSlot(**slot.model_dump(), content=drafts.get(slot.content_id or ""))
                for slot in campaign.calendar
            ],
        )

    async def save_calendar(
        self, scope: Scope, campaign_id: str, slots: Sequence[Slot], run_id: str
    ) -> Campaign:
        """Save a proposed calendar; it replaces only proposed slots on the same days.

        Slot ids are derived from the run and a number, so a later attempt replaces its own proposals and
        keeps drafted slots. A proposal at the time and platform of a kept slot is left out.
        """
        numbered = [
            slot.model_copy(
                update={
                    "slot_id": derived_id("slot", campaign_id, run_id, str(number)),
                    "state": "proposed",
                    "content_id": None,
                    "run_id": run_id,
                }
            )
            for number, slot in enumerate(slots)
        ]
        _require_real_times((slot.local_time, slot.timezone) for slot in numbered)

        days = [slot.local_time[:10] for slot in numbered]
        first, last = min(days, default=""), max(days, default="")

        def changes(campaign: Campaign) -> dict[str, Any]:
            stay = [
                slot
                for slot in campaign.calendar
                if slot.state != "proposed"
                or (slot.run_id != run_id and not first <= slot.local_time[:10] <= last)
            ]
            taken = {slot.slot_id for slot in stay}
            busy = {(slot.platform, slot.local_time) for slot in stay if slot.state != "dropped"}
            fresh = [
                slot
                for slot in numbered
                if slot.slot_id not in taken and (slot.platform, slot.local_time) not in busy
            ]
            calendar = sorted([*stay, *fresh], key=_when)
            _require_room(calendar)
            return {} if calendar == campaign.calendar else {"calendar": calendar}

        # A draft may have been checked with the time of a removed slot.
        async with self._rechecks.after_change(scope):
            return await edit(self._campaigns, scope, campaign_id, changes)

    async def rearrange(
        self, scope: Scope, campaign_id: str, changes: Sequence[SlotChange], timezone: str, run_id: str
    ) -> Campaign:
        """Change the named slots for a run; every other slot stays as it is, whatever else is written.

        Raises:
            InvalidFields: The calendar would be too long, or a time does not exist.
        """
        _require_real_times((one.local_time, timezone) for one in changes if one.local_time)

        def changed(campaign: Campaign) -> dict[str, Any]:
            calendar = rearranged(campaign.calendar, changes, timezone, run_id)
            _require_room(calendar)
            return {} if calendar == campaign.calendar else {"calendar": calendar}

        async with self._rechecks.after_change(scope):
            return await edit(self._campaigns, scope, campaign_id, changed)

    async def change_slot(
        self,
        scope: Scope,
        campaign_id: str,
        slot_id: str,
        patch: Mapping[str, Any],
        version: int | None = None,
    ) -> Campaign:
        """Apply a person's merge patch to the time and the segment of a slot; its draft moves with it.

        The scope is that of one business.

        Raises:
            NotFound: The calendar has no such slot.
            InvalidFields: There is no such time or segment, or the time is over.
        """
        business = await self._businesses.get(scope, scope.business_id)
        segments = {"", *(one.segment_name for one in business.target_audience)}

        def changes(campaign: Campaign) -> dict[str, Any]:
            shown = (one for one in campaign.calendar if one.state != "dropped")
            slot = next((one for one in shown if one.slot_id == slot_id), None)
            if slot is None:
                raise NotFound("slot", slot_id=slot_id)
            values = apply_patch(SlotFields, slot, patch)
            if not values:
                return {}
            # What a person arranges is decided, and no longer a proposal.
            values["state"] = "drafted" if slot.content_id else "planned"
            changed = slot.model_copy(update=values)
            _require_possible(changed, values, segments, self._clock.now())
            others = [one for one in campaign.calendar if one.slot_id != slot_id]
            return {"calendar": sorted([*others, changed], key=_when)}

        async with self._rechecks.after_change(scope):
            return await edit(self._campaigns, scope, campaign_id, changes, version)

    async def mark_drafted(
        self,
        scope: Scope,
        campaign_id: str,
        slot_id: str,
        content_id: str,
        instead_of: str | None = None,
    ) -> bool:
        """Tie a draft to its slot if the slot is empty or holds the draft `instead_of`.

        Returns False if the slot holds another draft, was dropped, or was replaced by a new calendar.
        """
        slot = {"slot_id": slot_id, "content_id": {"$in": [None, instead_of]}, "state": {"$ne": "dropped"}}
        return await self._campaigns.change(
            scope,
            campaign_id,
            {"calendar.$.state": "drafted", "calendar.$.content_id": content_id},
            {"calendar": {"$elemMatch": slot}},
        )

    async def release_slot(self, scope: Scope, campaign_id: str, slot_id: str, content_id: str) -> bool:
        """Set the slot of a deleted draft to planned; false if it holds another draft."""
        return await self._campaigns.change(
            scope,
            campaign_id,
            {"calendar.$.state": "planned", "calendar.$.content_id": None},
            {"calendar": {"$elemMatch": {"slot_id": slot_id, "content_id": content_id}}},
        )

    async def _once(self, scope: Scope, campaign: Campaign) -> Campaign:
        """Store the campaign, or return the one that an earlier attempt stored."""
        owners = [self._businesses.owner(campaign.business_id)]
        if campaign.written_by is not None:
            owners.append(self._runs.owner(campaign.written_by.run_id))
        try:
            return await self._campaigns.insert(scope, campaign, owners=owners)
        except AlreadyThere:
            return await self._campaigns.get(scope, campaign.id)

    def _new(self, business_id: str, fields: CampaignFields) -> Campaign:
        now = self._clock.now()
        values = {name: getattr(fields, name) for name in CampaignFields.model_fields}
        return Campaign(**values, business_id=business_id, created_at=now, updated_at=now)


def _when(slot: Slot) -> tuple[Any, str]:
    return to_instant(slot.local_time, slot.timezone), slot.slot_id


def _require_room(calendar: Sequence[Slot]) -> None:
    if len(calendar) > MOST_SLOTS:
        message = f"a campaign has at most {MOST_SLOTS} slots"
        raise InvalidFields([{"field": "calendar", "message": message}])


def _require_real_times(times: Iterable[tuple[str, str]]) -> None:
    """Raise InvalidFields for a wall time that does not exist in its zone; its pattern cannot tell."""
    errors: list[dict[str, str]] = []
    for number, (local_time, timezone) in enumerate(times):
        try:
            to_instant(local_time, timezone)
        except (ValueError, OverflowError):
            errors.append({"field": f"calendar.{number}.local_time", "message": "there is no such time"})
    if errors:
        raise InvalidFields(errors)


def _require_possible(slot: Slot, changed: Container[str], segments: Container[str], now: datetime) -> None:
    """Raise InvalidFields for a changed time that is over or does not exist, and for an unknown segment."""
    errors: list[dict[str, str]] = []
    if "local_time" in changed:
        try:
            over = to_instant(slot.local_time, slot.timezone) <= now
        except (ValueError, OverflowError):
            errors.append({"field": "local_time", "message": "there is no such time"})
        else:
            errors += [{"field": "local_time", "message": "is over; choose a later time"}] if over else []
    if "segment" in changed and slot.segment not in segments:
        errors.append({"field": "segment", "message": "the profile has no such target audience"})
    if errors:
        raise InvalidFields(errors)


def _shown(content: Content, basis: CheckBasis) -> SlotContent:
    return SlotContent(
        id=content.id,
        title=content.title,
        status=content.status,
        approval_state=content.approval_state,
        checks_failed=sum(check.stops_approval for check in content.ai_metadata.checks),
        checks_stale=basis.is_stale(content),
    )
