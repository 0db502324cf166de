"""Graph state: JSON values only, so that checkpoints can be read after a deploy."""

from __future__ import annotations

from operator import add
from typing import Annotated, Any, NotRequired, TypedDict

from core.actions import Intent, RoutedAction
from core.campaign import FunnelStage, Platform

GRAPH_VERSION = 3
"""Raise it when a node's name or the meaning of a field changes."""


class DraftTask(TypedDict):
    """One draft to write: its numbered place in the run, the brief, and the slot it fills, if any."""

    place: int
    of: int
    platform: Platform
    theme: str
    brief: str
    segment: str
    funnel_stage: FunnelStage
    slot_id: str | None
    local_time: str | None


class EditTask(TypedDict):
    """One draft to change: its numbered place in the run, and the action in JSON."""

    place: int
    of: int
    content_id: str
    action: dict[str, Any]


class VariantsTask(TypedDict):
    """Alternatives to offer for a draft, or for a text that is still to be written."""

    place: int
    of: int
    content_id: str | None
    action: dict[str, Any]


class DraftDone(TypedDict):
    """A saved draft, with its writer's note to the owner."""

    place: int
    content_id: str
    platform: str
    title: str
    failed: list[str]
    note: NotRequired[str]


class EditDone(TypedDict):
    """A draft that was to be changed: whether it was, and whether a person's own change came first."""

    place: int
    content_id: str
    title: str
    changed: bool
    overtaken: bool
    note: NotRequired[str]


class DraftFailed(TypedDict):
    """A draft that could not be written, with its problem (RFC 9457)."""

    place: int
    problem: dict[str, Any]


class CopilotState(TypedDict, total=False):
    """State that the nodes share: `actions` as `core.actions.Action` in JSON, and what came of them.

    `rearranged` says what was done to which slot, `too_late` counts changes to a time that is over, and
    `over` counts requested drafts beyond what one request writes. `postponed` has the places of drafts that
    were not begun, for want of time or tokens.
    """

    version: int
    actions: list[dict[str, Any]]
    language: str
    asked_language: str | None
    campaign_id: str | None
    planned: int
    rearranged: list[str]
    too_late: int
    tasks: list[DraftTask]
    over: int
    task: DraftTask
    edit: EditTask
    variants: VariantsTask
    drafts: Annotated[list[DraftDone], add]
    offered: Annotated[list[int], add]
    edits: Annotated[list[EditDone], add]
    failures: Annotated[list[DraftFailed], add]
    postponed: Annotated[list[int], add]


def chosen(state: CopilotState, *intents: Intent) -> list[RoutedAction]:
    """Return the actions of some kinds, in the order of the request.

    Fields that a later release added to them are ignored.
    """
    wanted = [one for one in state["actions"] if one["intent"] in intents]
    return [RoutedAction.model_validate(one, extra="ignore") for one in wanted]
