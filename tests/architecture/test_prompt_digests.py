"""A released prompt is never edited: its digest stands in a list, and a new version is a new file."""

from __future__ import annotations

import json
from pathlib import Path

from prompts.library import PromptLibrary, released

RELEASED = Path(__file__).with_name("prompt_digests.json")


def test_released_prompts_are_as_they_were_released() -> None:
    pinned = json.loads(RELEASED.read_text(encoding="utf-8"))
    assert released() == pinned, "Add a new version instead of editing one, then add its digest to the list."


def test_every_active_prompt_is_released() -> None:
    pinned = json.loads(RELEASED.read_text(encoding="utf-8"))
    library = PromptLibrary()
    assert {library.get(name).id.name for name in library.names()} <= pinned.keys()
