"""Graph state: JSON values only, so that checkpoints can be read after a deploy."""

from __future__ import annotations

from operator import add
from typing import Annotated, Any, TypedDict

from agents.router import Plan
from core.campaign import FunnelStage, Platform

GRAPH_VERSION = 2
"""Raise it when a node's name or the meaning of a field changes."""


class DraftTask(TypedDict):
    """One draft to write: its numbered place in the run, and the slot it fills, if any."""

    place: int
    of: int
    platform: Platform
    theme: str
    segment: str
    funnel_stage: FunnelStage
    slot_id: str | None
    local_time: str | None


class DraftDone(TypedDict):
    """A saved draft."""

    place: int
    content_id: str
    platform: str
    title: str
    failed: list[str]


class DraftFailed(TypedDict):
    """A draft that could not be written, with its problem (RFC 9457)."""

    place: int
    problem: dict[str, Any]


class CopilotState(TypedDict, total=False):
    """State that the nodes share; `over` counts requested drafts beyond what one request writes."""

    version: int
    plan: dict[str, Any]
    campaign_id: str | None
    planned: int
    tasks: list[DraftTask]
    over: int
    task: DraftTask
    drafts: Annotated[list[DraftDone], add]
    failures: Annotated[list[DraftFailed], add]


def plan_of(state: CopilotState) -> Plan:
    """The plan of a checkpoint, which a later release may have written."""
    return Plan.model_validate(state["plan"], extra="ignore")
