"""Whole runs on a model server that refuses half of what it is sent, and thinks aloud."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from inspect import isawaitable
from typing import Any

import orjson

from core.ids import new_id
from tests.doubles.fault_server import Answerer, FaultServer
from tests.doubles.wire import Raw, Reply
from tests.e2e.conftest import served_by
from tests.e2e.grammar import check
from tests.e2e.world import PLAN, World, working

REFUSED = {
    "response_format": "This response_format type is unavailable now",
    "max_tokens": "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
    "stream_options": "Extra inputs are not permitted: stream_options",
    "temperature": "Unsupported value: 'temperature'. Only the default (1) value is supported.",
}


async def test_a_server_that_refuses_much_and_thinks_aloud_is_as_good_as_any(
    here: World, model: FaultServer, offline_answers: Answerer
) -> None:
    refused: list[str] = []

    async def answer(body: dict[str, Any]) -> Reply | Raw:
        for name, words in REFUSED.items():
            if name in body:
                refused.append(name)
                return Raw.error(400, {"error": {"message": words}})
        told = offline_answers(body)
        reply = await told if isawaitable(told) else told
        assert isinstance(reply, Reply)
        if reply.text.startswith("{"):
            text = f'<think>Secret: {{"caption": 1}}</think>\nSure:\n```json\n{reply.text}\n```'
        else:
            text = f"Secret note.\n</think>\n\n{reply.text}"
        return replace(reply, text=text, pieces=len(text) // 3)

    model.answer = answer
    async with working(here.settings.model_copy(update=served_by(model))) as worker:
        for first in (True, False):
            thread = new_id()
            frames = await here.say(PLAN, thread=thread)
            check(frame.event for frame in frames)
            assert frames[-1].event["outcome"] == {"type": "success"}
            assert "Secret" not in str([frame.event for frame in frames])
            arguments: defaultdict[str, str] = defaultdict(str)
            for frame in frames:
                if frame.kind == "TOOL_CALL_ARGS":
                    arguments[frame.event["toolCallId"]] += frame.event["delta"]
            assert arguments
            assert all(isinstance(orjson.loads(text), dict) for text in arguments.values())
            message = (await here.thread(thread))["messages"][-1]
            assert message["content"]
            assert "think>" not in message["content"]
            # Calls that were made at the same time were refused at the same time.
            assert (set(refused) == set(REFUSED)) == first
            refused.clear()
        (kept,) = await worker.services.model_servers.known()
    assert {
        "json_schema",
        "json_object",
        "max_tokens",
        "stream_options",
        "temperature",
    } <= kept.dialect.refused
    assert kept.dialect.bare_thoughts
    drafts = await here.drafts()
    assert drafts
    assert all(draft["text_content"].get("caption") or draft["text_content"].get("body") for draft in drafts)
