"""What every node of a run gets beside the state: services, agents, stream, the request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agents.specialist import Agents
from core.conversation import Message, RunInput
from graphs.stream import RunStream
from tools.context import RunContext


@dataclass(frozen=True)
class GraphContext:
    """The trusted context of one attempt; `history` is the branch before the person's new message."""

    run: RunContext
    request: RunInput
    history: Sequence[Message]
    agents: Agents
    stream: RunStream
    repairs: int
    most_drafts: int

    @property
    def turns(self) -> list[tuple[str, str]]:
        """The conversation as (role, text)."""
        return [(message.role, message.content) for message in self.history if message.content]
