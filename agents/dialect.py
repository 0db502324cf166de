"""A model server's dialect: how a request is put for it, and what its refusals teach."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

import orjson

from agents.provider_errors import ProviderFailure
from core.errors import ContextOverflow
from core.model_server import Dialect, Feature

_log = logging.getLogger(__name__)

_LIMITS: tuple[Feature, Feature] = ("max_tokens", "max_completion_tokens")
_PLAINEST: frozenset[Feature] = frozenset(
    {"stream_options", "temperature", "parallel_tool_calls", "strict", "json_schema", "json_object"}
)
_STATUSES = {400, 404, 405, 415, 422, 500, 501, 503}
# How a server says that it does not know a part, beside naming it.
_UNSUPPORTED = re.compile(
    r"support|recogni[sz]ed|unknown|unexpected|extra|permitted|allowed|available|invalid|must|requires?\b"
    r"|\bonly\b|disabled|deprecated|cannot|can't|unmarshal|no endpoints|implement|enabled|forbidden"
    r"|less than|at most|should be|exceed",
    re.IGNORECASE,
)
# It refuses a part and does not say which.
_UNNAMED = re.compile(
    r"\A\W*(?:(?:400|422|none|error|bad request|invalid[_ ]request\w*|unprocessable\w*(?: entity)?"
    r"|validation[_ ]error)\W*)*\Z"
    r"|(?:unknown|unsupported|unrecogni[sz]ed|unexpected|extra|invalid) "
    r"(?:input|field|param|argument|key|propert|option)",
    re.IGNORECASE,
)
# Not a part of the request but what is asked: another form of it would be refused as well.
_CONTENT = re.compile(
    r"content.?(?:policy|filter|management)|moderation|flagged|safety|harmful", re.IGNORECASE
)
_NUMBER = re.compile(r"(?<![\w.-])\d{2,7}(?![\w-]|\.\w)")
_LEAST_OUTPUT = 16

# In this order: a refusal that names `stream_options` also names `stream`.
_WORDS: dict[Feature, str] = {
    "stream_options": r"stream_?options|include_usage",
    "max_tokens": r"\bmax_tokens\b",
    "max_completion_tokens": r"\bmax_completion_tokens\b",
    "temperature": r"\btemperature\b",
    "parallel_tool_calls": r"parallel_tool_calls",
    "tool_choice": r"tool[_ ]choice",
    "strict": r"\bstrict\b",
    "json_schema": r"response_?format|json[_ ]?schema|response_?schema|structured.output|guided"
    r"|grammar|additional_?properties|\bschema\b",
    "json_object": r"response_?format|json[_ ]?object|json[_ ]mode",
    "tools": r"\btools?\b|function[_ ]call|\bfunctions\b",
    "system": r"system\W{0,3} (?:role|message|prompt|instruction)|role\W+system|'system'"
    r"|developer instruction|roles must alternate",
    "stream": r"\bstream(?:ing|ed)?\b",
}
_NAMES = {feature: re.compile(words, re.IGNORECASE) for feature, words in _WORDS.items()}

_IN_PROMPT = (
    "Answer with one JSON object and nothing else: no code fence and no words around it. "
    "It must fit this JSON schema:\n"
)


class DialectKeeper(Protocol):
    """Keeps dialects longer than a process lives."""

    async def load(self) -> Mapping[str, Dialect]:
        """What is known of the endpoint's models, by name."""
        ...

    async def keep(self, model: str, dialect: Dialect) -> None:
        """Remember what was learned of a model."""
        ...


class Dialects:
    """What is known of an endpoint's models.

    Args:
        keeper: Keeps what is learned; None forgets it with the process.
        start: What is assumed of a model that nobody has asked yet.
    """

    def __init__(self, keeper: DialectKeeper | None = None, start: Dialect | None = None) -> None:
        self._keeper = keeper
        self._start = start or Dialect()
        self._known: dict[str, Dialect] = {}
        self._keeping: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Load what was learned before; without the store everything is learned anew."""
        if self._keeper is not None:
            try:
                self._known.update(await self._keeper.load())
            except Exception:
                _log.exception("what model servers take could not be loaded")

    def of(self, model: str) -> Dialect:
        """What is known of a model."""
        return self._known.get(model, self._start)

    def learn(self, model: str, **news: Any) -> None:
        """Take in what a call showed of a model: fields of its dialect; what it refuses is added."""
        before = self.of(model)
        news["refused"] = before.refused | news.get("refused", frozenset())
        after = before.model_copy(update=news)
        if after == before:
            return
        self._known[model] = after
        _log.info("learned of model %s: %s", model, after)
        if self._keeper is not None:
            task = asyncio.create_task(self._keep(self._keeper, model, after))
            self._keeping.add(task)
            task.add_done_callback(self._keeping.discard)

    async def drain(self) -> None:
        """Wait until everything that was learned is kept."""
        while self._keeping:
            await asyncio.wait(self._keeping)

    async def _keep(self, keeper: DialectKeeper, model: str, dialect: Dialect) -> None:
        try:
            await keeper.keep(model, dialect)
        except Exception:
            _log.exception("what model %s takes could not be kept", model)


def limit_of(dialect: Dialect, *, openai_itself: bool) -> Feature | None:
    """The name of the limit on the answer's tokens that the server takes, if it takes any."""
    names = _LIMITS[::-1] if openai_itself else _LIMITS
    return next((name for name in names if dialect.takes(name)), None)


