"""Check that the stores answer at their URLs; errors name the setting and no secret."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
import redis.asyncio
import redis.exceptions
from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError
from pymongo.uri_parser import parse_uri
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from core.errors import Misconfigured
from memory.watchdog import Broken

UNAUTHORISED = {13, 18, 8000}
STEP_SECONDS = 4.0
"""Seconds for each step: SRV record, host name, connection, answer."""


class NoAnswer(ConnectionError):
    """The server did not answer as expected."""


class _Refused(ConnectionError):
    """The server refused access."""


async def check_reachable(urls: Mapping[str, str], *, database: str = "marquee") -> None:
    """Check all external stores at once, within a few seconds.

    Args:
        urls: The URLs by the name of their setting (`MONGODB_URL`, `REDIS_URL`, `CHROMA_URL`).
        database: The MongoDB database to read.

    Raises:
        Misconfigured: The first URL that is invalid or unreachable.
    """
    stores = {
        "MONGODB_URL": _Store(
            "MongoDB", ("mongodb", "mongodb+srv"), lambda url: ping_mongodb(url, database), _mongodb_hosts
        ),
        "REDIS_URL": _Store("Redis", ("redis", "rediss"), ping_redis, _hosts),
        "CHROMA_URL": _Store("Chroma", ("http", "https"), ping_chroma, _hosts),
    }
    checks = [_check(name, url, stores[name]) for name, url in urls.items()]
    for problem in await asyncio.gather(*checks):
        if problem is not None:
            raise problem


async def ping_mongodb(url: str, database: str = "marquee") -> None:
    """List the collections, which also checks the read permission."""
    # The asynchronous client leaks its socket when a TLS handshake is aborted.
    await asyncio.to_thread(_ask_mongodb, url, database)


def _ask_mongodb(url: str, database: str) -> None:
    wait = int(STEP_SECONDS * 1000)
    try:
        with MongoClient[dict[str, object]](
            url, serverSelectionTimeoutMS=wait, connectTimeoutMS=wait, socketTimeoutMS=wait, retryReads=False
        ) as client:
            client[database].command("listCollections", nameOnly=True, authorizedCollections=True)
    except OperationFailure as error:
        if error.code not in UNAUTHORISED:
            raise Broken("an error to a simple command") from error
        raise _Refused("does not accept the user name or password") from error
    except PyMongoError as error:
        raise NoAnswer("no MongoDB answer") from error


async def ping_redis(url: str) -> None:
    """Send a PING on the URL's database."""
    client = redis.asyncio.Redis.from_url(
        url,
        protocol=2,
        socket_timeout=STEP_SECONDS,
        socket_connect_timeout=STEP_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
    try:
        await client.ping()
    except (redis.exceptions.AuthenticationError, redis.exceptions.NoPermissionError) as error:
        raise _Refused("does not accept the user name or password") from error
    except redis.exceptions.ResponseError as error:
        raise _Refused("does not accept the database number or the command PING") from error
    except redis.exceptions.RedisError as error:
        raise NoAnswer("no Redis answer") from error
    finally:
        await client.aclose()


async def ping_chroma(url: str) -> None:
    """Request the heartbeat of API v2."""
    loopback = urlsplit(url).hostname in {"127.0.0.1", "localhost", "::1"}
    async with httpx.AsyncClient(timeout=STEP_SECONDS, trust_env=not loopback) as client:
        try:
            answer = await client.get(f"{url.rstrip('/')}/api/v2/heartbeat")
        except httpx.HTTPError as error:
            raise NoAnswer("no HTTP answer") from error
    if answer.status_code in {401, 403}:
        raise _Refused("does not accept the credentials")
    if answer.status_code != 200 or "nanosecond heartbeat" not in answer.text:
        raise NoAnswer("no Chroma heartbeat")


async def try_connection(host: str, port: int) -> None:
    """Connect and disconnect; `OSError` when nothing listens."""
    _, writer = await asyncio.open_connection(host, port)
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


@dataclass(frozen=True)
class _Store:
    product: str
    schemes: tuple[str, ...]
    ping: Callable[[str], Awaitable[None]]
    hosts: Callable[[str], Awaitable[list[tuple[str, int]]]]


async def _check(setting: str, url: str, store: _Store) -> Misconfigured | None:
    scheme = url.split("://", 1)[0].lower()
    if "://" not in url or scheme not in store.schemes:
        return Misconfigured(
            f"{setting} must start with {'://, '.join(store.schemes[:-1])}:// or {store.schemes[-1]}://."
        )
    try:
        hosts = await store.hosts(url)
    except _Refused as error:
        return Misconfigured(f"{setting} {error}.")
    except ValueError:
        return Misconfigured(f"{setting} is not a valid {store.product} URL.")
    problems = await asyncio.gather(*(_connect(host, port) for host, port in hosts))
    if all(problems):
        return Misconfigured(f"{setting} cannot be reached: {problems[0]}.")
    where = next(_shown(*host) for host, problem in zip(hosts, problems, strict=True) if not problem)
    try:
        # The clients' own limits come first: what they say tells a silent server from one that wants TLS.
        async with asyncio.timeout(2 * STEP_SECONDS):
            await store.ping(url)
    except _Refused as error:
        return Misconfigured(f"{setting}: the server at {where} {error}.")
    except TimeoutError:
        return Misconfigured(
            f"{setting}: {where} accepts connections but does not answer as {store.product}."
        )
    except (OSError, ValueError, PyMongoError):
        return Misconfigured(
            f"{setting}: what answers at {where} is not {store.product}, "
            "or it wants other options (TLS, replica set)."
        )
    return None


async def _hosts(url: str) -> list[tuple[str, int]]:
    parts = urlsplit(url)
    if not parts.hostname:
        raise ValueError("no host")
    defaults = {"redis": 6379, "rediss": 6379, "http": 80, "https": 443}
    return [(parts.hostname, parts.port or defaults[parts.scheme.lower()])]


async def _mongodb_hosts(url: str) -> list[tuple[str, int]]:
    try:
        async with asyncio.timeout(STEP_SECONDS):
            nodes = (await asyncio.to_thread(parse_uri, url, connect_timeout=STEP_SECONDS - 0.5))["nodelist"]
    except (PyMongoError, TimeoutError) as error:
        if url.lower().startswith("mongodb+srv://") and (name := urlsplit(url).hostname):
            raise _Refused(
                f"cannot be reached: {name} has no MongoDB SRV record that can be found"
            ) from error
        raise ValueError("not a MongoDB URL") from error
    return [(str(host), int(port)) for host, port in nodes if port is not None]


async def _connect(host: str, port: int) -> str:
    """Try to connect; return the reason of a failure, or empty."""
    try:
        async with asyncio.timeout(STEP_SECONDS):
            addresses = await _resolve(host, port)
    except (OSError, UnicodeError, TimeoutError):
        return f"the host name {host} cannot be found"
    try:
        async with asyncio.timeout(STEP_SECONDS):
            writer = await _open_first(addresses, port)
    except ConnectionRefusedError:
        return f"nothing listens at {_shown(host, port)}"
    except TimeoutError:
        return f"{_shown(host, port)} does not answer"
    except OSError as error:
        return f"{_shown(host, port)} does not let us connect ({error.strerror or type(error).__name__})"
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return ""


async def _open_first(addresses: list[str], port: int) -> asyncio.StreamWriter:
    for address in addresses[:-1]:
        with suppress(OSError):
            return (await asyncio.open_connection(address, port))[1]
    return (await asyncio.open_connection(addresses[-1], port))[1]


async def _resolve(host: str, port: int) -> list[str]:
    """Resolve a name in a daemon thread, so that a hanging resolver does not delay the exit."""
    loop = asyncio.get_running_loop()
    found: asyncio.Future[list[str]] = loop.create_future()

    def settle(addresses: list[str], problem: Exception | None) -> None:
        if found.done():
            return
        if problem is not None:
            found.set_exception(problem)
        else:
            found.set_result(addresses)

    def look() -> None:
        addresses: list[str] = []
        problem: Exception | None = None
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            addresses = [str(answer[4][0]) for answer in answers]
        except (OSError, UnicodeError) as error:
            problem = error
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, addresses, problem)

    threading.Thread(target=look, daemon=True).start()
    return await found


def _shown(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
