"""Prompt inputs that all specialists share: brand, facts, memory, campaign, history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from core.business import Business, Fact, Memory
from core.campaign import Campaign
from core.rules.wording import LANGUAGE_NAMES, base_language

_TURNS, _TURN_CHARACTERS = 6, 280
_MEMORY_CHARACTERS = 240


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


def history_input(history: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    """Return the last turns of the conversation, each truncated."""
    return [{"role": role, "text": text[:_TURN_CHARACTERS]} for role, text in history[-_TURNS:]]


def task_inputs(business: Business, language: str, today: date, request: str) -> dict[str, Any]:
    """Return the keys of every task."""
    return {
        "language": language_input(language),
        "today": today.isoformat(),
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
