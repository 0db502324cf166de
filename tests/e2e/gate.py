"""A model that answers once a test lets it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

from tests.doubles.fault_server import Answerer
from tests.doubles.wire import Reply


class Gate:
    """Lets the model's answers through once it is open."""

    def __init__(self, answer: Answerer) -> None:
        self.open = asyncio.Event()
        self._answer = answer

    async def __call__(self, body: dict[str, Any]) -> Reply:
        await self.open.wait()
        reply = self._answer(body)
        return await reply if isinstance(reply, Awaitable) else reply
