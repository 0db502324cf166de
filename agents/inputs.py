"""Prompt inputs that all specialists share: brand, facts, memory, campaign, conversation, calendar."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from core.business import Business, Fact, Memory
from core.campaign import Campaign, Slot
from core.rules.wording import LANGUAGE_NAMES, base_language

_HISTORY_TOKENS, _TOKEN_CHARACTERS = 800, 8
_MEMORY_CHARACTERS = 240
_MOST_SLOTS, _BRIEF_CHARACTERS, _FIRST_LINE_CHARACTERS = 24, 160, 90


def shared_inputs(
    business: Business, facts: Sequence[Fact], memories: Sequence[Memory], campaign: Campaign | None
) -> dict[str, Any]:
    """Return the sections of every prompt."""
    return {
        "brand": {
            "name": business.business_name,
            "industry": business.industry,
            "voice": business.brand_voice,
            "goals": business.primary_goals,
            "address": business.postal_address,
            "segments": [
                {"name": segment.segment_name, "age": segment.age_range, "interests": segment.interests}
                for segment in business.target_audience
            ],
            "banned_words": business.banned_words,
        },
        "facts": [{"id": fact.id, "key": fact.key, "value": fact.value} for fact in facts],
        "memories": [
            {"id": memory.id, "text": memory.text[:_MEMORY_CHARACTERS], "trusted": memory.trusted}
            for memory in memories
        ],
        "campaign": _campaign(campaign),
    }


def last_turns(
    turns: Sequence[tuple[str, str]], count: Callable[[str], int], budget: int = _HISTORY_TOKENS
) -> list[tuple[str, str]]:
    """Return the newest turns that fit together into a budget in tokens, each of them whole.

    The newest one is cut if it is longer than that alone.
    """
    kept: list[tuple[str, str]] = []
    left = budget
    for role, text in reversed(turns):
        # The end of a text that is much too long need not be counted.
        shown = text[: budget * _TOKEN_CHARACTERS]
        tokens = count(shown)
        if tokens > left and kept:
            break
        if tokens > left:
            shown, tokens = f"{shown[: len(shown) * left // tokens]}…", left
        kept.append((role, shown))
        left -= tokens
    return kept[::-1]


def history_input(history: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    """Return turns of the conversation as prompts show them."""
    return [{"role": role, "text": text} for role, text in history]


def calendar_input(calendar: Sequence[Slot], texts: Mapping[str, str], today: date) -> list[dict[str, str]]:
    """Return the coming slots with their briefs, and how the texts of some begin.

    Args:
        calendar: The slots, in the order of time.
        texts: Written texts by the id of their slot.
        today: The business's local day.
    """
    coming = [slot for slot in calendar if slot.state != "dropped" and slot.local_time >= today.isoformat()]
    return [
        {
            "when": spoken(slot.local_time),
            "platform": slot.platform,
            "theme": slot.theme,
            "brief": phrase(slot.brief, _BRIEF_CHARACTERS),
            "begins": phrase(texts.get(slot.slot_id, ""), _FIRST_LINE_CHARACTERS),
        }
        for slot in coming[:_MOST_SLOTS]
    ]


def spoken(local_time: str) -> str:
    """Format a local time with its weekday: `Mon 2027-03-01 12:00`."""
    return f"{datetime.fromisoformat(local_time):%a} {local_time.replace('T', ' ')}"


def phrase(text: str, limit: int) -> str:
    """A model's short phrase on one line, cut at a word."""
    line = " ".join(text.split()).strip(" \"'“”„«»")
    if len(line) <= limit:
        return line
    return line[: limit + 1].rsplit(" ", 1)[0][:limit].rstrip(" ,;:-–")


def task_inputs(business: Business, language: str, today: date, request: str) -> dict[str, Any]:
    """Return the keys of every task."""
    return {
        "language": language_input(language),
        "today": f"{today.isoformat()} ({today:%A})",
        "timezone": business.timezone,
        "request": request,
    }


def language_input(tag: str) -> str:
    """Format a language for a model: `fr (French)`."""
    name = LANGUAGE_NAMES.get(base_language(tag))
    return f"{tag} ({name})" if name else tag


def _campaign(campaign: Campaign | None) -> dict[str, Any]:
    if campaign is None:
        return {}
    return {
        "name": campaign.name,
        "goal": campaign.goal,
        "start": campaign.start_date.isoformat() if campaign.start_date else "",
        "end": campaign.end_date.isoformat() if campaign.end_date else "",
    }
