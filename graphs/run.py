"""Drive one attempt of a run and write its events to a sink."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol

from langgraph.checkpoint.base import BaseCheckpointSaver

from agents.route import Handles
from agents.specialist import Agents
from core.business import Business, Memory
from core.campaign import Campaign, Slot
from core.clock import Clock
from core.conversation import Message, Run, RunOutcome, TokenUse
from core.events import ModelBadge
from core.rules.links import LinkPolicy
from core.scope import Scope
from graphs.batch import Batch
from graphs.context import GraphContext
from graphs.copilot import build_copilot
from graphs.state import GRAPH_VERSION
from graphs.stream import EventSink, RunStream
from services.businesses import Businesses
from services.campaigns import Campaigns
from services.checker import Checker
from services.checks import newest_words
from services.drafting import Drafting
from services.recall import Recall
from services.run_result import RunResult
from services.runs import Runs
from services.threads import Threads
from tools.context import RunContext

RECURSION_LIMIT = 50
MEMORIES = 4
"""Limit of memories about the request in one run."""


class RunServices(Protocol):
    """The services that a run uses; the container provides them."""

    @property
    def clock(self) -> Clock: ...  # noqa: D102
    @property
    def businesses(self) -> Businesses: ...  # noqa: D102
    @property
    def campaigns(self) -> Campaigns: ...  # noqa: D102
    @property
    def checker(self) -> Checker: ...  # noqa: D102
    @property
    def drafting(self) -> Drafting: ...  # noqa: D102
    @property
    def recall(self) -> Recall: ...  # noqa: D102
    @property
    def runs(self) -> Runs: ...  # noqa: D102
    @property
    def threads(self) -> Threads: ...  # noqa: D102


class Copilot:
    """The compiled copilot graph; prepares attempts."""

    def __init__(
        self,
        parts: RunServices,
        agents: Agents,
        badge: Callable[[], ModelBadge],
        used: Callable[[str], list[TokenUse]],
        checkpointer: BaseCheckpointSaver[Any] | None,
        *,
        repairs: int,
        at_once: int,
        seconds: float,
    ) -> None:
        self.parts = parts
        self.agents = agents
        self.badge = badge
        self.used = used
        self.repairs = repairs
        self.at_once = at_once
        self.seconds = seconds
        self.graph = build_copilot().compile(checkpointer=checkpointer, name="copilot")

    def prepare(self, scope: Scope, run: Run, sink: EventSink) -> Attempt:
        """Prepare one attempt."""
        return Attempt(self, scope, run, sink)


class Attempt:
    """One attempt of a run: loads its inputs, drives the graph, keeps the result."""

    def __init__(self, copilot: Copilot, scope: Scope, run: Run, sink: EventSink) -> None:
        self._copilot = copilot
        self._scope = scope
        self._run = run
        self._sink = sink
        self._stream: RunStream | None = None

    async def __call__(self) -> None:
        """Drive the graph to its end.

        Raises:
            MarqueeError: The run failed; drafts that were saved stay.
        """
        recall, request = self._copilot.parts.recall, self._run.input
        remembered = asyncio.create_task(recall.retrieve(self._scope, request.text, limit=MEMORIES))
        beside: list[asyncio.Task[Any]] = [remembered]
        try:
            await self._drive(remembered, beside)
        finally:
            for task in beside:
                task.cancel()

    async def _drive(self, remembered: asyncio.Task[list[Memory]], beside: list[asyncio.Task[Any]]) -> None:
        copilot, run, parts = self._copilot, self._run, self._copilot.parts
        _, business, branch, state, (campaign, planned) = await asyncio.gather(
            parts.runs.reauthorise(run),
            parts.businesses.get(self._scope, run.business_id),
            parts.runs.history(self._scope, run),
            parts.threads.state(self._scope, run.input.campaign_id),
            parts.campaigns.resolve(self._scope, run.business_id, run.input.campaign_id),
        )
        # A new conversation may be about what was planned in another one; visitors of the demo share it.
        meant = campaign if business.is_demo else planned
        handles = asyncio.create_task(self._handles(campaign, meant.calendar if meant else ()))
        beside.append(handles)
        words = [message.content for message in branch if message.role == "user"] or [run.input.text]
        trusted = [*_known(business), *(text for _, text in newest_words(words))]
        policy = await asyncio.to_thread(LinkPolicy.from_texts, trusted)
        stream = RunStream(self._sink, run.id, run.attempt, run.answer_id, policy)
        self._stream = stream
        stream.begin(copilot.badge(), state, branch if run.attempt > 1 else None)
        context = GraphContext(
            run=RunContext(
                scope=self._scope,
                user_id=run.user_id,
                run_id=run.id,
                root_run_id=run.root_run_id,
                business=business,
                clock=parts.clock,
                campaigns=parts.campaigns,
                drafting=parts.drafting,
                recall=parts.recall,
                words=words,
                thread_id=run.thread_id,
            ),
            request=run.input,
            history=_before(branch, run),
            agents=copilot.agents,
            stream=stream,
            checker=parts.checker,
            campaign=campaign,
            remembered=remembered,
            handles=handles,
            repairs=copilot.repairs,
            batch=Batch(copilot.at_once, copilot.seconds - parts.runs.age(run)),
        )
        await copilot.graph.ainvoke(
            {
                "version": GRAPH_VERSION,
                "drafts": [],
                "edits": [],
                "offered": [],
                "failures": [],
                "postponed": [],
            },
            {
                "configurable": {
                    "thread_id": run.root_run_id,
                    "business_id": run.business_id,
                    # First attempt of the first run: there is no checkpoint to load.
                    "fresh": run.attempt == 1 and run.id == run.root_run_id,
                },
                "recursion_limit": RECURSION_LIMIT,
            },
            context=context,
            durability="exit",
        )

    async def _handles(self, campaign: Campaign | None, slots: Sequence[Slot]) -> Handles:
        focus = self._run.input.focus
        drafts = await self._copilot.parts.threads.open_drafts(self._scope, campaign, focus)
        return Handles.of(drafts, slots, focus)

    def result(self, status: Literal["completed", "failed", "cancelled"]) -> RunResult:
        """Return the result so far."""
        outcomes: dict[str, RunOutcome] = {"completed": "success", "cancelled": "cancelled"}
        outcome = outcomes.get(status)
        usage = self._copilot.used(self._run.id)
        if self._stream is None:
            return RunResult(status, outcome, usage=usage)
        self._stream.answer.end()
        return RunResult(
            status,
            outcome,
            text=self._stream.answer.text,
            steps=self._stream.steps,
            artefacts=self._stream.artefacts,
            unsourced=self._stream.unsourced,
            clarify=self._stream.clarify,
            proposed_actions=self._stream.proposed,
            campaign_id=self._stream.campaign_id,
            usage=usage,
        )


def _known(business: Business) -> list[str]:
    facts = [f"{fact.key}: {fact.value}" for fact in business.facts]
    return [*facts, business.postal_address, business.brand_assets.logo_url or ""]


def _before(branch: Sequence[Message], run: Run) -> list[Message]:
    return [message for message in branch if message.id != run.input.message_id]
