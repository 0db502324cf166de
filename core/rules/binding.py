"""Find which fact each clause of a draft is about."""

from __future__ import annotations

import functools
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from core.rules.claims import KnownFigures, Source
from core.rules.derived import first_operands
from core.rules.figures import figures_in
from core.rules.knowledge import read_fact
from core.rules.matching import Setting
from core.rules.sentences import Part, clauses, sentences, stems
from core.rules.values import Hit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

Understand = Callable[[Sequence[str]], "Vectors"]
"""Turns texts into normalised vectors whose product says how near two meanings are."""

MOST_FACTS = 120
MOST_BOUND = 60
"""Figures of one text that are compared with what they are about; later ones by their value alone."""

LONGEST_UNDERSTOOD = 2_400
"""Characters of one draft whose meaning is compared: an embedder takes 20 µs for each."""

MOST_UNDERSTOOD = 100
"""Clauses, and sentences, of one text whose meaning is compared."""

_LONGEST_CLAUSE = 200


@dataclass
class Reading:
    """One text, divided and compared with the facts.

    Attributes:
        parts: Its clauses.
        fit: How well each fact fits each clause.
        likeness: The plain likeness of meaning of each clause and each fact.
        vectors: The meaning of each clause, as far as it is understood.
        asked: How near each of these is to what the person asked for.
        days: The weekdays that a range of the text speaks of, once they were looked for.
        recomputed: For how many figures it was looked for what they may follow from.
    """

    text: str
    parts: list[Part]
    spans: Sequence[tuple[int, int]]
    hits: list[Hit]
    fit: Vectors
    likeness: Vectors
    vectors: Vectors
    asked: Vectors
    days: dict[tuple[int, int], frozenset[int]] = field(default_factory=dict)
    recomputed: int = 0

    @functools.cached_property
    def operands(self) -> list[Hit]:
        """The figures that others may follow from."""
        return first_operands(self.hits)

    def part_at(self, at: int) -> int:
        """The number of the clause at a place."""
        return min(bisect_right(self.parts, at, key=lambda part: part.end), len(self.parts) - 1)

    def sentence_at(self, at: int) -> tuple[int, int]:
        """The sentence at a place."""
        number = bisect_right(self.spans, at, key=lambda span: span[1])
        return self.spans[number] if number < len(self.spans) else (0, len(self.text))


WEIGHTS = {
    "clause": 5.4,
    "sentence": 4.7,
    "asked": 2.7,
    "key in clause": 1.7,
    "key in sentence": 0.4,
    "key before": 0.8,
    "figures": 1.4,
    "key asked": 2.8,
}
"""How much each sign speaks for a fact, in log odds: fitted to the labelled set, businesses left out."""


