"""Every tool of the registry, called by a model through the adapter, on real services."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from agents.specialist import Agents, Specialist
from agents.tokens import TokenCounter
from core.business import Business
from core.campaign import Campaign
from core.clock import SystemClock
from core.settings import Settings
from memory.embedded import StoreUrls
from services.checker import Checker
from services.container import open_services
from tests.doubles.bench import MeterBook, Note, call, context, gateway, library
from tests.doubles.scripted_model import ScriptedModel
from tests.doubles.wire import Reply, ToolCall
from tools.context import RunContext
from tools.registry import registry

ARGUMENTS = {"search_facts": {"about": "baguette"}, "search_memory": {"about": "price"}, "read_calendar": {}}
ANSWERED = {"search_facts": "1,30 €", "search_memory": "[", "read_calendar": "Printemps"}
GOOD = Reply('{"title": "Spring", "tags": ["a"], "mood": "calm", "day": null}')


async def _told(tool: str, arguments: dict[str, Any], runs: RunContext, folder: Path) -> str:
    """Let a model call a tool; what it is told."""
    asks = Reply(tool_calls=(ToolCall(tool, orjson.dumps(arguments).decode()),))
    with ScriptedModel(asks, GOOD) as model:
        door = gateway(MeterBook(), TokenCounter(folder), transport=model)
        await door.open()
        specialist = Specialist("noter", "test/note", Note, tools=(tool,))
        agents = Agents(door, library(folder / tool), registry())
        await agents.run(specialist, {"subject": "x"}, call=call(), context=runs)
        await door.close()
    message = model.calls[1]["messages"][-1]
    assert message["role"] == "tool"
    return str(message["content"])


@pytest.mark.parametrize("tool", sorted(registry()))
async def test_a_tool_answers_the_model(
    tool: str,
    bakery: Business,
    spring: Campaign,
    database: Any,
    store_urls: StoreUrls,
    checker: Checker,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings = Settings(
        mongodb_url=store_urls.mongodb,
        redis_url=store_urls.redis,
        chroma_url=store_urls.chroma,
        database=database.mongo.database.name,
        data_dir=tmp_path,
    )
    async with open_services(settings, SystemClock(), checker=checker) as services:
        runs = replace(
            context(bakery.id), business=bakery, campaigns=services.campaigns, recall=services.recall
        )
        assert ANSWERED[tool] in await _told(tool, ARGUMENTS[tool], runs, tmp_path)
    assert [one for one in caplog.records if one.name.startswith("agents")] == []


async def test_a_failing_tool_is_an_error_in_the_log_and_a_sentence_to_the_model(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # Without its services every tool fails.
    assert await _told("read_calendar", {}, context(), tmp_path) == "It failed; go on without it."
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.getMessage() == "tool read_calendar failed"
    assert record.exc_info
