"""A run's frames as server-sent events."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from sse_starlette import EventSourceResponse

from core.errors import InvalidFields, MarqueeError
from core.events import START, LogId, run_error
from services.following import Frame

logger = logging.getLogger(__name__)

PING_SECONDS = 15
SEND_SECONDS = 30
RETRY = b"retry: 2000\n\n"
HEADERS = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}


class StreamCut(MarqueeError):
    """The server cannot go on with this stream; the run does, and another request resumes it."""

    kind = "unavailable"
    slug = "stream-cut"
    title = "The stream was cut; the work goes on"


def last_event_id(header: str | None, query: str | None) -> LogId:
    """Where a reader wants to go on: the `Last-Event-ID` header, else the query parameter."""
    text = header or query
    if not text:
        return START
    try:
        return LogId.parse(text)
    except ValueError as error:
        raise InvalidFields([{"field": "Last-Event-ID", "message": str(error)}]) from error


async def _lines(frames: AsyncGenerator[Frame]) -> AsyncIterator[bytes]:
    yield RETRY
    try:
        async with aclosing(frames):
            async for log_id, event in frames:
                if log_id is None:
                    yield b"data: %b\n\n" % event
                else:
                    yield b"id: %d-%d\ndata: %b\n\n" % (log_id.attempt, log_id.seq, event)
    except Exception:
        # A cut stream looks finished to stock clients, so it says what it is. It has no id: whoever
        # resumes goes on behind the last event of the run.
        logger.exception("stream.cut")
        yield b"data: %b\n\n" % run_error(StreamCut().problem())


def event_stream(frames: AsyncGenerator[Frame], run_id: str) -> EventSourceResponse:
    """The answer that streams a run."""
    return EventSourceResponse(
        _lines(frames),
        ping=PING_SECONDS,
        send_timeout=SEND_SECONDS,
        sep="\n",
        headers={**HEADERS, "X-Run-Id": run_id},
    )
