"""Find the facts that say the same as a figure of a text, and those that say otherwise of the same thing."""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Sequence

from core.rules.amounts import period_named
from core.rules.binding import WEIGHTS, Binder, Reading
from core.rules.figures import figures_in
from core.rules.folding import fold
from core.rules.knowledge import Fact, says_closed
from core.rules.locales import listed, months
from core.rules.matching import group, resolve, same_time
from core.rules.values import Amount, Day, Hit, Key, TimeOfDay

NEAR = 2.0
"""Log odds below the best fact within which a fact may be what a sentence is about."""

NEARBY = 4.0
"""Log odds below the best fact within which a fact may still be meant."""

_THIS = re.compile(
    r"(?<!\w)(?:this (?:month|week)|diese[nr]? (?:monat|woche)|ce mois|cette semaine|este mes"
    r"|esta semana)(?!\w)"
)
_RELATIVE = {
    0: {"today", "tonight", "heute", "aujourd'hui", "hoy", "oggi"},
    1: {"tomorrow", "tomorrow,", "demain", "morgen", "manana", "domani"},
}


class Agreement:
    """One figure among the facts."""

    def __init__(self, binder: Binder, reading: Reading, hit: Hit) -> None:
        self.binder, self.reading, self.hit = binder, reading, _dated(hit, binder.setting.today)
        self.relative = self.hit is not hit
        self.contrary: list[Fact] = []
        self.part = reading.part_at(hit.start)
        part = reading.parts[self.part]
        self.clause = reading.text[part.start : part.end]
        self.span = reading.sentence_at(hit.start)
        self.sentence = reading.text[slice(*self.span)]
        self.group = group(hit)
        self.matches = binder.known.matches(self.hit, binder.setting)
        self.fit = reading.fit[self.part].copy()
        for place in {place for place, _ in self.matches if place in binder.by_place}:
            self.fit[binder.by_place[place]] -= WEIGHTS["figures"]
        self.best = float(self.fit.max()) if len(self.fit) else 0.0
        self.days = self._days()

    def _of(self, fact: Fact) -> float:
        return float(self.fit[self.binder.by_place[fact.place]])

    def _about(self, fact: Fact) -> bool:
        return self._of(fact) >= self.best - NEAR

    def _days(self) -> frozenset[int]:
        """The weekdays that the clause, else the sentence, speaks of."""
        part = self.reading.parts[self.part]
        return self._days_in(part.start, part.end) or self._days_in(*self.span)

    def _days_in(self, start: int, end: int) -> frozenset[int]:
        if (start, end) in self.reading.days:
            return self.reading.days[start, end]
        days: set[int] = set()
        today = self.binder.setting.today
        for hit in self.reading.hits:
            if start <= hit.start < end and hit.kind == "weekday" and isinstance(hit.value, Key):
                days |= {int(day) for day in hit.value.key}
            elif start <= hit.start < end and isinstance(hit.value, Day) and hit.value.day is not None:
                date = resolve(hit.value, today)
                days |= {date.weekday()} if date else set()
        words = set(fold(self.reading.text[start:end]).text.split())
        days |= {
            (today.weekday() + step) % 7 for step, names in _RELATIVE.items() if words & names and not days
        }
        return self.reading.days.setdefault((start, end), frozenset(days))

    def _agreeing(self) -> list[Fact]:
        """The facts that say the same, also of the same days."""
        found = []
        for place, known in self.matches:
            number = self.binder.by_place.get(place)
            if number is None:
                continue
            fact = self.binder.facts[number]
            if isinstance(self.hit.value, TimeOfDay) and not self._at_that_time(fact):
                continue
            if self.hit.kind == "weekday" and not self._on_those_days(fact):
                continue
            if self.group == "count" and not self._samenoun(fact, known):
                continue
            if self.hit.kind == "price" and self._contrary(fact, known):
                self.contrary.append(fact)
                continue
            found.append(fact)
        if self.hit.kind == "weekday":
            found += [fact for fact in self.binder.facts if fact not in found and self._on_those_days(fact)]
        if self.hit.kind == "date" and isinstance(self.hit.value, Day):
            found += self._by_rule(self.hit.value)
        return found

    def _contrary(self, fact: Fact, known: Hit) -> bool:
        """Whether the fact gives the price for another period, or as the old one where the text says now."""
        said, value = self.hit.value, known.value
        if isinstance(said, Amount) and isinstance(value, Amount) and said.period and not value.period:
            period = period_named(fact.folded)
            if period and period != said.period:
                return True
        before = fold(self.reading.text[max(0, self.hit.start - 16) : self.hit.start]).text
        old, new = bool(_OLD.search(before)), bool(_NEW.search(before))
        return (old and _NEW.search(fact.folded) is not None) or (
            new and _OLD.search(fact.folded) is not None
        )

    def _at_that_time(self, fact: Fact) -> bool:
        value = self.hit.value
        if not self.days or not any(hours.days for hours in fact.hours) or not isinstance(value, TimeOfDay):
            return True
        times = [hours for hours in fact.hours if not hours.days or hours.days & self.days]
        return all(
            any(
                same_time(time, value)
                for hours in times
                if not hours.days or day in hours.days
                for time in hours.times
            )
            for day in self.days
        )

    def _on_those_days(self, fact: Fact) -> bool:
        days = {int(day) for day in self.hit.value.key} if isinstance(self.hit.value, Key) else set()
        if days & fact.closed_days or (fact.open_days and not days & fact.open_days):
            return says_closed(self.sentence) and not days & fact.open_days and bool(fact.closed_days)
        return bool(fact.open_days) and days <= fact.open_days

    def _by_rule(self, day: Day) -> list[Fact]:
        """The facts whose repeating days a date falls on, within two months."""
        date = resolve(day, self.binder.setting.today)
        if date is None or (day.weekday is not None and date.weekday() != day.weekday):
            return []
        if not 0 <= (date - self.binder.setting.today).days <= 75:
            return []
        found = []
        for fact in self.binder.facts:
            if fact.rules:
                ok = fact.falls_on(date) or (date.weekday() in fact.open_days and self._begins_by_rule(fact))
            else:
                known = day.weekday is not None or (len(fact.open_days) < 3 and self._about(fact))
                ok = date.weekday() in fact.open_days and known
            if ok and self._of(fact) >= self.best - NEARBY:
                found.append(fact)
        return found

    def _begins_by_rule(self, fact: Fact) -> bool:
        today = self.binder.setting.today
        dates = [
            resolve(hit.value, today)
            for hit in self.reading.hits
            if isinstance(hit.value, Day) and hit is not self.hit
        ]
        return any(date is not None and fact.falls_on(date) for date in dates)

    def _edge_of_a_month(self) -> int | None:
        """The request that names the month which a date begins or ends: `until the end of January`."""
        value = self.hit.value
        if not isinstance(value, Day) or value.day is None or value.month is None:
            return None
        date = resolve(value, self.binder.setting.today)
        if date is None or (date.day != 1 and (date + dt.timedelta(days=1)).day != 1):
            return None
        asked = [place for place, source in enumerate(self.binder.sources) if source.kind == "request"]
        return next(
            (place for place in asked if date.month in months_in(self.binder.sources[place].text, date)), None
        )

    def _shut(self) -> Fact | None:
        """The fact by which the business is closed on these days, if no fact is of them."""
        days = {int(day) for day in self.hit.value.key} if isinstance(self.hit.value, Key) else set()
        if any(days & fact.open_days for fact in self.binder.facts):
            return None
        return next((fact for fact in self.binder.facts if days & fact.closed_days), None)

    def _rival(self, agreeing: Sequence[Fact]) -> Fact | None:
        """The fact that fits best among those that say something else of the same kind."""
        rivals = [fact for fact in self.binder.facts if fact not in agreeing and self._comparable(fact)]
        return max(rivals, key=self._of, default=None)

    def _comparable(self, fact: Fact) -> bool:
        if self.hit.kind == "time":
            return bool(fact.hours)
        if self.hit.kind == "weekday":
            return bool(fact.open_days or fact.closed_days)
        if self.hit.kind == "date":
            days = [
                hit
                for hit in fact.hits
                if hit.kind == "date" and isinstance(hit.value, Day) and hit.value.day
            ]
            return bool(days or fact.rules or (len(fact.open_days) == 1 and not fact.hours))
        hits = [hit for hit in fact.hits if group(hit) == self.group]
        if self.group == "count":
            wanted = noun(self.reading.text, self.hit)
            return bool(wanted) and any(noun(fact.source.text, hit) == wanted for hit in hits)
        return bool(hits)

    def _samenoun(self, fact: Fact, known: Hit) -> bool:
        """Whether two counts may count the same: a number of another thing in a fact that fits less."""
        wanted, counted = noun(self.reading.text, self.hit), noun(fact.source.text, known)
        if wanted and counted and wanted != counted and any(map(self._comparable, self.binder.facts)):
            return False
        if self._of(fact) >= self.best - 1.0:
            return True
        return wanted == counted and self._of(fact) >= self.best - NEARBY


