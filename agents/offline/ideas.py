"""Themes to write about, each with its text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from agents.offline.ordering import bare
from agents.offline.reading import Fact
from agents.offline.speech import STAGES, Speech, examples, headline, plain
from agents.offline.subjects import clause

THEME_CHARACTERS = 80
_TOPIC_CHARACTERS, _ANGLE_CHARACTERS = 45, 25
_ANGLES = ("awareness", "conversion", "consideration")


@dataclass(frozen=True)
class Idea:
    """A theme with its text and the fact it is about."""

    theme: str
    text: str
    fact: Fact | None = None


def trade_ideas(speech: Speech, stage: str, kind: str = "") -> list[Idea]:
    """Return ideas for a trade; `general` fits any trade."""
    templates = speech.at("kinds", kind or speech.kind, stage)
    return _allowed(speech, [Idea(speech.fill(theme), speech.fill(text)) for theme, text in templates])


def topic_idea(speech: Speech, stage: str, topic: str) -> list[Idea]:
    """Return the idea about the campaign itself."""
    theme, text = speech.at("topic_ideas", stage)
    short = headline(clause(public(topic), _TOPIC_CHARACTERS))
    return _allowed(speech, [Idea(speech.fill(theme, topic=short), speech.fill(text))]) if short else []


def fact_ideas(speech: Speech, wording: int = 0) -> list[Idea]:
    """Return one idea per fact, alternating templates from number `wording` on."""
    templates = speech.at("fact_ideas")
    found = []
    told = [fact for fact in speech.material.facts if not fact.contact]
    for index, fact in enumerate(told):
        theme, text = templates[(index + wording) % len(templates)]
        name = headline(clause(fact.key, _TOPIC_CHARACTERS))
        found.append(Idea(speech.fill(theme, fact=name), speech.fill(text), fact))
    return _allowed(speech, found)


def spare_ideas(speech: Speech, stage: str) -> Iterator[Idea]:
    """Yield further ideas: neutral ones, facts reworded, moments, then series."""
    yield from trade_ideas(speech, stage, "general")
    yield from fact_ideas(speech, wording=1)
    moments = [speech.lines("kinds", kind, "moments") for kind in dict.fromkeys((speech.kind, "general"))]
    for moment in chain(*moments):
        if len(moment) <= THEME_CHARACTERS and ". " not in moment:
            yield Idea(moment.rstrip("."), "")
    for part in speech.at("series"):
        for near in (stage, *STAGES[:3]):
            ideas = trade_ideas(speech, near) + trade_ideas(speech, near, "general")
            themes = [speech.fill(part, theme=idea.theme) for idea in ideas if ":" not in idea.theme]
            yield from (Idea(theme, "") for theme in themes if len(theme) <= THEME_CHARACTERS)


def angle(speech: Speech, theme: str) -> tuple[str, str]:
    """Return another theme and stage for the next draft about the same theme."""
    place = speech.piece - 2
    short = clause(theme, _ANGLE_CHARACTERS)
    if place < len(_ANGLES):
        return speech.fill(speech.at("topic_ideas", _ANGLES[place])[0], topic=short), _ANGLES[place]
    series: list[str] = speech.at("series")
    return speech.fill(series[place % len(series)], theme=short), STAGES[place % len(STAGES)]


def public(topic: str) -> str:
    """Remove internal campaign words from a topic; empty if nothing else is left."""
    internal = examples("internal_words")
    words = bare(topic).split()
    if any(plain(word).startswith(tuple(map(plain, internal["never"]))) for word in words):
        return ""
    return " ".join(word for word in words if plain(word).strip(".,:;!?") not in internal["drop"])


def is_of_the_trade(speech: Speech, theme: str) -> bool:
    """Return whether a theme is one of the trade's own."""
    kinds = (speech.kind, "general")
    themes = [idea.theme for kind in kinds for stage in STAGES for idea in trade_ideas(speech, stage, kind)]
    return plain(speech.typeset(theme)) in map(plain, themes)


def own_text(speech: Speech, theme: str) -> str:
    """Return the text of a built-in theme; empty for any other."""
    wanted = speech.typeset(theme)
    for template, text in _every_template(speech):
        pattern = re.escape(speech.fill(template)).replace(r"\{topic\}", ".+").replace(r"\{fact\}", ".+")
        if re.fullmatch(pattern, wanted, re.IGNORECASE):
            filled = speech.fill(text)
            if speech.allowed(filled):
                return filled
    return ""


def _every_template(speech: Speech) -> Iterator[tuple[str, str]]:
    for stage in STAGES:
        for kind in (speech.kind, "general"):
            yield from ((theme, text) for theme, text in speech.at("kinds", kind, stage))
        theme, text = speech.at("topic_ideas", stage)
        yield theme, text
    yield from ((theme, text) for theme, text in speech.at("fact_ideas"))


def _allowed(speech: Speech, ideas: list[Idea]) -> list[Idea]:
    return [idea for idea in ideas if speech.allowed(f"{idea.theme} {idea.text}")]
