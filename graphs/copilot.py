"""The graph of a chat message: route, specialists, guard, answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import Send

from agents.answer import ANSWER, answer_inputs
from agents.mix import platforms_asked
from agents.router import (
    ROUTER,
    Understanding,
    asks_to_go_on,
    means_another,
    resolve_plan,
    router_inputs,
    unsupported_intent,
)
from core.campaign import Campaign, CampaignFields
from core.document import WrittenBy
from core.errors import MarqueeError, QuotaExhausted, UnusableAnswer
from core.rules.claims import Source
from core.rules.figures import has_figures
from core.views import CampaignSummary, DraftState
from graphs import drafting, planning
from graphs.asking import ask
from graphs.context import GraphContext
from graphs.state import CopilotState, plan_of
from services.checks import sources_of
from services.recall import Remembered

Context = Runtime[GraphContext]


async def understand(state: CopilotState, runtime: Context) -> dict[str, Any]:
    """Decide which specialists work, on what and when; no model is called if the request says it."""
    context = runtime.context
    request, run = context.request, context.run
    campaign = context.campaign
    earlier = [said for _, said in context.turns]
    preset = request.specialists
    if preset is not None and "strategy" not in preset:
        understanding = Understanding(specialists=list(preset))
    elif preset is None and asks_to_go_on(request.text) and _left(campaign):
        understanding = Understanding(specialists=["copywriter"])
    elif preset is None and (unsupported_intent(request.text) or _all_written(request.text, campaign)):
        # The person means a written draft: do not write another one.
        understanding = Understanding(specialists=[])
    else:
        async with context.stream.step("copilot", "understand"):
            understanding = await _ask_router(context, campaign)
        guessed = campaign is not None and request.campaign_id is None
        if campaign and guessed:
            # Visitors of the demo share its business: do not continue the campaign of another visitor.
            planned_by_others = run.business.is_demo and bool(campaign.calendar)
            if planned_by_others or means_another(understanding, request.text, campaign, earlier):
                campaign = None
    plan = resolve_plan(understanding, request.text, campaign, run.today, run.business, earlier)
    if preset is not None:
        # The specialists are given; the text only says on which days and how many drafts.
        plan = plan.model_copy(update={"specialists": list(preset)})
    return {
        "plan": plan.model_dump(mode="json"),
        "campaign_id": campaign.id if campaign else None,
    }


async def _ask_router(context: GraphContext, campaign: Campaign | None) -> Understanding:
    run = context.run
    inputs = router_inputs(
        business=run.business,
        campaign=campaign,
        memories=await context.remembered,
        history=context.turns,
        request=context.request.text,
        today=run.today,
    )
    try:
        answer = await ask(context, ROUTER, inputs)
    except UnusableAnswer:
        # A weak model failed: decide by the platforms that the person named.
        named = platforms_asked(context.request.text)
        return Understanding(specialists=["copywriter"] if named else [])
    return answer.value


def after_understanding(state: CopilotState, runtime: Context) -> Literal["campaign", "answer"]:
    """Continue with the campaign if there is work, else with the answer."""
    working = state["plan"]["specialists"] or runtime.context.request.slot_ids
    return "campaign" if working else "answer"


async def campaign(state: CopilotState, runtime: Context) -> dict[str, Any]:
    """Load the campaign of the run, or create a draft campaign."""
    context = runtime.context
    run = context.run
    plan = plan_of(state)
    if state["campaign_id"] is not None:
        found = await run.campaigns.get(run.scope, state["campaign_id"])
    else:
        fields = CampaignFields(
            name=plan.campaign_name, goal=plan.goal, start_date=plan.start, end_date=plan.end
        )
        found = await run.campaigns.create_draft(
            run.scope, run.business.id, fields, WrittenBy(run_id=run.root_run_id, agent="copilot")
        )
    context.stream.campaign_id = found.id
    shown = CampaignSummary.of(found).model_dump(mode="json")
    calendar = [slot.model_dump(mode="json") for slot in found.calendar]
    context.stream.state(
        {"op": "replace", "path": "/campaign", "value": shown},
        {"op": "replace", "path": "/calendar", "value": calendar},
    )
    return {"campaign_id": found.id}


def after_campaign(state: CopilotState) -> Literal["strategy", "choose"]:
    """Plan the calendar before the drafts that fill it."""
    return "strategy" if "strategy" in state["plan"]["specialists"] else "choose"


def to_drafts(state: CopilotState) -> list[Send] | Literal["answer"]:
    """Start one branch per draft."""
    tasks = state.get("tasks", [])
    if not tasks:
        return "answer"
    carried = {"plan": state["plan"], "campaign_id": state["campaign_id"]}
    return [Send("draft", {**carried, "task": task}) for task in tasks]


async def draft(state: CopilotState, runtime: Context) -> dict[str, Any]:
    """Write, check and save one draft; a failure is reported in the answer and does not stop the others."""
    context = runtime.context
    task = state["task"]
    plan = plan_of(state)
    try:
        content = await drafting.write(context, plan, state["campaign_id"] or "", task)
    except MarqueeError as error:
        return {"failures": [{"place": task["place"], "problem": error.problem()}]}
    shown = DraftState.of(content).model_dump(mode="json")
    context.stream.state({"op": "add", "path": f"/drafts/{content.id}", "value": shown})
    failed = [check.name for check in content.ai_metadata.checks if check.stops_approval]
    done = {"place": task["place"], "content_id": content.id, "platform": content.platform}
    return {"drafts": [{**done, "title": content.title or task["theme"], "failed": failed}]}


async def answer(state: CopilotState, runtime: Context) -> dict[str, Any]:
    """Tell the person what was done, or answer the question.

    Raises:
        MarqueeError: Nothing could be written, or the quota was exhausted during the run.
    """
    context = runtime.context
    run = context.run
    failures = sorted(state.get("failures", []), key=lambda failure: failure["place"])
    drafts = sorted(state.get("drafts", []), key=lambda done: done["place"])
    for failure in failures:
        if failure["problem"]["slug"] == QuotaExhausted.slug or not (drafts or state.get("planned")):
            raise FailedEarlier(failure["problem"])
    found = None
    if state["campaign_id"] is not None:
        found = await run.campaigns.get(run.scope, state["campaign_id"])
    facts = await run.recall.nearest_facts(run.business, context.request.text)
    inputs = answer_inputs(
        business=run.business,
        facts=facts,
        memories=await context.remembered,
        campaign=found,
        history=context.turns,
        request=context.request.text,
        language=state["plan"]["language"],
        today=run.today,
        opened=_opened_here(found, run.root_run_id),
        planned=state.get("planned", 0),
        drafts=[(done["platform"], done["title"], len(done["failed"])) for done in drafts],
        failed=len(failures),
        over=state.get("over", 0),
        intent=unsupported_intent(context.request.text) if context.request.specialists is None else None,
        left=_left(found) if drafts or state.get("planned") else 0,
        complete=_all_written(context.request.text, found),
    )
    sources = sources_of(run.business, found, None, run.words, await context.remembered, run.clock.now())
    sources += [Source(kind="result", ref=name, text=text) for name, text in _told(context, found, state)]
    language = state["plan"]["language"]
    async with context.stream.step("copilot", "answer"):
        try:
            await ask(context, ANSWER, inputs, context.stream.answer)
        finally:
            # Also for a partial answer: stop is a cancellation.
            await context.stream.end_answer(
                lambda text: context.checker.unsourced(run.business.id, text, sources, run.today, language)
            )
        if not context.stream.answer.text.strip() and not (drafts or state.get("planned")):
            raise UnusableAnswer("The answer held nothing that may be shown.", agent=ANSWER.name)
    if drafts or state.get("planned"):
        await _remember(context, found, state.get("planned", 0), [done["title"] for done in drafts])
    return {}


def _told(context: GraphContext, found: Campaign | None, state: CopilotState) -> Iterator[tuple[str, str]]:
    """Yield sources from the run itself: the day, the calendar's times, the counts."""
    yield "today", context.run.today.isoformat()
    if found is not None:
        yield "window", f"{found.start_date} {found.end_date}"
        for slot in found.calendar:
            yield "calendar", slot.local_time.replace("T", " ")
    for count in (state.get("planned", 0), len(state.get("drafts", [])), state.get("over", 0), _left(found)):
        yield "count", str(count)


