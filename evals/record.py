"""The record of one run of a case, for the graders."""

from __future__ import annotations

from pydantic import BaseModel, Field

from agents.strategy import CalendarPlan
from core.business import Business
from core.campaign import Campaign
from core.content import Content
from core.conversation import RunStatus


class RunRecord(BaseModel):
    """One run: its end, its agents, and everything that it saved.

    `plan` is the calendar as the strategist wrote it, before validation.
    """

    status: RunStatus
    problem: str = ""
    agents: list[str] = Field(default_factory=list)
    business: Business
    campaign: Campaign | None = None
    plan: CalendarPlan | None = None
    drafts: list[Content] = Field(default_factory=list)
    answer: str = ""
    repairs: int = 0
    model: str
    simulated: bool
    tokens: int = 0
    seconds: float = 0.0
