"""Stream one completion from a provider: parse and merge chunks, with a deadline for every token.

The openai client builds typed objects for every chunk and LangChain merges messages for every chunk; both
dominate the CPU cost of a token. Here the client only sends the request (authentication, typed
HTTP errors, connection pool), the lines are parsed with orjson, and the merged chunk is handed to
langchain-openai's own converter once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import anyio
import httpx2
import openai
import orjson

from agents.answer_limits import MOST_LINE, OutputLimit, TooMuch
from agents.provider_errors import ProviderFailure, from_event, from_exception, unreachable
from core.errors import UnusableAnswer

# Seconds for what follows the last token: the usage, then the end of the body.
_USAGE_GRACE_SECONDS = 2.0
_END_GRACE_SECONDS = 0.2
# Characters that filters and the log process in about ten milliseconds.
_PART = 2_000


@dataclass(frozen=True)
class StreamTimeouts:
    """How long to wait for the first token, and then for each next one."""

    first_token: float
    stall: float


@dataclass
class Received:
    """The received part of an answer."""

    texts: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    tool_calls: dict[int, dict[str, Any]] = field(default_factory=dict)
    thoughts: list[str] = field(default_factory=list)
    size: int = 0
    finish_reason: str | None = None
    cut: bool = False
    done: bool = False
    usage: dict[str, Any] | None = None
    head: dict[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self.texts)

    @property
    def started(self) -> bool:
        """Whether a token was received."""
        return bool(self.texts or self.tool_calls or self.refusals or self.thoughts)

    @property
    def complete(self) -> bool:
        """Whether the provider reported the end of the answer."""
        return self.done or self.finish_reason is not None

    def spoken(self) -> str:
        """All generated text, including tool arguments and reasoning, for token estimates."""
        arguments = (f"{call['function']['name']}{call['function']['arguments']}" for call in self.calls())
        return "".join([*self.texts, *self.refusals, *self.thoughts, *arguments])

    def calls(self) -> list[dict[str, Any]]:
        """The tool calls in order."""
        return [self.tool_calls[index] for index in sorted(self.tool_calls)]

    def add(self, chunk: dict[str, Any]) -> str:
        """Merge a chunk and return the text that it adds."""
        usage = chunk.get("usage")
        if usage:
            self.usage = usage
        choices = chunk.get("choices")
        if not choices:
            return ""
        if not self.head:
            self.head = {name: chunk[name] for name in ("id", "model", "system_fingerprint") if name in chunk}
        choice = choices[0]
        if choice.get("finish_reason"):
            self.finish_reason = choice["finish_reason"]
        # Some servers send a schema-bound answer in one message.
        delta = choice.get("delta") or choice.get("message") or {}
        for call in delta.get("tool_calls") or ():
            self._add_call(call)
        self._keep(self.thoughts, delta.get("reasoning_content") or delta.get("reasoning"))
        self._keep(self.refusals, delta.get("refusal"))
        return self._keep(self.texts, delta.get("content"))

    def _keep(self, kind: list[str], text: str | None) -> str:
        if not text:
            return ""
        self.size += len(text.encode(errors="replace"))
        kind.append(text)
        return text

    def _add_call(self, call: dict[str, Any]) -> None:
        index = call.get("index")
        if index is None:
            index = len(self.tool_calls)
        function = call.get("function") or {}
        known = self.tool_calls.setdefault(
            index, {"index": index, "id": None, "type": "function", "function": {"name": "", "arguments": ""}}
        )
        known["id"] = known["id"] or call.get("id") or f"call_{index}"
        known["function"]["name"] += function.get("name") or ""
        arguments = function.get("arguments") or ""
        known["function"]["arguments"] += arguments
        self.size += len(arguments)

    def merged(self) -> dict[str, Any]:
        """Return the whole answer as one wire chunk."""
        delta: dict[str, Any] = {"role": "assistant", "content": self.text}
        if self.tool_calls:
            delta["tool_calls"] = self.calls()
        choice = {"index": 0, "delta": delta, "finish_reason": self.finish_reason or "stop"}
        return {**self.head, "choices": [choice], "usage": self.usage}


async def exchange(
    client: openai.AsyncOpenAI,
    payload: dict[str, Any],
    received: Received,
    on_text: Callable[[str], None],
    patience: StreamTimeouts,
    limit: OutputLimit,
) -> None:
    """Send `payload` and fill `received` until the provider says that it has finished.

    Cancellation closes the connection, so the provider stops generating. An answer that reaches its limit is
    closed too and gets the finish reason `length`.

    Raises:
        ProviderFailure: The provider refused, failed, stalled, disconnected, or sent too much.
    """
    now = asyncio.get_running_loop().time
    try:
        async with asyncio.timeout(patience.first_token) as deadline:
            # As extra body: the client transforms declared fields one by one, at the cost of fifty tokens.
            request = client.chat.completions.with_streaming_response.create(
                model=payload["model"], messages=[], stream=True, extra_body=payload
            )
            async with request as response, aclosing(_events(response)) as chunks:
                async for chunk in chunks:
                    if chunk is None:
                        received.done = True
                        deadline.reschedule(now() + _END_GRACE_SECONDS)
                        continue
                    text = _added(received, chunk)
                    if received.finish_reason is not None:
                        deadline.reschedule(now() + _USAGE_GRACE_SECONDS)
                    elif received.started:
                        _put_off(deadline, now() + patience.stall, patience.stall / 10)
                    if await limit.reached(received):
                        received.finish_reason = "length"
                        break
                    if text:
                        await _pass_on(text, on_text)
    except TimeoutError:
        if not received.complete:
            raise _silence(received, patience) from None
    except TooMuch as error:
        received.cut = True
        raise ProviderFailure(UnusableAnswer(str(error)), charged=True) from error
    except (openai.OpenAIError, httpx2.HTTPError, httpx2.StreamError, anyio.EndOfStream, OSError) as error:
        if not received.complete:
            raise from_exception(error) from error
    if not received.complete:
        raise unreachable("The model's answer broke off.", charged=True)


def _added(received: Received, chunk: dict[str, Any]) -> str:
    try:
        return received.add(chunk)
    except (AttributeError, KeyError, TypeError) as error:
        raise ProviderFailure(
            UnusableAnswer("The model's server sent an unknown event."), charged=True
        ) from error


async def _pass_on(text: str, on_text: Callable[[str], None]) -> None:
    """Forward a text; split a long one, so that the event loop is not blocked."""
    on_text(text[:_PART])
    for start in range(_PART, len(text), _PART):
        await asyncio.sleep(0)
        on_text(text[start : start + _PART])


def _put_off(deadline: asyncio.Timeout, to: float, at_least: float) -> None:
    """Move a deadline, but not for every token: resetting a timer costs as much as parsing one."""
    present = deadline.when()
    if present is None or abs(to - present) > at_least:
        deadline.reschedule(to)


def _events(response: openai.AsyncAPIResponse[Any]) -> AsyncGenerator[dict[str, Any] | None, None]:
    if "application/json" in response.headers.get("content-type", ""):
        return _whole(response)
    return _chunks(response.iter_bytes())


async def _whole(response: openai.AsyncAPIResponse[Any]) -> AsyncGenerator[dict[str, Any] | None, None]:
    """Parse the answer of a server that does not stream."""
    body = b""
    async for block in response.iter_bytes():
        body = _bounded(body + block)
    yield _parse(b"data:" + body.replace(b"\n", b" "))


async def _chunks(blocks: AsyncIterator[bytes]) -> AsyncGenerator[dict[str, Any] | None, None]:
    """Yield the events of a body: chunks, and None for the end mark."""
    rest = b""
    async for block in blocks:
        *lines, rest = (rest + block).split(b"\n")
        _bounded(rest)
        # Events of one received block are parsed without yielding to the event loop.
        await asyncio.sleep(0)
        for line in lines:
            chunk = _parse(_bounded(line))
            if chunk is not _NOTHING:
                yield chunk
    # Any other line without a newline was cut off.
    if rest.strip() == b"data: [DONE]":
        yield None


def _bounded(line: bytes) -> bytes:
    if len(line) > MOST_LINE:
        raise TooMuch("The model's server sent more at once than an answer can hold.")
    return line


_NOTHING: dict[str, Any] = {}


def _parse(line: bytes) -> dict[str, Any] | None:
    if not line.startswith(b"data:"):
        return _NOTHING
    data = line[5:].strip()
    if data == b"[DONE]":
        return None
    if not data:
        return _NOTHING
    try:
        chunk = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise ProviderFailure(UnusableAnswer("The model's server sent broken JSON."), charged=True) from error
    if not isinstance(chunk, dict):
        raise _unknown_event()
    if chunk.get("error"):
        raise from_event(chunk["error"])
    return chunk


def _unknown_event() -> ProviderFailure:
    return ProviderFailure(UnusableAnswer("The model's server sent an unknown event."), charged=True)


def _silence(received: Received, patience: StreamTimeouts) -> ProviderFailure:
    if received.started:
        return unreachable(f"The model fell silent for {patience.stall:g} seconds.", charged=True)
    return unreachable(f"The model said nothing for {patience.first_token:g} seconds.", charged=True)
