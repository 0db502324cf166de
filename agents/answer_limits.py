"""Limits of a provider's response: bytes, bytes of a line, tokens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

import httpx2

from agents.tokens import TokenCounter

MOST_BYTES = 8_000_000
"""Limit of bytes of one response: some twenty times the longest answer with its framing."""

MOST_LINE = 1_000_000
"""Bytes of one event, or of an answer that does not stream."""

_MOST_OF_AN_ERROR = 64_000
_CHARACTERS_PER_TOKEN = 16
_LEAST_STEP = 64


class TooMuch(httpx2.StreamError):
    """The response is longer than the limits; its connection is closed."""


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream, *, error: bool) -> None:
        self._stream = stream
        self._error = error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        taken = 0
        async for block in self._stream:
            taken += len(block)
            if self._error and taken > _MOST_OF_AN_ERROR:
                yield block[:_MOST_OF_AN_ERROR]
                return
            if taken > MOST_BYTES:
                raise TooMuch("The model's server sent more than an answer can hold.")
            yield block

    async def aclose(self) -> None:
        await self._stream.aclose()


async def bound_response(response: httpx2.Response) -> None:
    """Limit the bytes read of a response; an error response is truncated (an HTTP client hook)."""
    if isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = _Bounded(response.stream, error=response.is_error)


class Written(Protocol):
    """An answer so far."""

    size: int
    """Bytes of all its texts; a token has at least one byte."""

    def spoken(self) -> str:
        """All its texts."""
        ...


class OutputLimit:
    """Detects that an answer has reached its reserved tokens.

    Tokens are counted only when the bytes since the last count could have reached the limit: never for a
    short answer, about ten times for one that reaches its limit.
    """

    def __init__(self, tokens: int, counter: TokenCounter) -> None:
        self._tokens = tokens
        self._counter = counter
        self._next = tokens

    async def reached(self, answer: Written) -> bool:
        """Return whether the answer has reached its limit."""
        if answer.size < self._next:
            return False
        if answer.size > self._tokens * _CHARACTERS_PER_TOKEN:
            return True
        count = await self._counter.acount(answer.spoken())
        self._next = answer.size + max(self._tokens - count, _LEAST_STEP)
        return count >= self._tokens
