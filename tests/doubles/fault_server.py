"""An OpenAI-compatible HTTP server on loopback that fails as it is told.

The fault of a request is the one that its header `x-fault` names, else the one in its model name
(`fault:stall`), else the next one that was planned, else none.

    async with fault_server() as server:
        server.plan("503", "ok")
        ... OPENAI_BASE_URL=server.url ...
        assert [call.fault for call in server.calls] == ["503", "ok"]
"""

from __future__ import annotations

import asyncio
import inspect
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

import httpx2
import orjson

from agents.fast_stream import Received as Merged
from tests.doubles.wire import DONE, Raw, Reply, ToolCall, chunk_of, plain_reply, prompt_of
from tests.patience import PATIENCE

FAULTS = frozenset(
    {
        "ok",
        "401",
        "404",
        "429",
        "429-credit",
        "500",
        "503",
        "hang",
        "slow-first-token",
        "stall",
        "cut",
        "cut-before-first-token",
        "error-event",
        "malformed",
        "broken-json-answer",
        "wrong-schema",
        "wrong-arguments",
        "unknown-tool",
        "empty",
        "length",
        "endless",
        "flood",
        "long-line",
        "long-error",
        "refusal",
        "missing-usage",
        "no-done",
        "context-openai",
        "context-llama",
        "context-vllm",
        "context-ollama",
    }
)

MUCH = 26_000_000
"""Bytes that no answer has."""

Answerer = Callable[[dict[str, Any]], Reply | Raw | Awaitable[Reply | Raw]]

_STATUS: dict[str, tuple[int, dict[str, Any]]] = {
    "401": (401, {"message": "Incorrect API key provided", "code": "invalid_api_key"}),
    "404": (404, {"message": "The model does not exist", "code": "model_not_found"}),
    "429": (429, {"message": "Rate limit reached", "type": "requests", "code": "rate_limit_exceeded"}),
    "429-credit": (429, {"message": "You exceeded your current quota", "code": "insufficient_quota"}),
    "500": (500, {"message": "The server had an error"}),
    "503": (503, {"message": "The model is overloaded"}),
    "context-openai": (
        400,
        {
            "message": "This model's maximum context length is 8192 tokens.",
            "code": "context_length_exceeded",
        },
    ),
    "context-llama": (
        400,
        {
            "code": 400,
            "message": "request (9000 tokens) exceeds the available context size (4096 tokens)",
            "type": "exceed_context_size_error",
        },
    ),
    "context-vllm": (
        400,
        {
            "message": "'max_tokens' or 'max_completion_tokens' is too large: 2048. This model's maximum "
            "context length is 4096 tokens and your request has 3000 input tokens.",
            "type": "BadRequestError",
            "code": 400,
        },
    ),
    "context-ollama": (400, {"message": "the input length exceeds the context length", "type": "api_error"}),
}


@dataclass
class Received:
    """One request as the server got it."""

    fault: str
    body: dict[str, Any]
    headers: dict[str, str]
    open: bool = True

    @property
    def prompt(self) -> str:
        """Its messages, readable."""
        return prompt_of(self.body)


