"""AG-UI frames read off the wire, and the grammar that stock clients hold them to."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, cast

import httpx
import orjson
from ag_ui_validate.pytest_plugin import assert_valid_agui

TERMINAL = {"RUN_FINISHED", "RUN_ERROR"}
OPENED_BY = {
    "TEXT_MESSAGE_CONTENT": ("TEXT_MESSAGE_START", "messageId"),
    "TEXT_MESSAGE_END": ("TEXT_MESSAGE_START", "messageId"),
    "TOOL_CALL_ARGS": ("TOOL_CALL_START", "toolCallId"),
    "TOOL_CALL_END": ("TOOL_CALL_START", "toolCallId"),
    "STEP_FINISHED": ("STEP_STARTED", "stepName"),
}
OPENERS = {"TEXT_MESSAGE_START": "messageId", "TOOL_CALL_START": "toolCallId", "STEP_STARTED": "stepName"}
CLOSERS = {"TEXT_MESSAGE_END", "TOOL_CALL_END", "STEP_FINISHED"}


@dataclass(frozen=True)
class Frame:
    """One server-sent event."""

    id: str | None
    event: dict[str, Any]

    @property
    def kind(self) -> str:
        """The event's type, or the name of a CUSTOM one."""
        return str(self.event["name"] if self.event["type"] == "CUSTOM" else self.event["type"])


async def read_frames(response: httpx.Response) -> AsyncGenerator[Frame]:
    """The frames of a stream as they come."""
    # httpx annotates an iterator, and gives a generator that wants to be closed.
    blocks = cast("AsyncGenerator[bytes]", response.aiter_bytes())
    async with aclosing(blocks):
        async for frame in _frames(blocks):
            yield frame


async def _frames(blocks: AsyncGenerator[bytes]) -> AsyncGenerator[Frame]:
    log_id: str | None = None
    rest = b""
    async for block in blocks:
        # Not by httpx: its lines also end at U+2028 and the like, which a text may hold.
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            if line.startswith(b"id: "):
                log_id = line[4:].strip().decode()
            elif line.startswith(b"data: "):
                yield Frame(log_id, orjson.loads(line[6:]))
                log_id = None


def check(events: Iterable[dict[str, Any]], *, ended: bool = True, started: bool = False) -> None:
    """Assert what `verifyEvents` of @ag-ui/client asserts, and that the stream ends properly.

    Args:
        events: What one reader received.
        ended: Whether the run's end belongs to it.
        started: Whether the reader had RUN_STARTED before: it resumed behind an id.
    """
    opened: set[tuple[str, str]] = set()
    over = False
    for event in events:
        kind = event["type"]
        assert not over, f"{kind} after the end"
        if kind == "RUN_STARTED":
            assert not started, "a second RUN_STARTED"
            started = True
            continue
        assert started, f"{kind} before RUN_STARTED"
        if kind in OPENERS:
            item = (kind, event[OPENERS[kind]])
            assert item not in opened, f"opened twice: {item}"
            opened.add(item)
        elif kind in OPENED_BY:
            opener, name = OPENED_BY[kind]
            item = (opener, event[name])
            assert item in opened, f"{kind} of what is not open: {item}"
            if kind in CLOSERS:
                opened.discard(item)
        elif kind == "CUSTOM" and event["name"] == "marquee.stream_gap":
            # Whoever resumes behind a lost place: what was open there counts as closed.
            opened.clear()
        elif kind in TERMINAL:
            assert not opened, f"open at the end: {opened}"
            over = True
    assert over or not ended, "no end"


def conform(events: list[dict[str, Any]]) -> None:
    """Assert what AG-UI's conformance suite demands of a whole stream, and that our names are namespaced."""
    saved = {
        event["toolCallId"]
        for event in events
        if event["type"] == "TOOL_CALL_RESULT"
        and orjson.loads(event["content"]).keys().isdisjoint({"superseded_by", "problem"})
    }
    begun = {event["toolCallId"] for event in events if event["type"] == "TOOL_CALL_START"}
    rules = {"AGUI903": "error"}
    if begun - saved:
        # The arguments of an output that was cut end within their JSON.
        rules["AGUI204"] = "off"
    assert_valid_agui(events, severity_overrides=rules, max_warnings=0)


def text(frames: Iterable[Frame]) -> str:
    """What the copilot said."""
    return "".join(frame.event["delta"] for frame in frames if frame.kind == "TEXT_MESSAGE_CONTENT")


def kinds(frames: Iterable[Frame]) -> list[str]:
    """The types in order."""
    return [frame.kind for frame in frames]
