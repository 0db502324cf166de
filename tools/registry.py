"""Every tool with its description and arguments."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from tools import knowledge, planning
from tools.context import RunContext


@dataclass(frozen=True)
class ToolSpec:
    """A tool; the description is written for the model."""

    name: str
    description: str
    args: type[BaseModel]
    run: Callable[[RunContext, Any], Awaitable[Any]]


def registry() -> dict[str, ToolSpec]:
    """Return the tools by name."""
    tools = [
        ToolSpec(
            "search_facts",
            "Find facts of the business about a subject, for example a price, opening hours or an event. "
            "Use it before you state anything that is not among the facts you were given.",
            knowledge.Question,
            knowledge.search_facts,
        ),
        ToolSpec(
            "search_memory",
            "Find what was decided, approved or rejected for this business before, about a subject.",
            knowledge.Question,
            knowledge.search_memory,
        ),
        ToolSpec(
            "read_calendar",
            "Read the calendars of the business's campaigns: what is planned when, on which platform.",
            planning.NoArguments,
            planning.read_calendar,
        ),
    ]
    return {tool.name: tool for tool in tools}
