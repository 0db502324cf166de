"""The graph of a chat message: route, specialists, guard, answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import Send

from agents.answer import ANSWER, answer_inputs
from agents.route import title_of
from agents.strategy import campaign_name, resolve_plan
from core.actions import Intent
from core.campaign import Campaign, CampaignFields
from core.conversation import Clarification, Named, ProposedAction
from core.document import WrittenBy
from core.errors import MarqueeError, QuotaExhausted, UnusableAnswer, VersionMismatch
from core.rules.claims import Source
from core.rules.figures import has_figures
from core.views import CampaignSummary, DraftState
from graphs import drafting, editing, planning, varying
from graphs.asking import ask
from graphs.context import GraphContext
from graphs.rearranging import rearrange
from graphs.remembering import remember_done
from graphs.routing import NEEDS_CAMPAIGN, route
from graphs.state import CopilotState, EditTask, VariantsTask, chosen
from services.checks import sources_of

Context = Runtime[GraphContext]

CANNOT: tuple[Intent, ...] = ("analyse", "reply", "poster", "video")
"""What is understood and cannot be done yet: the answer says so, and nothing else happens."""

AVAILABLE = frozenset({"delete"})
"""Decisions that the API carries out by now."""


def after_routing(state: CopilotState) -> list[Send] | Literal["campaign", "answer"]:
    """Work on a calendar needs a campaign; a question only an answer."""
    return "campaign" if chosen(state, *NEEDS_CAMPAIGN) else to_work(state)


async def campaign(state: CopilotState, runtime: Context) -> dict[str, Any]:
    """Load the campaign of the run, or create a draft campaign."""
    context = runtime.context
    run = context.run
    working = chosen(state, *NEEDS_CAMPAIGN)
    if state["campaign_id"] is not None:
        found = await run.campaigns.get(run.scope, state["campaign_id"])
    elif known := await run.campaigns.of_slots(
        run.scope, [one for action in working for one in action.targets]
    ):
        found = known
    else:
        # The window of a plan; of a text outside any calendar as well, so that the campaign has one.
        plan = resolve_plan(working[0], None, run.today, state["language"])
        name = campaign_name(working[0], run.business)
        fields = CampaignFields(name=name, goal=working[0].theme, start_date=plan.start, end_date=plan.end)
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


def after_campaign(state: CopilotState) -> Literal["strategy", "rearrange"]:
    """The calendar comes before the drafts that fill it."""
    return "strategy" if chosen(state, "plan") else "rearrange"


def to_work(state: CopilotState) -> list[Send] | Literal["answer"]:
    """Send every draft to a branch of its own, to be written or changed."""
    tasks = state.get("tasks", [])
    languages = {"language": state["language"], "asked_language": state["asked_language"]}
    carried = {**languages, "campaign_id": state["campaign_id"]}
    edits = [(target, action) for action in chosen(state, "edit") for target in action.targets]
    varied = [(next(iter(action.targets), None), action) for action in chosen(state, "variants")]
    number = len(tasks) + len(edits) + len(varied)
    sent = [Send("draft", {**carried, "task": task}) for task in tasks]
    for place, (content_id, action) in enumerate(edits, start=len(tasks) + 1):
        task = EditTask(
            place=place,
            of=number,
            content_id=content_id,
            action=action.model_dump(mode="json"),
        )
        sent.append(Send("edit", {**carried, "edit": task}))
    for place, (target, action) in enumerate(varied, start=number - len(varied) + 1):
        wanted = VariantsTask(
            place=place, of=number, content_id=target, action=action.model_dump(mode="json")
        )
        sent.append(Send("variants", {**carried, "variants": wanted}))
    return sent or "answer"


async def edit(state: CopilotState, runtime: Context) -> dict[str, Any]:
    """Change one draft; a failure is kept for the answer, and the draft is as it was."""
    context = runtime.context
    task = state["edit"]
    done = {"place": task["place"], "content_id": task["content_id"], "title": "", "changed": False}
    try:
        async with context.batch.turn():
            content, changed = await editing.change(context, state["asked_language"], task)
    except VersionMismatch:
        handles = await context.handles
        title = next((one.title for one in handles.drafts if one.id == task["content_id"]), "")
        return {"edits": [{**done, "title": title, "overtaken": True}]}
    except MarqueeError as error:
        return {"failures": [{"place": task["place"], "problem": error.problem()}]}
    shown = DraftState.of(content).model_dump(mode="json")
    context.stream.state({"op": "add", "path": f"/drafts/{content.id}", "value": shown})
    context.stream.campaign_id = context.stream.campaign_id or content.campaign_id
    title = title_of(content, None)
    note = content.ai_metadata.note_to_owner if changed else ""
    return {"edits": [{**done, "title": title, "changed": changed, "overtaken": False, "note": note}]}


async def variants(state: CopilotState, runtime: Context) -> dict[str, Any]:
    """Offer alternatives; a failure is kept for the answer."""
    context = runtime.context
    task = state["variants"]
    try:
        async with context.batch.turn():
            return {"offered": [await varying.offer(context, state["asked_language"], task)]}
    except MarqueeError as error:
        return {"failures": [{"place": task["place"], "problem": error.problem()}]}


async def draft(state: CopilotState, runtime: Context) -> dict[str, Any]:
    """Write, check and save one draft; a failure is reported in the answer and does not stop the others."""
    context = runtime.context
    task = state["task"]
    try:
        async with context.batch.turn() as may_begin:
            if not may_begin:
                return {"postponed": [task["place"]]}
            content = await drafting.write(context, state["language"], state["campaign_id"] or "", task)
    except MarqueeError as error:
        return {"failures": [{"place": task["place"], "problem": error.problem()}]}
    shown = DraftState.of(content).model_dump(mode="json")
    context.stream.state({"op": "add", "path": f"/drafts/{content.id}", "value": shown})
    failed = [check.name for check in content.ai_metadata.checks if check.stops_approval]
    done = {"place": task["place"], "content_id": content.id, "platform": content.platform}
    note = content.ai_metadata.note_to_owner
    return {"drafts": [{**done, "title": content.title or task["theme"], "failed": failed, "note": note}]}


async def answer(state: CopilotState, runtime: Context) -> dict[str, Any]:
    """Tell the person what was done, or answer the question.

    Raises:
        MarqueeError: Nothing could be written, or the quota was exhausted during the run.
    """
    context = runtime.context
    run = context.run
    failures = sorted(state.get("failures", []), key=lambda failure: failure["place"])
    drafts = sorted(state.get("drafts", []), key=lambda done: done["place"])
    edits = sorted(state.get("edits", []), key=lambda done: done["place"])
    worked = bool(drafts or edits or state.get("planned") or state.get("rearranged") or state.get("offered"))
    for failure in failures:
        if failure["problem"]["slug"] == QuotaExhausted.slug or not worked:
            raise FailedEarlier(failure["problem"], len(drafts), len(state.get("tasks", [])))
    found = None
    if state["campaign_id"] is not None:
        found = await run.campaigns.get(run.scope, state["campaign_id"])
    proposals = await _proposals(context, state)
    question = next(iter(chosen(state, "clarify")), None)
    asks = question.brief if question and not question.question else ""
    if question and question.question and len(state["actions"]) == 1:
        context.stream.answer.write(question.question)
        await context.stream.end_answer(_nothing)
        context.stream.ask(Clarification(question=context.stream.answer.text, options=question.options))
        return {}
    disputed = []
    if (drafts or edits) and has_figures(context.request.text):
        disputed = await context.checker.contradictions(run.business, run.words, run.clock.now())
    facts = await run.recall.facts_for(run.business, context.request.text)
    asked_about = {target for action in chosen(state, "answer", "analyse") for target in action.targets}
    shown = asked_about | ({context.request.focus} if context.request.focus else set())
    inputs = answer_inputs(
        business=run.business,
        facts=facts,
        memories=await context.remembered,
        campaign=found,
        history=context.turns,
        request=context.request.text,
        language=state["language"],
        today=run.today,
        opened=_opened_here(found, run.root_run_id),
        planned=state.get("planned", 0),
        drafts=[(done["platform"], done["title"], len(done["failed"])) for done in drafts],
        known=(await context.handles).inputs(shown),
        rearranged=state.get("rearranged", []),
        too_late=state.get("too_late", 0),
        offered=state.get("offered", []),
        changed=[one["title"] for one in edits if one["changed"]],
        unchanged=[one["title"] for one in edits if not (one["changed"] or one["overtaken"])],
        overtaken=[one["title"] for one in edits if one["overtaken"]],
        notes=[f"{one['title']}: {one['note']}" for one in (*drafts, *edits) if one.get("note")],
        failed=len(failures),
        over=_over(state),
        cannot=[action.intent for action in chosen(state, *CANNOT)],
        left=_left(found) if drafts or state.get("planned") else 0,
        asks=asks,
        disputed=disputed,
        proposed=[
            (one.operation, [named.title for named in one.targets], one.available) for one in proposals
        ],
    )
    for proposal in proposals:
        context.stream.propose(proposal)
    sources = sources_of(run.business, found, None, run.words, await context.remembered, run.clock.now())
    sources += [Source(kind="result", ref=name, text=text) for name, text in _told(context, found, state)]
    language = state["language"]
    async with context.stream.step("copilot", "answer"):
        try:
            await ask(context, ANSWER, inputs, context.stream.answer)
        finally:
            # Also for a partial answer: stop is a cancellation.
            await context.stream.end_answer(
                lambda text: context.checker.unsourced(run.business.id, text, sources, run.today, language)
            )
        if not context.stream.answer.text.strip() and not worked:
            raise UnusableAnswer("The answer held nothing that may be shown.", agent=ANSWER.name)
    if question is not None or disputed:
        text = (question.question if question else "") or context.stream.answer.text
        context.stream.ask(Clarification(question=text, options=question.options if question else []))
    if worked:
        await remember_done(context, state, found)
    return {}


def _told(context: GraphContext, found: Campaign | None, state: CopilotState) -> Iterator[tuple[str, str]]:
    """Yield sources from the run itself: the day, the calendar's times, the counts."""
    yield "today", context.run.today.isoformat()
    if found is not None:
        yield "window", f"{found.start_date} {found.end_date}"
        for slot in found.calendar:
            yield "calendar", slot.local_time.replace("T", " ")
    for count in (state.get("planned", 0), len(state.get("drafts", [])), _over(state), _left(found)):
        yield "count", str(count)