class Binder:
    """What is known of a business, ready to be compared with texts.

    Args:
        sources: All sources; the facts among them are bound by what they are about.
        setting: The day, the language and the country.
        understand: The embedder; without one, only words are compared.
    """

    def __init__(self, sources: Sequence[Source], setting: Setting, understand: Understand | None) -> None:
        self.sources = sources
        self.setting = setting
        self.known = KnownFigures(sources)
        self.facts = [
            read_fact(place, source)
            for place, source in enumerate(sources)
            if source.kind == "fact" and source.trusted
        ][:MOST_FACTS]
        self.by_place = {fact.place: number for number, fact in enumerate(self.facts)}
        self._understand = understand
        asked = [source.text for source in sources if source.kind == "request"][-1:]
        self.asked = asked[0][:_LONGEST_CLAUSE] if asked else ""
        self.fact_vectors = self._vectors([fact.source.text[:_LONGEST_CLAUSE] for fact in self.facts])
        asked_vectors = self._vectors([self.asked]) if self.asked else None
        self._asked_vector = asked_vectors[0] if asked_vectors is not None else None
        self._asked_fit = (
            self.fact_vectors @ asked_vectors[0]
            if self.fact_vectors is not None and asked_vectors is not None
            else np.zeros(len(self.facts), np.float32)
        )

    def _vectors(self, texts: Sequence[str]) -> Vectors | None:
        return self._understand(texts) if self._understand is not None and texts else None

    def read(self, text: str, *, understood: bool = True) -> Reading:
        """Divide a text and compare each of its clauses with the facts, by their words alone if need be."""
        parts, spans = clauses(text), sentences(text)
        hits = list(figures_in(text))
        longest = LONGEST_UNDERSTOOD if understood else 0
        seen = [part for part in parts[:MOST_UNDERSTOOD] if part.end <= longest]
        vectors = self._vectors([text[p.start : p.end][:_LONGEST_CLAUSE] for p in seen])
        whole = self._vectors(
            [text[a:b][:_LONGEST_CLAUSE] for a, b in spans[:MOST_UNDERSTOOD] if b <= longest]
        )
        likeness = np.zeros((len(parts), len(self.facts)), np.float32)
        fit = np.zeros((len(parts), len(self.facts)), np.float32)
        if self.facts:
            if vectors is not None and self.fact_vectors is not None:
                likeness[: len(seen)] = vectors @ self.fact_vectors.T
            fit += sum(
                WEIGHTS[name] * table
                for name, table in self.features(text, parts, spans, likeness, whole, hits).items()
            )
        if vectors is None:
            vectors = np.zeros((0, 0), np.float32)
        asked = (
            vectors @ self._asked_vector
            if self._asked_vector is not None and len(vectors)
            else np.zeros(len(parts), np.float32)
        )
        return Reading(text, parts, spans, hits, fit, likeness, vectors, asked)

    def features(
        self,
        text: str,
        parts: Sequence[Part],
        spans: Sequence[tuple[int, int]],
        likeness: Vectors,
        whole: Vectors | None,
        hits: Sequence[Hit],
    ) -> dict[str, Vectors]:
        """What speaks for each fact in each clause, by name."""
        size = len(parts), len(self.facts)
        found = {name: np.zeros(size, np.float32) for name in WEIGHTS}
        words = [stems(text[a:b]) for a, b in spans]
        keys = np.array(
            [[_overlap(fact.key_stems, said) for fact in self.facts] for said in words] or [[]], np.float32
        )
        asked = stems(self.asked)
        asked_keys = np.array([_overlap(fact.key_stems, asked) for fact in self.facts], np.float32)
        agreed = np.zeros((len(spans), len(self.facts)), np.float32)
        for hit in hits[:MOST_BOUND]:
            number = bisect_right(spans, hit.start, key=lambda span: span[1])
            if number < len(spans) and spans[number][0] <= hit.start:
                for place in {place for place, _ in self.known.matches(hit, self.setting)}:
                    if place in self.by_place:
                        agreed[number, self.by_place[place]] += 1
        # Beyond these, neither a figure is bound nor a sentence understood.
        last = bisect_right(parts, hits[:MOST_BOUND][-1].start, key=lambda p: p.end) if hits else 0
        for row, part in enumerate(parts[: max(last + 1, MOST_UNDERSTOOD)]):
            said = stems(text[part.start : part.end])
            found["clause"][row] = likeness[row]
            if whole is not None and part.sentence < len(whole) and self.fact_vectors is not None:
                found["sentence"][row] = self.fact_vectors @ whole[part.sentence]
            found["asked"][row] = self._asked_fit
            found["key asked"][row] = asked_keys
            found["key in clause"][row] = [_overlap(fact.key_stems, said) for fact in self.facts]
            found["key in sentence"][row] = keys[part.sentence]
            if part.sentence:
                found["key before"][row] = keys[part.sentence - 1]
            found["figures"][row] = np.minimum(agreed[part.sentence], 3)
        return found


def _overlap(wanted: frozenset[str], said: set[str]) -> float:
    return len(wanted & said) / len(wanted) if wanted else 0.0
