"""What a strong router answers: actions with all their fields, as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from agents.route import Asked, Step
from tests.doubles.wire import Reply


def action(intent: str, **fields: Any) -> dict[str, Any]:
    """One action of a router's answer; what is not said is left as it is usually."""
    return Asked.model_validate({"intent": intent, **fields}).model_dump(mode="json")


def option(label: str, intent: str, **fields: Any) -> dict[str, Any]:
    """One answer to a question."""
    return {"label": label, "then": Step.model_validate({"intent": intent, **fields}).model_dump(mode="json")}


def routed(
    *actions: dict[str, Any], language: str | None = None, remember: Sequence[dict[str, str]] = ()
) -> Reply:
    """The router's answer."""
    return Reply(
        orjson.dumps({"actions": actions, "language": language, "remember": list(remember)}).decode()
    )


def is_router(body: dict[str, Any]) -> bool:
    """Whether a call is the router's."""
    return "\nagent: router\n" in str(body["messages"][-1]["content"])
