"""JSON schemas that strict providers and grammar-bound servers both take."""

from __future__ import annotations

from typing import Any

import openai
from pydantic import BaseModel
from pydantic.config import JsonDict

# Not taken by every provider; the answer is validated against the model afterwards in any case.
_DROPPED = {"title", "default", "examples", "pattern", "format", "discriminator", "uniqueItems"}
# OpenAI's strict mode refuses these; elsewhere they keep a weak model from writing without end.
_LENGTHS = {"minLength", "maxLength"}
LONGEST_REPETITION = 2_000
"""llama.cpp refuses a grammar with more repetitions."""


def held_to(most: int, least: int = 0) -> JsonDict:
    """Characters that a weak model is held to where its server keeps schemas; the type may take more."""
    return {"maxLength": most, "minLength": least} if least else {"maxLength": most}


def strict_schema(model: type[BaseModel], longest: int = LONGEST_REPETITION) -> dict[str, Any]:
    """The schema of `model`: every field required, nothing additional, no unsupported keyword.

    Args:
        model: The type of the answer.
        longest: Characters that one text may have at most, where the server keeps to a schema's lengths.
    """
    parameters: dict[str, Any] = dict(openai.pydantic_function_tool(model)["function"]["parameters"])
    return {"title": model.__name__, **_bounded(_walk(parameters, _DROPPED), longest)}


def tool_schema(name: str, description: str, arguments: type[BaseModel]) -> dict[str, Any]:
    """A tool of the OpenAI wire with strict arguments."""
    schema = strict_schema(arguments)
    del schema["title"]
    function = {"name": name, "description": description, "parameters": schema, "strict": True}
    return {"type": "function", "function": function}


def without_lengths(schema: Any) -> Any:
    """The schema without the limits on texts that OpenAI does not take."""
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
