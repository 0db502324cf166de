"""Which drafts and slots of the prompt a phrase means: by handle, day, place, platform or title."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from agents.offline import times
from agents.offline.reading import Material
from agents.offline.speech import plain

_ITEM = re.compile(r"^- \[([DS]\d+)\] (.*)$", re.MULTILINE)
_TURN = re.compile(r"^(user|assistant): (.*?)(?: \[made: ([DS\d ]+)\])?$", re.MULTILINE)
_HANDLE = re.compile(r"(?<!\w)([ds]\d{1,2})(?!\w)")
_DAY = re.compile(
    r"(?<!\w)(?:the|on|le|du|au|am|den|der|dem|vom|el|del|dia)\s+(?:\w+(?:day|tag|di) )?(\d{1,2})"
    r"(?:st|nd|rd|th|er|\.)?(?![\d:€%]|\s?(?:h|uhr|euro|am|pm)\b)"
)
_HOUR = re.compile(r"(?<![\d.])(\d{1,2})(?:[:h.](\d\d))?\s*(am|pm|uhr|h)?(?!\w)")
_RULED_OUT = re.compile(
    r"(?<!\w)(?:no|not|without|except|pas|sans|kein\w*|ohne|nicht|sin|menos)"
    r"(?: (?:on|by|via|de|d|per|auf|the|any))?\s*$"
)
_SPAN = re.compile(
    r"(?<!\w)(an?|one|une?|eine[nr]?|una?|two|deux|zwei|dos|\d) (day|week|jour|semaine|tag|woche|dia|semana)"
)
_TITLE_WORD = 4


@cache
def _load() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(
        (Path(__file__).parent / "routing.yaml").read_text(encoding="utf-8")
    )
    return found


def words_of(path: str) -> Any:
    """The words of a group that requests are read by."""
    found: Any = _load()
    for name in path.split("/"):
        found = found[name]
    return found


@cache
def _pattern(path: str) -> re.Pattern[str]:
    ended = (rf"{word[:-1]}(?!\w)" if word.endswith(".") else word for word in words_of(path))
    return re.compile(rf"(?<!\w)(?:{'|'.join(ended)})")


def found_in(path: str, words: str) -> re.Match[str] | None:
    """The first word of a group in a text; each is the beginning of a word, and a whole one with a dot."""
    return _pattern(path).search(words)


def ordinals_in(words: str) -> list[int]:
    """The places in a list that are named; -1 is the last. A first visit is no place."""
    found = [(place, found_in(f"ordinals/{place}", words)) for place in words_of("ordinals")]
    return [
        int(place)
        for place, match in found
        if match and not _pattern("no_places").match(words, match.end() + 1)
    ]


def folded(text: str) -> str:
    """Without case, accents, apostrophes and hyphens."""
    return re.sub(r"['’]|(?<!\d)-|-(?!\d)", " ", plain(text))


@dataclass(frozen=True)
class Item:
    """A draft or a slot as the prompt lists it."""

    handle: str
    platform: str
    status: str
    title: str
    time: str = ""
    text: str = ""

    @property
    def day(self) -> date | None:
        """The day of a slot."""
        return date.fromisoformat(self.time[:10]) if self.time else None


@dataclass(frozen=True)
class Desk:
    """What lies on the desk: drafts, slots, the open draft, and the conversation with what each turn made."""

    drafts: list[Item]
    slots: list[Item]
    focus: Item | None
    turns: list[tuple[str, str, list[str]]]
    today: date

    @classmethod
    def of(cls, material: Material) -> Desk:
        """Read the sections of the router's prompt."""
        drafts, slots = [], []
        for handle, rest in _ITEM.findall(material.sections.get("drafts", "")):
            platform, status, title = (part.strip() for part in rest.split("|", 2))
            title, _, text = title.partition(" | text: ")
            drafts.append(Item(handle, platform, status, title.partition(" | findings: ")[0], text=text))
        for handle, rest in _ITEM.findall(material.sections.get("slots", "")):
            when, platform, status, title = (part.strip() for part in rest.split("|", 3))
            slots.append(Item(handle, platform, status, title, when.split(" ", 1)[1].replace(" ", "T")))
        turns = [
            (role, text, made.split())
            for role, text, made in _TURN.findall(material.sections.get("history", ""))
        ]
        focus = next((one for one in drafts if one.handle == material.task.get("focus")), None)
        today = date.fromisoformat((material.task.get("today") or "1970-01-01")[:10])
        return cls(drafts, slots, focus, turns, today)

    def of_kind(self, kinds: str) -> list[Item]:
        """Drafts (D), slots (S) or both."""
        return [*(self.drafts if "D" in kinds else []), *(self.slots if "S" in kinds else [])]

    def last(self, role: str) -> str:
        """What the person or the copilot said last."""
        return next((text for who, text, _ in reversed(self.turns) if who == role), "")

    def handles(self, words: str, kinds: str = "DS") -> list[Item]:
        """The items that are named by their handles, in the order of the words."""
        known = {one.handle.lower(): one for one in self.of_kind(kinds)}
        return [known[name] for name in dict.fromkeys(_HANDLE.findall(words)) if name in known]

    def recent(self) -> list[Item]:
        """What the last turns made or spoke of, the newest turn that has any."""
        known = {one.handle: one for one in self.drafts}
        for _, text, made in reversed(self.turns[-4:]):
            found = [known[handle] for handle in made if handle in known] or self.handles(folded(text), "D")
            found = found or self._titled(folded(text), self.drafts, whole=True)
            if found:
                return found
        return []

    def on_days(self, words: str) -> list[Item]:
        """The slots of the days that are named by number, or by weekday where no number is said."""
        found = []
        numbers = {int(number) for number in _DAY.findall(words)}
        months = {(day.month, day.day) for day in times.named_days(words, self.today)}
        weekdays = weekdays_in(words)
        for slot in self.slots:
            if slot.day is None:
                continue
            by_date = (slot.day.month, slot.day.day) in months or (not months and slot.day.day in numbers)
            if by_date or (not numbers and not months and slot.day.weekday() in weekdays):
                found.append(slot)
        return found

    def platforms(self, words: str) -> list[str]:
        """The platforms that are named and not ruled out, in the order of the words."""
        found: dict[str, int] = {}
        for name in words_of("platforms"):
            for match in _pattern(f"platforms/{name}").finditer(words):
                if not _RULED_OUT.search(words[: match.start()]):
                    found.setdefault(name, match.start())
        return sorted(found, key=lambda name: found[name])

    def named(self, words: str, kinds: str) -> list[Item]:
        """The items that a phrase names: several where it fits several."""
        if found := self.handles(words, kinds):
            return found
        items = self.of_kind(kinds)
        if "S" in kinds and (dated := self.on_days(words)):
            named = self.platforms(words)
            return [one for one in dated if one.platform in named] or dated
        if kinds == "D" and (placed := self._placed(words, items)):
            return placed
        named = self.platforms(words)
        of_platform = [one for one in items if one.platform in named]
        titled = self._titled(words, of_platform or items)
        if of_platform:
            return titled or of_platform
        return titled

    def _placed(self, words: str, items: list[Item]) -> list[Item]:
        ordered = sorted(items, key=lambda one: int(one.handle[1:]))
        places = [place - 1 if place > 0 else place for place in ordinals_in(words)]
        return [ordered[place] for place in places if place < len(ordered)] if ordered else []

    def _titled(self, words: str, items: list[Item], *, whole: bool = False) -> list[Item]:
        """The items whose titles share most of their words with the phrase."""
        small = set(words_of("small"))
        said = {word for word in re.findall(r"[^\W\d_]{3,}", words) if word not in small}
        scores: dict[str, int] = {}
        for item in items:
            own = {word for word in re.findall(r"[^\W\d_]{3,}", folded(item.title)) if word not in small}
            if whole:
                scores[item.handle] = int(len(folded(item.title)) > 3 and folded(item.title) in words)
            else:
                scores[item.handle] = sum(any(_related(one, other) for other in said) for one in own)
        best = max(scores.values(), default=0)
        return [item for item in items if best and scores[item.handle] == best]