def put(payload: Mapping[str, Any], dialect: Dialect) -> dict[str, Any]:
    """A request as the server takes it, yet without a limit on its answer."""
    request = {**payload, "stream": dialect.takes("stream")}
    for name in ("stream_options", "temperature", "tool_choice", "parallel_tool_calls"):
        if not dialect.takes(name):
            request.pop(name, None)
    if not dialect.takes("stream"):
        request.pop("stream_options", None)
    if not dialect.takes("tools"):
        for name in ("tools", "tool_choice", "parallel_tool_calls"):
            request.pop(name, None)
    schema = schema_of(payload)
    if schema is not None:
        if dialect.ignores_schema or dialect.answer_format != "json_schema":
            request["messages"] = _with_instruction(request["messages"], schema)
        if dialect.answer_format == "json_object":
            request["response_format"] = {"type": "json_object"}
        elif dialect.answer_format == "prompt":
            del request["response_format"]
    if not dialect.takes("strict"):
        for name in ("tools", "response_format"):
            if name in request:
                request[name] = _loose(request[name])
    if not dialect.takes("system"):
        request["messages"] = _without_system(request["messages"])
    return request


def schema_of(payload: Mapping[str, Any]) -> dict[str, Any] | None:
    """The JSON schema that the answer to a request must fit."""
    schema: dict[str, Any] | None = (
        (payload.get("response_format") or {}).get("json_schema", {}).get("schema")
    )
    return schema


def lesson(request: Mapping[str, Any], failure: ProviderFailure, dialect: Dialect) -> Dialect | None:
    """The dialect in which the request may be taken, after this refusal; None if it is a genuine one."""
    if (
        failure.status not in _STATUSES
        or isinstance(failure.error, ContextOverflow)
        or _CONTENT.search(failure.said)
    ):
        return None
    used = [feature for feature in _NAMES if dialect.takes(feature) and _uses(request, feature)]
    if "messages" in failure.param:
        used = [feature for feature in used if feature == "system"]
    unsupported = _UNSUPPORTED.search(failure.said) is not None
    for place in (failure.param, failure.said if unsupported else ""):
        for feature in used:
            if _NAMES[feature].search(place):
                return _given_up(request, failure.said, dialect, feature)
    unnamed = failure.status in {400, 422} and not failure.param and _UNNAMED.search(failure.said)
    return dialect.without(*_PLAINEST) if unnamed and _PLAINEST.intersection(used) else None


def keeps_to(schema: Mapping[str, Any], answer: str) -> bool:
    """Whether an answer can come from a server that keeps to the schema: talk or other fields cannot."""
    if "{" not in answer:
        return False
    try:
        value = orjson.loads(answer)
    except orjson.JSONDecodeError:
        return True
    return not isinstance(value, dict) or value.keys() >= set(schema.get("required", ()))


def _given_up(request: Mapping[str, Any], said: str, dialect: Dialect, feature: Feature) -> Dialect:
    if feature in _LIMITS and dialect.most_output is None:
        smaller = [int(number) for number in _NUMBER.findall(said)]
        fitting = [number for number in smaller if _LEAST_OUTPUT <= number < request[feature]]
        if fitting:
            return dialect.model_copy(update={"most_output": max(fitting)})
    return dialect.without(feature)


def _uses(request: Mapping[str, Any], feature: Feature) -> bool:
    uses: dict[Feature, Callable[[], bool]] = {
        "json_schema": lambda: _format(request) == "json_schema",
        "json_object": lambda: _format(request) == "json_object",
        "strict": lambda: any("strict" in part for part in _strict_parts(request)),
        "system": lambda: request["messages"][0].get("role") == "system",
    }
    return (
        uses[feature]()
        if feature in uses
        else request.get(feature) is not None and request[feature] is not False
    )


def _format(request: Mapping[str, Any]) -> str:
    return str((request.get("response_format") or {}).get("type", ""))


def _strict_parts(request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield from (tool["function"] for tool in request.get("tools", ()))
    yield (request.get("response_format") or {}).get("json_schema", {})


def _loose(part: Any) -> Any:
    if isinstance(part, list):
        return [_loose(item) for item in part]
    if not isinstance(part, dict):
        return part
    return {
        key: _loose(value) if key in {"function", "json_schema"} else value
        for key, value in part.items()
        if key != "strict"
    }


def _with_instruction(messages: list[dict[str, Any]], schema: dict[str, Any]) -> list[dict[str, Any]]:
    # Last, so that prompts for different answers still share their beginning in a provider's cache.
    *others, last = messages
    text = f"{last['content']}\n\n{_IN_PROMPT}{orjson.dumps(schema).decode()}"
    return [*others, {**last, "content": text}]


def _without_system(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if len(messages) < 2 or messages[0]["role"] != "system":
        return messages
    system, first, *others = messages
    return [{**first, "content": f"{system['content']}\n\n{first['content']}"}, *others]
