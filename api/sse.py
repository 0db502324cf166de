"""A run's frames as server-sent events."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import cast

import anyio
from sse_starlette import EventSourceResponse

from core.errors import MarqueeError
from core.events import START, LogId, run_error
from services.run_stream import Frame

logger = logging.getLogger(__name__)

PING_SECONDS = 15
SEND_SECONDS = 30
FAREWELL_SECONDS = 1.0
"""Seconds for the last event of a stopping server."""

EVENT_ID = r"^([0-9]{1,9}-[0-9]{1,18})?$"
"""The last event id of a reader: `core/events.LogId`."""

RETRY = b"retry: 2000\n\n"
HEADERS = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}


class StreamCut(MarqueeError):
    """The server ends this stream; the run continues, and another request resumes it."""

    kind = "unavailable"
    slug = "stream-cut"
    title = "The stream was cut; the work goes on"


def last_event_id(header: str | None, query: str | None) -> LogId:
    """Return the last event id of a reader: the `Last-Event-ID` header, else the query parameter."""
    text = header or query
    return LogId.parse(text) if text else START


class _Farewell:
    """An event that sse-starlette sets when the server stops."""

    def __init__(self) -> None:
        self.waiting: anyio.CancelScope | None = None
        self.said = False

    def set(self) -> None:
        """Wake the reader: the server stops."""
        self.said = True
        if self.waiting is not None:
            self.waiting.cancel()


async def _until(frames: AsyncGenerator[Frame], farewell: _Farewell) -> AsyncIterator[Frame]:
    while not farewell.said:
        with anyio.CancelScope() as farewell.waiting:
            try:
                frame = await anext(frames)
            except StopAsyncIteration:
                return
        if farewell.waiting.cancelled_caught:
            break
        yield frame
    raise StreamCut("The server is stopping; resume in a moment.")


async def _lines(frames: AsyncGenerator[Frame], farewell: _Farewell) -> AsyncIterator[bytes]:
    yield RETRY
    try:
        async with aclosing(frames):
            async for log_id, event in _until(frames, farewell):
                if log_id is None:
                    yield b"data: %b\n\n" % event
                else:
                    yield b"id: %d-%d\ndata: %b\n\n" % (log_id.attempt, log_id.seq, event)
    except Exception as error:
        # AG-UI clients take a cut stream for a finished one, so send an error. It has no id: a reader resumes
        # after the last event of the run.
        if not isinstance(error, StreamCut):
            logger.exception("stream.cut")
            error = StreamCut()
        yield b"data: %b\n\n" % run_error(error.problem())


def event_stream(frames: AsyncGenerator[Frame], run_id: str) -> EventSourceResponse:
    """Return the response that streams a run."""
    farewell = _Farewell()
    return EventSourceResponse(
        _lines(frames, farewell),
        # sse-starlette only sets the event.
        shutdown_event=cast("anyio.Event", farewell),
        shutdown_grace_period=FAREWELL_SECONDS,
        ping=PING_SECONDS,
        send_timeout=SEND_SECONDS,
        sep="\n",
        headers={**HEADERS, "X-Run-Id": run_id},
    )
