"""The context of graph nodes: services, agents, stream, request."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass

from agents.specialist import Agents
from core.business import Memory
from core.campaign import Campaign
from core.conversation import Message, RunInput
from graphs.stream import RunStream
from services.checker import Checker
from tools.context import RunContext


@dataclass(frozen=True)
class GraphContext:
    """The trusted context of one attempt.

    `history` is the branch before the new message, `campaign` the request's campaign, if any; `remembered` is
    a task that retrieves memories about the request.
    """

    run: RunContext
    request: RunInput
    history: Sequence[Message]
    agents: Agents
    stream: RunStream
    checker: Checker
    campaign: Campaign | None
    remembered: Awaitable[Sequence[Memory]]
    repairs: int
    most_drafts: int

    @property
    def turns(self) -> list[tuple[str, str]]:
        """The conversation as (role, text)."""
        return [(message.role, message.content) for message in self.history if message.content]
