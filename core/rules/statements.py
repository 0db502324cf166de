"""Tell claims that need a source from advice, and from what the sources say: a small trained classifier."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import BaseModel

from core.rules.binding import Binder, Reading
from core.rules.evidence import Evidence
from core.rules.sentences import names, stems

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

StatementKind = Literal[
    "award", "certification", "feature", "guarantee", "harmless", "health", "offer", "person", "quantity",
    "superlative", "terms", "testimonial",
]  # fmt: skip
KINDS: tuple[StatementKind, ...] = (
    "award", "certification", "feature", "guarantee", "harmless", "health", "offer", "person", "quantity",
    "superlative", "terms", "testimonial",
)  # fmt: skip
_QUOTE = re.compile(r"[\"“”«»„]([^\"“”«»„]{8,200})[\"“”«»]")


class Weights(BaseModel, frozen=True):
    """The trained numbers: a layer that names the kind of a sentence, and one that weighs the signs."""

    kinds: dict[StatementKind, list[float]]
    kind_bias: dict[StatementKind, float]
    signs: dict[str, float]
    bias: float
    threshold: float


@functools.cache
def weights() -> Weights:
    """The weights that `python -m evals.train_claims` wrote."""
    text = resources.files("core.rules").joinpath("data/statements.json").read_text(encoding="utf-8")
    return Weights.model_validate_json(text)


def kind_chances(vectors: Vectors, used: Weights) -> Vectors:
    """How likely each sentence is of each kind, in the order of `KINDS`."""
    layer = np.array([used.kinds[kind] for kind in KINDS], np.float32)
    scores = vectors @ layer.T + np.array([used.kind_bias[kind] for kind in KINDS], np.float32)
    chances = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(chances / chances.sum(axis=1, keepdims=True), np.float32)


def signs(
    binder: Binder, reading: Reading, evidence: Sequence[Evidence], chances: Vectors, used: Weights
) -> list[dict[str, float]]:
    """What speaks for and against each clause whose meaning is known, by name."""
    vectors = binder.fact_vectors
    of_facts = kind_chances(vectors, used) if vectors is not None else np.zeros((1, len(KINDS)), np.float32)
    people = _people(binder)
    known = [stems(source.text) if source.trusted else set() for source in binder.sources]
    everything: set[str] = set().union(*known) if known else set()
    plain = [words for source, words in zip(binder.sources, known, strict=False) if source.kind != "fact"]
    said_names = names(reading.text)
    of_part: dict[int, list[Evidence]] = {}
    for one in evidence:
        of_part.setdefault(one.part, []).append(one)
    found = []
    for number in range(len(chances)):
        part = reading.parts[number]
        text = reading.text[part.start : part.end]
        words = stems(text)
        near = float(reading.likeness[number].max()) if binder.facts else 0.0
        best = int(reading.fit[number].argmax()) if binder.facts else 0
        own = binder.facts[best].stems if binder.facts else frozenset()
        new = [reading.text[a:b] for a, b in said_names if part.start <= a < part.end]
        unknown = sum(not stems(name) <= everything for name in new)
        row = {f"is {kind}": float(chances[number, place]) for place, kind in enumerate(KINDS)}
        claim = 1 - row["is harmless"] - row["is terms"]
        covered = len(words & own) / max(len(words), 1)
        row |= {
            "near": near,
            "asked": float(reading.asked[number]),
            "covered": covered,
            "covered by any": len(words & set().union(*plain, *_nearest(binder, reading, number)))
            / max(len(words), 1),
            "near above others": near - float(reading.likeness[number].mean()) if binder.facts else 0.0,
            "unknown names": min(unknown, 2) * (0.0 if binder.setting.language.startswith("de") else 1.0),
            "unknown names, de": min(unknown, 3) * (1.0 if binder.setting.language.startswith("de") else 0.0),
            "question": float(text.rstrip().endswith("?")),
            "long": min(len(words), 10) / 10,
            "claim and far": claim * (1 - near),
            "claim and new": claim * (1 - covered),
            "quoted": _quoted(reading.text[slice(*reading.spans[part.sentence])], known),
            "no such fact": sum(
                float(chances[number, place] * (1 - of_facts[:, place].max())) for place in _NEED_A_FACT
            ),
            "like such a fact": max(
                float(chances[number, place] * (of_facts[:, place] * reading.likeness[number]).max())
                for place in _NEED_A_FACT
            )
            if binder.facts
            else 0.0,
            "another's role": _swapped(words, people),
            "foreign": float(bool(binder.facts) and _foreign(words, everything)),
        }
        row |= _figures(of_part.get(number, []))
        found.append(row)
    return found


def _nearest(binder: Binder, reading: Reading, number: int) -> list[frozenset[str]]:
    """The words of the three facts that fit a clause best."""
    order = reading.fit[number].argsort()[::-1][:3] if binder.facts else []
    return [binder.facts[place].stems for place in order]


def _foreign(words: set[str], everything: set[str]) -> bool:
    """Whether the text seems to be in another language than the facts: then shared words say little."""
    return bool(words) and not words & everything


def _quoted(sentence: str, known: Sequence[set[str]]) -> float:
    """The share of a quotation's words that the nearest source does not have."""
    quote = _QUOTE.search(sentence)
    words = stems(quote[1]) if quote else set()
    return 1 - max((len(words & source) for source in known), default=0) / len(words) if words else 0.0


_NEED_A_FACT = tuple(
    KINDS.index(kind)
    for kind in ("award", "certification", "guarantee", "health", "person", "superlative", "testimonial")
)


def _people(binder: Binder) -> list[tuple[set[str], set[str]]]:
    """The people that the facts name, each place with the words around the name."""
    found = []
    for fact in binder.facts:
        for segment in re.split(r"[;]", fact.source.text):
            key = fact.key_stems if len(binder.facts) else frozenset()
            shown = [segment[a:b] for a, b in names(segment)]
            for name in (name for name in shown if " " in name and len(name) < 40):
                own = stems(name)
                found.append((own, (stems(segment) | key) - own))
    return found


def _swapped(words: set[str], people: Sequence[tuple[set[str], set[str]]]) -> float:
    """How many words of what a clause says of a person are those of another one, beyond that person's own."""
    named = [own for own, _ in people if own & words]
    if not named:
        return 0.0
    mine = max(len(words & around) for own, around in people if own & words)
    other = max((len(words & around) for own, around in people if not own & words), default=0)
    return float(min(max(other - mine, 0), 2))


def _figures(own: Sequence[Evidence]) -> dict[str, float]:
    return {
        "figure: wrong": float(any(one.wrong for one in own)),
        "figure: sourced": float(any(one.support is not None for one in own)),
        "figure: derived": float(any(one.how for one in own)),
        "figure: dropped": float(any(one.dropped for one in own)),
        "count: none": float(any(_unknown(one) and one.hit.kind in {"count", "number"} for one in own)),
        "share: none": float(any(_unknown(one) and one.hit.kind in {"ratio", "percentage"} for one in own)),
        "free: none": float(any(_unknown(one) and one.hit.kind == "free" for one in own)),
        "time: none": float(
            any(_unknown(one) and one.hit.kind in {"time", "weekday", "date"} for one in own)
        ),
        "free: sourced": float(any(one.support is not None and one.hit.kind == "free" for one in own)),
    }


def _unknown(one: Evidence) -> bool:
    return one.support is None and not one.how


def chance(row: Mapping[str, float], used: Weights) -> float:
    """How likely a clause must be marked."""
    score = used.bias + sum(used.signs.get(name, 0.0) * value for name, value in row.items())
    return float(1 / (1 + np.exp(-score)))
