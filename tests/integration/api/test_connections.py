"""Connections that are slow on purpose: each ends by itself, and many of them keep nobody else waiting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from api.connections import Bounds
from tests.e2e.world import serving
from tests.patience import PATIENCE

HEAD = b"POST /echo HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n"


async def echo(request: Request) -> Response:
    return PlainTextResponse(await request.body())


async def stream(_: Request) -> Response:
    async def parts() -> AsyncGenerator[bytes]:
        for _ in range(20):
            yield b"part\n"
            await asyncio.sleep(0.1)

    return StreamingResponse(parts())


async def endless(request: Request) -> Response:
    async def parts() -> AsyncGenerator[bytes]:
        try:
            while True:
                yield b"x" * 1_000_000
                await asyncio.sleep(0)
        finally:
            request.app.state.left.set()

    return StreamingResponse(parts())


APP = Starlette(
    routes=[
        Route("/echo", echo, methods=["GET", "POST"]),
        Route("/stream", stream),
        Route("/endless", endless),
    ]
)

QUICK = Bounds(head_seconds=1, body_seconds=1, write_seconds=1)


@asynccontextmanager
async def connection(url: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    address = httpx.URL(url)
    reader, writer = await asyncio.open_connection(address.host, address.port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def end_of(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, drip: bytes) -> bytes:
    """What was answered before the server closed the connection, into which something drips on and on."""
    async with asyncio.timeout(PATIENCE):
        with suppress(ConnectionError):
            while True:
                with suppress(TimeoutError):
                    return await asyncio.wait_for(reader.read(), 0.1)
                writer.write(drip)
                await writer.drain()
    return b""


@pytest.mark.parametrize(
    ("sent", "drip"),
    [(b"", b""), (b"", b"\r\n"), (HEAD, b"X"), (HEAD + b"\r\n", b"x"), (HEAD + b"\r\n", b"")],
    ids=["nothing", "blank lines", "headers", "body", "no body"],
)
async def test_a_request_that_does_not_come_in_time_is_cut(sent: bytes, drip: bytes) -> None:
    async with (
        serving(APP, QUICK) as url,
        connection(url) as (reader, writer),
    ):
        writer.write(sent)
        assert await end_of(reader, writer, drip) == b""


async def test_a_second_request_has_the_same_time() -> None:
    async with (
        serving(APP, QUICK) as url,
        connection(url) as (reader, writer),
    ):
        writer.write(b"GET /echo HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        writer.write(HEAD)
        assert await end_of(reader, writer, b"X") == b""


async def test_headers_without_an_end_are_cut() -> None:
    async with serving(APP, Bounds(head_seconds=PATIENCE)) as url, connection(url) as (reader, writer):
        writer.write(b"GET /echo HTTP/1.1\r\n")
        assert await end_of(reader, writer, b"X-Long: " + b"x" * 10_000 + b"\r\n") == b""


async def test_an_answer_that_nobody_takes_is_cut() -> None:
    left = APP.state.left = asyncio.Event()
    async with serving(APP, QUICK) as url, connection(url) as (_, writer):
        writer.write(b"GET /endless HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        async with asyncio.timeout(PATIENCE):
            await left.wait()


async def test_a_long_answer_is_not_cut() -> None:
    async with (
        serving(APP, QUICK) as url,
        httpx.AsyncClient(base_url=url, trust_env=False, timeout=PATIENCE) as client,
    ):
        assert (await client.get("/stream")).text == "part\n" * 20


async def test_many_slow_connections_keep_nobody_waiting() -> None:
    bounds = Bounds(head_seconds=PATIENCE, unfinished=20)
    async with serving(APP, bounds) as url, AsyncExitStack() as stack:
        slow = []
        for _ in range(100):
            reader, writer = await stack.enter_async_context(connection(url))
            writer.write(HEAD)
            slow.append(reader)
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=PATIENCE) as client:
            for _ in range(10):
                assert (await client.post("/echo", content=b"x")).text == "x"
        # The oldest had to give way.
        async with asyncio.timeout(PATIENCE):
            for reader in slow[:70]:
                with suppress(ConnectionError):
                    assert await reader.read() == b""
