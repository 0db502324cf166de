"""Start streams at given times and measure the time to first word, in its own process.

Responses are stored and parsed at the end, so that parsing does not affect the measurement.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Literal

from benchmarks.wire import numbers

Wire = Literal["openai", "ag-ui"]
FIRST_WORD = {"openai": b'"content":"t', "ag-ui": b"TEXT_MESSAGE_CONTENT"}


@dataclass(frozen=True)
class Job:
    """A job: one HTTP request per stream, each at its time, or one after the other."""

    port: int
    wire: Wire
    words: int
    requests: list[str]
    starts: list[float] | None
    patience: float


@dataclass(frozen=True)
class Heard:
    """The result of one stream: seconds to its first word, and its error."""

    first: float | None
    words: int
    lost: int
    doubled: int
    disordered: int
    problem: str


class Stream(asyncio.Protocol):
    """One request and its response."""

    def __init__(self, request: bytes, mark: bytes) -> None:
        loop = asyncio.get_running_loop()
        self._request = request
        self._mark = mark
        self._time = loop.time
        self.received: list[bytes] = []
        self.first: float | None = None
        self.over: asyncio.Future[None] = loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the request."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # for the type checker
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Store the data."""
        self.received.append(data)
        if self.first is None and (self._mark in data or self._mark in b"".join(self.received)):
            self.first = self._time()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note the end."""
        if not self.over.done():
            self.over.set_result(None)


def _body(raw: bytes) -> bytes:
    """Return the chunked body of a response."""
    head, _, rest = raw.partition(b"\r\n\r\n")
    if b"transfer-encoding: chunked" not in head.lower():
        return rest
    parts = []
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        length = int(size or b"0", 16)
        if not length:
            break
        parts.append(rest[:length])
        rest = rest[length + 2 :]
    return b"".join(parts)


def _spoken(events: list[dict[str, Any]], wire: Wire) -> str:
    if wire == "ag-ui":
        return "".join(one["delta"] for one in events if one["type"] == "TEXT_MESSAGE_CONTENT")
    return "".join(one["choices"][0]["delta"].get("content") or "" for one in events if one["choices"])


def heard(raw: bytes, first: float | None, job: Job) -> Heard:
    """Parse a response."""
    body = _body(raw)
    lines = [line[5:].strip() for line in body.split(b"\n") if line.startswith(b"data:")]
    events = [json.loads(line) for line in lines if line != b"[DONE]"]
    if job.wire == "openai":
        ended = lines[-1:] == [b"[DONE]"]
    else:
        ended = bool(events) and events[-1]["type"] == "RUN_FINISHED"
    came = numbers(_spoken(events, job.wire))
    counted = Counter(came)
    in_order = list(dict.fromkeys(came))
    return Heard(
        first=first,
        words=len(counted),
        lost=job.words - len(counted),
        doubled=len(came) - len(counted),
        disordered=sum(one > other for one, other in pairwise(in_order)),
        problem="" if ended else (raw[:80] + b" ... " + body[-400:]).decode("utf-8", "replace"),
    )


async def _one(job: Job, request: str) -> tuple[bytes, float | None]:
    loop = asyncio.get_running_loop()
    began = loop.time()
    transport, stream = await loop.create_connection(
        lambda: Stream(request.encode(), FIRST_WORD[job.wire]), "127.0.0.1", job.port
    )
    with suppress(TimeoutError):
        async with asyncio.timeout(job.patience):
            await stream.over
    transport.abort()
    return b"".join(stream.received), None if stream.first is None else stream.first - began


async def run(job: Job) -> list[Heard]:
    """Run all streams of a job."""
    loop = asyncio.get_running_loop()
    if job.starts is None:
        answers = [await _one(job, request) for request in job.requests]
    else:
        began = loop.time()

        async def at(moment: float, request: str) -> tuple[bytes, float | None]:
            await asyncio.sleep(began + moment - loop.time())
            return await _one(job, request)

        moments = zip(job.starts, job.requests, strict=True)
        answers = await asyncio.gather(*(at(moment, request) for moment, request in moments))
    return [heard(raw, first, job) for raw, first in answers]


if __name__ == "__main__":
    gc.disable()
    given = Job(**json.load(sys.stdin))
    json.dump([asdict(one) for one in asyncio.run(run(given))], sys.stdout)
