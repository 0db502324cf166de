"""The import contracts name every module that they are about."""

from __future__ import annotations

from configparser import ConfigParser
from pathlib import Path

ROOT = Path(__file__).parents[2]
AUTHORITY = ("approvals", "publishing", "audience", "replies", "undo", "erasure", "withdrawal", "privacy")
"""Services that approve, send, reverse or erase; they live in `services/effects`."""

SPECIALISTS = ("strategy", "copywriter", "video_script", "analyst", "inbox")


def contracts() -> dict[str, set[str]]:
    parser = ConfigParser()
    parser.read(ROOT / ".importlinter")
    return {
        section["name"]: {line for key in section for line in section[key].split()}
        for section in (parser[name] for name in parser.sections())
        if "name" in section
    }


def test_models_reach_no_service_with_authority() -> None:
    (listed,) = [words for name, words in contracts().items() if "approves, publishes" in name]
    assert {"services.effects", "services.container"} <= listed
    misplaced = [name for name in AUTHORITY if (ROOT / "services" / f"{name}.py").exists()]
    assert not misplaced


def test_every_specialist_is_kept_from_the_others() -> None:
    (listed,) = [words for name, words in contracts().items() if "specialists do not know" in name]
    there = {f"agents.{name}" for name in SPECIALISTS if (ROOT / "agents" / f"{name}.py").exists()}
    assert there <= listed
