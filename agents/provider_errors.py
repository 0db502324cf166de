"""Map provider failures to errors of core/errors.py, and decide on retries."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2
import openai

from core.errors import (
    ContextOverflow,
    ModelBusy,
    ModelFailed,
    ModelRefusedRequest,
    ModelUnreachable,
)

# OpenAI, llama.cpp, vLLM (two wordings), Ollama, LM Studio, TGI, and proxies that rephrase them.
_TOO_LONG = re.compile(
    r"context_length_exceeded|exceed_context_size|exceeds? the (?:available )?context|context window"
    r"|maximum context length|context length|max_model_len|maximum model length|input length exceeds"
    r"|prompt is too long|input is too long|too many (?:input )?tokens|greater than the context"
    r"|exceed(?:s|ed)? the (?:configured )?(?:token )?limit|string_above_max_length|ContextWindowExceeded"
    r"|`inputs` tokens \+ `max_new_tokens`",
    re.IGNORECASE,
)
# Said of an empty account only.
_NO_CREDIT = re.compile(
    r"insufficient[_ ](?:quota|balance|credit|fund)|balance is (?:too low|insufficient)|credit balance"
    r"|billing_hard_limit|exceeded_current_quota|out of credit|no credit|account.{0,40}suspended|余额|欠费",
    re.IGNORECASE,
)
# Said of limits per minute too.
_QUOTA = re.compile(r"billing|exceeded your current quota|check your plan", re.IGNORECASE)
_PER_TIME = re.compile(
    r"per[ _-]?(?:minute|min\b|second|sec\b|hour|day)|\b[rt]p[msd]\b|rate.?limit|too many requests|concurren",
    re.IGNORECASE,
)
# "Please retry in 4.4s", "try again in 1m30s", "wait 20 seconds", retryDelay 4.4s, retry_after_ms 800.
_TOLD_WAIT = re.compile(
    r"(?P<how>(?:try again|retry|wait|reset)[^.\d]{0,30}?)(?P<wait>(?:\d+(?:\.\d+)? ?[a-z]* *){1,4})",
    re.IGNORECASE,
)
_DURATION = re.compile(r"(\d+(?:\.\d+)?) ?(ms|milli|h|m|s|)", re.IGNORECASE)
_SECONDS = {"ms": 0.001, "milli": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_LONGEST_TOLD = 31 * 86_400.0
# Where errors have their words; proxies put the upstream's into `metadata`.
_TOLD = {
    "error",
    "errors",
    "message",
    "msg",
    "detail",
    "details",
    "code",
    "type",
    "status",
    "metadata",
    "raw",
    "body",
}
_DEPTH, _PARTS = 6, 20
_RETRIED = {408, 409, 425, 429}
_SECRET = re.compile(r"\b(?:sk|key|pk)-[\w*.-]{6,}")


class ProviderFailure(Exception):
    """One attempt that failed.

    Attributes:
        error: The error to raise if no retry helps.
        retry: Whether another attempt may help.
        retry_after: Seconds that the provider asks to wait.
        charged: Whether the provider may have read the prompt and charged for it.
        status: The HTTP status of a refusal, 0 if it is none.
        said: The words of a refusal.
        param: The part of the request that it names.
    """

    def __init__(
        self,
        error: ModelFailed,
        *,
        retry: bool = False,
        retry_after: float | None = None,
        charged: bool = False,
    ) -> None:
        super().__init__(error.detail)
        self.error = error
        self.retry = retry
        self.retry_after = retry_after
        self.charged = charged
        self.status = 0
        self.said = ""
        self.param = ""


def from_exception(error: Exception) -> ProviderFailure:
    """Convert an exception of the client or its HTTP library."""
    if isinstance(error, openai.APIStatusError):
        body = error.body if isinstance(error.body, Mapping | list) else {"message": error.message}
        return _from_status(error.status_code, body, _retry_after(error.response.headers))
    if isinstance(error, openai.APITimeoutError | httpx2.TimeoutException):
        return unreachable("The model's address did not accept a connection in time.")
    if isinstance(error, openai.APIConnectionError):
        return unreachable("The model's address cannot be reached.")
    if isinstance(error, httpx2.HTTPError):
        return unreachable("The connection to the model broke off.", charged=True)
    return unreachable(f"The call to the model failed ({type(error).__name__}).", charged=True)


def from_event(error: Any) -> ProviderFailure:
    """Convert an error event inside a stream."""
    body = error if isinstance(error, Mapping) else {"message": str(error)}
    code = body.get("code")
    if not isinstance(code, int) or not 400 <= code < 600:
        code = 429 if "rate_limit" in f"{code} {body.get('type')}" else 500
    failure = _from_status(code, body, None)
    failure.charged = True
    return failure


def unreachable(sentence: str, *, charged: bool = False) -> ProviderFailure:
    """Return a retryable failure of the connection or the server."""
    return ProviderFailure(ModelUnreachable(sentence), retry=True, charged=charged)


def _from_status(status: int, body: Any, retry_after: float | None) -> ProviderFailure:
    words: list[str] = []
    param = _read(body, words)
    said = " ".join(words)
    failure = _kind_of(status, said, retry_after)
    failure.status, failure.said, failure.param = status, said, param
    return failure


def _kind_of(status: int, said: str, retry_after: float | None) -> ProviderFailure:
    if status == 413 or (status not in {401, 403, 404, 429} and _TOO_LONG.search(said)):
        return ProviderFailure(ContextOverflow(status=status))
    told = _told_wait(said)
    wait = told if retry_after is None else retry_after
    # A limit per minute is often worded as a quota; an empty account never names a time to wait.
    empty = told is None and bool(_NO_CREDIT.search(said))
    empty |= wait is None and bool(_QUOTA.search(said)) and not _PER_TIME.search(said)
    if status == 402 or (status in {400, 403, 429} and empty):
        return ProviderFailure(
            ModelRefusedRequest("The account at the model's provider has no credit left.", status=status)
        )
    if status == 429:
        busy = ModelBusy() if wait is None else ModelBusy(retry_after=round(wait))
        return ProviderFailure(busy, retry=True, retry_after=wait)
    if status in _RETRIED or status >= 500:
        failure = unreachable(f"The model's server answered {status}.")
        failure.retry_after = wait
        return failure
    return ProviderFailure(ModelRefusedRequest(_refusal(status, said), status=status))


def _refusal(status: int, message: str) -> str:
    if status in {401, 403}:
        return "The model's provider does not accept the key: see OPENAI_API_KEY."
    if status == 404:
        return "The model's address or name is not known there: see OPENAI_BASE_URL and MARQUEE_MODEL."
    said = _SECRET.sub("[key]", " ".join(message.split()))[:200]
    return f"The model's server refused the request ({status}): {said}"


def _read(body: Any, words: list[str], depth: int = 0) -> str:
    """Collect the words of an error's body; the part of the request that it names.

    What it repeats of the request ("input") is not read: a prompt may have any words.
    """
    if depth > _DEPTH:
        return ""
    if isinstance(body, list):
        return next(filter(None, [_read(item, words, depth + 1) for item in body[:_PARTS]]), "")
    if not isinstance(body, Mapping):
        words.append(str(body))
        return ""
    params = []
    for key, value in body.items():
        if key in {"param", "loc", "field"}:
            params.append(".".join(map(str, value)) if isinstance(value, list) else str(value or ""))
        elif "retry" in str(key).lower() and isinstance(value, str | int | float):
            words.append(f"{key} {value}")
        elif key in _TOLD and value is not None:
            params.append(_read(value, words, depth + 1))
    return next(filter(None, params), "")


def _told_wait(said: str) -> float | None:
    """Seconds that the words of an error ask to wait."""
    for found in _TOLD_WAIT.finditer(said):
        how = found["how"].lower()
        plain = 0.001 if "_ms" in how else 1.0 if "after" in how or "delay" in how else 0.0
        parts = _DURATION.findall(found["wait"])
        seconds = sum(float(number) * _SECONDS.get(unit.lower(), plain) for number, unit in parts)
        if seconds > 0:
            return min(seconds, _LONGEST_TOLD)
    return None


def _retry_after(headers: httpx2.Headers) -> float | None:
    for name, unit in (("retry-after-ms", 1_000), ("retry-after", 1)):
        value = headers.get(name)
        if value is None:
            continue
        try:
            seconds = float(value.removesuffix("s")) / unit
        except ValueError:
            try:
                seconds = (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
            except (TypeError, ValueError, OverflowError):
                continue
        if math.isfinite(seconds):
            return min(max(seconds, 0.0), _LONGEST_TOLD)
    return None
