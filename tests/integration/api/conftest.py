"""The API in this process, on real stores, and people who call it."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from api.app import create_app
from core.clock import SystemClock
from core.ids import new_id
from core.settings import Settings
from memory.embedded import StoreUrls
from services.checker import Checker
from services.container import Services, open_services
from tests.stored import settings_on
from tests.tenancy import TenantListener


class MovableClock(SystemClock):
    """The machine's clock, moved on by tests."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        """The moved present."""
        return super().now() + self.ahead

    def pass_time(self, **span: float) -> None:
        """Move on by a span, such as `minutes=5`."""
        self.ahead += timedelta(**span)


@pytest.fixture
def clock() -> MovableClock:
    """The time of the services; tokens and graces end by it."""
    return MovableClock()


@pytest.fixture
def settings(store_urls: StoreUrls, tmp_path: Path) -> Settings:
    """Settings on the session's servers and a database of the test's own."""
    return settings_on(store_urls, tmp_path)


@pytest_asyncio.fixture
async def services(
    settings: Settings, clock: MovableClock, tenant_listener: TenantListener, checker: Checker
) -> AsyncIterator[Services]:
    """The real services; the test fails if tenant data was reached unscoped."""
    async with open_services(settings, clock, [tenant_listener], checker) as opened:
        yield opened
        await opened.database.mongo.drop()
    assert tenant_listener.leaks == []


@pytest.fixture
def app(settings: Settings, services: Services) -> FastAPI:
    """The application on the test's services."""
    return create_app(settings, services)


def again(services: Services, **changed: Any) -> Services:
    """The same services for one more app, with other settings and figures of its own."""
    settings = services.settings.model_copy(update=changed)
    return replace(services, settings=settings, registry=CollectorRegistry())


def client_of(app: FastAPI, address: str | None = None, **options: Any) -> httpx.AsyncClient:
    """A client at an address of its own, so that tests do not share rate windows."""
    parts = [str(1 + part % 250) for part in secrets.token_bytes(3)]
    transport = httpx.ASGITransport(app, client=(address or ".".join(["10", *parts]), 4711))
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000", **options)


@pytest_asyncio.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A caller who is not signed in."""
    async with client_of(app) as opened:
        yield opened


PASSWORD = "correct horse battery"


@dataclass
class Person:
    """Somebody who is signed in."""

    client: httpx.AsyncClient
    id: str
    email: str
    tokens: dict[str, Any]


SignUp = Callable[..., AbstractAsyncContextManager[Person]]


@pytest.fixture
def sign_up(app: FastAPI) -> SignUp:
    """What makes people who are signed in, each with a client of their own."""

    @asynccontextmanager
    async def begin(name: str = "Ali", email: str | None = None) -> AsyncIterator[Person]:
        email = email or f"{name.lower()}-{new_id()}@example.com"
        async with client_of(app) as opened:
            body = {"email": email, "password": PASSWORD, "name": name}
            answer = await opened.post("/auth/register", json=body)
            assert answer.status_code == 201, answer.text
            tokens = answer.json()
            opened.headers["Authorization"] = f"Bearer {tokens['access_token']}"
            yield Person(opened, tokens["user"]["id"], email, tokens)

    return begin


@pytest_asyncio.fixture
async def ali(sign_up: SignUp) -> AsyncIterator[Person]:
    """One person with an account."""
    async with sign_up("Ali") as person:
        yield person
