"""A driver listener that notes every command on tenant data without a business."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)

from memory.database import TENANT_COLLECTIONS
from memory.mongo import SYSTEM_SCAN

_SHAPE_ONLY = frozenset(
    {"create", "createIndexes", "collMod", "listIndexes", "drop", "dropIndexes", "getMore"}
)
"""Commands about a collection's shape, and `getMore`, whose `find` was held to the rule."""


class TenantListener(CommandListener):
    """Notes the commands that could reach another tenant; the driver swallows what a listener raises."""

    def __init__(self) -> None:
        self.leaks: list[str] = []

    def started(self, event: CommandStartedEvent) -> None:
        """Judge one command before it leaves."""
        command: Mapping[str, Any] = event.command
        name = event.command_name
        collection = command.get("collection") if name == "getMore" else command.get(name)
        if not isinstance(collection, str) or collection not in TENANT_COLLECTIONS or name in _SHAPE_ONLY:
            return
        if command.get("comment") == SYSTEM_SCAN:
            return
        conditions = list(_conditions(name, command))
        if not conditions or not all(_names_a_business(condition) for condition in conditions):
            self.leaks.append(f"{name} {collection}: {conditions}")

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Nothing to judge."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Nothing to judge."""


def _conditions(name: str, command: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Inserted documents, or the filters that choose documents; none for a command that is not known."""
    if name == "insert":
        yield from command["documents"]
    elif name == "find":
        yield command.get("filter", {})
    elif name == "update":
        yield from (update["q"] for update in command["updates"])
    elif name == "delete":
        yield from (delete["q"] for delete in command["deletes"])
    elif name in {"count", "distinct", "findAndModify"}:
        yield command.get("query", {})
    elif name == "aggregate":
        first = next(iter(command["pipeline"]), {})
        yield first.get("$match", {})


def _names_a_business(condition: Mapping[str, Any]) -> bool:
    wanted = condition.get("business_id")
    if isinstance(wanted, Mapping):
        among = wanted.get("$in")
        return (
            set(wanted) == {"$in"} and isinstance(among, list) and all(isinstance(one, str) for one in among)
        )
    return isinstance(wanted, str)
