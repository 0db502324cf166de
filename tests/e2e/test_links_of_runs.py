"""What a run saves is what it showed: a foreign link, an image or a tag is in neither."""

from __future__ import annotations

import re
from typing import Any

import orjson

from core.ids import new_id
from tests.doubles.fault_server import FaultServer
from tests.doubles.wire import Reply, fitting, schema_of
from tests.e2e.world import World

NASTY = (
    "Spring ![i](https://evil.example/i.png?q=S) <img src=//evil.example/x> <script>x</script>"
    " www.<x>evil.example/?q=S [page](https://evil.example/)"
)
FOREIGN = re.compile(r"(?:https?://|www\.|//)evil\.example|<img|<script|!\[")
PLAN = {
    "intent": "plan",
    "operation": None,
    "targets": [],
    "platforms": ["email"],
    "count": 1,
    "when": "2027-03-01/2027-03-07",
    "with_drafts": True,
}
WORDS = {"theme", "subject", "preheader", "body", "cta", "campaign", "brief", "summary", "segment"}


def nasty(value: Any, key: str = "") -> Any:
    """The value with something nasty in every text that is free."""
    match value:
        case dict():
            return {name: nasty(item, name) for name, item in value.items()}
        case list():
            return [nasty(item, key) for item in value]
    return NASTY if key in WORDS else value


async def test_what_is_saved_of_a_run_is_what_was_shown(served: World, model: FaultServer) -> None:
    async def answer(body: dict[str, Any]) -> Reply:
        schema = schema_of(body)
        if schema is None:
            return Reply(NASTY)
        value = nasty(orjson.loads(fitting(schema)))
        if "actions" in value:
            value = {"actions": [value["actions"][0] | PLAN], "language": None}
        return Reply(orjson.dumps(value).decode(), pieces=40)

    model.answer = answer
    thread = new_id()
    frames = await served.say("Plan an e-mail about spring", thread=thread)
    told = orjson.dumps([frame.event for frame in frames]).decode()
    shown = await served.thread(thread)
    drafts = await served.drafts()
    campaigns = (await served.client.get(f"/campaign?business_id={served.business_id}")).text
    assert len(drafts) == 1
    for text in (told, str(shown["messages"][1:]), str(drafts), campaigns):
        assert "Spring" in text
        assert FOREIGN.findall(text) == []
