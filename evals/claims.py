"""Measure which labelled statements the checks mark: `python -m evals.claims` prints the table."""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

from core.business import Business, Fact
from core.rules.findings import Check, DraftText, Span
from core.rules.judging import Judgement, Unsupported, merge_judgement
from core.rules.verdicts import check_claims
from services.checks import run_checks
from services.meaning import understand

_FOLDER = Path(__file__).parent / "datasets"
FIGURES = ("price", "time", "date", "weekday", "count", "percent", "contact", "offer")
"""The kinds of statements that code alone must find nearly always."""

LEAST_MARKED, LEAST_FIGURES, MOST_HONEST = 0.80, 0.90, 0.08
"""Shares of the statements that must be marked, of those with figures, and of the honest ones."""

Marks = Callable[["Row"], Sequence[tuple[int, int]]]


class Statement(BaseModel, frozen=True):
    """A labelled part of a text; `mark` says whether the owner must be asked about it."""

    span: str
    verdict: Literal["supported", "unsupported", "derived", "advice"]
    kind: str
    fact: str | None
    mark: bool
    why: str


class Row(BaseModel, frozen=True):
    """A draft of one business at one day, with its labelled statements."""

    id: str
    business: str
    language: str
    today: str
    request: str
    text: str
    statements: list[Statement]

    @property
    def now(self) -> datetime:
        """Noon of the row's day."""
        return datetime.fromisoformat(self.today).replace(hour=12, tzinfo=UTC)

    @property
    def words(self) -> list[str]:
        """What the person said, the newest last."""
        return [part.strip() for part in self.request.replace("[earlier]", "").split("[now]") if part.strip()]

    def places(self) -> Iterator[tuple[Statement, int, int]]:
        """Each statement with where it is in the text."""
        for statement in self.statements:
            start = self.text.index(statement.span)
            yield statement, start, start + len(statement.span)


@cache
def known_businesses() -> Mapping[str, Business]:
    """The businesses of the rows, by key."""
    listed = json.loads((_FOLDER / "claims-businesses.json").read_text(encoding="utf-8"))
    return {one["key"]: _business(one) for one in listed}


def _business(one: Mapping[str, Any]) -> Business:
    stamp = datetime(2026, 11, 1, tzinfo=UTC)
    facts = [Fact(id=f"{number:024d}", **fact) for number, fact in enumerate(one["facts"])]
    marks = {"id": "a" * 24, "business_id": "a" * 24, "user_id": "b" * 24}
    return Business(**marks, **one["profile"], facts=facts, created_at=stamp, updated_at=stamp)


def rows() -> list[Row]:
    """The labelled set."""
    lines = (_FOLDER / "claims.jsonl").read_text(encoding="utf-8").splitlines()
    return [Row.model_validate_json(line) for line in lines]


def draft_of(row: Row) -> DraftText:
    """The row's text as a post."""
    return DraftText(platform="linkedin", language=row.language, fields={"caption": row.text})


def marked_by_code(row: Row) -> list[tuple[int, int]]:
    """What the checks of figures and claims mark."""
    checks, _ = run_checks(
        draft_of(row), known_businesses()[row.business], None, None, row.words, [], row.now
    )
    return _marked(checks)


def _marked(checks: Iterable[Check]) -> list[tuple[int, int]]:
    named = [check for check in checks if check.name.startswith(("figures.", "claims."))]
    return _places(span for check in named for span in check.spans)


def marked_with_judge(row: Row) -> list[tuple[int, int]]:
    """The same with a judge that answers from the labels, as the best model would."""
    draft = draft_of(row)
    checks, claims = run_checks(draft, known_businesses()[row.business], None, None, row.words, [], row.now)
    said = [Unsupported(text=one.span, why=one.why) for one in row.statements if one.mark]
    checks, _ = merge_judgement(draft.fields, checks, claims, Judgement(unsupported=said))
    return _marked(checks)


