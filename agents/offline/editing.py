"""A draft made shorter or longer by code; any other change takes a real model, and leaves it as it is."""

from __future__ import annotations

import json
import re
from typing import Any

from agents.offline.reading import Material, Meaning
from agents.offline.referring import folded, found_in
from agents.offline.speech import Speech, plain

_SENTENCE = re.compile(r"(?<=[.!?…])\s+")
_TEXTS = ("caption", "body", "text")


def edit(material: Material, meaning: Meaning) -> dict[str, Any]:
    """Return all fields of the draft, changed as far as this model can."""
    draft: dict[str, Any] = json.loads(material.sections.get("draft", "{}"))
    words = folded(material.task.get("request", ""))
    name = next((one for one in _TEXTS if draft.get(one)), "")
    if name and found_in("shorten", words):
        draft[name] = _shorter(draft[name], framed=name != "caption")
    elif name and found_in("lengthen", words):
        draft[name] = _longer(
            draft[name], Speech(material, meaning, material.language), framed=name != "caption"
        )
    return draft


def _shorter(text: str, *, framed: bool) -> str:
    """Leave out the middle: paragraphs, else sentences; greeting, goodbye and opt-out stay."""
    for split, joint in ((r"\n\s*\n", "\n\n"), (_SENTENCE, " ")):
        parts = re.split(split, text)
        head, tail = (2, 1) if framed else (1, 0)
        if len(parts) > head + tail:
            inner = parts[head : len(parts) - tail]
            kept = inner[: len(inner) // 3]
            return joint.join([*parts[:head], *kept, *parts[len(parts) - tail :]])
    return text


def _longer(text: str, speech: Speech, *, framed: bool) -> str:
    """Add the first fact that the text does not tell, before its last part."""
    told = plain(text)
    fresh = [
        fact
        for fact in speech.material.facts
        if plain(fact.value) not in told and not fact.contact and speech.allowed(fact.text)
    ]
    if not fresh:
        return text
    more = speech.fact_sentence(fresh[0])
    joint = "\n\n" if "\n\n" in text else " "
    parts = text.split(joint) if framed and joint == "\n\n" else [text]
    if framed and len(parts) == 1:
        parts = _SENTENCE.split(text)
    return joint.join([*parts[:-1], more, parts[-1]] if framed else [text, more])
