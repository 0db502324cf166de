"""Chroma finds what is nearest within one business, and is missed in one way only: Unavailable."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from math import cos, sin
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from core.errors import Unavailable
from core.ids import new_id
from core.scope import Scope
from memory.embedded import StoreUrls
from memory.vectors import VectorIndex

DIMENSION = 3
EAST, NORTH, SKY = [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]


class Line:
    """A line to Chroma that can be cut and mended."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._far = (parts.hostname or "", parts.port or 0)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = int(probe.getsockname()[1])
        self._server: asyncio.Server | None = None
        self._carriers: set[asyncio.Task[None]] = set()
        self.breaks = 0
        """How many of the next requests break the connection that they come on."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._begin, "127.0.0.1", self._port)

    async def cut(self) -> None:
        if self._server is not None:
            self._server.close()
            for carrier in list(self._carriers):
                carrier.cancel()
            await asyncio.gather(*self._carriers, return_exceptions=True)
            await self._server.wait_closed()
            self._server = None

    def _begin(self, near_in: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        carrier = asyncio.create_task(self._carry(near_in, near_out))
        self._carriers.add(carrier)
        carrier.add_done_callback(self._carriers.discard)

    async def _carry(self, near_in: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        far_in, far_out = await asyncio.open_connection(*self._far)
        try:
            await asyncio.gather(self._pump(near_in, far_out), self._pump(far_in, near_out))
        finally:
            near_out.transport.abort()
            far_out.transport.abort()

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while block := await source.read(65_536):
                if self.breaks and block.startswith((b"POST", b"GET")):
                    self.breaks -= 1
                    break
                sink.write(block)
                await sink.drain()
        sink.transport.abort()


@pytest_asyncio.fixture
async def line(store_urls: StoreUrls) -> AsyncIterator[Line]:
    opened = Line(store_urls.chroma)
    await opened.mend()
    yield opened
    await opened.cut()


@pytest_asyncio.fixture
async def vectors(line: Line) -> AsyncIterator[VectorIndex]:
    memory = VectorIndex(line.url, f"test-{new_id()}", DIMENSION)
    yield memory
    await memory.close()


async def test_the_nearest_come_first_and_only_of_the_business(vectors: VectorIndex) -> None:
    ours, theirs = Scope.of(new_id()), Scope.of(new_id())
    ids = [new_id() for _ in range(3)]
    await vectors.put(ours, {ids[0]: EAST, ids[1]: [0.8, 0.6, 0.0]}, {ids[0]: "decision", ids[1]: "style"})
    await vectors.put(theirs, {ids[2]: EAST}, {ids[2]: "decision"})
    hits = await vectors.nearest(ours, EAST, 5)
    assert [hit.memory_id for hit in hits] == ids[:2]
    assert [hit.similarity for hit in hits] == pytest.approx([1.0, 0.8], abs=1e-5)
    assert [hit.memory_id for hit in await vectors.nearest(ours, EAST, 1)] == [ids[0]]
    assert await vectors.nearest(Scope.of(new_id()), EAST, 5) == []


async def test_an_id_that_comes_again_is_replaced(vectors: VectorIndex) -> None:
    scope, memory_id = Scope.of(new_id()), new_id()
    await vectors.put(scope, {memory_id: EAST}, {memory_id: "decision"})
    await vectors.put(scope, {memory_id: NORTH}, {memory_id: "decision"})
    (hit,) = await vectors.nearest(scope, NORTH, 5)
    assert hit.similarity == pytest.approx(1.0)


async def test_a_kind_can_be_left_out_before_the_nearest_are_chosen(vectors: VectorIndex) -> None:
    scope, facts, decision = Scope.of(new_id()), [new_id() for _ in range(30)], new_id()
    await vectors.put(scope, dict.fromkeys(facts, EAST), dict.fromkeys(facts, "fact"))
    await vectors.put(scope, {decision: [0.9, 0.1, 0.0]}, {decision: "decision"})
    assert [hit.memory_id for hit in await vectors.nearest(scope, EAST, 3, ["decision"])] == [decision]


async def test_removing_stays_within_the_business(vectors: VectorIndex) -> None:
    ours, theirs = Scope.of(new_id()), Scope.of(new_id())
    mine, other, yours = new_id(), new_id(), new_id()
    await vectors.put(ours, {mine: EAST, other: SKY}, {mine: "decision", other: "decision"})
    await vectors.put(theirs, {yours: EAST}, {yours: "decision"})
    await vectors.remove(ours, [mine, yours])
    assert [hit.memory_id for hit in await vectors.nearest(ours, EAST, 5)] == [other]
    assert [hit.memory_id for hit in await vectors.nearest(theirs, EAST, 5)] == [yours]
    await vectors.remove_all(ours)
    assert await vectors.nearest(ours, EAST, 5) == []


async def test_many_are_put_in_parts(vectors: VectorIndex) -> None:
    scope = Scope.of(new_id())
    ids = [new_id() for _ in range(1_100)]
    around = {key: [cos(place / 300), sin(place / 300), 1.0] for place, key in enumerate(ids)}
    await vectors.put(scope, around, dict.fromkeys(ids, "decision"))
    for key in (ids[0], ids[-1]):
        assert key in {hit.memory_id for hit in await vectors.nearest(scope, around[key], 9)}


async def test_a_chroma_that_hangs_is_not_waited_for(vectors: VectorIndex) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hanging = VectorIndex(f"http://127.0.0.1:{silent.getsockname()[1]}", "test", DIMENSION)
        with pytest.raises(Unavailable):
            await hanging.nearest(Scope.of(new_id()), EAST, 5)


async def test_while_chroma_is_away_everything_says_so_and_then_works_again(
    vectors: VectorIndex, line: Line
) -> None:
    scope, memory_id = Scope.of(new_id()), new_id()
    await vectors.put(scope, {memory_id: EAST}, {memory_id: "decision"})
    await line.cut()
    for work in (
        vectors.ping(),
        vectors.open(),
        vectors.put(scope, {memory_id: NORTH}, {memory_id: "decision"}),
        vectors.nearest(scope, EAST, 5),
        vectors.remove(scope, [memory_id]),
        vectors.remove_all(scope),
    ):
        with pytest.raises(Unavailable):
            await work
    await line.mend()
    await vectors.ping()
    assert [hit.memory_id for hit in await vectors.nearest(scope, EAST, 5)] == [memory_id]


async def test_a_connection_that_breaks_under_a_request_is_not_noticed(
    vectors: VectorIndex, line: Line
) -> None:
    scope, memory_id = Scope.of(new_id()), new_id()
    await vectors.put(scope, {memory_id: EAST}, {memory_id: "decision"})
    line.breaks = 1
    assert [hit.memory_id for hit in await vectors.nearest(scope, EAST, 5)] == [memory_id]
    line.breaks = 1
    await vectors.remove(scope, [memory_id])
    assert await vectors.nearest(scope, EAST, 5) == []
    line.breaks = 2
    with pytest.raises(Unavailable):
        await vectors.remove_all(scope)
