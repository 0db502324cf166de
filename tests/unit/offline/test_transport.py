"""The OpenAI wire of the offline model, read by the stock client."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx2
import openai
import pytest

from agents.offline.transport import OfflineTransport
from agents.route import Handles, router_inputs
from tests.unit.offline.businesses import GYM, TODAY
from tests.unit.offline.desk import Desk

REQUEST = "Plan a two-week Instagram and e-mail push for my March membership drive"
POST_PROMPT = """<brand>
business: Ali's Fitness Studio
industry: Fitness
</brand>
<facts>
(none)
</facts>
<task>
agent: copywriter
platform: instagram
language: en
theme: Membership prices
</task>"""


def tool(name: str) -> dict[str, Any]:
    parameters = {"type": "object", "properties": {"about": {"type": "string"}}, "required": ["about"]}
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


def router_body(desk: Desk) -> dict[str, Any]:
    known = {"campaign": None, "memories": [], "history": [], "handles": Handles()}
    inputs = router_inputs(business=GYM, request=REQUEST, today=TODAY, **known)
    return desk.body("router/understand", inputs)


def openai_client(desk: Desk) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(api_key="none", base_url="http://offline.invalid/v1", http_client=desk.client)


async def test_the_stock_client_reads_the_same_answer_whole_and_streamed(desk: Desk) -> None:
    client = openai_client(desk)
    body = router_body(desk)
    whole = await client.chat.completions.create(**body)
    stream = await client.chat.completions.create(**body, stream=True, stream_options={"include_usage": True})
    chunks = [chunk async for chunk in stream]
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == whole.choices[0].message.content
    assert json.loads(text)["actions"][0]["when"] == "2027-03-01/2027-03-14"
    assert len(chunks) > 10
    assert chunks[-1].usage == whole.usage
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert whole.usage is not None
    assert whole.usage.total_tokens == whole.usage.prompt_tokens + whole.usage.completion_tokens


async def test_usage_is_sent_only_when_it_is_asked_for(desk: Desk) -> None:
    stream = await openai_client(desk).chat.completions.create(**router_body(desk), stream=True)
    assert all(chunk.usage is None for chunk in [chunk async for chunk in stream])


async def test_it_names_its_model(desk: Desk) -> None:
    models = await openai_client(desk).models.list()
    assert [model.id for model in models.data] == ["offline-demo"]


async def test_a_copywriter_looks_things_up_in_parallel_once_and_uses_what_it_finds(desk: Desk) -> None:
    messages: list[dict[str, Any]] = [{"role": "user", "content": POST_PROMPT}]
    tools = [tool("search_memory"), tool("search_facts"), tool("read_calendar")]
    asked = await desk.complete({"messages": messages, "tools": tools})
    choice = asked["choices"][0]
    calls = choice["message"]["tool_calls"]
    assert choice["finish_reason"] == "tool_calls"
    assert [call["function"]["name"] for call in calls] == ["search_memory", "search_facts"]
    assert json.loads(calls[0]["function"]["arguments"]) == {"about": "Membership prices"}
    found = json.dumps([{"id": "f1", "key": "membership", "value": "from $29/month"}])
    messages += [choice["message"], {"role": "tool", "tool_call_id": calls[1]["id"], "content": found}]
    answer = await desk.complete({"messages": messages, "tools": tools})
    assert "$29/month" in answer["choices"][0]["message"]["content"]


async def test_tool_calls_stream(desk: Desk) -> None:
    stream = await openai_client(desk).chat.completions.create(
        model="offline-demo",
        messages=[{"role": "user", "content": POST_PROMPT}],
        tools=[tool("search_memory"), tool("search_facts")],  # type: ignore[list-item]  # plain JSON
        stream=True,
    )
    deltas = [chunk.choices[0].delta.tool_calls async for chunk in stream if chunk.choices]
    calls = [call for delta in deltas for call in delta or []]
    assert [(call.index, call.function.name) for call in calls if call.function] == [
        (0, "search_memory"),
        (1, "search_facts"),
    ]


async def test_an_answer_is_cut_at_the_most_tokens(desk: Desk) -> None:
    answer = await desk.complete({**router_body(desk), "max_completion_tokens": 5})
    assert answer["choices"][0]["finish_reason"] == "length"
    assert answer["usage"]["completion_tokens"] == 5


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"messages": []}', '{"messages": [1]}', '{"messages": 3}'])
async def test_a_body_that_is_no_request_is_a_400(desk: Desk, body: str) -> None:
    response = await desk.client.post("/chat/completions", content=body)
    assert response.status_code == 400
    assert response.json()["error"]["message"]


async def test_another_address_is_a_404(desk: Desk) -> None:
    assert (await desk.client.get("/embeddings")).status_code == 404


async def test_a_foreign_prompt_gets_a_plain_answer(desk: Desk) -> None:
    answer = await desk.complete({"messages": [{"role": "user", "content": "Tell me a joke"}]})
    assert "offline demo model" in answer["choices"][0]["message"]["content"]


async def test_texts_are_paced_and_stop_with_their_reader(desk: Desk) -> None:
    transport = OfflineTransport(desk.embed, lambda text: len(text), 50.0)
    async with httpx2.AsyncClient(transport=transport, base_url="http://offline.invalid/v1") as client:
        body = {**router_body(desk), "stream": True}
        async with client.stream("POST", "/chat/completions", json=body) as response:
            lines = response.aiter_lines()
            seen = [await anext(lines) for _ in range(5)]
        assert any("content" in line for line in seen)

        task = asyncio.create_task(client.post("/chat/completions", json=router_body(desk)))
        await asyncio.wait([task], timeout=0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
