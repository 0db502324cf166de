"""HTTP connections with deadlines for headers, body and reading, and a limit of unfinished requests."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


@dataclass(frozen=True)
class Bounds:
    """The limits of a connection.

    Attributes:
        head_seconds: Seconds from the first byte, or the start of the connection, to the end of the headers.
        head_bytes: Limit of the headers in bytes.
        body_seconds: Seconds from there to the end of the body.
        write_seconds: Seconds without progress of the client while the write buffer is full.
        unfinished: Limit of connections with an incomplete request; one more closes the oldest.
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
        """Start the deadline of the first request."""
        super().connection_made(transport)
        self._await_request()

    def data_received(self, data: bytes) -> None:
        """Receive data; does not extend a deadline."""
        if self._receiving is None:
            self._await_request()
        if self._head_bytes is not None:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._head_bytes is not None and self._head_bytes > self.bounds.head_bytes:
            self.transport.abort()

    def on_headers_complete(self) -> None:
        """Start the deadline of the body."""
        super().on_headers_complete()
        self._head_bytes = None
        self._await_rest(self.bounds.body_seconds)

    def on_message_complete(self) -> None:
        """Clear the deadline: the request is complete."""
        super().on_message_complete()
        self._await_nothing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Clear the deadlines."""
        self._await_nothing()
        self.resume_writing()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Start the deadline of the client to read."""
        super().pause_writing()
        self._sending = self.loop.call_later(self.bounds.write_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Clear the deadline of the client to read."""
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
    """Return the connection class of one server, for uvicorn's option `http`."""
    return type("Connection", (BoundedConnection,), {"bounds": bounds or Bounds(), "unfinished": {}})
