"""The fast stream says what langchain-openai's own path says: it relies on how that path reads chunks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import httpx2
import openai
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessageChunk
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from agents.answer_limits import OutputLimit
from agents.calls import calling
from agents.fast_stream import Received, StreamTimeouts, exchange
from agents.provider_errors import ProviderFailure
from agents.tokens import TokenCounter
from core.errors import ModelUnreachable, UnusableAnswer
from tests.doubles.bench import Note, Notes, call
from tests.doubles.fault_server import fault_server, relayed
from tests.doubles.scripted_model import ScriptedModel
from tests.doubles.wire import DONE, Reply, ToolCall, plain_reply
from tests.patience import PATIENCE
from tests.unit.agents.conftest import MakeBench

_TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
LIMIT = OutputLimit(10_000, TokenCounter(Path()))
_FORMAT = {
    "type": "json_schema",
    "json_schema": {"name": "Note", "schema": Note.model_json_schema()},
}
PATIENT = StreamTimeouts(PATIENCE, PATIENCE)


async def _exchange(transport: httpx2.MockTransport, received: Received, emit: Callable[[str], None]) -> None:
    async with openai.AsyncOpenAI(
        api_key="none",
        base_url="http://x.invalid/v1",
        max_retries=0,
        http_client=openai.DefaultAsyncHttpxClient(transport=transport),
    ) as client:
        payload = {"model": "m", "messages": [{"role": "user", "content": "x"}], "stream": True}
        await exchange(client, payload, received, emit, PATIENT, LIMIT)


@pytest.mark.parametrize(
    ("reply", "bound"),
    [
        (Reply("Spring is here: 29 € ✓"), {}),
        (Reply('{"title": "x", "tags": ["a"], "mood": "calm", "day": null}'), {"response_format": _FORMAT}),
        (
            Reply("One moment.", (ToolCall("look", '{"a": "é"}'), ToolCall("look", '{"b": 2}', "call_2"))),
            {"tools": [_TOOL]},
        ),
        (Reply(tool_calls=(ToolCall("look", '{"broken'),)), {"tools": [_TOOL]}),
        (Reply("Cut of", finish_reason="length"), {}),
    ],
)
async def test_the_same_message_as_the_stock_path(
    reply: Reply, bound: dict[str, Any], bench: MakeBench
) -> None:
    async with fault_server(lambda _: reply) as server:
        ours = (await bench(url=server.url, model="m")).gateway.model("writer").bind(**bound)
        stock = ChatOpenAI(
            model="m",
            base_url=server.url,
            api_key=SecretStr("none"),
            stream_usage=True,
            use_responses_api=False,
            max_retries=0,
        )
        expected: AIMessageChunk | None = None
        # Its structured stream refuses broken and cut answers by itself, so those are compared unbound.
        async for chunk in stock.bind(**bound).astream("hello"):
            assert isinstance(chunk, AIMessageChunk)
            expected = chunk if expected is None else expected + chunk
        with calling(call()):
            told = await ours.ainvoke("hello")
        assert expected is not None
        assert told.content == expected.content
        assert told.tool_calls == expected.tool_calls
        assert told.invalid_tool_calls == expected.invalid_tool_calls
        assert told.usage_metadata == expected.usage_metadata
        assert told.response_metadata["finish_reason"] == expected.response_metadata["finish_reason"]
        assert told.response_metadata["model_name"] == expected.response_metadata["model_name"]
        await stock.root_async_client.close()


async def test_deltas_go_to_the_sink_and_langchain_sees_one_chunk(bench: MakeBench) -> None:
    async with fault_server(lambda _: Reply("word " * 40, pieces=40)) as server:
        model = (await bench(url=server.url, model="m")).gateway.model("writer")
        sink = Notes()
        with calling(call(sink)):
            chunks = [chunk async for chunk in model.astream("hello")]
    assert len(sink.deltas) >= 40
    assert [chunk.text for chunk in chunks if chunk.text] == ["word " * 40]
    assert sink.text == "word " * 40


@given(
    cuts=st.lists(st.integers(0, 400), max_size=6),
    reply=st.sampled_from([Reply("é✓ héllo"), plain_reply({})]),
)
async def test_where_the_network_cuts_the_bytes_makes_no_difference(cuts: list[int], reply: Reply) -> None:
    body = b"".join([*reply.chunks("m"), DONE]).replace(b"\n\n", b"\r\n\r\n") + b": keep-alive\n\n"
    edges = sorted({0, len(body), *(cut for cut in cuts if cut < len(body))})
    blocks = [body[start:end] for start, end in pairwise(edges)]

    async def stream() -> Any:
        for block in blocks:
            yield block

    transport = httpx2.MockTransport(lambda request: httpx2.Response(200, content=stream(), request=request))
    received, texts = Received(), list[str]()
    await _exchange(transport, received, texts.append)
    assert received.text == "".join(texts) == reply.text
    assert received.done
    assert received.usage == {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}


async def test_a_stream_that_ends_early_is_a_cut_wherever_it_ends() -> None:
    events = [*Reply("hello there", pieces=3).chunks("m"), DONE]
    finish = next(i for i, event in enumerate(events) if b'"finish_reason":"stop"' in event)
    for kept in range(finish):
        body = b"".join(events[:kept])
        transport = httpx2.MockTransport(lambda request, body=body: httpx2.Response(200, content=body))
        with pytest.raises(ProviderFailure) as failed:
            await _exchange(transport, Received(), lambda _: None)
        assert isinstance(failed.value.error, ModelUnreachable)


async def test_a_server_that_does_not_stream_is_understood(bench: MakeBench) -> None:
    whole = {
        "choices": [{"message": {"role": "assistant", "content": "Hello.\nYou."}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
    }
    transport = httpx2.MockTransport(lambda request: httpx2.Response(200, json=whole))
    model = (await bench(transport=transport)).gateway.model("writer")
    with calling(call()):
        answer = await model.ainvoke("hello")
    assert answer.text == "Hello.\nYou."
    assert answer.usage_metadata is not None
    assert answer.usage_metadata["total_tokens"] == 5


async def test_the_fault_server_relays_another_model() -> None:
    reply = Reply("One moment.", (ToolCall("look", '{"a": 1}'),), usage=(5, 6))
    with ScriptedModel(reply) as model:
        told = await cast("Awaitable[Reply]", relayed(model)({"model": "m", "messages": []}))
    assert (told.text, told.tool_calls, told.usage) == (reply.text, reply.tool_calls, reply.usage)


def test_odd_chunks_are_taken() -> None:
    received = Received()
    for chunk in (
        {"choices": []},
        {"choices": [{"delta": None}]},
        {"choices": [{"delta": {"content": None, "reasoning_content": "hm"}}]},
        {"choices": [{"delta": {"tool_calls": [{"function": {"name": "look", "arguments": "{}"}}]}}]},
        {"choices": [{"message": {"content": "whole"}, "finish_reason": "stop"}], "usage": None},
    ):
        received.add(orjson.loads(orjson.dumps(chunk)))
    assert received.text == "whole"
    assert received.thoughts == ["hm"]
    assert received.calls()[0]["id"] == "call_0"
    assert received.complete


@pytest.mark.parametrize(
    "chunk",
    [
        {"choices": 5},
        {"choices": ["x"]},
        {"choices": [{"delta": "x"}]},
        {"choices": [{"delta": {"content": 5}}]},
        {"choices": [{"delta": {"tool_calls": [5]}}]},
        {"choices": [{"delta": {"tool_calls": [{"index": {}, "function": {"name": 5}}]}}]},
    ],
)
async def test_a_chunk_of_another_shape_is_an_unusable_answer(
    chunk: dict[str, Any], bench: MakeBench
) -> None:
    body = b"data: " + orjson.dumps(chunk) + b"\n\n" + DONE
    headers = {"content-type": "text/event-stream"}
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, content=body, headers=headers))
    model = (await bench(transport=transport)).gateway.model("writer")
    with calling(call()), pytest.raises(UnusableAnswer):
        await model.ainvoke("hello")
