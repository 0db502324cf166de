"""Every provider's way to fail has its error."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx2
import openai
import pytest

from agents.provider_errors import from_event, from_exception
from core.errors import (
    ContextOverflow,
    ModelBusy,
    ModelFailed,
    ModelRefusedRequest,
    ModelUnreachable,
)

_REQUEST = httpx2.Request("POST", "http://127.0.0.1/v1/chat/completions")


def _status(status: int, body: object, headers: dict[str, str] | None = None) -> openai.APIStatusError:
    response = httpx2.Response(status, json=body, headers=headers, request=_REQUEST)
    return openai.APIStatusError("failed", response=response, body=body)


@pytest.mark.parametrize(
    "message",
    [
        "This model's maximum context length is 128000 tokens. However, your messages resulted in more.",
        "request (9000 tokens) exceeds the available context size (4096 tokens), try increasing it",
        "the request exceeds the available context size. try increasing the context size",
        "'max_tokens' is too large: 2000. This model's maximum context length is 4096 tokens",
        "The decoder prompt (length 5000) is longer than the maximum model length of 4096.",
        "the input length exceeds the context length",
        "Your input exceeds the context window of this model.",
        "`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4000 `inputs` tokens",
        "The number of tokens to keep from the initial prompt is greater than the context length",
        "prompt is too long: 210000 tokens > 200000 maximum",
        "litellm.ContextWindowExceededError: too big",
        "Input tokens exceed the configured limit of 272000 tokens.",
    ],
)
def test_every_spelling_of_too_long(message: str) -> None:
    failure = from_exception(_status(400, {"error": {"message": message}}))
    assert isinstance(failure.error, ContextOverflow)
    assert not failure.retry


@pytest.mark.parametrize(
    ("status", "body", "kind", "retry"),
    [
        (429, {"message": "Rate limit reached for tokens", "code": "rate_limit_exceeded"}, ModelBusy, True),
        (
            429,
            {"message": "You exceeded your current quota", "code": "insufficient_quota"},
            ModelRefusedRequest,
            False,
        ),
        (400, {"message": "Unsupported parameter: 'temperature'"}, ModelRefusedRequest, False),
        (401, {"message": "Incorrect API key provided: sk-abc123def"}, ModelRefusedRequest, False),
        (403, {"message": "no access"}, ModelRefusedRequest, False),
        (404, {"message": "model not found"}, ModelRefusedRequest, False),
        (408, {"message": "timeout"}, ModelUnreachable, True),
        (413, {"message": "payload too large"}, ContextOverflow, False),
        (500, {"message": "boom"}, ModelUnreachable, True),
        (503, {"message": "loading model"}, ModelUnreachable, True),
    ],
)
def test_statuses(status: int, body: dict[str, Any], kind: type[ModelFailed], retry: bool) -> None:
    failure = from_exception(_status(status, {"error": body}))
    assert type(failure.error) is kind
    assert failure.retry is retry
    assert not failure.charged


def test_keys_are_not_repeated() -> None:
    failure = from_exception(_status(422, {"error": {"message": "bad key sk-proj-abcdef123456"}}))
    assert "abcdef" not in failure.error.detail


def test_retry_after_in_its_three_forms() -> None:
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    for headers, low, high in (
        ({"retry-after": "7"}, 7, 7),
        ({"retry-after-ms": "1500"}, 1.5, 1.5),
        ({"retry-after": at}, 25, 31),
    ):
        waited = from_exception(_status(429, {"error": {"message": "slow down"}}, headers)).retry_after
        assert waited is not None
        assert low <= waited <= high
    assert from_exception(_status(429, {}, {"retry-after": "soon"})).retry_after is None


def test_errors_inside_a_stream() -> None:
    assert isinstance(from_event({"message": "engine died", "code": 500}).error, ModelUnreachable)
    assert isinstance(from_event({"message": "slow", "type": "rate_limit_error"}).error, ModelBusy)
    assert isinstance(from_event("the input length exceeds the context length").error, ContextOverflow)
