"""Map provider failures to errors of core/errors.py, and decide on retries."""

from __future__ import annotations

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
_OUT_OF_CREDIT = re.compile(
    r"insufficient_quota|billing|credit balance|exceeded your current quota", re.IGNORECASE
)
_RETRIED = {408, 409, 425, 429}
_SECRET = re.compile(r"\b(?:sk|key|pk)-[\w*.-]{6,}")


class ProviderFailure(Exception):
    """One attempt that failed.

    Attributes:
        error: The error to raise if no retry helps.
        retry: Whether another attempt may help.
        retry_after: Seconds that the provider asks to wait.
        charged: Whether the provider may have read the prompt and charged for it.
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


def from_exception(error: Exception) -> ProviderFailure:
    """Convert an exception of the client or its HTTP library."""
    if isinstance(error, openai.APIStatusError):
        return _from_status(error.status_code, _message(error), _retry_after(error.response.headers))
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
    if not isinstance(code, int):
        code = 429 if "rate_limit" in f"{code} {body.get('type')}" else 500
    failure = _from_status(code, f"{body.get('code')} {body.get('type')} {body.get('message')}", None)
    failure.charged = True
    return failure


def unreachable(sentence: str, *, charged: bool = False) -> ProviderFailure:
    """Return a retryable failure of the connection or the server."""
    return ProviderFailure(ModelUnreachable(sentence), retry=True, charged=charged)


def _from_status(status: int, message: str, retry_after: float | None) -> ProviderFailure:
    if status == 413 or (status not in {401, 403, 404, 429} and _TOO_LONG.search(message)):
        return ProviderFailure(ContextOverflow(status=status))
    if status == 429 and _OUT_OF_CREDIT.search(message):
        return ProviderFailure(
            ModelRefusedRequest("The account at the model's provider has no credit left.", status=status)
        )
    if status == 429:
        busy = ModelBusy() if retry_after is None else ModelBusy(retry_after=round(retry_after))
        return ProviderFailure(busy, retry=True, retry_after=retry_after)
    if status in _RETRIED or status >= 500:
        failure = unreachable(f"The model's server answered {status}.")
        failure.retry_after = retry_after
        return failure
    return ProviderFailure(ModelRefusedRequest(_refusal(status, message), status=status))


def _refusal(status: int, message: str) -> str:
    if status in {401, 403}:
        return "The model's provider does not accept the key: see OPENAI_API_KEY."
    if status == 404:
        return "The model's address or name is not known there: see OPENAI_BASE_URL and MARQUEE_MODEL."
    said = _SECRET.sub("[key]", " ".join(message.split()))[:200]
    return f"The model's server refused the request ({status}): {said}"


def _message(error: openai.APIStatusError) -> str:
    body = error.body
    if isinstance(body, Mapping):
        inner = body.get("error", body)
        if isinstance(inner, Mapping):
            return f"{inner.get('code') or ''} {inner.get('type') or ''} {inner.get('message') or inner}"
        return str(inner)
    return error.message


def _retry_after(headers: httpx2.Headers) -> float | None:
    for name, unit in (("retry-after-ms", 1_000), ("retry-after", 1)):
        value = headers.get(name)
        if value is None:
            continue
        try:
            return max(float(value) / unit, 0.0)
        except ValueError:
            pass
        try:
            return max((parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds(), 0.0)
        except (TypeError, ValueError):
            continue
    return None
