"""Calendars: which pieces go out when."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from datetime import date, timedelta
from itertools import chain
from typing import Any

from agents.offline import times
from agents.offline.ideas import THEME_CHARACTERS, Idea, fact_ideas, spare_ideas, topic_idea, trade_ideas
from agents.offline.reading import Material, Meaning
from agents.offline.referring import folded, weekdays_in
from agents.offline.speech import STAGES, Speech
from agents.offline.subjects import clause
from agents.offline.wishes import as_asked_now
from agents.offline.writing import invented_figure, task_language

_PLATFORM_WORDS = {
    "instagram": re.compile(r"\binsta(?:gram)?\b|\big\b", re.IGNORECASE),
    "linkedin": re.compile(r"\blinked-?\s?in\b", re.IGNORECASE),
    "email": re.compile(r"\b(?:e-?mails?|mails?|newsletters?|courriels?|correos?)\b", re.IGNORECASE),
    "sms": re.compile(r"\bsms\b|\btext messages?\b|\bmensajes? de texto\b|\bkurznachricht", re.IGNORECASE),
}
_TIMES = {
    "instagram": ("12:00", "18:00"),
    "linkedin": ("08:30", "09:30"),
    "email": ("09:00", "09:30"),
    "sms": ("12:30", "17:30"),
}
_WORKING_DAYS = {"email": (1, 2, 3), "linkedin": (0, 1, 2, 3, 4)}
_SPOKEN = {"instagram": "Instagram", "linkedin": "LinkedIn", "sms": "SMS"}


def plan(material: Material, meaning: Meaning) -> dict[str, Any]:
    """Write the strategist's calendar."""
    task = material.task
    speech = Speech(material, meaning, task_language(material))
    start = date.fromisoformat(task.get("start") or task.get("today") or "1970-01-01")
    days = max(int(task.get("days") or 14), 1)
    platforms = [name.strip() for name in task.get("platforms", "instagram").split(";") if name.strip()]
    pieces = max(int(task.get("pieces") or task.get("at_most") or 6), 1)
    if not material.obeys("piece-count"):
        pieces *= 2
    chosen = _ideas(speech, meaning, pieces)
    order = _order(task.get("request", ""), platforms, pieces)
    asked_days = weekdays_in(folded(task.get("request", ""))) if pieces > 1 else set()
    taken: set[tuple[str, int]] = set()
    slots = []
    for index, (stage, idea) in enumerate(chosen):
        platform = order[index % len(order)]
        day = _day(
            index, pieces, start, days, asked_days or _WORKING_DAYS.get(platform, range(7)), platform, taken
        )
        taken.add((platform, day))
        segments = material.segments
        slots.append(
            {
                "day": day,
                "local_time": _TIMES.get(platform, _TIMES["instagram"])[index // len(platforms) % 2],
                "platform": platform,
                "type": "text",
                "theme": clause(idea.theme, THEME_CHARACTERS),
                "brief": "",
                "media_idea": "",
                "segment": segments[index % len(segments)].name if segments else "",
                "funnel_stage": stage,
            }
        )
    slots.sort(key=lambda slot: (slot["day"], slot["local_time"]))
    _misbehave(material, speech, slots, days)
    names = speech.listed([_SPOKEN.get(name, speech.at("email_name")) for name in platforms])
    return {"summary": speech.say("summary", pieces=str(len(slots)), platforms=names), "slots": slots}


def _misbehave(material: Material, speech: Speech, slots: list[dict[str, Any]], days: int) -> None:
    """Break each rule that the prompt does not have."""
    if not material.obeys("window"):
        slots[-1]["day"] = days + 9
    if not material.obeys("platforms-asked"):
        asked = {slot["platform"] for slot in slots}
        slots[-1]["platform"] = next((name for name in _PLATFORM_WORDS if name not in asked), "sms")
    if not material.obeys("figures-from-facts"):
        slots[-1]["theme"] = invented_figure(speech)
    if not material.obeys("banned-words") and material.banned:
        slots[-1]["theme"] = speech.fill(speech.at("habits", "banned"), word=material.banned[0])
    if not material.obeys("distinct-themes"):
        for slot in slots:
            slot["theme"] = slots[0]["theme"]


def _ideas(speech: Speech, meaning: Meaning, pieces: int) -> list[tuple[str, Idea]]:
    """Yield ideas by funnel stage, alternating trade, campaign and facts."""
    material = speech.material
    topic = material.task.get("theme") or as_asked_now(material, material.campaign.get("name", ""))
    facts = fact_ideas(speech)
    order = meaning.ranked(topic or material.business, [idea.fact.text for idea in facts if idea.fact])
    facts = [facts[index] for index in order]
    used: set[str] = set()
    found: list[tuple[str, Idea]] = []
    for index in range(pieces):
        stage = _stage(index, pieces)
        trade = trade_ideas(speech, stage)
        turned = trade[speech.piece % len(trade) :] + trade[: speech.piece % len(trade)] if trade else []
        topical = topic_idea(speech, stage, topic)
        sources = {
            "awareness": [turned, topical, facts],
            "consideration": [turned, facts, topical] if index % 2 == 0 else [facts, turned, topical],
            "conversion": [topical, turned, facts],
            "retention": [turned, topical, facts],
        }[stage]
        pool = chain(*sources, spare_ideas(speech, stage))
        if idea := next((idea for idea in pool if idea.theme not in used), None):
            used.add(idea.theme)
            found.append((stage, idea))
    return found


def _order(request: str, platforms: list[str], pieces: int) -> list[str]:
    """The platforms piece by piece: the numbers that were asked for, the others in turn."""
    left: Counter[str] = Counter()
    for what, number in times.mix(request):
        named = [name for name in platforms if name in _PLATFORM_WORDS and _PLATFORM_WORDS[name].search(what)]
        left.update(dict.fromkeys(named[:1], number))
    free = [name for name in platforms if name not in left]
    room = pieces - left.total()
    if not left or room < 0 or bool(free) != bool(room):
        return platforms
    for place in range(room):
        left[free[place % len(free)]] += 1
    order: list[str] = []
    while left.total():
        # The platform with most left goes first, so that no platform comes twice in a row.
        name = max(left, key=lambda one: (left[one], one not in order[-1:]))
        order.append(name)
        left[name] -= 1
    return order


def _stage(index: int, pieces: int) -> str:
    if pieces >= 6 and index == pieces - 1:
        return "retention"
    position = index / max(pieces - 1, 1)
    return STAGES[0] if position < 0.35 else STAGES[1] if position < 0.65 else STAGES[2]


def _day(
    index: int,
    pieces: int,
    start: date,
    days: int,
    wanted: Collection[int],
    platform: str,
    taken: set[tuple[str, int]],
) -> int:
    """A day near its even share of the window that suits the platform and is free."""
    even = 1 + round(index * (days - 1) / max(pieces - 1, 1))

    def cost(day: int) -> tuple[bool, int, int]:
        weekday = (start + timedelta(days=day - 1)).weekday()
        others = sum(1 for _, used in taken if used == day)
        return (platform, day) in taken, abs(day - even) + 3 * (weekday not in wanted) + 2 * others, day

    return min(range(1, days + 1), key=cost)
