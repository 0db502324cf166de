"""Stream one completion from a provider: parse and merge chunks, with a deadline for every token.

The openai client builds typed objects for every chunk and LangChain merges messages for every chunk; both
dominate the CPU cost of a token. Here the client only sends the request (authentication, typed
HTTP errors, connection pool), the lines are parsed with orjson, and the merged chunk is handed to
langchain-openai's own converter once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import anyio
import httpx2
import openai

from agents.answer_limits import OutputLimit, TooMuch
from agents.provider_errors import ProviderFailure, from_exception, unreachable
from agents.stream_events import events, mended
from agents.tool_deltas import ToolDeltas
from core.errors import UnusableAnswer

# Seconds for what follows the last chunk (the usage), and for what follows the end mark.
_LAST_GRACE_SECONDS = 2.0
_END_GRACE_SECONDS = 0.2
# Characters that filters and the log process in about ten milliseconds.
_PART = 2_000


@dataclass(frozen=True)
class StreamTimeouts:
    """How long to wait for the first token, and then for each next one."""

    first_token: float
    stall: float


# Finish reasons of other providers, by the one of OpenAI that they mean.
_REASONS = {
    **dict.fromkeys(("max_tokens", "max_output_tokens", "model_length", "token_limit"), "length"),
    **dict.fromkeys(
        ("safety", "recitation", "content_filtered", "prohibited_content", "blocklist", "spii"),
        "content_filter",
    ),
}
_NO_END = {"error", "abort", "aborted", "cancelled", "timeout", "insufficient_system_resource"}


@dataclass
class Received:
    """The received part of an answer.

    `size` is in bytes; `open_ended`: the server kept its connection open after the last word.
    """

    texts: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    tools: ToolDeltas = field(default_factory=ToolDeltas)
    thoughts: list[str] = field(default_factory=list)
    answer: str | None = None
    size: int = 0
    half: str = ""
    finish_reason: str | None = None
    cut: bool = False
    done: bool = False
    open_ended: bool = False
    usage: dict[str, Any] | None = None
    accounted: bool = False
    head: dict[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The text so far, as it came."""
        return "".join(self.texts)

    @property
    def started(self) -> bool:
        """Whether a token was received."""
        return bool(self.texts or self.tools or self.refusals or self.thoughts)

    @property
    def complete(self) -> bool:
        """Whether the provider reported the end of the answer."""
        return self.done or self.finish_reason is not None

    def spoken(self) -> str:
        """All generated text, including tool arguments and reasoning, for token estimates."""
        return "".join([*self.texts, *self.refusals, *self.thoughts, self.tools.text()])

    def calls(self) -> list[dict[str, Any]]:
        """The tool calls in order."""
        return self.tools.calls()

    def add(self, chunk: dict[str, Any]) -> str:
        """Merge a chunk and return the text that it adds."""
        usage = chunk.get("usage")
        if usage:
            self.usage = usage
        choices = chunk.get("choices")
        if not choices:
            self.accounted = self.accounted or bool(usage)
            return ""
        if not self.head:
            self.head = {name: chunk[name] for name in ("id", "model", "system_fingerprint") if name in chunk}
        choice = choices[0]
        # Some servers send a schema-bound answer in one message.
        delta = choice.get("delta") or choice.get("message") or {}
        content, text = delta.get("content"), ""
        if content:
            text = self._keep(self.texts, content if isinstance(content, str) else self._parts(content))
        if not content or len(delta) > 1 + ("role" in delta):
            self._add_others(delta)
        reason = choice.get("finish_reason")
        if reason:
            self._end(str(reason).lower())
        elif self.finish_reason is not None and (text or delta.get("tool_calls")):
            # A finish reason that is followed by text was none.
            self.finish_reason = None
        return text

    def _end(self, reason: str) -> None:
        if reason in _NO_END:
            raise unreachable(f"The model's server ended the answer with: {reason}.", charged=True)
        self.finish_reason = _REASONS.get(reason, reason)

    def _add_others(self, delta: dict[str, Any]) -> None:
        for call in delta.get("tool_calls") or ():
            self.size += self.tools.add(call)
        if call := delta.get("function_call"):
            self.size += self.tools.add({"index": 0, "function": call})
        if said := delta.get("reasoning_content") or delta.get("reasoning") or delta.get("thinking"):
            self._keep(self.thoughts, _words(said))
        if said := delta.get("refusal"):
            self._keep(self.refusals, _words(said))

    def _keep(self, kind: list[str], text: str) -> str:
        try:
            size = len(text.encode())
        except UnicodeEncodeError:
            text, self.half = mended(self.half + text)
            size = len(text.encode())
        self.size += size
        if text:
            kind.append(text)
        return text

    def _parts(self, content: Any) -> str:
        """Return the text of a content that is a list of parts; keep reasoning parts apart."""
        said = ""
        for part in content if isinstance(content, list) else [content]:
            kind = "" if isinstance(part, str) else str(part.get("type", ""))
            if "think" in kind or "reason" in kind or "thought" in kind:
                self._keep(self.thoughts, _words(part))
            else:
                said += _words(part)
        return said

    def merged(self) -> dict[str, Any]:
        """Return the whole answer as one wire chunk."""
        delta: dict[str, Any] = {
            "role": "assistant",
            "content": self.text if self.answer is None else self.answer,
        }
        if self.tools:
            delta["tool_calls"] = self.calls()
        choice = {"index": 0, "delta": delta, "finish_reason": self.finish_reason or "stop"}
        return {**self.head, "choices": [choice], "usage": self.usage}


def _words(part: Any) -> str:
    """Return the text of a part: a string, a list, or an object that has it under the name of its kind."""
    if isinstance(part, str):
        return part
    if isinstance(part, list):
        return "".join(map(_words, part))
    named = (part.get(name) for name in ("text", "thinking", "reasoning", "summary", "content", "value"))
    return _words(next(filter(None, named), ""))


async def exchange(
    client: openai.AsyncOpenAI,
    payload: dict[str, Any],
    received: Received,
    on_text: Callable[[str], None],
    patience: StreamTimeouts,
    limit: OutputLimit,
    ending: float | None = None,
) -> None:
    """Send `payload` and fill `received` until the provider says that it has finished.

    Cancellation closes the connection, so the provider stops generating. An answer that reaches its limit is
    closed too and gets the finish reason `length`. After a finish reason more text is accepted for `ending`
    seconds (those of a stall by default).

    Raises:
        ProviderFailure: The provider refused, failed, stalled, disconnected, or sent too much.
    """
    now = asyncio.get_running_loop().time
    ending = patience.stall if ending is None else ending
    try:
        async with asyncio.timeout(patience.first_token) as deadline:
            # As extra body: the client transforms declared fields one by one, at the cost of fifty tokens.
            request = client.chat.completions.with_streaming_response.create(
                model=payload["model"], messages=[], stream=True, extra_body=payload
            )
            async with request as response, aclosing(events(response.iter_bytes())) as chunks:
                async for chunk in chunks:
                    if chunk is None:
                        received.done = True
                        deadline.reschedule(now() + _END_GRACE_SECONDS)
                        continue
                    text = _added(received, chunk)
                    if received.finish_reason is not None:
                        grace = _LAST_GRACE_SECONDS if received.accounted else ending
                        deadline.reschedule(now() + grace)
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
        received.open_ended = not received.done
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


def _silence(received: Received, patience: StreamTimeouts) -> ProviderFailure:
    if received.started:
        return unreachable(f"The model fell silent for {patience.stall:g} seconds.", charged=True)
    return unreachable(f"The model said nothing for {patience.first_token:g} seconds.", charged=True)
