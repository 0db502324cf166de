"""The OpenAI API as an in-process HTTP transport; embedder and tokenizer are passed in."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx2

from agents.offline import answering, editing, planning, routing, varying, writing
from agents.offline.reading import Embed, Material, Meaning, number_from, read, spoken

MODEL = "offline-demo"

_CHUNK = re.compile(r"\s*\S{1,8}|\s+")
_LOOKUPS = ("search_memory", "search_facts")
_FIRST_QUESTION = (
    "<task>\nagent: router\nlanguage: en\ntoday: 2027-01-01\nrequest: Plan a week of posts\n</task>"
)
_NOT_OURS = "This is the offline demo model. It writes only from Marquee’s own prompts."


@dataclass(frozen=True)
class _Reply:
    """An answer: a text or tool calls, and its usage."""

    id: str
    text: str
    calls: list[dict[str, Any]]
    finish: str
    usage: dict[str, int] = field(default_factory=dict)


class OfflineTransport(httpx2.AsyncBaseTransport):
    """Answers `POST /chat/completions` and `GET /models` like an OpenAI server, from the prompt alone.

    The same prompt gets the same answer. Texts are paced at `tokens_per_second`.
    """

    def __init__(self, embed: Embed, count_tokens: Callable[[str], int], tokens_per_second: float) -> None:
        self._meaning = Meaning(embed)
        self._count = count_tokens
        self._pace = tokens_per_second
        # Embedding is CPU work: one thread keeps the event loop free and owns the cache.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="offline-model")

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request."""
        path = request.url.path.rstrip("/")
        if request.method == "GET" and path.endswith("/models"):
            model = {"id": MODEL, "object": "model", "created": 0, "owned_by": "marquee"}
            return _json(200, {"object": "list", "data": [model]})
        if request.method != "POST" or not path.endswith("/chat/completions"):
            return _error(404, f"There is nothing at {request.method} {path}.")
        try:
            asked = json.loads(await request.aread())
            messages = asked["messages"]
            roles = {message["role"] for message in messages}
        except (ValueError, TypeError, KeyError):
            return _error(400, "The body must be a JSON object with messages.")
        if not roles:
            return _error(400, "There are no messages.")
        loop = asyncio.get_running_loop()
        reply = await loop.run_in_executor(self._thread, self._reply, asked)
        if asked.get("stream"):
            include_usage = bool((asked.get("stream_options") or {}).get("include_usage"))
            stream = _Paced(_events(reply, include_usage), self._pace)
            return httpx2.Response(200, headers={"content-type": "text/event-stream"}, stream=stream)
        await asyncio.sleep(reply.usage["completion_tokens"] / self._pace)
        return _json(200, _whole(reply))

    async def warm(self) -> None:
        """Load the weights and the labelled examples ahead of the first request."""
        hello = {"role": "user", "content": _FIRST_QUESTION}
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._reply, {"messages": [hello]})

    async def aclose(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _reply(self, asked: Mapping[str, Any]) -> _Reply:
        messages = asked["messages"]
        material = read(messages)
        answer_id = f"chatcmpl-{number_from(*(spoken(message) for message in messages)):016x}"
        calls = _lookups(material, asked)
        text = "" if calls else self._text(material, _fields_of(asked))
        most = asked.get("max_completion_tokens") or asked.get("max_tokens")
        written = text + "".join(call["function"]["arguments"] for call in calls)
        count = self._count(written)
        finish = "tool_calls" if calls else "stop"
        if most and text and count > most:
            text, count, finish = text[: len(text) * most // count], most, "length"
        read_tokens = sum(self._count(spoken(message)) + 4 for message in messages)
        usage = {
            "prompt_tokens": read_tokens,
            "completion_tokens": max(count, 1),
            "total_tokens": read_tokens + max(count, 1),
        }
        return _Reply(answer_id, text, calls, finish, usage)

    def _text(self, material: Material, fields: Sequence[str] = ()) -> str:
        match material.agent, material.task.get("platform"):
            case "router", _:
                value = routing.understand(material, self._meaning)
            case "strategy", _:
                value = planning.plan(material, self._meaning)
            case "editor", _:
                value = editing.edit(material, self._meaning)
            case "variants", _:
                value = varying.variants(material, self._meaning)
            case "copywriter", "email":
                value = writing.email(material, self._meaning)
            case "copywriter", "sms":
                value = writing.sms(material, self._meaning)
            case "copywriter", _:
                value = writing.post(material, self._meaning)
            case "copilot", _:
                return answering.answer(material, self._meaning)
            case _:
                return _NOT_OURS
        return json.dumps(value | {name: "" for name in fields if name not in value}, ensure_ascii=False)


class _Paced(httpx2.AsyncByteStream):
    """Server-sent events at the speed of a model; ends when the reader disconnects."""

    def __init__(self, events: Iterator[tuple[str, int]], tokens_per_second: float) -> None:
        self._events = events
        self._pace = tokens_per_second

    async def __aiter__(self) -> AsyncIterator[bytes]:
        started, written = time.monotonic(), 0
        for data, tokens in self._events:
            written += tokens
            await asyncio.sleep(max(started + written / self._pace - time.monotonic(), 0))
            yield f"data: {data}\n\n".encode()


def _events(reply: _Reply, include_usage: bool) -> Iterator[tuple[str, int]]:
    """Yield the chunks of a reply with the number of tokens of each."""
    head = {"id": reply.id, "object": "chat.completion.chunk", "created": 0, "model": MODEL}

    def chunk(delta: dict[str, Any], finish: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return json.dumps({**head, "choices": [choice]}, ensure_ascii=False)

    yield chunk({"role": "assistant", "content": ""}), 0
    pieces = _CHUNK.findall(reply.text)
    share, carried = reply.usage["completion_tokens"] / max(len(pieces), 1), 0.0
    for piece in pieces:
        carried += share
        yield chunk({"content": piece}), int(carried)
        carried -= int(carried)
    for index, call in enumerate(reply.calls):
        yield chunk({"tool_calls": [{"index": index, **call}]}), 1
    yield chunk({}, reply.finish), 0
    if include_usage:
        yield json.dumps({**head, "choices": [], "usage": reply.usage}), 0
    yield "[DONE]", 0


def _whole(reply: _Reply) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": reply.text or None, "refusal": None}
    if reply.calls:
        message["tool_calls"] = reply.calls
    return {
        "id": reply.id,
        "object": "chat.completion",
        "created": 0,
        "model": MODEL,
        "choices": [{"index": 0, "message": message, "finish_reason": reply.finish}],
        "usage": reply.usage,
    }


def _lookups(material: Material, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the tool calls of a copywriter: one round, in parallel, with the tools that it was offered."""
    seen = any(message.get("role") == "tool" for message in asked["messages"])
    if material.agent != "copywriter" or seen or asked.get("tool_choice") == "none":
        return []
    theme = material.task.get("theme") or material.task.get("request", "")
    calls = []
    for tool in asked.get("tools") or []:
        function = tool.get("function") or {}
        name = function.get("name")
        if name not in _LOOKUPS:
            continue
        schema = function.get("parameters") or {}
        wanted = schema.get("required") or []
        arguments = {key: theme for key in wanted if schema["properties"][key].get("type") == "string"}
        identity = f"call_{number_from(material.text, name):016x}"
        shown = {"name": name, "arguments": json.dumps(arguments, ensure_ascii=False)}
        calls.append({"id": identity, "type": "function", "function": shown})
    return calls


def _fields_of(asked: Mapping[str, Any]) -> list[str]:
    """The fields that the answer must have; those that this model knows nothing for stay empty."""
    schema = (asked.get("response_format") or {}).get("json_schema", {}).get("schema", {})
    return list(schema.get("required", ()))


def _json(status: int, body: dict[str, Any]) -> httpx2.Response:
    content = json.dumps(body, ensure_ascii=False).encode()
    return httpx2.Response(status, headers={"content-type": "application/json"}, content=content)


def _error(status: int, message: str) -> httpx2.Response:
    return _json(status, {"error": {"message": message, "type": "invalid_request_error", "code": None}})