def _places(spans: Iterable[Span]) -> list[tuple[int, int]]:
    return [(span.start, span.end) for span in spans if span.field == "caption"]


@dataclass
class Count:
    """How many of the statements that must be marked, and of the honest ones, were."""

    found: int = 0
    must: int = 0
    wrongly: int = 0
    honest: int = 0

    def add(self, statement: Statement, *, marked: bool) -> None:
        """Count one statement."""
        self.must += statement.mark
        self.found += statement.mark and marked
        self.honest += not statement.mark
        self.wrongly += marked and not statement.mark

    def line(self, name: str) -> str:
        """One row of the table."""
        return f"{name:<22}{_share(self.found, self.must)}{_share(self.wrongly, self.honest)}"


def _share(part: int, whole: int) -> str:
    return f"{part:>6} of {whole:>3} {f'{part / whole:.0%}' if whole else '-':>5}"


@dataclass
class Measured:
    """The counts, and the statements that were missed or wrongly marked."""

    counts: dict[str, Count]
    misses: list[str]


def measure(marks: Marks, chosen: Sequence[Row]) -> Measured:
    """Count the marked statements of all rows by kind and language."""
    counts: defaultdict[str, Count] = defaultdict(Count)
    misses = []
    for row in chosen:
        places = marks(row)
        for statement, start, end in row.places():
            marked = any(first < end and last > start for first, last in places)
            names = ["all", f"kind {statement.kind}", f"language {row.language}", f"business {row.business}"]
            if statement.kind in FIGURES:
                names.append("figures and offers")
            for name in names:
                counts[name].add(statement, marked=marked)
            if marked != statement.mark:
                sign = "missed" if statement.mark else "honest"
                misses.append(f"{sign} {row.id} {statement.kind}: {statement.span} ({statement.why})")
    return Measured(dict(counts), misses)


def table(title: str, measured: Measured) -> str:
    """The counts as text."""
    head = f"{title:<22}{'marked of the untrue':>20}{'of the honest':>20}"
    first = ["all", "figures and offers"]
    names = [*first, *sorted(set(measured.counts) - set(first))]
    return "\n".join([head, *(measured.counts[name].line(name) for name in names if name in measured.counts)])


def reached(measured: Measured) -> bool:
    """Whether the checks mark enough of what must be marked, and little enough of the honest."""
    everything, figures = measured.counts["all"], measured.counts["figures and offers"]
    return (
        everything.found >= LEAST_MARKED * everything.must
        and figures.found >= LEAST_FIGURES * figures.must
        and everything.wrongly <= MOST_HONEST * everything.honest
    )


def left_out(chosen: Sequence[Row]) -> Marks:
    """Marks by weights that never saw a text of the same business."""
    from evals.train_claims import examples, train

    read = examples(chosen)
    weights = {name: train([one for one in read if one.row.business != name]) for name in known_businesses()}
    sources = {one.row.id: (one.binder.sources, one.binder.setting) for one in read}

    def marks(row: Row) -> list[tuple[int, int]]:
        return _marked(check_claims(draft_of(row), *sources[row.id], understand, weights[row.business])[0])

    return marks


def main() -> int:
    """Print the tables; fails where a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m evals.claims", description=__doc__)
    parser.add_argument("--show", action="store_true", help="list what was missed or wrongly marked")
    parser.add_argument("--left-out", action="store_true", help="train without the business that is measured")
    options = parser.parse_args()
    chosen = rows()
    measured = measure(left_out(chosen) if options.left_out else marked_by_code, chosen)
    title = "code, business left out" if options.left_out else "code alone"
    judged = measure(marked_with_judge, chosen)
    sys.stdout.write(f"{table(title, measured)}\n\n{table('with a label judge', judged)}\n")
    if options.show:
        sys.stdout.write("\n".join(measured.misses) + "\n")
    return 0 if reached(measured) else 1


if __name__ == "__main__":
    raise SystemExit(main())
