"""What a model server was found to take and to do."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_serializer

from core.document import Document, Value

Feature = Literal[
    "stream_options",
    "max_tokens",
    "max_completion_tokens",
    "temperature",
    "tool_choice",
    "parallel_tool_calls",
    "strict",
    "json_schema",
    "json_object",
    "tools",
    "system",
    "stream",
]
"""A part of a request that some servers of the OpenAI wire refuse."""


class Dialect(Value, frozen=True):
    """What one model of one endpoint takes; None is what has not been seen yet.

    Attributes:
        refused: Parts of a request that it refused.
        ignores_schema: Whether it took a schema and did not keep to it: the prompt has to say it as well.
        most_output: Tokens that it lets an answer have at most, where it named a number.
        tools: Whether it called a tool that it was forced to call.
        bare_thoughts: Whether it ends thoughts with a tag that it never opened.
        open_ended: Whether it leaves its connection open after the last word.
        usage: Whether it reports the tokens that were used.
    """

    refused: frozenset[Feature] = frozenset()
    ignores_schema: bool = False
    most_output: int | None = None
    tools: bool | None = None
    bare_thoughts: bool | None = None
    open_ended: bool = False
    usage: bool | None = None

    def takes(self, feature: Feature) -> bool:
        """Whether a request may have this part."""
        return feature not in self.refused

    @field_serializer("refused")
    def _sorted(self, refused: frozenset[Feature]) -> list[Feature]:
        return sorted(refused)

    @property
    def answer_format(self) -> Literal["json_schema", "json_object", "prompt"]:
        """How a typed answer is asked for: the last way is to say it in the prompt only."""
        if self.takes("json_schema"):
            return "json_schema"
        return "json_object" if self.takes("json_object") else "prompt"

    def without(self, *features: Feature) -> Dialect:
        """The same, once these parts were refused."""
        return self.model_copy(update={"refused": self.refused | set(features)})


class ModelServer(Document):
    """The dialect of a model, kept so that no process has to be refused again."""

    endpoint: str
    model: str
    dialect: Dialect = Field(default_factory=Dialect)
