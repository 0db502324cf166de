"""Ten conversations of eight turns with a strong model: what is stored after each is what was asked for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.doubles.fault_server import FaultServer
from tests.doubles.strong_model import business, load
from tests.e2e.talk import Talk
from tests.e2e.world import Town, newcomer

CONVERSATIONS = [
    "pronouns",
    "alternatives",
    "calendar",
    "traps",
    "questions",
    "contradiction",
    "memory",
    "by_hand",
    "campaign",
    "decisions",
]


@pytest.mark.parametrize("name", CONVERSATIONS)
async def test_conversation(name: str, model_town: Town, model: FaultServer) -> None:
    script = load(name, datetime.now(UTC).date())
    async with newcomer(model_town, business(script.business)) as person:
        await Talk(person, model, script).play()
