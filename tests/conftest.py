"""What every test can rely on: real stores, and no way out of this machine."""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from memory.embedded import StoreUrls, disposable_stores
from services.checker import Checker


class LeftTheMachine(AssertionError):
    """A test tried to connect to another machine."""


def _is_loopback(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode()
    if not isinstance(host, str):
        return False
    try:
        address = ipaddress.ip_address(host.split("%", 1)[0])
    except ValueError:
        return host in {"localhost", "localhost.localdomain"}
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


_attempts: list[str] = []


def _guard(event: str, arguments: tuple[object, ...]) -> None:
    if event in {"socket.connect", "socket.sendto"}:
        address = arguments[1]
        # Unix sockets have a path instead of a pair.
        if isinstance(address, tuple) and not _is_loopback(address[0]):
            _attempts.append(str(address[0]))
            raise LeftTheMachine(f"a test may reach this machine only, not {address[0]}")


# An audit hook cannot be taken away again, by a test or by a library.
sys.addaudithook(_guard)


@pytest.fixture(autouse=True)
def attempts_to_leave() -> Iterator[list[str]]:
    """The addresses that the test tried to reach; it fails for them, also when what raised was swallowed."""
    _attempts.clear()
    yield _attempts
    assert _attempts == []


@pytest_asyncio.fixture(scope="session")
async def store_urls(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[StoreUrls]:
    """The stores of this process, its own under xdist: a second, 220 MB, no disturbance."""
    async with disposable_stores(tmp_path_factory.mktemp("stores")) as urls:
        yield urls


@pytest_asyncio.fixture(scope="session")
async def checker() -> AsyncIterator[Checker]:
    """The checks in a process of their own; it starts at the first draft that is checked."""
    opened = Checker()
    yield opened
    await opened.close()