async def _proposals(context: GraphContext, state: CopilotState) -> list[ProposedAction]:
    """What the person asked for and only a person may do, as buttons."""
    handles = await context.handles
    found = []
    for action in chosen(state, "decide"):
        named = [one for one in handles.drafts if one.id in action.targets]
        if named and action.operation is not None:
            targets = [Named(content_id=one.id, title=one.title) for one in named]
            available = action.operation in AVAILABLE
            found.append(
                ProposedAction.model_validate(
                    {
                        "operation": action.operation,
                        "targets": targets,
                        "at": action.when,
                        "available": available,
                    }
                )
            )
    return found


async def _nothing(text: str) -> list[str]:
    """A question of the copilot's states nothing."""
    return []


class FailedEarlier(MarqueeError):
    """Ends the run with the problem of a failed draft, and says how many drafts are written and stay."""

    def __init__(self, problem: dict[str, Any], written: int, of: int) -> None:
        super().__init__(problem["detail"])
        self._problem = {**problem, "written": written, "left": of - written} if of else problem

    def problem(self) -> dict[str, Any]:
        """Return the draft's problem."""
        return self._problem


def _opened_here(found: Campaign | None, run_id: str) -> bool:
    return found is not None and found.written_by is not None and found.written_by.run_id == run_id


