"""Alternatives from the patterns of the trade; another language or platform takes a real model."""

from __future__ import annotations

import json
from typing import Any

from agents.offline.ideas import trade_ideas
from agents.offline.reading import Material, Meaning
from agents.offline.referring import folded, found_in, words_of
from agents.offline.speech import STAGES, Speech
from agents.offline.subjects import clause
from agents.offline.writing import task_language

_SUBJECT = 50


def variants(material: Material, meaning: Meaning) -> dict[str, Any]:
    """Return other subject lines or first lines; none where the request asks for more than that."""
    speech = Speech(material, meaning, task_language(material))
    words = folded(material.task.get("request", ""))
    draft = json.loads(material.sections.get("draft", "{}"))
    subject = "subject" in draft and not found_in("openings", words)
    beyond = any(found_in(f"languages/{code}", words) for code in words_of("languages"))
    ideas = [idea for stage in STAGES for idea in trade_ideas(speech, stage)]
    texts = [idea.theme for idea in ideas] if subject else speech.lines("kinds", speech.kind, "moments")
    if not subject:
        texts += [idea.theme for idea in ideas]
    told = json.dumps(draft, ensure_ascii=False)
    fresh = [text for text in dict.fromkeys(texts) if text not in told]
    count = 0 if beyond or found_in("same", words) else int(material.task.get("count") or 3)
    chosen = [clause(text, _SUBJECT) if subject else text for text in fresh[:count]]
    return {
        "field": "subject" if subject else "opening",
        "alternatives": [{"text": text, "note": ""} for text in chosen],
    }
