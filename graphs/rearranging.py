"""Changes of named slots in the calendar, by code."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from langgraph.runtime import Runtime

from agents.route import moment
from agents.strategy import usual_time
from core.actions import THEME, Action
from core.calendar import SlotChange
from core.campaign import PLATFORMS, Campaign, Slot
from core.ids import derived_id
from graphs.context import GraphContext
from graphs.state import CopilotState, chosen

Context = Runtime[GraphContext]


async def rearrange(state: CopilotState, runtime: Context) -> dict[str, Any]:
    """Make the changes that were asked for; what would lie in the past is not done."""
    context = runtime.context
    run = context.run
    actions = chosen(state, "calendar")
    if not actions:
        return {}
    found = await run.campaigns.get(run.scope, state["campaign_id"] or "")
    changes: list[SlotChange] = []
    for action in actions:
        changes += _changes(context, action, found, len(changes))
    now = run.clock.now().astimezone(ZoneInfo(run.business.timezone)).strftime("%Y-%m-%dT%H:%M")
    possible = [one for one in changes if one.local_time is None or one.local_time > now]
    lane = context.stream.artefact("change_calendar", {"campaign_id": found.id, "theme": found.name})
    shown = {"operations": [one.model_dump(mode="json", exclude_none=True) for one in possible]}
    async with context.stream.step("strategist", "change_calendar"):
        lane.replay(orjson.dumps(shown).decode())
        saved = await run.campaigns.rearrange(
            run.scope, found.id, possible, run.business.timezone, run.root_run_id
        )
        calendar = [slot.model_dump(mode="json") for slot in saved.calendar]
        context.stream.state({"op": "replace", "path": "/calendar", "value": calendar})
        lane.result({"campaign_id": saved.id, "version": saved.version, **shown}, shown)
    by_id = {slot.slot_id: slot for slot in saved.calendar}
    told = [f"{one.operation} {by_id[one.slot_id].theme}" for one in possible if one.slot_id in by_id]
    return {"rearranged": told, "too_late": len(changes) - len(possible)}


def _changes(context: GraphContext, action: Action, found: Campaign, number: int) -> list[SlotChange]:
    """The changes of one action, with absolute times."""
    by_id = {slot.slot_id: slot for slot in found.calendar}
    slots = [by_id[target] for target in action.targets if target in by_id]
    match action.operation:
        case "add":
            used = [slot.platform for slot in found.calendar]
            platform = next(iter(action.platforms or used), PLATFORMS[0])
            day = moment(action.when) or f"{context.run.today.isoformat()[:10]}"
            time = day if "T" in day else f"{day[:10]}T{usual_time(platform)}"
            slot_id = derived_id("slot", found.id, context.run.root_run_id, f"add {number}")
            theme = action.theme or action.brief[:THEME]
            return [
                SlotChange(
                    operation="add",
                    slot_id=slot_id,
                    local_time=time[:16],
                    theme=theme,
                    brief=action.brief,
                    platform=platform,
                )
            ]
        case "swap" if len(slots) == 2:
            first, second = slots
            return [_moved(first, second.local_time, "swap"), _moved(second, first.local_time, "swap")]
        case "move" if (when := moment(action.when)) is not None:
            return [
                _moved(slot, when if "T" in when else f"{when[:10]}{slot.local_time[10:]}") for slot in slots
            ]
        case "drop":
            return [SlotChange(operation="drop", slot_id=slot.slot_id) for slot in slots]
        case "retheme" if action.theme:
            return [
                SlotChange(operation="retheme", slot_id=slot.slot_id, theme=action.theme, brief=action.brief)
                for slot in slots
            ]
    return []


def _moved(slot: Slot, when: str, operation: str = "move") -> SlotChange:
    local_time = datetime.fromisoformat(when).strftime("%Y-%m-%dT%H:%M")
    return SlotChange.model_validate(
        {"operation": operation, "slot_id": slot.slot_id, "local_time": local_time}
    )