def weekdays_in(words: str) -> set[int]:
    """The weekdays that are named, from 0 for Monday."""
    return {int(number) for number in words_of("weekdays") if found_in(f"weekdays/{number}", words)}


def day_in(words: str, today: date) -> date | None:
    """The one coming day that is named: a date, a number, or a weekday."""
    if named := times.named_days(words, today):
        return named[0]
    if number := _DAY.search(words):
        for ahead in range(62):
            day = today + timedelta(days=ahead)
            if day.day == int(number[1]):
                return day
    if weekdays := weekdays_in(words):
        return next(
            day for ahead in range(1, 8) if (day := today + timedelta(days=ahead)).weekday() in weekdays
        )
    return times.window(words, today)[0]


def moved_to(words: str, today: date, slot: Item | None) -> str | None:
    """Where a slot is to go, or when something is to be sent: a day, with an hour if one is known."""
    *before_it, goal = re.split(r"\s(?:to|auf|au|al|vers|for|pour|fur|para)\s", words)
    goal = f"the {goal}" if before_it else goal
    day = _relative(words, slot.day if slot else None)
    if day is None:
        weekdays = weekdays_in(goal)
        before = re.search(r"(?<!\w)(?:before|davor|avant|d avant|anterior|antes)(?!\w)", words)
        if slot and slot.day and weekdays and before:
            day = next(
                one for back in range(1, 8) if (one := slot.day - timedelta(days=back)).weekday() in weekdays
            )
        else:
            day = day_in(goal, today)
            if slot and slot.day and goal == words and day == slot.day:
                day = None
    hour = _hour(goal)
    if day is None:
        return f"{slot.time[:10]}T{hour}" if slot and hour else None
    if slot and not hour:
        hour = slot.time[11:16]
    return f"{day}T{hour}" if hour else str(day)


def _relative(words: str, day: date | None) -> date | None:
    found = _SPAN.search(words)
    if found is None or day is None or not (found_in("earlier", words) or found_in("later", words)):
        return None
    span = timedelta(days=(times.number_in(found[1]) or 1) * (7 if found[2][0] in "ws" else 1))
    return day - span if found_in("earlier", words) else day + span


def _hour(words: str) -> str | None:
    for number, minutes, mark in _HOUR.findall(words):
        if (mark or minutes) and int(number) < 25:
            hour = int(number) % 12 + 12 * (mark == "pm") if mark in {"am", "pm"} else int(number)
            return f"{hour:02}:{minutes or '00'}"
    return None


def _related(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    if len(short) < _TITLE_WORD:
        return short == long
    return long.startswith(short[: max(4, len(short) - 2)]) or (len(short) > 5 and short in long)
