"""RunContext: the trusted bundle every tool and node gets; names the only services a model may reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from core.business import Business
from core.clock import Clock
from core.scope import Scope
from services.campaigns import Campaigns
from services.drafting import Drafting
from services.recall import Recall


@dataclass(frozen=True)
class RunContext:
    """Who a run acts for and what it may use; never part of the graph's state, never from a model.

    `words` are the person's own words in the thread, newest last: a source for figures and links.
    """

    scope: Scope
    user_id: str
    run_id: str
    root_run_id: str
    business: Business
    clock: Clock
    campaigns: Campaigns
    drafting: Drafting
    recall: Recall
    words: Sequence[str] = field(default_factory=tuple)

    @property
    def today(self) -> date:
        """The day in the business's own time zone."""
        return self.clock.now().astimezone(ZoneInfo(self.business.timezone)).date()