def _over(state: CopilotState) -> int:
    """How many of the requested drafts are left for another request."""
    return state.get("over", 0) + len(state.get("postponed", []))


def _left(found: Campaign | None) -> int:
    return sum(slot.state in {"proposed", "planned"} for slot in found.calendar) if found else 0


def build_copilot() -> StateGraph[CopilotState, GraphContext, CopilotState, CopilotState]:
    """The graph: route → campaign → strategy → choose → drafts (parallel) → answer."""
    graph = StateGraph(CopilotState, context_schema=GraphContext)
    graph.add_node("route", route)
    graph.add_node("campaign", campaign)
    graph.add_node("strategy", planning.strategy)
    graph.add_node("rearrange", rearrange)
    graph.add_node("choose", planning.choose)
    graph.add_node("draft", draft)
    graph.add_node("edit", edit)
    graph.add_node("variants", variants)
    graph.add_node("answer", answer)
    graph.add_edge(START, "route")
    graph.add_conditional_edges("route", after_routing, ["campaign", "edit", "variants", "answer"])
    graph.add_conditional_edges("campaign", after_campaign)
    graph.add_edge("strategy", "rearrange")
    graph.add_edge("rearrange", "choose")
    graph.add_conditional_edges("choose", to_work, ["draft", "edit", "variants", "answer"])
    graph.add_edge("draft", "answer")
    graph.add_edge("edit", "answer")
    graph.add_edge("variants", "answer")
    graph.add_edge("answer", END)
    return graph