_OLD = re.compile(
    r"(?<!\w)(?:was|were|regular|usual(?:ly)?|normal(?:preis)?|vorher|bisher|avant|antes|statt"
    r"|instead of)(?!\w)"
)
_NEW = re.compile(
    r"(?<!\w)(?:now|sale|reduced|jetzt|aktionspreis|maintenant|promo|solde|ahora|rebajad[oa]|oferta)(?!\w)"
)


def _dated(hit: Hit, today: dt.date) -> Hit:
    """`tomorrow` as the date that it is."""
    if hit.kind != "date" or not isinstance(hit.value, Key):
        return hit
    date = today + dt.timedelta(days=1)
    return hit._replace(value=Day(month=date.month, day=date.day, year=date.year))


_NEXT = re.compile(r"[\s-]{1,2}(?:d['’]|de\s|of\s)?([^\W\d_]{3,})(?:\s([^\W\d_]{4,}))?")
_NO_NOUN = frozenset(
    listed("and und die der das pro par per por les des que for mit von bis zum sur our nos una the auf aus")
)


def noun(text: str, hit: Hit) -> str:
    """The beginning of the word that a number counts."""
    match = _NEXT.match(text, hit.end)
    word = fold(match[1]).text if match else ""
    return "" if word in _NO_NOUN else word[:5]


@functools.lru_cache(maxsize=64)
def months_in(text: str, today: dt.date) -> frozenset[int]:
    """The months that a text names or gives dates in; the present one where it says `this week`."""
    words = fold(text).text
    padded = " " + "".join(char if char.isalpha() else " " for char in words) + " "
    found = {number for name, number in months().items() if len(name) > 3 and f" {name} " in padded}
    found |= {hit.value.month for hit in figures_in(text) if isinstance(hit.value, Day) and hit.value.month}
    return frozenset(found | ({today.month} if _THIS.search(words) else set()))
