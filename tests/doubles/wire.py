"""What model doubles say on the OpenAI wire: replies as streamed chunks, and answers that fit a schema."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

DONE = b"data: [DONE]\n\n"
_IN_PROMPT = re.compile(r"JSON schema:\n(\{.*\})")


@dataclass(frozen=True)
class ToolCall:
    """A tool call of a reply; `arguments` may be broken JSON."""

    name: str
    arguments: str = "{}"
    id: str = "call_1"


@dataclass(frozen=True)
class Reply:
    """One answer of a model."""

    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: str = ""
    usage: tuple[int, int] | None = (11, 7)
    pieces: int = 8
    extra: dict[str, Any] = field(default_factory=dict)

    def chunks(self, model: str) -> Iterator[bytes]:
        """The reply as server-sent events, without the end mark."""
        yield _event(model, {"role": "assistant", "content": "", **self.extra})
        for piece in _pieces(self.text, self.pieces):
            yield _event(model, {"content": piece})
        for index, call in enumerate(self.tool_calls):
            head = {"index": index, "id": call.id, "type": "function"}
            yield _event(model, {"tool_calls": [{**head, "function": {"name": call.name, "arguments": ""}}]})
            for piece in _pieces(call.arguments, 3):
                delta = {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}
                yield _event(model, delta)
        yield _event(model, {}, self.finish_reason or ("tool_calls" if self.tool_calls else "stop"))
        if self.usage is not None:
            tokens_in, tokens_out = self.usage
            usage = {"prompt_tokens": tokens_in, "completion_tokens": tokens_out}
            yield _data(
                {
                    **_head(model),
                    "choices": [],
                    "usage": {**usage, "total_tokens": tokens_in + tokens_out},
                }
            )


@dataclass(frozen=True)
class Raw:
    """An answer byte by byte: what is sent, and pauses in seconds; `cut` breaks the connection off."""

    pieces: tuple[bytes | float, ...]
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False

    @classmethod
    def error(cls, status: int, body: Any, headers: dict[str, str] | None = None) -> Raw:
        """A refusal."""
        told = {"content-type": "application/json", **(headers or {})}
        return cls((orjson.dumps(body),), status, told)


def chunk_of(text: str) -> bytes:
    """One server-sent event that adds a text."""
    return _event("m", {"content": text})


def schema_of(body: dict[str, Any]) -> dict[str, Any] | None:
    """The schema that a request asks its answer to fit."""
    asked = body.get("response_format") or {}
    if asked.get("type") == "json_schema":
        schema: dict[str, Any] | None = asked.get("json_schema", {}).get("schema")
        return schema
    told = _IN_PROMPT.search(prompt_of(body))
    return orjson.loads(told[1]) if told else None


def fitting(schema: dict[str, Any]) -> str:
    """The least JSON that fits `schema`."""
    return orjson.dumps(_value(schema, schema.get("$defs", {}), "")).decode()


def plain_reply(body: dict[str, Any]) -> Reply:
    """What a well-behaved model answers: JSON of the schema, the forced tool, or a sentence."""
    schema = schema_of(body)
    if schema is not None:
        return Reply(fitting(schema))
    choice = body.get("tool_choice")
    if isinstance(choice, dict):
        name = choice["function"]["name"]
        (tool,) = (tool for tool in body["tools"] if tool["function"]["name"] == name)
        return Reply(tool_calls=(ToolCall(name, fitting(tool["function"]["parameters"])),))
    return Reply("Here is a plain answer to what was asked.")


def prompt_of(body: dict[str, Any]) -> str:
    """The messages of a request, readable."""
    return "\n".join(f"[{message['role']}] {message.get('content')}" for message in body.get("messages", ()))


def _pieces(text: str, count: int) -> list[str]:
    size = max(len(text) // count, 1)
    return re.findall(rf"(?s).{{1,{size}}}", text)


def _head(model: str) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": model}


def _event(model: str, delta: dict[str, Any], finish_reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return _data({**_head(model), "choices": [choice]})


def _data(chunk: dict[str, Any]) -> bytes:
    return b"data: " + orjson.dumps(chunk) + b"\n\n"


def _value(schema: dict[str, Any], defs: dict[str, Any], name: str) -> Any:
    if "$ref" in schema:
        return _value(defs[schema["$ref"].rpartition("/")[2]], defs, name)
    if "anyOf" in schema:
        return _value(schema["anyOf"][0], defs, name)
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    kind = schema.get("type")
    if kind == "object":
        return {key: _value(inner, defs, key) for key, inner in schema.get("properties", {}).items()}
    if kind == "array":
        return [_value(schema["items"], defs, name) for _ in range(max(schema.get("minItems", 0), 1))]
    numbers = {"integer": schema.get("minimum", 1), "number": schema.get("minimum", 1.0)}
    plain = {"boolean": True, "null": None, **numbers}
    if kind in plain:
        return plain[kind]
    return {"local_time": "09:00", "start_date": "2027-03-01"}.get(name, f"Some {name or 'text'}")
