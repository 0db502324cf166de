"""Schemas that strict providers take."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from agents.schemas import strict_schema, tool_schema, without_lengths


class Inner(BaseModel):
    time: str = Field(pattern=r"^\d\d:\d\d$", description="HH:MM", default="09:00")
    kind: Literal["a", "b"] = "a"


class Outer(BaseModel):
    title: str = Field(max_length=50)
    body: str = Field(default="", max_length=100_000)
    pattern: str = ""
    count: int | None = Field(default=None, ge=1)
    items: list[Inner] = Field(min_length=1, max_length=20)
    notes: list[str] = []
    word: str | None = None


def _objects(schema: Any) -> list[dict[str, Any]]:
    if isinstance(schema, list):
        return [found for item in schema for found in _objects(item)]
    if not isinstance(schema, dict):
        return []
    own = [schema] if schema.get("type") == "object" else []
    return own + [found for value in schema.values() for found in _objects(value)]


def test_every_object_is_closed_and_every_field_required() -> None:
    objects = _objects(strict_schema(Outer))
    assert len(objects) == 2
    for found in objects:
        assert found["additionalProperties"] is False
        assert set(found["required"]) == set(found["properties"])


def test_unsupported_keywords_go_and_fields_of_their_name_stay() -> None:
    schema = strict_schema(Outer)
    text = str(schema)
    assert "'default'" not in text
    assert "\\\\d" not in text
    assert "pattern" in schema["properties"]
    assert schema["properties"]["title"]["maxLength"] == 50
    assert schema["properties"]["body"]["maxLength"] == 2_000
    assert schema["title"] == "Outer"


def test_every_text_ends_where_the_server_keeps_to_the_schema() -> None:
    properties = strict_schema(Outer, 300)["properties"]
    assert [properties[name]["maxLength"] for name in ("title", "body", "pattern")] == [50, 300, 300]
    assert properties["notes"]["items"]["maxLength"] == 300
    assert properties["word"]["anyOf"][0]["maxLength"] == 300


def test_openai_gets_no_lengths_of_texts() -> None:
    slim = without_lengths(strict_schema(Outer))
    assert "maxLength" not in slim["properties"]["title"]
    assert slim["properties"]["items"]["maxItems"] == 20


def test_a_tool_is_strict_on_the_wire() -> None:
    tool = tool_schema("find", "Find it.", Inner)
    assert tool["function"]["strict"] is True
    assert tool["function"]["parameters"]["additionalProperties"] is False
