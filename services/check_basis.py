"""The digest of the inputs of a draft's checks; checks with another digest are stale."""

from __future__ import annotations

from datetime import datetime

from core.business import Business, Profile
from core.campaign import Campaign
from core.content import Content, ContentStatus
from core.ids import digest
from core.rules.version import RULES_VERSION
from services.checks import sources_of

UNSENT: tuple[ContentStatus, ...] = ("draft", "scheduled", "failed")
"""Statuses whose checks can become stale; published drafts keep theirs."""

_PROFILE = set(Profile.model_fields) - {"brand_assets"}


class CheckBasis:
    """The valid facts, profile, campaign fields and rules at one instant.

    Args:
        business: The business of the drafts.
        campaign: Their campaign.
        now: The instant; expired facts are excluded.
    """

    def __init__(self, business: Business, campaign: Campaign, now: datetime) -> None:
        self.business = business
        self.campaign = campaign
        self.now = now
        profile = business.model_dump(mode="json", include=_PROFILE)
        sources = [source.model_dump() for source in sources_of(business, campaign, None, (), (), now)]
        self._shared = digest([RULES_VERSION, profile, sources])
        self._times = {slot.slot_id: slot.local_time for slot in campaign.calendar}

    def digest_for(self, slot_id: str | None) -> str:
        """Return the digest for a draft in this slot of the campaign, or in none."""
        return digest([self._shared, self._times.get(slot_id or "")])

    def is_stale(self, content: Content) -> bool:
        """Return whether the checks of a draft of the campaign were made with other inputs."""
        return content.status in UNSENT and content.checked_against != self.digest_for(content.slot_id)
