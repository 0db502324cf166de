"""Check drafts and have them repaired, at most twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agents.copywriter import to_fields
from agents.specialist import Answer, Specialist
from core.business import Memory
from core.campaign import Campaign, Platform, Slot
from core.content import ContentFields
from core.errors import UnusableAnswer
from core.rules.claims import Claim
from core.rules.findings import Check
from graphs.asking import ask
from graphs.context import GraphContext
from graphs.notes import findings_of
from graphs.stream import ArtefactLane


@dataclass(frozen=True)
class Guarded:
    """A draft with its checks; `blocking` names those that stop an approval."""

    fields: ContentFields
    answer: Answer[Any]
    checks: list[Check]
    claims: list[Claim]

    @property
    def blocking(self) -> list[Check]:
        """Failed checks that stop an approval."""
        return [check for check in self.checks if check.stops_approval]


@dataclass(frozen=True)
class Assignment:
    """What a specialist has to write, and the sources of its checks."""

    specialist: Specialist[Any]
    inputs: Callable[[Sequence[str], str | None], Mapping[str, Any]]
    platform: Platform
    language: str
    campaign: Campaign
    slot: Slot | None
    memories: Sequence[Memory]


async def write_guarded(context: GraphContext, task: Assignment, lane: ArtefactLane) -> Guarded:
    """Let a specialist write, check the draft, and let it repair failures; return the best version.

    Raises:
        UnusableAnswer: No version was of the right type.
    """
    best: Guarded | None = None
    findings: list[str] = []
    previous: str | None = None
    for _ in range(context.repairs + 1):
        if best is not None:
            lane.restart()
        try:
            answer = await ask(context, task.specialist, task.inputs(findings, previous), lane)
        except UnusableAnswer:
            if best is None:
                raise
            break
        fields = to_fields(answer.value, task.language)
        checks, claims = await check(context, task, fields, answer.instructions)
        draft = Guarded(fields, answer, checks, claims)
        lane.end()
        if best is None or len(draft.blocking) < len(best.blocking):
            best = draft
        if not draft.blocking:
            break
        findings = findings_of(fields.draft_text(task.platform), draft.blocking)
        previous = answer.value.model_dump_json(exclude={"note_to_owner"})
    if best is None:
        raise UnusableAnswer(agent=task.specialist.name)
    return best


async def check(
    context: GraphContext, task: Assignment, fields: ContentFields, instructions: str
) -> tuple[list[Check], list[Claim]]:
    """Check the words of a draft against what is known; `instructions` are those it must not repeat."""
    return await context.checker.check(
        fields.draft_text(task.platform),
        context.run.business,
        task.campaign,
        task.slot,
        context.run.words,
        task.memories,
        context.run.clock.now(),
        instructions,
    )
