"""The AG-UI events that clients receive, their log ids, and the open items of a log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

import orjson
from ag_ui.core import (
    BaseEvent,
    CustomEvent,
    EventType,
    MessagesSnapshotEvent,
    RunErrorEvent,
    RunFinishedEvent,
    RunStartedEvent,
    StateDeltaEvent,
    StateSnapshotEvent,
    StepFinishedEvent,
    StepStartedEvent,
    TextMessageEndEvent,
    TextMessageStartEvent,
    ToolCallEndEvent,
    ToolCallResultEvent,
    ToolCallStartEvent,
)
from pydantic import BaseModel, Field

from core.campaign import Slot
from core.conversation import Clarification, Message, ProposedAction
from core.views import CampaignSummary, DraftState

TERMINAL = frozenset({"RUN_FINISHED", "RUN_ERROR"})


class LogId(NamedTuple):
    """`<attempt>-<seq>`: the id in the log and on the wire; greater means later."""

    attempt: int
    seq: int

    def __str__(self) -> str:
        return f"{self.attempt}-{self.seq}"

    @classmethod
    def parse(cls, text: str) -> LogId:
        """Read `<attempt>-<seq>`; a ValueError says what is wrong."""
        attempt, dash, seq = text.partition("-")
        if not dash or not attempt.isdecimal() or not seq.isdecimal():
            message = f"not an event id: {text!r}; expected <attempt>-<seq>"
            raise ValueError(message)
        return cls(int(attempt), int(seq))


START = LogId(0, 0)
"""Before the first event; `RUN_STARTED` is `0-1`."""


class AgentStep(BaseModel):
    """CUSTOM `marquee.agent_step`: an agent's step, for clients that drop STEP events."""

    id: str
    agent: str
    status: Literal["started", "finished", "failed"]
    task: str
    ms: int = 0
    index: int | None = None
    of: int | None = None


class ArtefactIdentity(BaseModel):
    """CUSTOM `marquee.artefact`: the artefact that a tool call will stream."""

    tool_call_id: str
    kind: str
    content_id: str | None = None
    campaign_id: str | None = None
    platform: str | None = None
    slot_id: str | None = None
    local_time: str | None = None
    theme: str | None = None
    start_date: str | None = None
    index: int | None = None
    of: int | None = None


class Unsourced(BaseModel):
    """CUSTOM `marquee.unsourced`: figures of the finished answer without a source."""

    message_id: str
    figures: list[str]


class Clarify(Clarification):
    """CUSTOM `marquee.clarify`: a question with its possible answers; it is also the answer's text."""

    message_id: str


class StreamGap(BaseModel):
    """CUSTOM `marquee.stream_gap`: events after `after` are lost; a snapshot follows."""

    after: str


class LaterAttempt(BaseModel):
    """CUSTOM `marquee.attempt`: another worker continues; open items are closed next."""

    attempt: int


class ModelBadge(BaseModel):
    """CUSTOM `marquee.model`: which model answers, and whether it is the offline demo."""

    model: str
    simulated: bool


class Snapshot(BaseModel):
    """The shared state: the open artefacts of the thread."""

    campaign: CampaignSummary | None = None
    calendar: list[Slot] = Field(default_factory=list)
    drafts: dict[str, DraftState] = Field(default_factory=dict)


CUSTOM_EVENTS: dict[str, type[BaseModel]] = {
    "marquee.agent_step": AgentStep,
    "marquee.artefact": ArtefactIdentity,
    "marquee.attempt": LaterAttempt,
    "marquee.clarify": Clarify,
    "marquee.model": ModelBadge,
    "marquee.proposed_action": ProposedAction,
    "marquee.stream_gap": StreamGap,
    "marquee.unsourced": Unsourced,
}
"""Names of our CUSTOM events (`docs/events.md`)."""


def encode(event: BaseEvent) -> bytes:
    """Encode an event as the JSON of one `data:` line."""
    return orjson.dumps(event.model_dump(mode="json", by_alias=True, exclude_none=True))


def run_started(thread_id: str, run_id: str) -> bytes:
    """RUN_STARTED with the client's own thread and run ids."""
    return encode(RunStartedEvent(type=EventType.RUN_STARTED, thread_id=thread_id, run_id=run_id))


def run_finished(thread_id: str, run_id: str, outcome: str, usage: list[dict[str, Any]]) -> bytes:
    """RUN_FINISHED with outcome success, interrupt or cancelled."""
    event: dict[str, Any] = {"thread_id": thread_id, "run_id": run_id, "outcome": {"type": outcome}}
    return encode(RunFinishedEvent.model_validate({"type": "RUN_FINISHED", **event, "usage": usage or None}))


def run_error(problem: dict[str, Any]) -> bytes:
    """RUN_ERROR: `code` is the problem's slug, the metadata holds the problem."""
    return encode(
        RunErrorEvent.model_validate(
            {
                "type": "RUN_ERROR",
                "code": problem["slug"],
                "message": problem["detail"],
                "metadata": {"problem": problem},
            }
        )
    )


def step_started(name: str) -> bytes:
    """STEP_STARTED; names are unique within a run."""
    return encode(StepStartedEvent(type=EventType.STEP_STARTED, step_name=name))


def step_finished(name: str) -> bytes:
    """STEP_FINISHED."""
    return encode(StepFinishedEvent(type=EventType.STEP_FINISHED, step_name=name))


def text_start(message_id: str) -> bytes:
    """TEXT_MESSAGE_START of an assistant message."""
    return encode(
        TextMessageStartEvent(type=EventType.TEXT_MESSAGE_START, message_id=message_id, role="assistant")
    )


