"""The context of graph nodes: services, agents, stream, request."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from textwrap import shorten

from agents.inputs import last_turns
from agents.route import Handles
from agents.specialist import Agents
from core.business import Memory
from core.campaign import Campaign
from core.conversation import Message, RunInput
from graphs.batch import Batch
from graphs.stream import RunStream
from services.checker import Checker
from tools.context import RunContext

_OFFERED = 120
"""Characters of one alternative that later turns see."""


@dataclass(frozen=True)
class GraphContext:
    """The trusted context of one attempt.

    `history` is the branch before the person's new message, `campaign` the one that the request is about,
    if there is one; `remembered` and `handles` are on their way from the start and bring what is remembered
    about the request, and the drafts and slots that it may mean. `batch` bounds the drafts that it writes.
    """

    run: RunContext
    request: RunInput
    history: Sequence[Message]
    agents: Agents
    stream: RunStream
    checker: Checker
    campaign: Campaign | None
    remembered: Awaitable[Sequence[Memory]]
    handles: Awaitable[Handles]
    repairs: int
    batch: Batch
    _recalled: dict[str, asyncio.Task[list[Memory]]] = field(default_factory=dict)

    @property
    def turns(self) -> list[tuple[str, str]]:
        """The last turns of the conversation as (role, text), up to a budget in tokens."""
        return last_turns(self._said, self.agents.count)

    @property
    def conversation(self) -> list[tuple[str, str]]:
        """The same with the person's new message."""
        return last_turns([*self._said, ("user", self.request.text)], self.agents.count)

    async def recall(self, about: str, limit: int) -> Sequence[Memory]:
        """What is remembered about something, asked once: texts of a run share it in their prompts."""
        if about not in self._recalled:
            found = self.run.recall.retrieve(self.run.scope, about, limit=limit)
            self._recalled[about] = asyncio.create_task(found)
        return await self._recalled[about]

    async def written(self) -> dict[str, str]:
        """The texts of drafts from before this run, by the id of their slot."""
        return {one.other: one.text for one in (await self.handles).drafts if one.other}

    @property
    def turns_with_work(self) -> list[tuple[str, str, list[str]]]:
        """The conversation as (role, text, ids of the drafts that were made or changed)."""
        return [(message.role, _text(message), _made(message)) for message in self.history if message.content]

    @property
    def _said(self) -> list[tuple[str, str]]:
        return [(role, text) for role, text, _ in self.turns_with_work]


def _text(message: Message) -> str:
    """The words of a message with the alternatives that came with it, so that "the second" means one."""
    results = [artefact.result or {} for artefact in message.artefacts]
    offered = [one["text"] for result in results for one in result.get("alternatives", ())]
    listed = [f"{place}. {shorten(text, _OFFERED, placeholder='…')}" for place, text in enumerate(offered, 1)]
    return f"{message.content} [offered: {' '.join(listed)}]" if listed else message.content


def _made(message: Message) -> list[str]:
    results = [artefact.result or {} for artefact in message.artefacts]
    return [result["content_id"] for result in results if result.get("content_id")]
