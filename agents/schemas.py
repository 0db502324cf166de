"""JSON schemas that strict providers and grammar-based servers accept."""

from __future__ import annotations

from typing import Any

import openai
from pydantic import BaseModel
from pydantic.config import JsonDict

# Not accepted by every provider; the answer is validated afterwards anyway.
_DROPPED = {"title", "default", "examples", "pattern", "format", "discriminator", "uniqueItems"}
# OpenAI's strict mode rejects these; elsewhere they stop endless output of weak models.
_LENGTHS = {"minLength", "maxLength"}
LONGEST_REPETITION = 2_000
"""Limit of repetitions in a llama.cpp grammar."""


def held_to(most: int, least: int = 0) -> JsonDict:
    """Limit a text for servers that enforce schemas; validation may accept more."""
    return {"maxLength": most, "minLength": least} if least else {"maxLength": most}


def strict_schema(model: type[BaseModel], longest: int = LONGEST_REPETITION) -> dict[str, Any]:
    """Return the schema of `model`: all fields required, none additional, no unsupported keyword.

    Args:
        model: The type of the answer.
        longest: Limit in characters of one text, for servers that enforce lengths.
    """
    parameters: dict[str, Any] = dict(openai.pydantic_function_tool(model)["function"]["parameters"])
    return {"title": model.__name__, **_bounded(_walk(parameters, _DROPPED), longest)}


def tool_schema(name: str, description: str, arguments: type[BaseModel]) -> dict[str, Any]:
    """Return an OpenAI tool with strict arguments."""
    schema = strict_schema(arguments)
    del schema["title"]
    function = {"name": name, "description": description, "parameters": schema, "strict": True}
    return {"type": "function", "function": function}


def without_lengths(schema: Any) -> Any:
    """Remove the text limits that OpenAI rejects."""
    return _walk(schema, _LENGTHS)


def _bounded(schema: Any, longest: int) -> Any:
    if isinstance(schema, list):
        return [_bounded(item, longest) for item in schema]
    if not isinstance(schema, dict):
        return schema
    bounded = {key: _bounded(value, longest) for key, value in schema.items()}
    if schema.get("type") == "string" and "enum" not in schema:
        bounded["maxLength"] = min(schema.get("maxLength", longest), longest)
    return bounded


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
        elif key not in dropped:
            walked[key] = _walk(value, dropped)
    return walked
