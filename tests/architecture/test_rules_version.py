"""The rules do not change without a look at their version: when it moves, drafts are checked again."""

from __future__ import annotations

import json
from pathlib import Path

from core.ids import digest
from core.rules.version import RULES_VERSION

ROOT = Path(__file__).resolve().parents[2]
RECORD = Path(__file__).with_name("rules_version.json")


def rules_digest() -> str:
    """The digest of the rules and their data."""
    rules = ROOT / "core" / "rules"
    files = [*rules.glob("*.py"), *(rules / "data").iterdir(), ROOT / "services" / "checks.py"]
    return digest(
        {path.name: path.read_text(encoding="utf-8") for path in files if path.name != "version.py"}
    )


def test_changed_rules_have_a_look_at_their_version() -> None:
    recorded = json.loads(RECORD.read_text(encoding="utf-8"))
    assert recorded == {"version": RULES_VERSION, "digest": rules_digest()}, (
        "The rules changed. If a check may answer differently now, raise RULES_VERSION in "
        "core/rules/version.py; then record it: python -m tests.architecture.test_rules_version"
    )


if __name__ == "__main__":
    RECORD.write_text(
        json.dumps({"version": RULES_VERSION, "digest": rules_digest()}, indent=2) + "\n", encoding="utf-8"
    )
