"""Sources and claims, and the plain match of figures with sources by their value."""

from collections.abc import Iterable, Sequence
from typing import Literal

from pydantic import BaseModel

from core.rules.figures import Figure, figures_in
from core.rules.matching import Setting, keys, same
from core.rules.values import HARD, Day, FigureKind, Hit, Key, TimeOfDay, Value

SourceKind = Literal["fact", "campaign", "request", "profile", "result", "memory"]
Verdict = Literal["supported", "unconfirmed", "wrong"]

MOST_FIGURES = 250
"""Figures of one draft that are checked: far more than a reader would take in."""

MOST_KNOWN = 5_000
"""Different values that all sources together may give; what comes later supports nothing."""

_MOST_NEAR = 120
"""Known values that one figure is compared with, among those that share a part with it."""

_LONGEST_SOURCE, _AROUND, _AT_MOST_AROUND = 600, 200, 250


class Source(BaseModel, frozen=True):
    """A text that may support figures; one that is not trusted never does."""

    kind: SourceKind
    ref: str
    text: str
    trusted: bool = True


class Claim(BaseModel, frozen=True):
    """A figure or statement with its source, and what the sources say of it.

    `truth` is what a source says instead, if it is wrong; `derived` says how it was computed. `verdict` is
    None in what was stored before there were verdicts.
    """

    figure: Figure
    source: Source | None = None
    verdict: Verdict | None = None
    truth: str = ""
    derived: str = ""


class KnownFigures:
    """What the trusted sources say, each value once a source, by what a figure must share with it."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._found: dict[tuple[object, ...], dict[int, tuple[int, Hit]]] = {}
        self._matched: dict[tuple[FigureKind, Value, Setting], list[tuple[int, Hit]]] = {}
        self.sources = sources
        seen: set[tuple[int, FigureKind, Value]] = set()
        for place, source in enumerate(sources):
            for hit in figures_in(source.text) if source.trusted else ():
                one = (place if source.kind == "fact" else -1, hit.kind, hit.value)
                if len(seen) < MOST_KNOWN and one not in seen:
                    seen.add(one)
                    for key in keys(hit.value):
                        self._found.setdefault(key, {})[len(seen)] = place, hit

    def matches(self, said: Hit, setting: Setting) -> list[tuple[int, Hit]]:
        """The places of the sources that say the same, with the figures that do, in their order."""
        asked = said.kind, said.value, setting
        if asked not in self._matched:
            wanted = keys(said.value)
            if isinstance(said.value, Day) and said.value.day is not None:
                # A whole month is no source of one of its days.
                wanted = [key for key in wanted if key[0] != "month"]
            near = {at: pair for key in wanted for at, pair in self._found.get(key, {}).items()}
            first = (near[at] for at in sorted(near)[:_MOST_NEAR])
            self._matched[asked] = [pair for pair in first if same(pair[1], said, setting)]
        return self._matched[asked]

    def excerpt(self, place: int, hit: Hit) -> Source:
        """The source with the words around a figure: it is kept with every claim that rests on it."""
        source = self.sources[place]
        if len(source.text) <= _LONGEST_SOURCE:
            return source
        # Between two words, where one ends near enough.
        first, last = max(hit.start - _AT_MOST_AROUND, 0), hit.end + _AT_MOST_AROUND
        start = max(source.text.rfind(" ", first, max(hit.start - _AROUND, 0)) + 1, first)
        end = source.text.find(" ", hit.end + _AROUND, last)
        return source.model_copy(update={"text": source.text[start : last if end < 0 else end]})


def match_figures(figures: Iterable[Figure], sources: Sequence[Source], setting: Setting) -> list[Claim]:
    """Find a trusted source for each figure that needs one, by its value alone."""
    known = KnownFigures(sources)
    claims = []
    for figure in figures:
        if is_hard(figure):
            found = known.matches(as_hit(figure), setting)
            claims.append(Claim(figure=figure, source=known.excerpt(*found[0]) if found else None))
    return claims


def as_hit(figure: Figure) -> Hit:
    """A figure as the finders give it."""
    return Hit(figure.kind, figure.start, figure.end, figure.value)


def is_hard(figure: Figure) -> bool:
    """Whether a figure stops an approval where no source says so."""
    loose = isinstance(figure.value, TimeOfDay) and figure.value.loose
    relative = figure.kind == "date" and isinstance(figure.value, Key)
    return figure.kind in HARD and not loose and not relative
