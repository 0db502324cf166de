"""The recorded pass set: the cases that a model passed when it was recorded, to see what is worse since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, TypeAdapter

from evals.report import SuiteReport

RECORDED = Path(__file__).parent / "datasets" / "passed.json"


class Passed(BaseModel):
    """What one model passed of one dataset, with the digests of the dataset and of the prompts."""

    dataset_digest: str
    prompts: dict[str, str]
    cases: list[str]


Recorded = Mapping[str, Mapping[str, Passed]]
"""What was recorded, by model and dataset; models are never compared with each other."""

_FORM = TypeAdapter(dict[str, dict[str, Passed]])


def load_recorded() -> Recorded:
    """Read what is recorded."""
    return _FORM.validate_json(RECORDED.read_bytes())


def record(reports: Sequence[SuiteReport], known: Recorded) -> Recorded:
    """Write what these reports of whole datasets passed, in the place of what is known of the same model."""
    fresh = {model: dict(datasets) for model, datasets in known.items()}
    for report in (one for one in reports if one.dataset_digest):
        prompts = {prompt.name: prompt.digest for prompt in report.prompts}
        fresh.setdefault(report.model, {})[report.dataset] = Passed(
            dataset_digest=report.dataset_digest, prompts=prompts, cases=report.passed
        )
    RECORDED.write_bytes(_FORM.dump_json(fresh, indent=1) + b"\n")
    return fresh


def worse(report: SuiteReport, known: Recorded) -> list[str]:
    """Return the cases that must fail the command: those that passed when recorded, and do not now.

    Where nothing is recorded of the model, every failed case counts. A recorded case that is no longer in
    the dataset counts too, unless only some cases were run.
    """
    before = known.get(report.model, {}).get(report.dataset)
    here = {case.name for case in report.cases}
    if before is None:
        return sorted(here - set(report.passed))
    whole = bool(report.dataset_digest)
    return sorted(name for name in before.cases if name not in report.passed and (whole or name in here))


def summary(reports: Sequence[SuiteReport], known: Recorded) -> str:
    """Render the passed cases of every dataset, and how they differ from what is recorded."""
    lines = [f"{'dataset':<10}{'cases':>6}{'passed':>8}{'recorded':>10}  worse / better than recorded"]
    for report in reports:
        before = known.get(report.model, {}).get(report.dataset)
        changes = [f"−{name}" for name in worse(report, known)]
        if before is not None:
            changes += [f"+{name}" for name in report.passed if name not in before.cases]
        count = str(len(before.cases)) if before else "none"
        number = f"{len(report.cases):>6}{len(report.passed):>8}{count:>10}"
        lines.append(f"{report.dataset:<10}{number}  {' '.join(changes)}".rstrip())
    said = sum(report.said_plainly for report in reports)
    if said:
        lines.append(
            f"{said} cases ask for what only a real model can do; the demo model is graded on saying so."
        )
    return "\n".join(lines)
