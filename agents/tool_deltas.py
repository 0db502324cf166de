"""Tool calls joined from their deltas, in every way that servers cut them."""

from __future__ import annotations

from typing import Any

import orjson

from agents.answer_text import first_json, is_object
from agents.stream_events import mended


class ToolDeltas:
    """The tool calls of one answer."""

    def __init__(self) -> None:
        self._calls: list[dict[str, Any]] = []
        self._by_index: dict[Any, dict[str, Any]] = {}

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._calls)

    def add(self, delta: dict[str, Any]) -> int:
        """Take the next delta by its index, else by its id, else as the last call's; its bytes."""
        function = delta.get("function") or delta
        name, arguments = function.get("name") or "", function.get("arguments")
        if arguments is None:
            arguments = ""
        elif not isinstance(arguments, str):
            arguments = orjson.dumps(arguments).decode()
        index, call_id = delta.get("index"), delta.get("id") or None
        call = self._meant(index, call_id, name, arguments)
        call["id"] = call["id"] or call_id
        known = call["function"]
        if name.startswith(known["name"]):
            # The whole name once more, or more of it than before.
            known["name"] = name
        elif name and not known["arguments"] and not known["name"].endswith(name):
            known["name"] += name
        known["arguments"] += arguments
        return len(arguments)

    def _meant(self, index: Any, call_id: str | None, name: str, arguments: str) -> dict[str, Any]:
        if index is not None:
            call = self._by_index.get(index)
        else:
            same = (call for call in self._calls if call_id and call["id"] == call_id)
            call = next(same, self._calls[-1] if self._calls else None)
        if call is None or _is_another(call, index, call_id, name, arguments):
            call = {"id": None, "type": "function", "function": {"name": "", "arguments": ""}}
            self._calls.append(call)
        if index is not None:
            self._by_index[index] = call
        return call

    def text(self) -> str:
        """All that the model wrote of them."""
        return "".join(f"{call['function']['name']}{call['function']['arguments']}" for call in self._calls)

    def calls(self) -> list[dict[str, Any]]:
        """The calls as the wire has them: each with a number, an own id and one object as arguments."""
        taken: set[str] = set()
        whole = []
        for index, call in enumerate(self._calls):
            call_id = call["id"] if call["id"] and call["id"] not in taken else f"call_{index}"
            taken.add(call_id)
            function = call["function"]
            function = {"name": function["name"], "arguments": _one_object(mended(function["arguments"])[0])}
            whole.append({"index": index, "id": call_id, "type": "function", "function": function})
        return whole


def _is_another(call: dict[str, Any], index: Any, call_id: str | None, name: str, arguments: str) -> bool:
    """Whether a delta begins another call, although its place is this one's."""
    if not name:
        return False
    known = call["function"]
    other_id = bool(call_id and call["id"] and call_id != call["id"])
    if not known["arguments"]:
        return other_id and name != known["name"]
    begins = other_id or (index is None and bool(arguments))
    return begins and is_object(known["arguments"])


def _one_object(arguments: str) -> str:
    """The first object of the arguments, also from inside a string; what is broken stays as it is."""
    if not arguments.strip():
        return "{}"
    try:
        value = first_json(arguments)
        value = first_json(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return arguments
    if not isinstance(value, dict) or is_object(arguments):
        return arguments
    return orjson.dumps(value).decode()
