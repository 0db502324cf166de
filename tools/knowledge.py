"""Tools that search facts and memories."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from tools.context import RunContext

MOST_FACTS = 20


class Question(BaseModel):
    """The subject of a search."""

    about: str = Field(description="The subject in a few words, in any language.", max_length=300)


async def search_facts(context: RunContext, question: Question) -> list[dict[str, Any]]:
    """Return the facts nearest to the subject, best first."""
    facts = await context.recall.nearest_facts(context.business, question.about)
    return [{"id": fact.id, "key": fact.key, "value": fact.value} for fact in facts[:MOST_FACTS]]


async def search_memory(context: RunContext, question: Question) -> list[dict[str, Any]]:
    """Return the memories about the subject, best first."""
    memories = await context.recall.retrieve(context.scope, question.about)
    return [{"id": memory.id, "kind": memory.kind, "text": memory.text} for memory in memories]
