"""JSON schemas that strict providers and grammar-bound servers both take."""

from __future__ import annotations

from typing import Any

import openai
from pydantic import BaseModel

# Not taken by every provider; the answer is validated against the model afterwards in any case.
_DROPPED = {"title", "default", "examples", "pattern", "format", "discriminator", "uniqueItems"}
# OpenAI's strict mode refuses these; elsewhere they keep a weak model from writing without end.
_LENGTHS = {"minLength", "maxLength"}
# llama.cpp refuses a grammar with more repetitions.
_LONGEST_REPETITION = 2_000


def strict_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The schema of `model`: every field required, nothing additional, no unsupported keyword."""
    parameters: dict[str, Any] = dict(openai.pydantic_function_tool(model)["function"]["parameters"])
    return {"title": model.__name__, **_portable(parameters)}


def tool_schema(name: str, description: str, arguments: type[BaseModel]) -> dict[str, Any]:
    """A tool of the OpenAI wire with strict arguments."""
    schema = strict_schema(arguments)
    del schema["title"]
    function = {"name": name, "description": description, "parameters": schema, "strict": True}
    return {"type": "function", "function": function}


def without_lengths(schema: Any) -> Any:
    """The schema without the limits on texts that OpenAI does not take."""
    return _walk(schema, _LENGTHS)


def _portable(schema: dict[str, Any]) -> dict[str, Any]:
    walked: dict[str, Any] = _walk(schema, _DROPPED)
    return walked


def _walk(schema: Any, dropped: set[str]) -> Any:
    if isinstance(schema, list):
        return [_walk(item, dropped) for item in schema]
    if not isinstance(schema, dict):
        return schema
    walked: dict[str, Any] = {}
    for key, value in schema.items():
        if key in {"properties", "$defs"}:
            walked[key] = {name: _walk(inner, dropped) for name, inner in value.items()}
        elif key in {"enum", "const", "required"}:
            walked[key] = value
        elif key in {"maxLength", "maxItems"} and value > _LONGEST_REPETITION:
            continue
        elif key not in dropped:
            walked[key] = _walk(value, dropped)
    return walked
