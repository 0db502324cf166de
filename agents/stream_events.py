"""The events of a response's body, whatever a server makes of server-sent events and JSON."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import orjson

from agents.answer_limits import MOST_LINE, TooMuch
from agents.provider_errors import ProviderFailure, from_event
from core.errors import UnusableAnswer

_NOTHING: dict[str, Any] = {}
_PAUSE_BYTES = 8_192

_FIELD = re.compile(rb"\s*(?:\Z|:|event:|id:|retry:)")
_NO_DATA = frozenset(b":\r")
_ERROR_KEYS = ("detail", "message", "code")

_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
# Bytes of a character, as `surrogateescape` has them.
_BYTES = re.compile(
    "[\udcc2-\udcdf][\udc80-\udcbf]|[\udce0-\udcef][\udc80-\udcbf]{2}|[\udcf0-\udcf4][\udc80-\udcbf]{3}"
)
_HALF = re.compile("(?:[\ud800-\udbff]|[\udcc2-\udcf4][\udc80-\udcbf]{0,2})\\Z")
_STRAY = re.compile("[\ud800-\udfff]")


async def events(blocks: AsyncIterator[bytes]) -> AsyncGenerator[dict[str, Any] | None, None]:
    """The chunks of a body, and None for the end mark; one chunk for a body that is no event stream."""
    rest = b""
    body: list[bytes] = []
    unpaused = 0
    async for block in blocks:
        *lines, rest = (rest + block).split(b"\n")
        _bounded(rest)
        # What has arrived already is read without a pause: the loop gets its turn now and then.
        unpaused += len(block)
        if unpaused >= _PAUSE_BYTES:
            unpaused = 0
            await asyncio.sleep(0)
        for line in lines:
            if line.startswith(b"data:"):
                chunk = _parse(_bounded(line)[5:].strip())
                if chunk is not _NOTHING:
                    yield chunk
            # Blank lines and comments, which may be many, are told apart without a search.
            elif line and line[0] not in _NO_DATA and not _FIELD.match(line):
                body.append(_bounded(line))
    # Anything else without its newline was cut short.
    if rest.startswith(b"data:"):
        if rest[5:].strip() == b"[DONE]":
            yield None
    elif body or rest.strip():
        yield _parse(_bounded(b" ".join([*body, rest])))
        yield None


def _bounded(line: bytes) -> bytes:
    if len(line) > MOST_LINE:
        raise TooMuch("The model's server sent more at once than an answer can hold.")
    return line


def _parse(data: bytes) -> dict[str, Any] | None:
    if data == b"[DONE]":
        return None
    if not data:
        return _NOTHING
    try:
        chunk = orjson.loads(data)
    except orjson.JSONDecodeError:
        chunk = _lenient(data)
    if not isinstance(chunk, dict):
        raise ProviderFailure(UnusableAnswer("The model's server sent an unknown event."), charged=True)
    if chunk.get("error"):
        raise from_event(chunk["error"])
    if "choices" not in chunk and not chunk.get("usage") and any(chunk.get(key) for key in _ERROR_KEYS):
        raise from_event(chunk)
    return chunk


def _lenient(data: bytes) -> Any:
    """Halves of characters and control characters, which strict JSON does not have."""
    try:
        return json.loads(data.decode(errors="surrogateescape"), strict=False)
    except (ValueError, RecursionError) as error:
        raise ProviderFailure(UnusableAnswer("The model's server sent broken JSON."), charged=True) from error


def mended(text: str) -> tuple[str, str]:
    """Join the halves of characters; the text, and the half at its end that may still be completed."""
    text = _PAIR.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)
    text = _BYTES.sub(lambda run: run[0].encode(errors="surrogateescape").decode(errors="replace"), text)
    half = found[0] if (found := _HALF.search(text)) else ""
    return _STRAY.sub("\ufffd", text[: len(text) - len(half)]), half
