"""How each operation is called, and whose id stands in each of its fields.

A new operation with an id field, or one that changes something, needs one recipe here; the matrix fails
without it. A field is written as in `fields_of`: `path:id`, `query:campaign_id`, `body:facts[].id`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.ids import new_id
from tests.integration.api.world import World


@dataclass(frozen=True)
class Recipe:
    """One operation.

    Attributes:
        ids: For every id field the noun of `World.ids` that stands in it, or several (`run|run_name`).
        body: The JSON body that a user sends about their own things.
        query: Further query parameters.
        free: Fields that take any name, since a client invents it: somebody else's name is then just a
            name, so it is not 404, but nothing of theirs may be shown or changed.
        works: Whether a worker must end the run that is started, or the answer never ends.
        after: The operation that gives this one something to do, each time that it is called.
    """

    ids: Mapping[str, str] = field(default_factory=dict)
    body: Callable[[World], Any] | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    free: frozenset[str] = frozenset()
    works: bool = False
    after: str = ""


def _new_facts(world: World) -> Any:
    return {"facts": [{"id": world.ids["fact"], "key": "Loaf", "value": "4 €"}]}


def _words(world: World) -> Any:
    """A message in a new thread; its names are new each time, as a client's are."""
    return {
        "threadId": new_id(),
        "runId": new_id(),
        "messages": [{"id": "1", "role": "user", "content": "Hello"}],
        "forwardedProps": {"marquee": {"campaign_id": world.ids["campaign"]}},
    }


RECIPES: dict[str, Recipe] = {
    # business
    "create_business": Recipe(body=lambda _: {"business_name": "Second", "industry": "Bakery"}),
    "list_businesses": Recipe(),
    "get_business": Recipe({"path:id": "business"}),
    "change_business": Recipe({"path:id": "business"}, lambda _: {"brand_voice": "Plain"}),
    "delete_business": Recipe({"path:id": "business"}, query={"cascade": "true"}),
    "get_facts": Recipe({"path:id": "business"}),
    "replace_facts": Recipe({"path:id": "business", "body:facts[].id": "fact"}, _new_facts),
    "get_usage": Recipe({"path:id": "business"}),
    "list_memories": Recipe({"path:id": "business"}),
    "delete_memory": Recipe({"path:id": "business", "path:memory_id": "memory"}),
    # campaign
    "create_campaign": Recipe(
        {"body:business_id": "business"}, lambda world: {"business_id": world.ids["business"], "name": "June"}
    ),
    "list_campaigns": Recipe({"query:business_id": "business"}),
    "get_campaign": Recipe({"path:id": "campaign"}),
    "change_campaign": Recipe({"path:id": "campaign"}, lambda _: {"goal": "More"}),
    "change_slot": Recipe(
        {"path:id": "campaign", "path:slot_id": "slot"}, lambda _: {"local_time": "2099-03-01T09:00"}
    ),
    "delete_campaign": Recipe({"path:id": "campaign"}, query={"cascade": "true"}),
    "get_calendar": Recipe({"path:campaign_id": "campaign"}),
    # content
    "list_content": Recipe({"query:business_id": "business", "query:campaign_id": "campaign"}),
    "get_content": Recipe({"path:id": "content"}),
    "change_content": Recipe({"path:id": "content"}, lambda _: {"title": f"Mine {new_id()}"}),
    "list_versions": Recipe({"path:id": "content"}),
    "restore_content": Recipe({"path:id": "content"}, lambda _: {"revision": 1}, after="change_content"),
    "delete_content": Recipe({"path:id": "content"}),
    # copilot
    "run_copilot": Recipe(
        {
            "path:id": "business",
            "body:threadId": "thread|thread_name",
            "body:runId": "run|run_name",
            "body:forwardedProps.marquee.campaign_id": "campaign",
            "body:forwardedProps.marquee.parent_id": "message",
            "body:forwardedProps.marquee.slot_ids": "slot",
        },
        _words,
        free=frozenset({"body:threadId", "body:runId"}),
        works=True,
    ),
    "get_run": Recipe({"path:reference": "run|run_name"}),
    "stream_run": Recipe({"path:reference": "run|run_name"}, free=frozenset({"query:last_event_id"})),
    "cancel_run": Recipe({"path:reference": "run|run_name"}),
    "list_threads": Recipe({"path:id": "business"}),
    "list_messages": Recipe({"path:reference": "thread|thread_name"}),
    "get_thread": Recipe({"path:reference": "thread|thread_name"}),
    "rename_thread": Recipe({"path:reference": "thread|thread_name"}, lambda _: {"title": "Mine"}),
    "delete_thread": Recipe({"path:reference": "thread|thread_name"}),
    # account
    "end_session": Recipe({"path:session_id": "session"}),
    "end_other_sessions": Recipe(),
}
