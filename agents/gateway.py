"""Chat models by tier: choice, timeout, retry, fallback, price."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import httpx2
import openai
from pydantic import BaseModel, Field, SecretStr

from agents.answer_limits import bound_response
from agents.calls import Account, Meter, calling, current_call
from agents.dialect import DialectKeeper, Dialects
from agents.fast_stream import StreamTimeouts
from agents.metering import MeteredChatModel, ModelCallConfig, shown
from agents.provider_errors import from_exception
from agents.schemas import LONGEST_REPETITION
from agents.tokens import TokenCounter
from core.errors import (
    ContextOverflow,
    Misconfigured,
    ModelFailed,
    ModelRefusedRequest,
    UnusableAnswer,
)
from core.model_server import Dialect
from core.settings import Settings

Tier = Literal["router", "writer", "judge"]

OFFLINE_MODEL = "offline-demo"
_OFFLINE_URL = "http://offline.invalid/v1"
_CONNECT_SECONDS = 10.0
_PROBE_OUTPUT = 256
# The lowest ratio, of weak models in languages that they know badly.
_CHARACTERS_PER_TOKEN = 2
# If only a key is set: the first of these that the account may use.
_OPENAI_MODELS = ("gpt-5.4-mini", "gpt-5-mini", "gpt-4.1-mini", "gpt-4o-mini")
_NOT_FOR_CHAT = ("embed", "rerank", "whisper", "tts", "bge-", "moderation")


@dataclass(frozen=True)
class ModelInfo:
    """The configured model; `tools` is false until a probe has shown that it calls tools."""

    name: str
    simulated: bool
    tools: bool


class ready(BaseModel):  # noqa: N801  # the class's name is the tool's name on the wire
    """Say that you are ready."""

    word: str = Field(description="The word: ready")


class Gateway:
    """Build and own the clients of language models.

    Args:
        settings: Models, endpoints and timeouts.
        meter: Reserves and settles the tokens of every attempt.
        counter: Counts the tokens of prompts, and of answers without reported usage.
        offline_transport: Makes the HTTP transport of the offline model.
        keeper: Stores what the models' servers accept; without one every process learns it anew.
        backoff: Seconds before the second attempt, doubled for each further one.
    """

    def __init__(
        self,
        settings: Settings,
        meter: Meter,
        counter: TokenCounter,
        offline_transport: Callable[[], httpx2.AsyncBaseTransport] | None = None,
        *,
        keeper: DialectKeeper | None = None,
        backoff: float = 0.5,
    ) -> None:
        self._settings = settings
        self._account = Account(meter, counter)
        self._counter = counter
        self._offline_transport = offline_transport
        self._backoff = backoff
        self._client: openai.AsyncOpenAI | None = None
        self._models: dict[Tier, MeteredChatModel] = {}
        self._listed: str | None = None
        self._dialects = Dialects(keeper)
        self._asking = asyncio.Lock()

    async def open(self) -> None:
        """Load the token counter and build the clients; an endpoint that is down is retried at first use."""
        await asyncio.gather(self._counter.open(), self._dialects.open())
        settings = self._settings
        transport: httpx2.AsyncBaseTransport | None = None
        if settings.offline:
            if self._offline_transport is None:
                raise Misconfigured("Set OPENAI_API_KEY or OPENAI_BASE_URL: there is no offline model here.")
            transport = self._offline_transport()
        # Deadlines for tokens are in agents/fast_stream.
        timeout = httpx2.Timeout(None, connect=min(_CONNECT_SECONDS, settings.model_first_token_seconds))
        key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else "none"
        self._client = openai.AsyncOpenAI(
            api_key=key,
            base_url=_OFFLINE_URL if settings.offline else settings.openai_base_url or None,
            max_retries=0,
            http_client=openai.DefaultAioHttpClient(
                transport=transport, timeout=timeout, event_hooks={"response": [bound_response]}
            ),
        )
        for tier in ("router", "writer", "judge"):
            self._models[tier] = self._build(tier, self._client)
        try:
            await self._names("writer")
        except ModelFailed:
            return

    async def close(self) -> None:
        """Wait for settlements and close the connections."""
        await self._account.drain()
        await self._dialects.drain()
        if self._client is not None:
            await self._client.close()
        self._counter.close()

    def count(self, text: str) -> int:
        """Return the number of tokens in a text."""
        return self._counter.count(text)

    def model(self, tier: Tier) -> MeteredChatModel:
        """The chat model of a tier."""
        return self._models[tier]

    @property
    def info(self) -> ModelInfo:
        """Return the configured model."""
        settings = self._settings
        name = OFFLINE_MODEL if settings.offline else self.writer_name
        return ModelInfo(shown(name), simulated=settings.offline, tools=bool(self._tools(name)))

    @property
    def longest_text(self) -> int:
        """Return the largest length in characters of one text, so that the answer fits its token limit."""
        return min(LONGEST_REPETITION, self._settings.model_max_output * _CHARACTERS_PER_TOKEN)

    async def tools_work(self) -> bool:
        """Return whether the model calls tools: by setting, or by one probe at first use.

        The probe is charged to the business of the current call.
        """
        async with self._asking:
            name = (await self._names("writer"))[0]
            if self._tools(name) is None and (tools := await self._try_tool()) is not None:
                self._dialects.learn(name, tools=tools)
            return bool(self._tools(name))

    def _tools(self, model: str) -> bool | None:
        """Return whether a model calls tools; None before the probe."""
        if self._settings.model_tools != "auto":
            return self._settings.model_tools == "on"
        dialect = self._dialects.of(model)
        return self._settings.offline or (dialect.takes("tools") and dialect.tools)

    def dialect(self, model: str) -> Dialect:
        """Return what is known of a model."""
        return self._dialects.of(model)

    async def _try_tool(self) -> bool | None:
        asking = self.model("writer").bind_tools([ready], tool_choice="ready")
        call = replace(
            current_call(),
            agent="gateway",
            prompt=None,
            sink=None,
            max_output=_PROBE_OUTPUT,
            temperature=None,
        )
        with calling(call):
            try:
                answer = await asking.ainvoke("Call the tool with the word: ready")
            except (ModelRefusedRequest, UnusableAnswer, ContextOverflow):
                return False
            except ModelFailed:
                return None
        return any(tool_call["name"] == "ready" for tool_call in answer.tool_calls)

    def _chosen(self, tier: Tier) -> str:
        settings = self._settings
        own = {
            "router": settings.model_router,
            "writer": settings.model_writer,
            "judge": settings.model_judge,
        }
        return own[tier] or settings.model

    def _build(self, tier: Tier, client: openai.AsyncOpenAI) -> MeteredChatModel:
        settings = self._settings

        async def names() -> Sequence[str]:
            return await self._names(tier)

        manners = ModelCallConfig(
            names=names,
            base_url=settings.openai_base_url,
            offline=settings.offline,
            attempts=settings.model_attempts,
            patience=StreamTimeouts(settings.model_first_token_seconds, settings.model_stall_seconds),
            max_output=settings.model_max_output,
            context=settings.model_context,
            backoff=self._backoff,
            dialects=self._dialects,
        )
        completions = client.chat.completions
        return MeteredChatModel(
            account=self._account,
            manners=manners,
            model=self._chosen(tier) or tier,
            api_key=SecretStr("unused"),
            base_url=str(client.base_url),
            # No sync client: this model is only called asynchronously.
            client=completions,
            root_client=client,
            async_client=completions,
            root_async_client=client,
            max_retries=0,
            use_responses_api=False,
            stream_usage=True,
        )

    async def _names(self, tier: Tier) -> list[str]:
        if self._settings.offline:
            return [OFFLINE_MODEL]
        first = self._chosen(tier) or await self._first_listed()
        fallback = self._settings.model_fallback
        return [first, fallback] if fallback and fallback != first else [first]

    async def _first_listed(self) -> str:
        if self._listed is None:
            self._listed = await self._list()
        return self._listed

    @property
    def writer_name(self) -> str:
        """The name of the model that writes, as the server has it."""
        return self._chosen("writer") or self._listed or ""

    async def listing(self) -> dict[str, dict[str, Any]]:
        """Return what the endpoint tells of each model that it lists, by name.

        Raises:
            ModelFailed: It lists none.
        """
        if self._client is None:
            raise RuntimeError("the gateway is not open")
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                page = await self._client.models.list()
        except TimeoutError as error:
            raise from_exception(httpx2.ReadTimeout("no list of models")).error from error
        except openai.OpenAIError as error:
            raise from_exception(error).error from error
        return {model.id: model.model_dump() for model in page.data or []}

    async def _list(self) -> str:
        names = list(await self.listing())
        if not self._settings.openai_base_url:
            names = [name for name in _OPENAI_MODELS if name in names]
        chat = [name for name in names if not any(word in name.lower() for word in _NOT_FOR_CHAT)]
        if not names:
            raise ModelRefusedRequest("The endpoint lists no model to use: set MARQUEE_MODEL.")
        return (chat or names)[0]