class FailedEarlier(MarqueeError):
    """Ends the run with the problem of a failed draft."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(problem["detail"])
        self._problem = problem

    def problem(self) -> dict[str, Any]:
        """Return the draft's problem."""
        return self._problem


def _opened_here(found: Campaign | None, run_id: str) -> bool:
    return found is not None and found.written_by is not None and found.written_by.run_id == run_id


def _left(found: Campaign | None) -> int:
    return sum(slot.state in {"proposed", "planned"} for slot in found.calendar) if found else 0


def _all_written(text: str, found: Campaign | None) -> bool:
    """Return whether the person asks to continue although every slot has its draft."""
    return asks_to_go_on(text) and found is not None and bool(found.calendar) and not _left(found)


async def _remember(context: GraphContext, found: Campaign | None, planned: int, titles: list[str]) -> None:
    """Remember what was decided, in the person's own words."""
    run = context.run
    parts = [f"{run.today.isoformat()}: “{context.request.text}”"]
    if found is not None:
        parts.append(f"Campaign: {found.name}, {planned} slots planned" if planned else found.name)
    # A figure that a model put into a title must not become a source.
    if plain := [title for title in dict.fromkeys(titles) if not has_figures(title)]:
        parts.append("Drafts: " + "; ".join(plain))
    memory = Remembered(
        "decision",
        f"run:{run.root_run_id}",
        ". ".join(parts),
        run.root_run_id,
        run_id=run.root_run_id,
    )
    await run.recall.remember(run.scope, [memory])


def build_copilot() -> StateGraph[CopilotState, GraphContext, CopilotState, CopilotState]:
    """Build the graph: understand → campaign → strategy → choose → drafts (parallel) → answer."""
    graph = StateGraph(CopilotState, context_schema=GraphContext)
    graph.add_node("understand", understand)
    graph.add_node("campaign", campaign)
    graph.add_node("strategy", planning.strategy)
    graph.add_node("choose", planning.choose)
    graph.add_node("draft", draft)
    graph.add_node("answer", answer)
    graph.add_edge(START, "understand")
    graph.add_conditional_edges("understand", after_understanding)
    graph.add_conditional_edges("campaign", after_campaign)
    graph.add_edge("strategy", "choose")
    graph.add_conditional_edges("choose", to_drafts, ["draft", "answer"])
    graph.add_edge("draft", "answer")
    graph.add_edge("answer", END)
    return graph
