"""Plan the calendar, and choose the slots to draft in this run."""

from __future__ import annotations

from typing import Any

import orjson
from langgraph.runtime import Runtime

from agents.mix import in_turns
from agents.router import Plan
from agents.strategy import build_calendar, calendar_inputs, strategist
from core.campaign import PLATFORMS, Campaign, Platform, Slot
from core.errors import NotFound
from graphs.asking import ask
from graphs.context import GraphContext
from graphs.state import CopilotState, DraftTask, plan_of
from services.drafting import draft_id

Context = Runtime[GraphContext]


async def strategy(state: CopilotState, runtime: Context) -> dict[str, Any]:
    """Have the strategist plan the calendar, and save it as proposed slots."""
    context = runtime.context
    run = context.run
    plan = plan_of(state)
    found = await run.campaigns.get(run.scope, state["campaign_id"] or "")
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
            facts = await run.recall.nearest_facts(run.business, context.request.text)
            inputs = calendar_inputs(
                business=run.business,
                facts=facts,
                memories=await context.remembered,
                campaign=found,
                plan=plan,
                request=context.request.text,
                today=run.today,
            )
            specialist = strategist(inputs["task"]["pieces"])
            answer = await ask(context, specialist, inputs, lane)
            lane.end()
            summary = answer.value.summary
            kept = [slot for slot in found.calendar if slot.state in {"planned", "drafted"}]
            said = "\n".join(run.words)
            slots = build_calendar(answer.value, plan, run.business, run.clock.now(), said, kept)
            saved = await run.campaigns.save_calendar(run.scope, found.id, slots, run.root_run_id)
            planned = [slot for slot in saved.calendar if slot.run_id == run.root_run_id]
        calendar = [slot.model_dump(mode="json") for slot in saved.calendar]
        context.stream.state({"op": "replace", "path": "/calendar", "value": calendar})
        result = {"campaign_id": saved.id, "version": saved.version, "slots": len(planned)}
        lane.result({**result, "checks": [], "sources": []}, _shown(planned, summary))
    return {"planned": len(planned), "over": plan.beyond}


async def choose(state: CopilotState, runtime: Context) -> dict[str, Any]:
    """Choose the drafts to write: the requested slots, the next open ones, or drafts outside the calendar."""
    context = runtime.context
    plan = plan_of(state)
    campaign_id = state["campaign_id"] or ""
    # Tie drafts whose worker died before their slot named them, so they are not written twice.
    await context.run.drafting.tie(context.run.scope, {"campaign_id": campaign_id})
    found = await context.run.campaigns.get(context.run.scope, campaign_id)
    if "copywriter" not in plan.specialists and not context.request.slot_ids:
        return {"tasks": []}
    slots = _slots(context, plan, found, planned=bool(state.get("planned")))
    if slots is None:
        platforms = _own_platforms(plan)
        over = max(len(platforms) - context.most_drafts, 0)
        return {"tasks": _own_tasks(context, plan, platforms[: context.most_drafts]), "over": over}
    return {
        "tasks": [
            DraftTask(
                place=place,
                of=len(slots),
                platform=slot.platform,
                theme=slot.theme,
                segment=slot.segment,
                funnel_stage=slot.funnel_stage,
                slot_id=slot.slot_id,
                local_time=slot.local_time,
            )
            for place, slot in enumerate(slots, start=1)
        ]
    }


def _slots(context: GraphContext, plan: Plan, found: Campaign, *, planned: bool) -> list[Slot] | None:
    """Return the slots to fill, or None when the request is for a draft outside the calendar."""
    wanted = context.request.slot_ids
    if wanted:
        by_id = {slot.slot_id: slot for slot in found.calendar}
        unknown = [slot_id for slot_id in wanted if slot_id not in by_id]
        if unknown:
            raise NotFound("slot", slot_id=unknown[0])
        return [by_id[slot_id] for slot_id in wanted][: context.most_drafts]
    business_id, run_id = context.run.business.id, context.run.root_run_id
    now_open = [
        slot
        for slot in found.calendar
        if slot.type == "text"
        # Slots drafted by an earlier attempt of this run are chosen again and found saved.
        and (
            slot.state in {"proposed", "planned"}
            or slot.content_id == draft_id(business_id, run_id, slot.slot_id)
        )
        and (not plan.platforms or slot.platform in plan.platforms)
    ]
    if planned:
        now_open = [slot for slot in now_open if slot.run_id == run_id]
    elif plan.theme or not now_open:
        return None
    elif plan.mix:
        return _mixed(now_open, plan.mix, context.most_drafts)
    return now_open[: context.most_drafts]


def _mixed(now_open: list[Slot], mix: dict[Platform, int], most: int) -> list[Slot] | None:
    """Return the first open slots of each platform, or None if there are too few for the mix."""
    chosen = []
    for platform, number in mix.items():
        of_platform = [slot for slot in now_open if slot.platform == platform][:number]
        if len(of_platform) < number:
            return None
        chosen += of_platform
    return [slot for slot in now_open if slot in chosen][:most]


def _own_platforms(plan: Plan) -> list[Platform]:
    """Return the platform of each draft outside the calendar: as asked for, else one per platform."""
    if plan.mix:
        return in_turns(plan.mix)
    platforms = plan.platforms or [PLATFORMS[0]]
    return [platforms[place % len(platforms)] for place in range(max(plan.pieces or 1, len(platforms)))]


def _own_tasks(context: GraphContext, plan: Plan, platforms: list[Platform]) -> list[DraftTask]:
    segments = context.run.business.target_audience
    return [
        DraftTask(
            place=place + 1,
            of=len(platforms),
            platform=platform,
            theme=plan.theme or plan.campaign_name,
            segment=segments[place % len(segments)].segment_name if segments else "",
            funnel_stage="consideration",
            slot_id=None,
            local_time=None,
        )
        for place, platform in enumerate(platforms)
    ]


def _shown(slots: list[Slot], summary: str) -> dict[str, Any]:
    """Return the calendar as tool call arguments."""
    names = {"slot_id", "local_time", "platform", "type", "theme", "segment", "funnel_stage"}
    return {"summary": summary, "slots": [slot.model_dump(mode="json", include=names) for slot in slots]}
