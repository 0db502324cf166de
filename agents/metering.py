"""The chat model that reserves, settles and retries provider attempts."""

from __future__ import annotations

import asyncio
import logging
import random
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, NoReturn

import openai
import orjson
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, message_chunk_to_message
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel, Field, SkipValidation

from agents.answer_limits import OutputLimit
from agents.calls import Account, Call, Meter, TextSink, calling, current_call
from agents.fast_stream import Received, StreamTimeouts, exchange
from agents.prices import Price, price_of
from agents.provider_errors import ProviderFailure
from agents.schemas import tool_schema, without_lengths
from core.errors import ModelFailed, ModelUnreachable, UnusableAnswer
from core.usage import LedgerEntry

__all__ = [
    "Account",
    "Call",
    "Meter",
    "MeteredChatModel",
    "ModelCallConfig",
    "TextSink",
    "calling",
    "current_call",
    "shown",
]

_log = logging.getLogger(__name__)

# Tokens of the roles and separators of one message, and of the start of the answer (OpenAI).
_TOKENS_PER_MESSAGE = 4
_LEAST_OUTPUT = 64
# A reported usage above this is not plausible.
_MOST_TOKENS = 10_000_000
_LONGEST_WAIT_SECONDS = 20.0
# OpenAI's reasoning models reject any other temperature than their default.
_OWN_TEMPERATURE = re.compile(r"(?:o\d|gpt-[5-9])")


@dataclass(frozen=True)
class ModelCallConfig:
    """How a tier's models are called."""

    names: Callable[[], Awaitable[Sequence[str]]]
    base_url: str
    offline: bool
    attempts: int
    patience: StreamTimeouts
    max_output: int
    context: int
    backoff: float

    @property
    def openai_itself(self) -> bool:
        """Whether the endpoint is OpenAI, not a compatible server."""
        return not self.offline and (not self.base_url or "//api.openai.com" in self.base_url)


