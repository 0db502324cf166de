"""Train the classifier of statements: `python -m evals.train_claims` writes its weights as data."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.rules.binding import Binder, Reading
from core.rules.evidence import Evidence, weigh
from core.rules.matching import Setting
from core.rules.statements import KINDS, StatementKind, Weights, chance, kind_chances, signs
from evals.claims import Row, Statement, known_businesses, rows
from services.checks import local_day, sources_of
from services.meaning import understand

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float64]

_ROOT = Path(__file__).resolve().parents[1]
_DATA = _ROOT / "core" / "rules" / "data" / "statements.json"
_KIND_OF: Mapping[str, StatementKind] = {
    **dict.fromkeys(("price", "time", "date", "weekday", "contact", "condition"), "terms"),
    **dict.fromkeys(("count", "percent"), "quantity"),
    **dict.fromkeys(("other", "place"), "feature"),
}
HONEST = 0.065
"""The share of honest clauses that the threshold may mark in training."""


@dataclass(frozen=True)
class Example:
    """One clause of a labelled text; `marked` is None where the labels say nothing or both."""

    row: Row
    reading: Reading
    binder: Binder
    evidence: list[Evidence]
    marked: list[bool | None]


def examples(chosen: Sequence[Row]) -> list[Example]:
    """The texts of the set, read as the checks read them."""
    found = []
    for row in chosen:
        business = known_businesses()[row.business]
        sources = sources_of(business, None, None, row.words, [], row.now)
        binder = Binder(
            sources, Setting(local_day(business, row.now), row.language, business.country), understand
        )
        reading = binder.read(row.text)
        marked = [_label(row, part.start, part.end) for part in reading.parts]
        found.append(Example(row, reading, binder, weigh(binder, reading), marked))
    return found


def _label(row: Row, start: int, end: int) -> bool | None:
    shares: dict[bool, int] = {True: 0, False: 0}
    for statement, first, last in row.places():
        shares[statement.mark] += max(0, min(end, last) - max(start, first))
    if not any(shares.values()) or min(shares.values()) > 3:
        return None
    return shares[True] > 0


def _kind(statement: Statement) -> StatementKind:
    if statement.verdict == "advice":
        return "harmless"
    named = _KIND_OF.get(statement.kind, statement.kind)
    return next(kind for kind in KINDS if kind == named)


def sentences(chosen: Sequence[Row]) -> Iterator[tuple[StatementKind, str]]:
    """Labelled sentences: those of the repository's own list, and the statements of the set."""
    lines = (_ROOT / "evals" / "datasets" / "statements.tsv").read_text(encoding="utf-8").splitlines()
    for kind, _, text in (line.split("\t") for line in lines):
        yield next(known for known in KINDS if known == kind), text
    for row in chosen:
        for statement in row.statements:
            yield _kind(statement), statement.span


def train_kinds(
    labelled: Sequence[tuple[StatementKind, str]], penalty: float = 4.0
) -> tuple[Vectors, Vectors]:
    """A ridge regression from the vectors of sentences to their kinds; its weights and biases by kind."""
    inputs = np.asarray(understand([text for _, text in labelled]), np.float64)
    inputs = np.hstack([inputs, np.ones((len(inputs), 1))])
    wanted = np.zeros((len(labelled), len(KINDS)))
    for number, (kind, _) in enumerate(labelled):
        wanted[number, KINDS.index(kind)] = 1
    # Rare kinds count as much as common ones, nearly.
    each = wanted @ (len(labelled) / len(KINDS) / (wanted.sum(axis=0) + 20))
    ridge = np.diag([penalty] * (inputs.shape[1] - 1) + [0.01])
    trained = np.linalg.solve(
        (inputs * each[:, None]).T @ inputs + ridge, (inputs * each[:, None]).T @ wanted
    )
    return _SHARP * trained[:-1].T, _SHARP * trained[-1]


_SHARP = 10.0
"""What the regression's answers, between 0 and 1, are multiplied by before they become chances."""


def fit_signs(inputs: Vectors, wanted: Vectors, penalty: float) -> Vectors:
    """A logistic regression by Newton's method; the last column is the bias and is not shrunk."""
    at = np.zeros(inputs.shape[1])
    ridge = penalty * len(wanted) * np.ones(len(at))
    ridge[-1] = 1e-6
    for _ in range(25):
        chances = 1 / (1 + np.exp(-(inputs @ at)))
        slope = inputs.T @ (chances - wanted) + ridge * at
        curve = (inputs * (chances * (1 - chances))[:, None]).T @ inputs + np.diag(ridge)
        at = at - np.linalg.solve(curve, slope)
    return at


def _weights(
    kinds: tuple[Vectors, Vectors], names: Sequence[str], trained: Vectors, threshold: float
) -> Weights:
    return Weights(
        kinds={kind: [round(float(x), 3) for x in kinds[0][n]] for n, kind in enumerate(KINDS)},
        kind_bias={kind: round(float(kinds[1][n]), 3) for n, kind in enumerate(KINDS)},
        signs={name: round(float(value), 3) for name, value in zip(names, trained, strict=False)},
        bias=round(float(trained[-1]), 3),
        threshold=round(threshold, 3),
    )


def _signs_of(example: Example, used: Weights) -> list[dict[str, float]]:
    vectors = example.reading.vectors
    if not len(vectors):
        return []
    return signs(example.binder, example.reading, example.evidence, kind_chances(vectors, used), used)


def train(chosen: Sequence[Example], penalty: float = 0.004) -> Weights:
    """Train both layers; the second learns from kinds that were named without the clause's own business."""
    businesses = sorted({example.row.business for example in chosen})
    table: list[dict[str, float]] = []
    labels: list[bool] = []
    for left_out in businesses:
        others = [example.row for example in chosen if example.row.business != left_out]
        named = _weights(train_kinds(list(sentences(others))), [], np.zeros(1), 0.5)
        for example in chosen:
            if example.row.business == left_out:
                for row, label in zip(_signs_of(example, named), example.marked, strict=False):
                    if label is not None:
                        table.append(row)
                        labels.append(label)
    names = sorted(table[0])
    inputs = np.array([[row[name] for name in names] + [1.0] for row in table])
    wanted = np.array(labels, np.float64)

    trained = fit_signs(inputs, wanted, penalty)
    honest = np.sort(1 / (1 + np.exp(-(inputs @ trained)))[wanted == 0])
    threshold = float(honest[int(len(honest) * (1 - HONEST))])
    kinds = train_kinds(list(sentences([example.row for example in chosen])))
    return _weights(kinds, names, trained, threshold)


def chances_of(example: Example, used: Weights) -> list[float]:
    """How likely each clause of a text must be marked."""
    return [chance(row, used) for row in _signs_of(example, used)]


def main() -> int:
    """Train on the whole set and write the weights."""
    trained = train(examples(rows()))
    _DATA.write_text(
        json.dumps(trained.model_dump(), separators=(",", ":"), sort_keys=True) + "\n", encoding="utf-8"
    )
    sys.stdout.write(f"{_DATA.name}: {_DATA.stat().st_size} bytes, threshold {trained.threshold}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
