"""The trusted context of tools and nodes, with the only services that a model can use."""

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
    """Tenant and services of a run; never part of graph state, never set by a model.

    `words` are the person's messages in the thread, newest last: a source for figures and links. What a
    repeated request of the same thread remembers replaces what the first one did.
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
    thread_id: str = ""

    @property
    def today(self) -> date:
        """The date in the business's time zone."""
        return self.clock.now().astimezone(ZoneInfo(self.business.timezone)).date()
