"""The AG-UI capability document."""

from __future__ import annotations

from ag_ui.core import (
    AgentCapabilities,
    ExecutionCapabilities,
    HumanInTheLoopCapabilities,
    IdentityCapabilities,
    MultiAgentCapabilities,
    MultimodalCapabilities,
    MultimodalInputCapabilities,
    MultimodalOutputCapabilities,
    OutputCapabilities,
    ReasoningCapabilities,
    StateCapabilities,
    SubagentInfo,
    ToolsCapabilities,
    TransportCapabilities,
)
from fastapi import APIRouter, Request

from api.authorization import public
from core.events import CUSTOM_EVENTS

router = APIRouter(tags=["copilot"], dependencies=[public()])

SUBAGENTS = (
    SubagentInfo(name="strategy", description="Plans a campaign's calendar."),
    SubagentInfo(name="copywriter", description="Writes posts, e-mails and text messages."),
)


@router.get(
    "/capabilities",
    summary="What the copilot can do: AG-UI's capability document",
    response_model_exclude_none=True,
)
async def capabilities(request: Request) -> AgentCapabilities:
    """The supported features; `custom.events` lists our CUSTOM events."""
    return AgentCapabilities(
        identity=IdentityCapabilities(
            name=request.app.title, description=request.app.summary, version=request.app.version
        ),
        transport=TransportCapabilities(
            streaming=True, resumable=True, websocket=False, http_binary=False, push_notifications=False
        ),
        tools=ToolsCapabilities(supported=True, parallel_calls=True, client_provided=False),
        output=OutputCapabilities(structured_output=False),
        state=StateCapabilities(snapshots=True, deltas=True, memory=True, persistent_state=True),
        multi_agent=MultiAgentCapabilities(
            supported=True, delegation=True, handoffs=False, subagents=list(SUBAGENTS)
        ),
        reasoning=ReasoningCapabilities(supported=False),
        multimodal=MultimodalCapabilities(
            input=MultimodalInputCapabilities(image=False, audio=False, video=False, pdf=False, file=False),
            output=MultimodalOutputCapabilities(image=False, audio=False),
        ),
        execution=ExecutionCapabilities(code_execution=False),
        human_in_the_loop=HumanInTheLoopCapabilities(
            supported=False, approvals=False, interrupts=False, approve_with_edits=False
        ),
        custom={"events": sorted(CUSTOM_EVENTS)},
    )
