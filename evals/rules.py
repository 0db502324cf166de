"""Remove each rule from its prompt, and check that the matching grader fails, and no other."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from evals.cases import CaseInputs, Notes, Suite
from evals.exam import Exam, examine
from evals.graders import GRADER_OF_RULE, grade
from evals.solver import Bench
from prompts.library import PromptLibrary
from services.businesses import BusinessDraft

PROMPTS = ("copywriter/post", "copywriter/email", "copywriter/sms", "strategy/calendar")
PARALLEL_RUNS = 8
_INTENTS = {"copywriter": "write", "strategy": "plan"}


@dataclass
class RuleRow:
    """The grades of texts that were written without one rule of a prompt.

    `failed` counts texts with findings by grader; a failure of the whole run counts as one text.
    """

    prompt: str
    rule: str
    texts: int = 0
    failed: dict[str, int] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    @property
    def grader(self) -> str:
        """The grader that must fail."""
        return GRADER_OF_RULE[self.rule]

    @property
    def proven(self) -> bool:
        """Whether every text fails this grader, and none fails another."""
        return self.texts > 0 and self.failed == {self.grader: self.texts}


async def check_rules(
    bench: Bench, suite: Suite, businesses: Mapping[str, BusinessDraft], *, only: str | None = None
) -> list[RuleRow]:
    """One row for each rule of each specialist's prompt; `only` names one prompt."""
    library = PromptLibrary()
    prompts = [name for name in PROMPTS if only in {None, name}]
    rules = dict.fromkeys(rule for name in prompts for rule in library.rules(name))
    room = asyncio.Semaphore(PARALLEL_RUNS)
    found = await asyncio.gather(
        *(_without(bench, suite, businesses, library, prompts, rule, room) for rule in rules)
    )
    rows = {(row.prompt, row.rule): row for rows in found for row in rows}
    return [rows[name, rule] for name in prompts for rule in library.rules(name)]


async def _without(
    bench: Bench,
    suite: Suite,
    businesses: Mapping[str, BusinessDraft],
    library: PromptLibrary,
    prompts: list[str],
    rule: str,
    room: asyncio.Semaphore,
) -> list[RuleRow]:
    """Return the rows of one rule, removed from every prompt that has it."""
    lacking = [name for name in prompts if rule in library.rules(name)]
    for name in lacking:
        library = library.without_rule(name, rule)
    rows = {name: RuleRow(name, rule) for name in lacking}
    intents = {_INTENTS[name.split("/")[0]] for name in lacking}
    # Without the guard, which would repair the violation.
    async with bench.solver(businesses, library, prompts_alone=True) as solver:

        async def examined(inputs: CaseInputs, notes: Notes) -> Exam:
            async with room:
                return examine(await solver.solve(inputs), inputs, notes, businesses)

        wanted = [
            (case.inputs, case.metadata)
            for case in suite.cases.cases
            if case.metadata is not None and intents & set(case.metadata.expected.did)
        ]
        for exam in await asyncio.gather(*(examined(inputs, notes) for inputs, notes in wanted)):
            _count(exam, rows)
    return list(rows.values())


def _count(exam: Exam, rows: Mapping[str, RuleRow]) -> None:
    for one in exam.texts:
        if one.prompt in rows:
            rows[one.prompt].texts += 1
    for name, findings in grade(exam).items():
        for prompt, row in rows.items():
            failing = {
                finding.source.label if finding.source else ""
                for finding in findings
                if finding.source is None or finding.source.prompt == prompt
            }
            if failing:
                row.failed[name] = row.failed.get(name, 0) + len(failing)
            if name != row.grader:
                row.said += [
                    f"{exam.inputs.business}: {name}: {finding}"
                    for finding in findings
                    if finding.source is None or finding.source.prompt == prompt
                ]
