"""Several tasks take their database steps one at a time, in an order that the test chooses."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any

from core.document import TenantDocument
from core.scope import Scope
from memory.collections import Collection, Owner


class Turns:
    """Runs tasks step by step; a task waits in `turn` before each of its steps."""

    def __init__(self) -> None:
        self._waiting: dict[asyncio.Task[Any], asyncio.Future[None]] = {}
        self._arrived = asyncio.Event()

    async def turn(self) -> None:
        """Wait until it is the calling task's turn."""
        task = asyncio.current_task()
        assert task is not None
        self._waiting[task] = asyncio.get_running_loop().create_future()
        self._arrived.set()
        await self._waiting[task]

    async def run(
        self,
        work: Iterable[Coroutine[Any, Any, Any]],
        bursts: Iterable[tuple[int, int]],
        killed: Mapping[int, int],
        observe: Callable[[], Awaitable[None]] | None = None,
    ) -> list[Any]:
        """Run everything to its end; what came of each: its result, or what it raised.

        Args:
            work: The tasks.
            bursts: Who takes how many steps at a stretch, by their place in `work`; then round about.
            killed: After how many of its own steps a task, by its place in `work`, dies.
            observe: Called after every step.
        """
        tasks = [asyncio.create_task(one) for one in work]
        for task in tasks:
            task.add_done_callback(lambda _: self._arrived.set())
        steps = dict.fromkeys(tasks, 0)
        deaths = {tasks[place]: after for place, after in killed.items()}
        order = iter([tasks[place] for place, many in bursts for _ in range(many)])
        while alive := await self._ready(tasks):
            chosen = next((task for task in order if task in alive), None)
            task = chosen or min(alive, key=lambda one: steps[one])
            mine = self._waiting.pop(task)
            if deaths.get(task) == steps[task]:
                task.cancel()
            else:
                mine.set_result(None)
            steps[task] += 1
            await self._ready(tasks)
            if observe is not None:
                await observe()
        return await asyncio.gather(*tasks, return_exceptions=True)

    async def _ready(self, tasks: list[asyncio.Task[Any]]) -> list[asyncio.Task[Any]]:
        """Those that are not done, as soon as each of them waits for its turn."""
        while True:
            self._arrived.clear()
            alive = [task for task in tasks if not task.done()]
            if all(task in self._waiting for task in alive):
                return alive
            await self._arrived.wait()


class SteppedCollection(Collection[Any]):
    """A collection whose reads and writes are steps."""

    def __init__(self, inner: Collection[Any], turns: Turns) -> None:
        self.__dict__.update(inner.__dict__)
        self._turns = turns

    async def get(self, scope: Scope, document_id: str) -> Any:
        await self._turns.turn()
        return await super().get(scope, document_id)

    async def find(self, scope: Scope, where: Mapping[str, Any]) -> Any:
        await self._turns.turn()
        return await super().find(scope, where)

    async def all(self, scope: Scope, where: Mapping[str, Any], limit: int = 500) -> list[Any]:
        await self._turns.turn()
        return await super().all(scope, where, limit)

    async def insert(
        self, scope: Scope, document: TenantDocument, *, owners: Sequence[Owner] = (), durable: bool = True
    ) -> Any:
        await self._turns.turn()
        return await super().insert(scope, document, owners=owners, durable=durable)

    async def note(
        self,
        scope: Scope,
        document_id: str,
        values: Mapping[str, Any],
        expect: Mapping[str, Any] | None = None,
    ) -> bool:
        await self._turns.turn()
        return await super().note(scope, document_id, values, expect)

    async def change(
        self,
        scope: Scope,
        document_id: str,
        values: Mapping[str, Any],
        expect: Mapping[str, Any] | None = None,
        push: Mapping[str, Any] | None = None,
    ) -> bool:
        await self._turns.turn()
        return await super().change(scope, document_id, values, expect, push)
