"""The documents say what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from core.events import CUSTOM_EVENTS
from core.settings import Settings

ROOT = Path(__file__).parents[2]


def test_every_setting_is_documented_and_no_other() -> None:
    text = (ROOT / "docs" / "settings.md").read_text()
    text = text.replace("`_WRITER`", "`MARQUEE_MODEL_WRITER`").replace("`_JUDGE`", "`MARQUEE_MODEL_JUDGE`")
    documented = set(re.findall(r"`((?:MARQUEE|OPENAI|MONGODB|REDIS|CHROMA)_[A-Z_]+)`", text))
    there = {
        str(field.validation_alias.choices[0]) if field.validation_alias else f"MARQUEE_{name.upper()}"
        for name, field in Settings.model_fields.items()
    }
    assert documented == there


def test_every_custom_event_is_documented_and_no_other() -> None:
    section = (ROOT / "docs" / "events.md").read_text().partition("## Our CUSTOM events")[2]
    assert set(re.findall(r"^\| `([\w.]+)` \|", section, re.MULTILINE)) == set(CUSTOM_EVENTS)


def test_links_between_documents_lead_somewhere() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
        if not (page.parent / target).exists()
    ]
    assert broken == []
