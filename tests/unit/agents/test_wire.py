"""What is sent: OpenAI's own rules at OpenAI, what its imitators share elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx2
import openai
import orjson
import pytest
from pydantic import SecretStr

from agents.calls import Account, Call, calling
from agents.dialect import Dialects
from agents.fast_stream import StreamTimeouts
from agents.metering import MeteredChatModel, ModelCallConfig
from agents.schemas import strict_schema
from agents.tokens import TokenCounter
from core.scope import Scope
from tests.doubles.bench import BUSINESS_ID, MeterBook, Note
from tests.doubles.wire import DONE, plain_reply

_FORMAT = {"type": "json_schema", "json_schema": {"name": "Note", "schema": strict_schema(Note)}}


async def _sent(
    folder: Path, meter: MeterBook, base_url: str, name: str, **bound: Any
) -> tuple[dict[str, Any], str]:
    """Call a model at an address; the body that it got, and the path."""
    requests: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        requests.append(request)
        body = b"".join([*plain_reply(orjson.loads(request.content)).chunks(name), DONE])
        return httpx2.Response(200, content=body, headers={"content-type": "text/event-stream"})

    async def names() -> Sequence[str]:
        return [name]

    http = openai.DefaultAsyncHttpxClient(transport=httpx2.MockTransport(answer))
    async with openai.AsyncOpenAI(api_key="none", base_url=base_url or None, http_client=http) as client:
        model = MeteredChatModel(
            account=Account(meter, TokenCounter(folder)),
            manners=ModelCallConfig(
                names, base_url, False, 1, StreamTimeouts(2, 2), 700, 32_768, 0.01, Dialects()
            ),
            model=name,
            api_key=SecretStr("unused"),
            client=client.chat.completions,
            root_client=client,
            async_client=client.chat.completions,
            root_async_client=client,
            use_responses_api=False,
        )
        with calling(Call(Scope.of(BUSINESS_ID), temperature=0.7)):
            await model.bind(**bound).ainvoke("hello")
    (request,) = requests
    return orjson.loads(request.content), request.url.path


async def test_at_openai(token_folder: Path, meter: MeterBook) -> None:
    body, path = await _sent(token_folder, meter, "", "gpt-4o-mini", response_format=_FORMAT)
    assert path == "/v1/chat/completions"
    assert body["max_completion_tokens"] == 700
    assert "max_tokens" not in body
    assert "maxLength" not in str(body["response_format"])
    assert body["temperature"] == 0.7
    assert body["stream_options"] == {"include_usage": True}
    (entry,) = meter.entries
    assert entry.cost_micro_usd > 0
    assert entry.price_table.startswith("genai-prices")


@pytest.mark.parametrize("name", ["o4-mini", "gpt-5-mini", "gpt-6-luna"])
async def test_reasoning_models_keep_their_temperature_and_the_chat_wire(
    name: str, token_folder: Path, meter: MeterBook
) -> None:
    tool = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
    body, path = await _sent(token_folder, meter, "", name, tools=[tool])
    assert path == "/v1/chat/completions"
    assert "temperature" not in body


async def test_elsewhere(token_folder: Path, meter: MeterBook) -> None:
    url = "http://127.0.0.1:9/v1"
    body, _ = await _sent(token_folder, meter, url, "gpt-5-like", response_format=_FORMAT, tools=[])
    assert body["max_tokens"] == 700
    assert "max_completion_tokens" not in body
    assert body["response_format"]["json_schema"]["schema"]["properties"]["title"]["maxLength"] == 60
    assert body["temperature"] == 0.7
    assert "tools" not in body
    assert meter.entries[0].price_table == "unknown"
