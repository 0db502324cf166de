"""What a message asks for: actions of a pressed button as they are, else those that the router names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langgraph.runtime import Runtime

from agents.route import ROUTER, resolve, router_inputs
from core.actions import BRIEF, Action, Intent
from core.campaign import PLATFORMS, Campaign
from core.errors import UnusableAnswer
from graphs.asking import ask
from graphs.context import GraphContext
from graphs.remembering import remember_said
from graphs.state import CopilotState

Context = Runtime[GraphContext]

NEEDS_CAMPAIGN: frozenset[Intent] = frozenset({"plan", "write", "calendar"})


async def route(state: CopilotState, runtime: Context) -> dict[str, Any]:
    """Say what has to be done on which documents; no model is asked where the request says it."""
    context = runtime.context
    request, campaign = context.request, context.campaign
    asked: str | None = None
    if request.actions is not None:
        actions: Sequence[Action] = request.actions
    elif (preset := _preset(context)) is not None:
        actions = preset
    else:
        async with context.stream.step("copilot", "understand"):
            actions, asked = await _ask_router(context, campaign)
        if request.specialists is not None:
            actions = [_as_preset(context, actions)]
        if (
            campaign is not None
            and request.campaign_id is None
            and _opens_another(context, campaign, actions)
        ):
            campaign = None
    return {
        "actions": [action.model_dump(mode="json") for action in actions],
        "language": asked or context.run.business.language,
        "asked_language": asked,
        "campaign_id": campaign.id if campaign else None,
    }


def _preset(context: GraphContext) -> list[Action] | None:
    """The action where the client says who works on what; everything else stands in the words alone."""
    brief = " ".join(context.request.text.split())[:BRIEF]
    if context.request.specialists == []:
        return [Action(intent="answer", brief=brief)]
    if context.request.slot_ids:
        return [Action(intent="write", brief=brief, targets=context.request.slot_ids)]
    return None


def _as_preset(context: GraphContext, actions: Sequence[Action]) -> Action:
    """The action that the client's choice of specialists leaves of what the words ask for."""
    who = context.request.specialists or ()
    work = next((action for action in actions if action.intent in NEEDS_CAMPAIGN), actions[0])
    update = {"intent": "plan" if "strategy" in who else "write", "with_drafts": "copywriter" in who}
    return work.model_copy(update={**update, "operation": None, "targets": [], "campaign": ""})


async def _ask_router(
    context: GraphContext, campaign: Campaign | None
) -> tuple[Sequence[Action], str | None]:
    run = context.run
    handles = await context.handles
    inputs = router_inputs(
        business=run.business,
        campaign=campaign,
        memories=await context.remembered,
        history=context.turns_with_work,
        handles=handles,
        request=context.request.text,
        today=run.today,
    )
    try:
        answer = await ask(context, ROUTER, inputs)
    except UnusableAnswer:
        return [_without_a_router(context.request.text)], None
    await remember_said(context, answer.value.remember)
    language = (answer.value.language or "").strip()
    known = language.replace("-", "").isalnum() and language.split("-")[0].isalpha()
    return resolve(answer.value, handles, context.request.text), language if known else None


def _without_a_router(text: str) -> Action:
    """What a model that cannot route still does: a platform that is named is written for."""
    words = {word.strip(".,;:!?()\"'").casefold() for word in text.split()}
    named = [name for name in PLATFORMS if name in words or (name == "email" and "e-mail" in words)]
    return Action(intent="write" if named else "answer", brief=text[:BRIEF], platforms=named)


def _opens_another(context: GraphContext, campaign: Campaign, actions: Sequence[Action]) -> bool:
    """Whether a campaign that nobody named is not the one that is meant."""
    working = [action for action in actions if action.intent in NEEDS_CAMPAIGN]
    # Visitors of the demo share its business: what one has planned is not another one's campaign.
    planned_by_others = context.run.business.is_demo and bool(campaign.calendar)
    named = [action.campaign for action in working if action.campaign]
    return bool(working) and (
        planned_by_others or any(name.casefold() != campaign.name.casefold() for name in named)
    )
