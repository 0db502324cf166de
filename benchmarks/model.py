"""An OpenAI-compatible model server that streams at the requested rate, in its own process."""

from __future__ import annotations

import asyncio
import gc
import json
from functools import cache
from typing import Any

from benchmarks.wire import MODEL, asked, word

_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)
_MODELS = json.dumps({"object": "list", "data": [{"id": MODEL, "object": "model"}]}).encode()


def _event(data: bytes) -> bytes:
    text = b"data: " + data + b"\n\n"
    return b"%x\r\n%b\r\n" % (len(text), text)


def _chunk(delta: dict[str, Any] | None, finish: str | None = None, **more: Any) -> bytes:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    body = {
        "id": "bench",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": MODEL,
        "choices": choices,
        **more,
    }
    return _event(json.dumps(body, separators=(",", ":")).encode())


@cache
def _said(number: int) -> bytes:
    return _chunk({"content": word(number)})


@cache
def _end(words: int) -> bytes:
    usage = {"prompt_tokens": 500, "completion_tokens": words, "total_tokens": 500 + words}
    last = _chunk({}, "stop") + _chunk(None, usage=usage)
    return last + _event(b"[DONE]") + b"0\r\n\r\n"


class Connection(asyncio.Protocol):
    """One client connection, with sequential requests."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._buffer = b""
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the connection."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # for the type checker
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop writing."""
        if self._timer is not None:
            self._timer.cancel()

    def data_received(self, data: bytes) -> None:
        """Receive a request, and answer it when it is complete."""
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line[15:])
        if len(rest) < length:
            return
        self._buffer = rest[length:]
        self._close = b"\r\nconnection: close" in head.lower()
        if head.startswith(b"GET"):
            size = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            self._transport.write(size % len(_MODELS) + _MODELS)
            return
        self._words, self._rate = asked(rest[:length])
        self._next, self._began = 1, self._loop.time()
        self._transport.write(_HEAD + _chunk({"role": "assistant", "content": ""}) + _said(0))
        self._wait()

    def _wait(self) -> None:
        self._timer = self._loop.call_at(self._began + self._next / self._rate, self._go_on)

    def _go_on(self) -> None:
        due = min(int((self._loop.time() - self._began) * self._rate) + 1, self._words)
        pieces = [_said(number) for number in range(self._next, due)]
        self._next = due
        if due < self._words:
            self._transport.write(b"".join(pieces))
            self._wait()
            return
        self._transport.write(b"".join(pieces) + _end(self._words))
        if self._close:
            self._transport.close()


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", 0, backlog=1024)
    gc.freeze()
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
