"""Plan the calendar, and choose the slots to draft in this run."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import orjson
from langgraph.runtime import Runtime

from agents.strategy import build_calendar, calendar_inputs, known_segment, resolve_plan, strategist
from core.actions import MOST_TARGETS, Action
from core.business import Business
from core.campaign import PLATFORMS, Campaign, Platform, Slot
from core.errors import NotFound
from graphs.asking import ask
from graphs.context import GraphContext
from graphs.state import CopilotState, DraftTask, chosen
from services.drafting import draft_id

Context = Runtime[GraphContext]


async def strategy(state: CopilotState, runtime: Context) -> dict[str, Any]:
    """Have the strategist plan the calendar, and save it as proposed slots."""
    context = runtime.context
    run = context.run
    (action, *_) = chosen(state, "plan")
    found = await run.campaigns.get(run.scope, state["campaign_id"] or "")
    plan = resolve_plan(action, found, run.today, state["language"])
    identity = {"campaign_id": found.id, "theme": found.name, "start_date": plan.start.isoformat()}
    lane = context.stream.artefact("plan_calendar", identity)
    async with context.stream.step("strategist", "plan_calendar"):
        earlier = [slot for slot in found.calendar if slot.run_id == run.root_run_id]
        if earlier:
            # A later attempt of the run: the calendar is saved, and drafts may refer to it.
            summary = ""
            lane.replay(orjson.dumps(_shown(earlier, summary)).decode())
            saved, planned = found, earlier
        else:
            facts = await run.recall.facts_for(run.business, context.request.text)
            kept = [slot for slot in found.calendar if slot.state in {"planned", "drafted"}]
            inputs = calendar_inputs(
                business=run.business,
                facts=facts,
                memories=await context.remembered,
                campaign=found,
                plan=plan,
                today=run.today,
                history=context.conversation,
                kept=kept,
            )
            specialist = strategist(plan.most)
            answer = await ask(context, specialist, inputs, lane)
            lane.end()
            summary = answer.value.summary
            slots = build_calendar(answer.value, plan, run.business, run.clock.now(), kept)
            saved = await run.campaigns.save_calendar(run.scope, found.id, slots, run.root_run_id)
            planned = [slot for slot in saved.calendar if slot.run_id == run.root_run_id]
        calendar = [slot.model_dump(mode="json") for slot in saved.calendar]
        context.stream.state({"op": "replace", "path": "/calendar", "value": calendar})
        result = {"campaign_id": saved.id, "version": saved.version, "slots": len(planned)}
        lane.result({**result, "checks": [], "sources": []}, _shown(planned, summary))
    return {"planned": len(planned), "over": plan.beyond}


async def choose(state: CopilotState, runtime: Context) -> dict[str, Any]:
    """Choose the drafts to write: the named slots, the next open ones, or drafts outside the calendar."""
    context = runtime.context
    campaign_id = state["campaign_id"] or ""
    # Tie drafts whose worker died before their slot named them, so they are not written twice.
    await context.run.drafting.tie(context.run.scope, {"campaign_id": campaign_id})
    found = await context.run.campaigns.get(context.run.scope, campaign_id)
    wanted: list[_Wanted] = []
    for action in chosen(state, "plan", "write"):
        if action.intent == "write":
            wanted += _wanted(context, action, found)
        elif action.with_drafts:
            planned = [slot for slot in _open(context, found) if slot.run_id == context.run.root_run_id]
            wanted += [_Wanted(action, slot=slot) for slot in planned[: context.batch.at_once]]
    business, now = context.run.business, wanted[:MOST_TARGETS]
    tasks = [one.task(place, len(now), found, business) for place, one in enumerate(now, start=1)]
    return {"tasks": tasks, "over": state.get("over", 0) + len(wanted) - len(now)}


@dataclass(frozen=True)
class _Wanted:
    """A draft that an action asks for: of a slot, or outside the calendar for a platform."""

    action: Action
    slot: Slot | None = None
    platform: Platform = PLATFORMS[0]

    def task(self, place: int, of: int, campaign: Campaign, business: Business) -> DraftTask:
        """Its task; the readers are named only where they are known."""
        slot, action = self.slot, self.action
        return DraftTask(
            place=place,
            of=of,
            platform=slot.platform if slot else self.platform,
            theme=slot.theme if slot else action.theme or campaign.name,
            brief=action.brief,
            segment=slot.segment if slot else known_segment(action.segment, business),
            funnel_stage=slot.funnel_stage if slot else "consideration",
            slot_id=slot.slot_id if slot else None,
            local_time=slot.local_time if slot else None,
        )


def _wanted(context: GraphContext, action: Action, found: Campaign) -> list[_Wanted]:
    if action.targets:
        by_id = {slot.slot_id: slot for slot in found.calendar}
        unknown = [slot_id for slot_id in action.targets if slot_id not in by_id]
        if unknown:
            raise NotFound("slot", slot_id=unknown[0])
        slots = [by_id[slot_id] for slot_id in action.targets]
        if context.request.actions is None and not context.request.slot_ids:
            # Of what a router took for open, a draft that was just tied to its slot is not written again.
            slots = [slot for slot in slots if slot in _open(context, found)]
        return [_Wanted(action, slot=slot) for slot in slots]
    if not action.theme and (slots := _next_open(context, action, found)):
        return [_Wanted(action, slot=slot) for slot in slots]
    platforms: list[Platform] = action.platforms or [PLATFORMS[0]]
    number = max(action.count or 1, len(platforms))
    return [_Wanted(action, platform=platforms[place % len(platforms)]) for place in range(number)]


def _open(context: GraphContext, found: Campaign) -> list[Slot]:
    """The slots that wait for a text."""
    business_id, run_id = context.run.business.id, context.run.root_run_id
    return [
        slot
        for slot in found.calendar
        if slot.type == "text"
        # Slots drafted by an earlier attempt of this run are chosen again and found saved.
        and (
            slot.state in {"proposed", "planned"}
            or slot.content_id == draft_id(business_id, run_id, slot.slot_id)
        )
    ]


def _next_open(context: GraphContext, action: Action, found: Campaign) -> list[Slot]:
    """The next open slots of the platforms that were named; none where there are too few of one."""
    now_open = _open(context, found)
    if not action.platforms:
        return now_open[: action.count or context.batch.at_once]
    numbers = Counter(action.platforms)
    named = max(numbers.values()) > 1
    chosen_slots: list[Slot] = []
    for platform, number in numbers.items():
        of_platform = [slot for slot in now_open if slot.platform == platform]
        if named and len(of_platform) < number:
            return []
        chosen_slots += of_platform[:number] if named else of_platform
    ordered = [slot for slot in now_open if slot in chosen_slots]
    return ordered if named else ordered[: action.count or context.batch.at_once]


def _shown(slots: list[Slot], summary: str) -> dict[str, Any]:
    """Return the calendar as tool call arguments."""
    names = {
        "slot_id",
        "local_time",
        "platform",
        "type",
        "theme",
        "brief",
        "media_idea",
        "segment",
        "funnel_stage",
    }
    return {"summary": summary, "slots": [slot.model_dump(mode="json", include=names) for slot in slots]}