class MeteredChatModel(ChatOpenAI):
    """ChatOpenAI that always streams, writes to the current call's sink, and accounts for every attempt.

    LangChain gets one chunk at the end. An attempt is retried only before its first token was delivered; then
    the fallback model is tried.
    """

    account: SkipValidation[Account] = Field(exclude=True)
    manners: SkipValidation[ModelCallConfig] = Field(exclude=True)

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[LanguageModelInput, AIMessage]:
        """Bind tools with schemas that a strict provider takes as they are."""
        kwargs.pop("strict", None)
        return super().bind_tools([_wire_tool(tool) for tool in tools], **kwargs)

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        chunk = await self._answer(messages, stop, kwargs)
        message = message_chunk_to_message(chunk.message)
        return ChatResult(
            generations=[ChatGeneration(message=message, generation_info=chunk.generation_info)]
        )

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        chunk = await self._answer(messages, stop, kwargs)
        if run_manager:
            await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
        yield chunk

    def _generate(self, *_: Any, **__: Any) -> NoReturn:
        raise NotImplementedError("models are called asynchronously, so that a call can be cancelled")

    def _stream(self, *_: Any, **__: Any) -> NoReturn:
        raise NotImplementedError("models are called asynchronously, so that a call can be cancelled")

    async def _answer(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: dict[str, Any]
    ) -> ChatGenerationChunk:
        call = current_call()
        payload = self._wire(self._get_request_payload(messages, stop=stop, **kwargs))
        prompt_tokens = await self._prompt_tokens(payload)
        room = max(self.manners.context - prompt_tokens, _LEAST_OUTPUT)
        output = min(call.max_output or self.manners.max_output, self.manners.max_output, room)
        payload["max_completion_tokens" if self.manners.openai_itself else "max_tokens"] = output
        if call.temperature is not None:
            payload["temperature"] = call.temperature
        error: ModelFailed = ModelUnreachable()
        for name in await self.manners.names():
            for attempt in range(self.manners.attempts):
                try:
                    return await self._attempt(self._named(payload, name), call, prompt_tokens, output)
                except ProviderFailure as failure:
                    error = failure.error
                    if not failure.retry:
                        raise error from failure
                    wait = self._wait(attempt, failure.retry_after)
                    _log.warning("attempt %d at model %s failed: %s", attempt + 1, name, error.detail)
                if attempt + 1 == self.manners.attempts or wait > _LONGEST_WAIT_SECONDS:
                    break
                await asyncio.sleep(wait)
        raise error

    def _named(self, payload: dict[str, Any], name: str) -> dict[str, Any]:
        named = {**payload, "model": name}
        if self.manners.openai_itself and _OWN_TEMPERATURE.match(name):
            named.pop("temperature", None)
        return named

    def _wait(self, attempt: int, asked: float | None) -> float:
        if asked is not None:
            return asked
        growing: float = self.manners.backoff * 2**attempt
        return min(growing, _LONGEST_WAIT_SECONDS) * random.uniform(0.75, 1.0)

    def _wire(self, payload: dict[str, Any]) -> dict[str, Any]:
        payload["stream"] = True
        payload["stream_options"] = {"include_usage": True}
        for name in ("max_tokens", "max_completion_tokens"):
            payload.pop(name, None)
        if not payload.get("tools"):
            for name in ("tools", "tool_choice", "parallel_tool_calls"):
                payload.pop(name, None)
        if self.manners.openai_itself:
            for name in ("tools", "response_format"):
                if name in payload:
                    payload[name] = without_lengths(payload[name])
        return payload

    async def _prompt_tokens(self, payload: dict[str, Any]) -> int:
        messages = payload["messages"]
        texts = [
            content if isinstance(content := message.get("content"), str) else orjson.dumps(content).decode()
            for message in messages
        ]
        parts = [message["tool_calls"] for message in messages if "tool_calls" in message]
        parts += [payload[name] for name in ("tools", "response_format") if name in payload]
        texts += [orjson.dumps(part).decode() for part in parts]
        counted = await self.account.counter.acount("\n".join(texts))
        return counted + _TOKENS_PER_MESSAGE * (len(messages) + 1)

    async def _attempt(
        self, payload: dict[str, Any], call: Call, prompt_tokens: int, output: int
    ) -> ChatGenerationChunk:
        reservation = await self.account.reserve(call, prompt_tokens + output)
        received = Received()
        outcome, charged = "cancelled", True
        try:
            client: openai.AsyncOpenAI = self.root_async_client
            on_text = call.sink.write if call.sink is not None else _nowhere
            limit = OutputLimit(output, self.account.counter)
            await exchange(client, payload, received, on_text, self.manners.patience, limit)
            _check(received, structured="response_format" in payload)
            outcome = "ok"
        except ProviderFailure as failure:
            outcome, charged = f"error:{failure.error.slug}", failure.charged
            # Text was already delivered: a retry would write another answer behind it.
            failure.retry = failure.retry and not received.started
            raise
        except Exception:
            outcome = "error:internal"
            raise
        finally:
            name = payload["model"]
            reserved = output if received.cut else 0
            spent = self._entry(call, name, received, prompt_tokens if charged else 0, outcome, reserved)
            entry = await self.account.settle(call, reservation, spent)
        received.head["model"] = shown(name)
        received.usage = received.usage if _counts(received.usage) else _as_usage(entry)
        chunk = self._convert_chunk_to_generation_chunk(received.merged(), AIMessageChunk, None)
        if chunk is None:
            raise UnusableAnswer
        chunk.message.response_metadata |= {"estimated": entry.estimated}
        return chunk

    async def _entry(
        self, call: Call, name: str, received: Received, prompt_tokens: int, outcome: str, unread: int
    ) -> LedgerEntry:
        """Return the usage of one attempt: as reported, else as counted, and at least `unread`."""
        usage = received.usage if _counts(received.usage) else None
        tokens_in, tokens_out, cached, reasoning = prompt_tokens, 0, 0, 0
        if usage is not None:
            tokens_in, tokens_out = usage["prompt_tokens"], usage["completion_tokens"]
            cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
            reasoning = (usage.get("completion_tokens_details") or {}).get("reasoning_tokens") or 0
        elif received.started or unread:
            tokens_out = max(await self.account.counter.acount(received.spoken()), unread)
        price = Price(0, "offline")
        if not self.manners.offline:
            price = price_of(name, self.manners.base_url, tokens_in, cached, tokens_out)
        return LedgerEntry(
            user_id=call.user_id,
            run_id=call.run_id,
            agent=call.agent,
            prompt=call.prompt.name if call.prompt else "",
            prompt_digest=call.prompt.digest if call.prompt else "",
            model=shown(name),
            tokens_in=tokens_in,
            tokens_cached=cached,
            tokens_out=tokens_out,
            tokens_reasoning=reasoning,
            cost_micro_usd=price.micro_usd,
            price_table=price.table,
            offline=self.manners.offline,
            estimated=usage is None and tokens_in + tokens_out > 0,
            outcome=outcome,
        )


def shown(model: str) -> str:
    """Return a readable model name: llama.cpp reports the path of its file."""
    return PurePath(model).name if model.startswith("/") or "\\" in model else model


def _check(received: Received, *, structured: bool) -> None:
    if received.refusals:
        raise ProviderFailure(UnusableAnswer("The model declined to write this."), charged=True)
    if received.finish_reason == "content_filter":
        raise ProviderFailure(UnusableAnswer("The provider's filter stopped the answer."), charged=True)
    if received.finish_reason == "length" and (structured or received.tool_calls):
        raise ProviderFailure(UnusableAnswer("The answer was cut off at the length limit."), charged=True)
    if not received.tool_calls and not received.text.strip():
        raise ProviderFailure(UnusableAnswer("The model gave an empty answer."), charged=True)


def _counts(usage: dict[str, Any] | None) -> bool:
    if usage is None:
        return False
    counted = [usage.get(name) for name in ("prompt_tokens", "completion_tokens")]
    return all(isinstance(number, int) and 0 <= number <= _MOST_TOKENS for number in counted) and any(counted)


def _as_usage(entry: LedgerEntry) -> dict[str, Any]:
    return {
        "prompt_tokens": entry.tokens_in,
        "completion_tokens": entry.tokens_out,
        "total_tokens": entry.tokens,
    }


def _wire_tool(tool: Any) -> Any:
    if isinstance(tool, BaseTool) and isinstance(arguments := tool.tool_call_schema, type):
        if not issubclass(arguments, BaseModel):
            raise TypeError(f"the arguments of tool {tool.name} are not a pydantic model")
        return tool_schema(tool.name, tool.description, arguments)
    return tool


def _nowhere(_: str) -> None:
    """The current call has no sink."""
