"""The record of one run of a case, for the graders."""

from __future__ import annotations

from pydantic import BaseModel, Field

from agents.strategy import CalendarPlan
from core.actions import Intent
from core.business import Business
from core.campaign import Campaign, Slot
from core.content import Content
from core.conversation import Artefact, Clarification, ProposedAction, RunStatus, TokenUse


class Before(BaseModel):
    """What a business had before a run, with the ids of the drafts and slots that labels name."""

    drafts: dict[str, Content] = Field(default_factory=dict)
    slots: list[Slot] = Field(default_factory=list)
    ids: dict[str, str] = Field(default_factory=dict)


class RunRecord(BaseModel):
    """One run: its end, what it did, and everything that it saved.

    `plan` is the calendar as the strategist wrote it, before validation; `drafts` are those that the run
    made or changed, `kept` all others afterwards.
    """

    status: RunStatus
    problem: str = ""
    did: list[Intent] = Field(default_factory=list)
    business: Business
    before: Before = Field(default_factory=Before)
    campaign: Campaign | None = None
    plan: CalendarPlan | None = None
    drafts: list[Content] = Field(default_factory=list)
    kept: list[Content] = Field(default_factory=list)
    artefacts: list[Artefact] = Field(default_factory=list)
    clarify: Clarification | None = None
    proposed: list[ProposedAction] = Field(default_factory=list)
    answer: str = ""
    unsourced: list[str] = Field(default_factory=list)
    repairs: int = 0
    model: str
    simulated: bool
    usage: list[TokenUse] = Field(default_factory=list)
    seconds: float = 0.0

    @property
    def tokens(self) -> int:
        """All tokens, read and written."""
        return sum(use.input_tokens + use.output_tokens for use in self.usage)