class FaultServer:
    """A model server whose answers and faults a test decides."""

    def __init__(self, answer: Answerer = plain_reply, *, retry_after: float = 0.05) -> None:
        self.answer = self._well = answer
        self.retry_after = retry_after
        self.pause = 0.0
        self.models = ["fault-model"]
        self.calls: list[Received] = []
        self._plan: deque[str] = deque()
        self._server: asyncio.Server | None = None
        self._port = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Condition()

    @property
    def url(self) -> str:
        """What OPENAI_BASE_URL is set to."""
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def open_streams(self) -> int:
        """Chat requests that were neither answered nor given up by the client."""
        return sum(call.open for call in self.calls)

    def plan(self, *faults: str) -> None:
        """The faults of the next requests, in order; after them everything is well."""
        unknown = set(faults) - FAULTS
        if unknown:
            raise ValueError(f"unknown faults: {', '.join(sorted(unknown))}")
        self._plan.extend(faults)

    def calm(self) -> None:
        """Forget the calls and the planned faults, and answer as at first."""
        self.answer = self._well
        self.calls.clear()
        self._plan.clear()
        self.pause = 0.0

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition on `calls` or `open_streams`."""
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(condition)

    async def start(self) -> None:
        """Listen, on the same port as before if there was one."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Refuse connections from now on, and break the open ones."""
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a connection without a task")
        self._tasks.add(task)
        try:
            while await self._request(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        lines = (line.partition(":") for line in head[1:] if line)
        headers = {name.strip().lower(): value.strip() for name, _, value in lines}
        raw = await reader.readexactly(int(headers.get("content-length", 0)))
        path = head[0].split()[1]
        if path.endswith("/models"):
            _respond(writer, 200, {"data": [{"id": name, "object": "model"} for name in self.models]})
            return True
        if not path.endswith("/chat/completions"):
            _respond(writer, 404, {"error": {"message": f"no {path} here"}})
            return True
        body = orjson.loads(raw)
        call = Received(self._fault_of(body, headers), body, headers)
        self.calls.append(call)
        await self._tell()
        # End of input on the connection is the client going away.
        answering = asyncio.create_task(self._answer(call, writer))
        gone = asyncio.create_task(reader.read(1))
        try:
            await asyncio.wait({answering, gone}, return_when=asyncio.FIRST_COMPLETED)
            if gone.done() and not answering.done():
                return False
            gone.cancel()
            with suppress(asyncio.CancelledError):
                await gone
            return answering.result()
        finally:
            answering.cancel()
            gone.cancel()
            await asyncio.gather(answering, gone, return_exceptions=True)
            call.open = False
            await self._tell()

    def _fault_of(self, body: dict[str, Any], headers: dict[str, str]) -> str:
        fault = headers.get("x-fault")
        model = str(body.get("model", ""))
        if fault is None and model.startswith("fault:"):
            fault = model.removeprefix("fault:")
        if fault is None:
            fault = self._plan.popleft() if self._plan else "ok"
        if fault not in FAULTS:
            raise ValueError(f"unknown fault: {fault}")
        return fault

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _answer(self, call: Received, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; whether the connection may serve another."""
        fault = call.fault
        if fault == "long-error":
            _respond(writer, 500, {"error": {"message": "x" * MUCH}})
            await writer.drain()
            return True
        if fault in _STATUS:
            status, error = _STATUS[fault]
            limits = {"retry-after": f"{self.retry_after:g}"} if fault in {"429", "503"} else {}
            _respond(writer, status, {"error": error}, limits)
            await writer.drain()
            return True
        if fault == "hang":
            await asyncio.Event().wait()
        reply = self.answer(call.body)
        reply = await reply if inspect.isawaitable(reply) else reply
        if isinstance(reply, Raw):
            return await _send_raw(reply, writer)
        reply = _spoiled(reply, fault)
        writer.write(_head_lines(200, {"content-type": "text/event-stream", "transfer-encoding": "chunked"}))
        return await self._stream(call, reply, writer)

    async def _stream(self, call: Received, reply: Reply, writer: asyncio.StreamWriter) -> bool:
        fault = call.fault
        if fault in {"endless", "flood", "long-line"}:
            await _overflow(fault, writer)
        for number, event in enumerate(reply.chunks(str(call.body.get("model")))):
            if fault == "slow-first-token" and number == 1:
                await asyncio.Event().wait()
            if fault == "cut-before-first-token" and number == 1:
                return False
            if number == 3:
                if fault == "stall":
                    await asyncio.Event().wait()
                if fault == "cut":
                    _send(writer, event[: len(event) // 2])
                    await writer.drain()
                    return False
                if fault == "error-event":
                    event = b'data: {"error": {"message": "engine died", "code": 500}}\n\n'
                if fault == "malformed":
                    event = event[: len(event) // 2] + b"\n\n"
            _send(writer, event)
            await writer.drain()
            if self.pause:
                await asyncio.sleep(self.pause)
        if fault != "no-done":
            _send(writer, DONE)
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True


async def _send_raw(raw: Raw, writer: asyncio.StreamWriter) -> bool:
    headers = {"content-type": "text/event-stream", **raw.headers, "transfer-encoding": "chunked"}
    writer.write(_head_lines(raw.status, headers))
    for piece in raw.pieces:
        if isinstance(piece, bytes):
            _send(writer, piece)
            await writer.drain()
        else:
            await asyncio.sleep(piece)
    if not raw.cut:
        writer.write(b"0\r\n\r\n")
        await writer.drain()
    return not raw.cut


async def _overflow(fault: str, writer: asyncio.StreamWriter) -> None:
    """Write until the client has had enough."""
    if fault == "long-line":
        _send(writer, chunk_of("word " * (MUCH // 5)))
        await writer.drain()
    event = chunk_of("word ") if fault == "endless" else b": nothing new\n" * 10_000
    while True:
        _send(writer, event)
        await writer.drain()


def relayed(transport: httpx2.AsyncBaseTransport) -> Answerer:
    """Answers of another model on the same wire, for example the offline one."""

    async def answer(body: dict[str, Any]) -> Reply:
        request = httpx2.Request("POST", "http://relay.invalid/v1/chat/completions", json=body)
        response = await transport.handle_async_request(request)
        text = (await response.aread()).decode()
        merged = Merged()
        for line in text.splitlines():
            if line.startswith("data: {"):
                merged.add(orjson.loads(line[6:]))
        calls = [
            ToolCall(made["function"]["name"], made["function"]["arguments"], made["id"])
            for made in merged.calls()
        ]
        usage = merged.usage
        return Reply(
            merged.text,
            tuple(calls),
            merged.finish_reason or "",
            (usage["prompt_tokens"], usage["completion_tokens"]) if usage else None,
            pieces=max(len(merged.texts), 1),
        )

    return answer


def _spoiled(reply: Reply, fault: str) -> Reply:
    """The reply as a model with this fault would give it."""
    call = ToolCall("no_such_tool", '{"question": "x"}')
    if fault == "unknown-tool":
        return Reply(tool_calls=(call,))
    if fault == "wrong-arguments":
        return Reply(tool_calls=(replace(call, name="search_facts", arguments='{"nonsense": 1}'),))
    changes: dict[str, dict[str, Any]] = {
        "broken-json-answer": {"text": reply.text[: len(reply.text) // 2] + " oops"},
        "wrong-schema": {"text": '{"surprise": [1, 2, 3]}'},
        "empty": {"text": "", "tool_calls": ()},
        "length": {"finish_reason": "length"},
        "refusal": {"text": "", "extra": {"refusal": "I cannot help with that."}},
        "missing-usage": {"usage": None},
    }
    return replace(reply, **changes.get(fault, {}))


def _head_lines(status: int, headers: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode()


def _respond(
    writer: asyncio.StreamWriter, status: int, body: dict[str, Any], headers: dict[str, str] | None = None
) -> None:
    raw = orjson.dumps(body)
    told = {"content-type": "application/json", "content-length": str(len(raw)), **(headers or {})}
    writer.write(_head_lines(status, told) + raw)


def _send(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")


@asynccontextmanager
async def fault_server(
    answer: Answerer = plain_reply, *, retry_after: float = 0.05
) -> AsyncIterator[FaultServer]:
    """A running fault server on a free port."""
    server = FaultServer(answer, retry_after=retry_after)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