def text_delta(message_id: str, delta: str) -> bytes:
    """TEXT_MESSAGE_CONTENT; built by hand since it comes once a token."""
    return orjson.dumps({"type": "TEXT_MESSAGE_CONTENT", "messageId": message_id, "delta": delta})


def text_end(message_id: str) -> bytes:
    """TEXT_MESSAGE_END."""
    return encode(TextMessageEndEvent(type=EventType.TEXT_MESSAGE_END, message_id=message_id))


def call_start(call_id: str, name: str, parent_id: str) -> bytes:
    """TOOL_CALL_START of an artefact, with the answer as its parent message."""
    return encode(
        ToolCallStartEvent(
            type=EventType.TOOL_CALL_START,
            tool_call_id=call_id,
            tool_call_name=name,
            parent_message_id=parent_id,
        )
    )


def call_args(call_id: str, delta: str) -> bytes:
    """TOOL_CALL_ARGS; built by hand since it comes once a token."""
    return orjson.dumps({"type": "TOOL_CALL_ARGS", "toolCallId": call_id, "delta": delta})


def call_end(call_id: str) -> bytes:
    """TOOL_CALL_END."""
    return encode(ToolCallEndEvent(type=EventType.TOOL_CALL_END, tool_call_id=call_id))


def call_result(call_id: str, result: dict[str, Any]) -> bytes:
    """TOOL_CALL_RESULT: the saved document with its checks and sources."""
    return encode(
        ToolCallResultEvent(
            type=EventType.TOOL_CALL_RESULT,
            message_id=f"{call_id}:result",
            tool_call_id=call_id,
            content=orjson.dumps(result).decode(),
            role="tool",
        )
    )


def custom(value: BaseModel) -> bytes:
    """One of our CUSTOM events, named after the class of `value`."""
    name = next(name for name, kind in CUSTOM_EVENTS.items() if type(value) is kind)
    return encode(
        CustomEvent(type=EventType.CUSTOM, name=name, value=value.model_dump(mode="json", exclude_none=True))
    )


def state_snapshot(state: Snapshot) -> bytes:
    """STATE_SNAPSHOT of the thread's open artefacts."""
    return encode(StateSnapshotEvent(type=EventType.STATE_SNAPSHOT, snapshot=state.model_dump(mode="json")))


def state_delta(operations: list[dict[str, Any]]) -> bytes:
    """STATE_DELTA as JSON patch (RFC 6902)."""
    return encode(StateDeltaEvent(type=EventType.STATE_DELTA, delta=operations))


def messages_snapshot(messages: Iterable[Message]) -> bytes:
    """MESSAGES_SNAPSHOT of one branch, root first, artefacts as tool calls with their results."""
    wire: list[dict[str, Any]] = []
    for message in messages:
        entry: dict[str, Any] = {"id": message.id, "role": message.role, "content": message.content}
        if message.artefacts:
            entry["toolCalls"] = [
                {
                    "id": artefact.tool_call_id,
                    "type": "function",
                    "function": {"name": artefact.name, "arguments": orjson.dumps(artefact.args).decode()},
                }
                for artefact in message.artefacts
            ]
        wire.append(entry)
        wire.extend(
            {
                "id": f"{artefact.tool_call_id}:result",
                "role": "tool",
                "toolCallId": artefact.tool_call_id,
                "content": orjson.dumps(artefact.result).decode(),
            }
            for artefact in message.artefacts
            if artefact.result is not None
        )
    return encode(MessagesSnapshotEvent.model_validate({"type": "MESSAGES_SNAPSHOT", "messages": wire}))


class OpenItems:
    """Track the open items of a log and return the events that close them.

    AG-UI clients reject the end of a run while a message, call or step is open, and events of items that were
    never opened: after a gap, `fits` says which events to skip.
    """

    def __init__(self) -> None:
        self.started = False
        self.ended = False
        self._texts: dict[str, None] = {}
        self._calls: dict[str, None] = {}
        self._steps: dict[str, None] = {}

    def feed(self, event: dict[str, Any]) -> None:
        """Record the next event."""
        kind = event["type"]
        if kind == "TEXT_MESSAGE_START":
            self._texts[event["messageId"]] = None
        elif kind == "TEXT_MESSAGE_END":
            self._texts.pop(event["messageId"], None)
        elif kind == "TOOL_CALL_START":
            self._calls[event["toolCallId"]] = None
        elif kind == "TOOL_CALL_END":
            self._calls.pop(event["toolCallId"], None)
        elif kind == "STEP_STARTED":
            self._steps[event["stepName"]] = None
        elif kind == "STEP_FINISHED":
            self._steps.pop(event["stepName"], None)
        elif kind == "RUN_STARTED":
            self.started = True
        elif kind in TERMINAL:
            self.ended = True

    def fits(self, event: dict[str, Any]) -> bool:
        """Return whether a client that saw the recorded events accepts `event`."""
        kind = event["type"]
        if kind == "RUN_STARTED":
            return not self.started
        if kind in {"TEXT_MESSAGE_CONTENT", "TEXT_MESSAGE_END"}:
            return event["messageId"] in self._texts
        if kind in {"TOOL_CALL_ARGS", "TOOL_CALL_END"}:
            return event["toolCallId"] in self._calls
        if kind == "STEP_FINISHED":
            return event["stepName"] in self._steps
        return not self.ended

    def closing(self) -> list[bytes]:
        """Return the events that close the open items, in an order that clients accept."""
        return [
            *(text_end(message_id) for message_id in self._texts),
            *(call_end(call_id) for call_id in self._calls),
            *(step_finished(name) for name in self._steps),
        ]
