"""A model that says what a script tells it, and makes the test fail at a call that nobody planned."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Any

import httpx2
import orjson

from tests.doubles.wire import DONE, Reply, prompt_of

Line = Reply | Callable[[dict[str, Any]], Reply]


class ScriptedModel(httpx2.AsyncBaseTransport):
    """The OpenAI wire as an in-process transport: one line of the script per call.

    Used as a context manager it raises at the end when a call was not planned, with its prompt, or when a
    planned one did not come.
    """

    def __init__(self, *script: Line) -> None:
        self.calls: list[dict[str, Any]] = []
        self._script = deque(script)
        self._unplanned: list[str] = []

    def __enter__(self) -> ScriptedModel:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._unplanned:
            raise AssertionError(f"the model was called unplanned with this prompt:\n{self._unplanned[0]}")
        if kind is None and self._script:
            raise AssertionError(f"{len(self._script)} planned calls to the model did not come")

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a chat completion."""
        body = orjson.loads(await request.aread())
        self.calls.append(body)
        if not self._script:
            self._unplanned.append(prompt_of(body))
            error = {"message": f"unplanned call; its prompt: {prompt_of(body)}"}
            return httpx2.Response(400, json={"error": error}, request=request)
        line = self._script.popleft()
        reply = line if isinstance(line, Reply) else line(body)
        headers = {"content-type": "text/event-stream"}
        return httpx2.Response(
            200, headers=headers, stream=_Events(reply, str(body.get("model"))), request=request
        )


class _Events(httpx2.AsyncByteStream):
    def __init__(self, reply: Reply, model: str) -> None:
        self._reply = reply
        self._model = model

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for event in self._reply.chunks(self._model):
            yield event
        yield DONE
