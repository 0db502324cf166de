"""Weigh each figure of a text: who says it, and whether a fact about the same thing says otherwise."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.rules import derived
from core.rules.agreement import NEARBY, Agreement, months_in, noun
from core.rules.binding import MOST_BOUND, Binder, Reading
from core.rules.figures import figures_in
from core.rules.folding import fold
from core.rules.knowledge import Fact, says_from
from core.rules.matching import group, is_price, resolve, same
from core.rules.sentences import names, stems
from core.rules.values import Amount, Day, Hit

LEAD = 1.5
"""Log odds by which a fact that says otherwise must fit better than the one that agrees."""

MOST_RECOMPUTED = 20
"""Figures of one text that are recomputed from others."""

LEADS = {"time": 3.2, "weekday": 0.9, "price": 0.65, "free": 1.2}

_CONTACT = frozenset(["phone", "url", "email"])
_PERIOD = re.compile(
    r"(?<!\w)(?:new|neue?[rsn]?|nouveau|nouvelle|nuev[oa]|now|jetzt|week(?:end)?|month|woche|monat|semaine|mois|semana|mes"
    r"|today|heute|aujourd|hoy|christmas|weihnacht\w*|noel|navidad|aktion|promo\w*)(?!\w)"
)
_MORE_THAN = re.compile(r"(?<!\w)(?:more than|over|plus d|uber|mehr als|mas de|algo mas)")


@dataclass(frozen=True)
class Evidence:
    """What the sources say of one figure.

    `support` is the number of the source that says it, `how` how it was computed instead, `near` how well
    that fact fits, `rival` a fact that fits and says otherwise, `lead` by how much better it fits, `dropped`
    a condition of the supporting fact that the text leaves out.
    """

    hit: Hit
    part: int
    support: int | None = None
    how: str = ""
    near: float = 0.0
    rival: Fact | None = None
    lead: float = 0.0
    wrong: bool = False
    dropped: str = ""


def weigh(binder: Binder, reading: Reading) -> list[Evidence]:
    """The evidence for each figure of a text, in reading order."""
    bound = [_Weighing(binder, reading, hit).evidence() for hit in reading.hits[:MOST_BOUND]]
    return bound + [_by_value(binder, reading, hit) for hit in reading.hits[MOST_BOUND:]]


def _by_value(binder: Binder, reading: Reading, hit: Hit) -> Evidence:
    places = binder.known.matches(hit, binder.setting)
    return Evidence(hit, len(reading.parts) - 1, places[0][0] if places else None)


class _Weighing(Agreement):
    """One figure with what is decided of it."""

    def evidence(self) -> Evidence:
        plain = [place for place, known in self.matches if self._says(place, known)]
        if self.hit.kind in _CONTACT:
            return self._with(self.matches[0][0] if self.matches else None)
        agreeing = self._agreeing()
        rival = self._rival(agreeing)
        lead = self._of(rival) - max((self._of(fact) for fact in agreeing), default=-99.0) if rival else -99.0
        asked = [place for place in plain if self.binder.sources[place].kind == "request"]
        others = [place for place in plain if place not in asked]
        if asked and (not agreeing or lead > 0) and self._holds(asked[-1], rival):
            return self._with(asked[-1])
        if asked and not agreeing:
            if rival is not None and self._about(rival):
                return self._with(None, rival=rival, lead=lead, wrong=True)
            return self._with(None)
        if agreeing:
            best = max(agreeing, key=self._of)
            needed = LEADS.get(self.hit.kind, LEAD) + (
                2.5 if rival and self._elsewhere(rival, anywhere=True) else 0
            )
            if rival is not None and lead > needed and not self._elsewhere(rival):
                how = self._derive()
                return self._with(None, how=how, rival=rival, lead=lead, wrong=not how)
            return self._with(
                best.place,
                rival=rival,
                lead=lead,
                near=self._of(best) - self.best,
                dropped=self._dropped(best),
            )
        if self.hit.kind == "weekday" and (shut := self._shut()) is not None:
            return self._with(None, rival=shut, wrong=True)
        if self.contrary and not agreeing:
            return self._with(None, rival=self.contrary[0], wrong=True)
        if others:
            return self._with(others[0])
        if (place := self._edge_of_a_month()) is not None:
            return self._with(place)
        if how := self._derive():
            return self._with(None, how=how)
        if self.relative and not (rival and any(isinstance(hit.value, Day) for hit in rival.hits)):
            return self._with(None, how="the day after today")
        if rival is not None and self._about(rival) and self._certain(rival):
            return self._with(None, rival=rival, lead=lead, wrong=True)
        return self._with(None, rival=rival, lead=lead)

    def _says(self, place: int, known: Hit) -> bool:
        """Whether a source that is no fact says it: a number of the profile only among the same words."""
        source = self.binder.sources[place]
        if place in self.binder.by_place:
            return False
        if source.kind != "profile" or self.group not in {"count", "share", "money", "length"}:
            return True
        around = stems(source.text[max(0, known.start - 20) : known.end + 20])
        own = {fold(source.text[known.start : known.end]).text}
        near = stems(self.reading.text[max(0, self.hit.start - 30) : self.hit.end + 30])
        return bool((around - own) & (near - own))

    def _with(self, support: int | None, **more: object) -> Evidence:
        return Evidence(self.hit, self.part, support, **more)  # type: ignore[arg-type]  # fields by name

    def _elsewhere(self, rival: Fact, *, anywhere: bool = False) -> bool:
        """Whether the sentence, or the text, also says the rival's figure: then this is of something else."""
        figures = [hit for hit in rival.hits if group(hit) == self.group]
        start, end = (0, len(self.reading.text)) if anywhere else self.span
        here = [hit for hit in self.reading.hits if hit is not self.hit and start <= hit.start < end]
        return any(same(one, other, self.binder.setting) for one in figures for other in here)

    def _certain(self, rival: Fact) -> bool:
        """Whether a fact that says otherwise excludes the figure; it may be of an unknown detail."""
        if self.group in {"length", "share"} or self.hit.kind == "free":
            return self._of(rival) >= self.best - 0.5
        return True

    def _holds(self, place: int, rival: Fact | None) -> bool:
        """Whether what the person said holds for this text: for its months, and not against a fact."""
        said = self.binder.sources[place].text
        wanted, today = months_in(said, self.binder.setting.today), self.binder.setting.today
        here = months_in(self.reading.text, today)
        if wanted and here and not wanted & here:
            return False
        if rival is None or not self._about(rival) or self._elsewhere(rival):
            return True
        dated = any(hit.kind == "date" for hit in figures_in(said))
        return bool(wanted) or dated or bool(_PERIOD.search(fold(said).text))

    def _dropped(self, fact: Fact) -> str:
        """A condition of the fact that the text leaves out: `from`, or what something is free for."""
        if self.hit.kind not in {"price", "free"}:
            return ""
        own = [
            hit for hit in fact.hits if group(hit) == self.group and same(hit, self.hit, self.binder.setting)
        ]
        if self.hit.kind == "price" and own and all(fact.has_from(hit) for hit in own):
            start = max(0, self.hit.start - 60)
            said = says_from(self.reading.text[start : self.hit.end + 12]) or says_from(self.sentence)
            return "" if said or self._elsewhere_from(fact) else fact.source.text
        if self.hit.kind == "free" and own:
            return self._free_condition(fact, own)
        return ""

    def _elsewhere_from(self, fact: Fact) -> bool:
        return says_from(self.reading.text[max(0, self.span[0] - 80) : self.span[1]])

    def _free_condition(self, fact: Fact, own: Sequence[Hit]) -> str:
        text = fact.source.text
        for hit in own:
            start, end = _segment(text, hit)
            limits = [other for other in fact.hits if start <= other.start < end and other is not hit]
            wanted = {text[a:b] for a, b in names(text) if start <= a < end}
            met = all(self._meets(other) for other in limits) and all(
                stems(name) & stems(self.reading.text) for name in wanted
            )
            if met:
                return ""
        return text

    def _meets(self, limit: Hit) -> bool:
        """Whether the text says a condition's figure, or an amount of money that reaches it."""
        for hit in self.reading.hits:
            if same(limit, hit, self.binder.setting) or same(hit, limit, self.binder.setting):
                return True
            if (
                is_price(limit)
                and is_price(hit)
                and isinstance(hit.value, Amount)
                and isinstance(limit.value, Amount)
            ) and hit.value.number >= limit.value.number:
                return True
        return group(limit) not in {"money", "length"}

    def _derive(self) -> str:
        value, setting = self.hit.value, self.binder.setting
        if not isinstance(value, Amount) or self.reading.recomputed >= MOST_RECOMPUTED:
            return ""
        self.reading.recomputed += 1
        near = [
            fact for fact in self.binder.facts if self._of(fact) >= self.best - NEARBY or self._named(fact)
        ]
        ranked = sorted(near, key=self._of, reverse=True)
        close = [fact for fact in near if fact in ranked[:2] or self._named(fact)]
        requests = [source for source in self.binder.sources if source.kind == "request"]
        asked = [hit for source in requests for hit in figures_in(source.text)]
        known = [hit for fact in near for hit in fact.hits] + asked
        asked_prices = derived.operands(asked)[0]
        text = [hit for hit in self.reading.operands if hit is not self.hit]
        prices, counts, shares = derived.operands(known)
        said_prices, said_counts, said_shares = derived.operands(text)
        bare = self.hit.kind in {"count", "number"} and not value.unit
        if is_price(self.hit) or (bare and (said_prices or prices) and not noun(self.reading.text, self.hit)):
            groups = [*(fact.hits for fact in near), asked]
            pieces = [pair for hits in groups for pair in itertools.product(*derived.operands(hits)[:2])]
            amounts = (
                derived.operands(hit for fact in close for hit in fact.hits)[0] + asked_prices + said_prices
            )
            percents = [*shares, *said_shares]
            monthly = any(isinstance(hit.value, Amount) and hit.value.period == "month" for hit in known)
            numbers = [*said_counts, *([Decimal(12)] if monthly else [])]
            how = derived.derived_price(value.number, amounts, numbers, percents, pieces)
            if how or (bare and value.number in prices):
                return how or "a price"
        if self.group == "length":
            if value.unit == "year" and (how := derived.derived_years(value.number, known, setting.today)):
                return how
            lengths = [hit.value for hit in known if isinstance(hit.value, Amount) and group(hit) == "length"]
            times = [time for fact in near for hours in fact.hours for time in hours.times]
            sessions = [
                length.number * len(fact.open_days)
                for fact in near
                for hit in fact.hits
                if isinstance(length := hit.value, Amount) and length.unit == "week"
            ]
            return derived.derived_length(value, lengths, times, [*said_counts, *sessions]) or self._until(
                value
            )
        if self.group == "share":
            own = derived.operands(hit for fact in near for hit in fact.hits)[2]
            return derived.derived_share(
                value.number, own, at_least=bool(_MORE_THAN.search(fold(self.clause).text))
            )
        if self.group == "count":
            parts = [pair for fact in near for pair in itertools.product(*derived.operands(fact.hits)[1:])]
            return derived.derived_count(value.number, counts, said_counts, parts)
        return ""

    def _until(self, value: Amount) -> str:
        """Whether a length of time is what is left until a date of the text."""
        days = {"day": 1, "week": 7, "month": 30}.get(value.unit)
        for hit in self.reading.hits:
            date = (
                resolve(hit.value, self.binder.setting.today)
                if isinstance(hit.value, Day) and hit.value.day
                else None
            )
            if (
                date is not None
                and days
                and abs((date - self.binder.setting.today).days - int(value.number) * days) < days
            ):
                return f"until {date.isoformat()}"
        return ""

    def _named(self, fact: Fact) -> bool:
        said = stems(self.reading.text) | stems(self.binder.asked)
        return bool(fact.key_stems) and len(fact.key_stems & said) * 2 >= len(fact.key_stems)


def _segment(text: str, hit: Hit) -> tuple[int, int]:
    """The part of a fact between commas and semicolons around a figure."""
    start = max(text.rfind(mark, 0, hit.start) for mark in ",;:") + 1
    ends = [at for mark in ",;" if (at := text.find(mark, hit.end)) >= 0]
    return start, min(ends, default=len(text))
