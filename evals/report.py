"""Reports of eval runs: tables for a terminal, and JSON."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import BaseModel, Field
from pydantic_evals.reporting import EvaluationReport

from agents.gateway import ModelInfo
from core.content import PromptId
from evals.cases import NOW, CaseInputs, Notes, Suite
from evals.graders import GRADERS
from evals.record import RunRecord
from evals.rules import RuleRow
from prompts.library import PromptLibrary

_PASS, _FAIL, _NONE, _OK = "·", "✗", " ", "✓"
_WIDTH = 108
_MUST = {grader.name: grader.must for grader in GRADERS}


class CaseLine(BaseModel):
    """One case: the finding of each applied grader (None is a pass), and the cost of the run."""

    name: str
    grades: dict[str, str | None]
    repairs: int = 0
    tokens: int = 0
    seconds: float = 0.0
    record: RunRecord | None = None


class SuiteReport(BaseModel):
    """The results of one dataset with one model and one set of prompts.

    `said_plainly` counts the cases that were graded by their labels for the demo model.
    """

    dataset: str
    dataset_digest: str
    model: str
    simulated: bool
    now: str
    prompts: list[PromptId] = Field(default_factory=list)
    cases: list[CaseLine] = Field(default_factory=list)
    said_plainly: int = 0

    @property
    def passed(self) -> list[str]:
        """The cases in which no required grader failed."""
        failed = {name for name, _, _ in self.failures(must=True)}
        return [case.name for case in self.cases if case.name not in failed]

    @property
    def graders(self) -> list[str]:
        """The applied graders, in order."""
        used = {name for case in self.cases for name in case.grades}
        return [grader.name for grader in GRADERS if grader.name in used]

    def failures(self, *, must: bool) -> list[tuple[str, str, str]]:
        """Return case, grader and finding of every failure of that weight."""
        return [
            (case.name, name, found)
            for case in self.cases
            for name, found in case.grades.items()
            if found is not None and _MUST[name] == must
        ]


def suite_report(
    suite: Suite, report: EvaluationReport[CaseInputs, RunRecord, Notes], model: ModelInfo
) -> SuiteReport:
    """Build the report of one dataset; an exception of the solver or a grader fails `route`."""
    lines = []
    for case in report.cases:
        grades = {name: None if one.value else one.reason or "no" for name, one in case.assertions.items()}
        for broken in case.evaluator_failures:
            grades["route"] = f"the graders broke: {broken.error_message}"
        run = case.output
        line = CaseLine(
            name=case.name,
            grades=grades,
            repairs=run.repairs,
            tokens=run.tokens,
            seconds=run.seconds,
            record=run,
        )
        lines.append(line)
    lines += [
        CaseLine(name=failure.name, grades={"route": f"the solver broke: {failure.error_message}"})
        for failure in report.failures
    ]
    order = [case.name for case in suite.cases.cases]
    library = PromptLibrary()
    return SuiteReport(
        dataset=suite.name,
        dataset_digest=suite.digest,
        model=model.name,
        simulated=model.simulated,
        now=NOW.isoformat(),
        prompts=[library.get(name).id for name in library.names()],
        cases=sorted(lines, key=lambda line: order.index(line.name)),
        said_plainly=sum(
            bool(model.simulated and one.metadata and one.metadata.demo) for one in suite.cases.cases
        ),
    )


def suite_table(report: SuiteReport) -> str:
    """Render cases × graders with counts, then the findings."""
    graders, width = report.graders, max(len(case.name) for case in report.cases)
    kind = "simulated: says nothing about quality" if report.simulated else "a real model"
    lines = [f"{report.dataset} · {len(report.cases)} cases · model {report.model} ({kind})", ""]
    lines.append("  ".join([" " * width, *graders]))
    for case in report.cases:
        marks = [_mark(case, name).center(len(name)) for name in graders]
        lines.append("  ".join([case.name.ljust(width), *marks]).rstrip())
    for label, wanted in (("pass", _PASS), ("fail", _FAIL)):
        counts = Counter(name for case in report.cases for name in graders if _mark(case, name) == wanted)
        lines.append(
            "  ".join([label.ljust(width), *(str(counts[name]).center(len(name)) for name in graders)])
        )
    tokens, repairs = (sum(getattr(case, name) for case in report.cases) for name in ("tokens", "repairs"))
    lines += ["", f"{tokens:,} tokens, {repairs} drafts written again after the guard."]
    for must, word in ((True, "failed"), (False, "to look at")):
        lines += [
            _wrapped(f"{word}: {case} · {name}: {found}") for case, name, found in report.failures(must=must)
        ]
    return "\n".join(line.rstrip() for line in lines)


def _mark(case: CaseLine, grader: str) -> str:
    if grader not in case.grades:
        return _NONE
    return _PASS if case.grades[grader] is None else _FAIL


def rules_table(rows: Sequence[RuleRow]) -> str:
    """Render rules × graders: the number of texts in which each grader failed without the rule."""
    graders = [grader.name for grader in GRADERS if any(grader.name in row.failed for row in rows)]
    names = [f"{row.prompt} − {row.rule}" for row in rows]
    width = max(map(len, names))
    lines = ["rules · each taken out of its prompt · offline model, no repairs", ""]
    lines.append("  ".join([" " * width, "texts", *graders]))
    for name, row in zip(names, rows, strict=True):
        counts = [str(row.failed.get(grader, _PASS)).center(len(grader)) for grader in graders]
        verdict = _OK if row.proven else f"{_FAIL} {row.grader}"
        lines.append("  ".join([name.ljust(width), str(row.texts).center(5), *counts, verdict]))
    proven = sum(row.proven for row in rows)
    lines += ["", f"{proven} of {len(rows)} rules are noticed by their own grader and by no other."]
    for row in rows:
        if not row.proven:
            said = "; ".join(row.said) or f"seen in {row.failed.get(row.grader, 0)} of {row.texts} texts"
            lines.append(_wrapped(f"failed: {row.prompt} − {row.rule} · {said}"))
    return "\n".join(lines)


def texts(report: SuiteReport) -> Iterator[str]:
    """Render every text of a dataset."""
    for case in report.cases:
        yield f"── {case.name} ({case.seconds:.1f} s, {case.tokens:,} tokens)"
        if case.record is None:
            continue
        if case.record.plan is not None:
            yield f"   {case.record.plan.summary}"
            for slot in case.record.plan.slots:
                when = f"day {slot.day} {slot.local_time}"
                yield f"   {when} {slot.platform}: {slot.theme} ({slot.funnel_stage})"
        for draft in case.record.drafts:
            words = draft.text_content
            tags = " ".join(f"#{tag}" for tag in words.hashtags)
            parts = (draft.title, words.preheader, words.caption, words.body, words.cta, tags)
            yield f"   {draft.platform}:"
            yield textwrap.indent("\n\n".join(part for part in parts if part), "      ")
        for one in case.record.artefacts:
            if one.name == "suggest_variants":
                yield from (f"   · {made['text']}" for made in (one.result or {}).get("alternatives", []))
        if case.record.clarify is not None:
            yield f"   asks: {[option.label for option in case.record.clarify.options]}"
        for proposal in case.record.proposed:
            titles = [target.title for target in proposal.targets]
            yield f"   proposes: {proposal.operation} {titles} {proposal.at or ''}"
        yield f"   answer: {case.record.answer}"


def as_json(reports: Sequence[SuiteReport], rows: Sequence[RuleRow]) -> dict[str, Any]:
    """Render everything as JSON, with every text."""
    return {
        "suites": [report.model_dump(mode="json") for report in reports],
        "rules": [
            {
                "prompt": row.prompt,
                "rule": row.rule,
                "grader": row.grader,
                "texts": row.texts,
                "failed": row.failed,
                "proven": row.proven,
                "said": row.said,
            }
            for row in rows
        ],
    }


def _wrapped(text: str) -> str:
    return textwrap.fill(text, _WIDTH, initial_indent="  ", subsequent_indent="    ")
