"""HTTP connections that send and take in time, or are closed; the slowest give way to others."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


@dataclass(frozen=True)
class Bounds:
    """What a connection may use up.

    Attributes:
        head_seconds: From its first byte, or the connection's start, to the end of a request's headers.
        head_bytes: The length of these.
        body_seconds: From there to the end of its body.
        write_seconds: How long nothing may be taken of an answer while too much of it waits.
        unfinished: Connections that still owe the rest of a request; one more closes the oldest.
    """

    head_seconds: float = 10.0
    head_bytes: int = 65_536
    body_seconds: float = 60.0
    write_seconds: float = 60.0
    unfinished: int = 1_000


class BoundedConnection(HttpToolsProtocol):
    """One connection; uvicorn itself bounds only the idle time between two requests."""

    bounds: ClassVar[Bounds]
    unfinished: ClassVar[dict[BoundedConnection, None]]

    _receiving: asyncio.TimerHandle | None = None
    _sending: asyncio.TimerHandle | None = None
    _head_bytes: int | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Wait for the first request."""
        super().connection_made(transport)
        self._await_request()

    def data_received(self, data: bytes) -> None:
        """Take what was sent; it prolongs no deadline."""
        if self._receiving is None:
            self._await_request()
        if self._head_bytes is not None:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._head_bytes is not None and self._head_bytes > self.bounds.head_bytes:
            self.transport.abort()

    def on_headers_complete(self) -> None:
        """Wait for the body."""
        super().on_headers_complete()
        self._head_bytes = None
        self._await_rest(self.bounds.body_seconds)

    def on_message_complete(self) -> None:
        """Wait for nothing: the answer is our business."""
        super().on_message_complete()
        self._await_nothing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let everything go."""
        self._await_nothing()
        self.resume_writing()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Wait until some of the answer is taken."""
        super().pause_writing()
        self._sending = self.loop.call_later(self.bounds.write_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Some was taken."""
        super().resume_writing()
        if self._sending is not None:
            self._sending.cancel()
            self._sending = None

    def _await_request(self) -> None:
        self._head_bytes = 0
        self._await_rest(self.bounds.head_seconds)
        self.unfinished[self] = None
        if len(self.unfinished) > self.bounds.unfinished:
            oldest = next(iter(self.unfinished))
            del self.unfinished[oldest]
            oldest.transport.abort()

    def _await_rest(self, seconds: float) -> None:
        if self._receiving is not None:
            self._receiving.cancel()
        self._receiving = self.loop.call_later(seconds, self.transport.abort)

    def _await_nothing(self) -> None:
        self._head_bytes = None
        self.unfinished.pop(self, None)
        if self._receiving is not None:
            self._receiving.cancel()
            self._receiving = None


def bounded_connections(bounds: Bounds | None = None) -> type[BoundedConnection]:
    """The connections of one server, as uvicorn's option `http` takes them."""
    return type("Connection", (BoundedConnection,), {"bounds": bounds or Bounds(), "unfinished": {}})
