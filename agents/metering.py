"""The chat model that reserves, settles and retries provider attempts."""

from __future__ import annotations

import asyncio
import logging
import random
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
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
from agents.answer_text import AnswerFilter, answer_of, has_bare_thoughts
from agents.calls import Account, Call, Meter, TextSink, calling, current_call
from agents.dialect import Dialects, keeps_to, lesson, limit_of, put, schema_of
from agents.fast_stream import Received, StreamTimeouts, exchange
from agents.prices import Price, price_of
from agents.provider_errors import ProviderFailure
from agents.schemas import tool_schema, without_lengths
from agents.usage_report import DETAILS, tokens_of, told_usage
from core.errors import ModelFailed, ModelUnreachable, UnusableAnswer
from core.model_server import Dialect
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
# Limits are counted by the minute, so a provider rarely asks for more.
_LONGEST_WAIT_SECONDS = 60.0
# Without a stream the first token comes with the last one.
_SLOWEST_TOKENS_PER_SECOND = 20
# Seconds after a finish reason, at servers that are known to keep the connection open afterwards.
_SHORT_ENDING_SECONDS = 2.0
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
    dialects: Dialects

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
        if call.temperature is not None:
            payload["temperature"] = call.temperature
        error: ModelFailed = ModelUnreachable()
        for name in await self.manners.names():
            for attempt in range(self.manners.attempts):
                try:
                    return await self._understood(self._named(payload, name), call)
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

    async def _understood(self, payload: dict[str, Any], call: Call) -> ChatGenerationChunk:
        """Send the request in the server's dialect; leave a part out that the server refuses.

        The lesson is kept only if the server accepts the request without that part: otherwise the refusal was
        meant for the request itself.
        """
        dialects, name = self.manners.dialects, payload["model"]
        dialect = dialects.of(name)
        while True:
            request = put(payload, dialect)
            try:
                chunk = await self._attempt(request, payload, dialect, call)
            except ProviderFailure as failure:
                if isinstance(failure.error, UnusableAnswer):
                    dialects.learn(name, refused=dialect.refused, most_output=dialect.most_output)
                after = lesson(request, failure, dialect)
                if after is None:
                    raise
                _log.info("model %s refused a part of a request: %s", name, failure.said[:200])
                dialect = after
                continue
            dialects.learn(name, refused=dialect.refused, most_output=dialect.most_output)
            return chunk

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
        self, request: dict[str, Any], asked: dict[str, Any], dialect: Dialect, call: Call
    ) -> ChatGenerationChunk:
        prompt_tokens = await self._prompt_tokens(request)
        room = max(self.manners.context - prompt_tokens, _LEAST_OUTPUT)
        most = min(self.manners.max_output, dialect.most_output or self.manners.max_output)
        output = min(call.max_output or most, most, room)
        if limit_name := limit_of(dialect, openai_itself=self.manners.openai_itself):
            request[limit_name] = output
        reservation = await self.account.reserve(call, prompt_tokens + output)
        received = Received()
        outcome, charged = "cancelled", True
        try:
            await self._exchange(request, asked, dialect, call, received, output)
            outcome = "ok"
        except ProviderFailure as failure:
            outcome, charged = f"error:{failure.error.slug}", failure.charged
            # Text was already delivered: a retry would write another answer behind it.
            if received.started:
                failure.retry, failure.status = False, 0
            raise
        except Exception:
            outcome = "error:internal"
            raise
        finally:
            name = request["model"]
            reserved = output if received.cut else 0
            spent = self._entry(call, name, received, prompt_tokens if charged else 0, outcome, reserved)
            entry = await self.account.settle(call, reservation, spent)
        received.head["model"] = shown(name)
        received.usage = told_usage(received.usage) or _as_usage(entry)
        chunk = self._convert_chunk_to_generation_chunk(received.merged(), AIMessageChunk, None)
        if chunk is None:
            raise UnusableAnswer
        chunk.message.response_metadata |= {"estimated": entry.estimated}
        return chunk

    async def _exchange(
        self,
        request: dict[str, Any],
        asked: dict[str, Any],
        dialect: Dialect,
        call: Call,
        received: Received,
        output: int,
    ) -> None:
        """Receive the answer, pass it on, and learn from it about the server."""
        client: openai.AsyncOpenAI = self.root_async_client
        patience = self.manners.patience
        if not dialect.takes("stream"):
            patience = replace(
                patience, first_token=patience.first_token + output / _SLOWEST_TOKENS_PER_SECOND
            )
        schema = schema_of(asked)
        typed = schema is not None
        bare = False if self.manners.openai_itself or self.manners.offline else dialect.bare_thoughts
        on_its_way = AnswerFilter(call.sink or _NOWHERE, typed=typed, bare_thoughts=bare)
        limit = OutputLimit(output, self.account.counter)
        ending = _SHORT_ENDING_SECONDS if dialect.open_ended else None
        await exchange(client, request, received, on_its_way.feed, patience, limit, ending)
        # Some servers take a typed answer for reasoning.
        said = received.text or ("".join(received.thoughts) if typed else "")
        received.answer = answer_of(said, typed=typed, fields=(schema or {}).get("properties", ()))
        _check(received, structured=typed)
        on_its_way.finish(received.answer)
        self._notice(request, received, schema)

    def _notice(self, request: dict[str, Any], received: Received, schema: dict[str, Any] | None) -> None:
        """Learn from a complete answer what its server does."""
        if self.manners.offline:
            return
        dialects, name = self.manners.dialects, request["model"]
        known, news = dialects.of(name), dict[str, Any]()
        if not known.usage:
            news["usage"] = told_usage(received.usage) is not None
        if received.open_ended:
            news["open_ended"] = True
        if received.answer != received.text.strip() and has_bare_thoughts(received.text):
            news["bare_thoughts"] = True
        elif schema is None and received.texts and known.bare_thoughts is None:
            news["bare_thoughts"] = False
        if schema is not None and not received.tools and not keeps_to(schema, received.answer or ""):
            news["ignores_schema"] = True
        dialects.learn(name, **news)

    async def _entry(
        self, call: Call, name: str, received: Received, prompt_tokens: int, outcome: str, unread: int
    ) -> LedgerEntry:
        """Return the usage of one attempt: as reported, else as counted, and at least `unread`."""
        usage = told_usage(received.usage)
        tokens_in, tokens_out, cached, reasoning = prompt_tokens, 0, 0, 0
        if usage is not None:
            tokens_in, tokens_out = usage["prompt_tokens"], usage["completion_tokens"]
            cached, reasoning = (tokens_of(usage.get(name), detail) or 0 for name, detail in DETAILS.items())
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
    if received.finish_reason == "length" and (structured or received.tools):
        raise ProviderFailure(UnusableAnswer("The answer was cut off at the length limit."), charged=True)
    if not received.tools and not (received.answer or "").strip():
        raise ProviderFailure(UnusableAnswer("The model gave an empty answer."), charged=True)


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


class _Nowhere:
    """The sink of a call without one."""

    def write(self, delta: str) -> None:
        """Drop the text."""

    def restart(self) -> None:
        """Do nothing."""


_NOWHERE = _Nowhere()
