"""A whole Marquee in one test: the API behind a port, a worker that comes and goes, somebody signed in."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any

import httpx
import orjson
import uvicorn

from api.app import create_app
from api.connections import Bounds, bounded_connections
from core.clock import Clock
from core.ids import new_id
from core.scope import Scope
from core.settings import Settings
from jobs.container import WorkerParts, open_worker
from jobs.schedule import Sweeper
from jobs.worker import Handlers
from memory.queue import run_worker
from services.container import Services, open_services
from tests.e2e.grammar import Frame, conform, read_frames
from tests.patience import PATIENCE
from tests.tenancy import TenantListener

POLL_SECONDS = 0.02

ASK = "Write an Instagram post and an e-mail about our spring offer"
PLAN = "Plan a one-week Instagram and e-mail push for our spring offer"

BUSINESS = {
    "business_name": "Harbour Yoga",
    "industry": "Yoga",
    "brand_voice": "Calm and clear",
    "primary_goals": ["Bookings"],
    "language": "en",
    "timezone": "Europe/London",
    "target_audience": [{"segment_name": "Beginners", "age_range": "25-45", "interests": ["Yoga"]}],
    "facts": [{"key": "trial week", "value": "£15"}, {"key": "studio", "value": "12 Quay Street"}],
}


async def eventually(look: Callable[[], Awaitable[Any]], seconds: float = PATIENCE) -> Any:
    """What `look` gives as soon as it gives something."""
    deadline = monotonic() + seconds
    while True:
        found = await look()
        if found:
            return found
        if monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} seconds: {look.__qualname__}")
        await asyncio.sleep(POLL_SECONDS)


def run_input(thread_id: str, run_id: str, text: str, **marquee: Any) -> dict[str, Any]:
    """AG-UI's RunAgentInput."""
    return {
        "threadId": thread_id,
        "runId": run_id,
        "state": {},
        "messages": [{"id": f"{run_id}:ask", "role": "user", "content": text}],
        "tools": [],
        "context": [],
        "forwardedProps": {"marquee": marquee},
    }


class _Server(uvicorn.Server):
    """uvicorn inside a test: signals stay pytest's."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(app: Any, bounds: Bounds | None = None) -> AsyncIterator[str]:
    """The application behind a free port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            app,
            http=bounded_connections(bounds),
            lifespan="off",
            log_config=None,
            timeout_graceful_shutdown=1,
        )
        server = _Server(config)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


@asynccontextmanager
async def working(
    settings: Settings, *, rare: bool = True, clock: Clock | None = None
) -> AsyncIterator[WorkerParts]:
    """A worker in this process; leaving takes it away as SIGTERM would.

    Without the rare sweeps it looks for runs and tasks only, so that no wake-up is lost on a busy machine.
    """
    async with open_worker(settings, clock) as parts:
        services, handlers, stop = parts.services, Handlers(parts), asyncio.Event()
        sweeper = Sweeper(services, handlers.by_name)
        beside = [
            asyncio.create_task(services.signals.listen(parts.runs.cancel)),
            asyncio.create_task(sweeper.run() if rare else _often(sweeper, settings)),
        ]
        work = asyncio.create_task(
            run_worker(services.broker, handlers.by_name, handlers.at_once, stop, drain=0.0)
        )
        try:
            yield parts
        finally:
            stop.set()
            await work
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)


async def _often(sweeper: Sweeper, settings: Settings) -> None:
    while True:
        await sweeper.sweep(rare=False)
        await asyncio.sleep(settings.sweep_seconds)


@dataclass
class World:
    """The API with somebody signed in who has a business."""

    settings: Settings
    services: Services
    url: str
    client: httpx.AsyncClient
    business_id: str
    token: str

    @property
    def scope(self) -> Scope:
        """The business's."""
        return Scope.of(self.business_id)

    @property
    def copilot(self) -> str:
        """Where runs are started."""
        return f"/business/{self.business_id}/copilot"

    @asynccontextmanager
    async def stream(
        self, method: str, path: str, **request: Any
    ) -> AsyncIterator[tuple[httpx.Response, AsyncGenerator[Frame]]]:
        """An open stream and its frames."""
        async with (
            self.client.stream(method, path, **request) as response,
            aclosing(read_frames(response)) as frames,
        ):
            yield response, frames

    async def say(self, text: str = ASK, *, thread: str = "", run: str = "", **marquee: Any) -> list[Frame]:
        """Start a run (or attach to it) and read it to its end."""
        body = run_input(thread or new_id(), run or new_id(), text, **marquee)
        return await self.read("POST", self.copilot, json=body)

    async def events(self, run_id: str, after: str = "") -> list[Frame]:
        """A run's events from the start, or behind an id."""
        headers = {"Last-Event-ID": after} if after else {}
        return await self.read("GET", f"/runs/{run_id}/events", headers=headers)

    async def read(self, method: str, path: str, **request: Any) -> list[Frame]:
        """All frames of a stream that is expected to end."""
        async with asyncio.timeout(PATIENCE), self.stream(method, path, **request) as (response, frames):
            if response.status_code != 200:
                raise AssertionError(f"{response.status_code}: {(await response.aread()).decode()}")
            read = [frame async for frame in frames]
        if read and read[0].event["type"] == "RUN_STARTED":
            conform([frame.event for frame in read])
        return read

    async def start(self, text: str = ASK, *, thread: str = "", run: str = "", **marquee: Any) -> str:
        """Start a run and go away once it has begun; the client's run id."""
        run = run or new_id()
        body = run_input(thread or new_id(), run, text, **marquee)
        async with (
            asyncio.timeout(PATIENCE),
            self.stream("POST", self.copilot, json=body) as (answer, frames),
        ):
            assert answer.status_code == 200, (await answer.aread()).decode()
            assert (await anext(frames)).event["type"] == "RUN_STARTED"
        return run

    async def run(self, run_id: str) -> dict[str, Any]:
        """The run as the API tells it."""
        answer = await self.client.get(f"/runs/{run_id}")
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = orjson.loads(answer.content)
        return told

    async def ended(self, run_id: str, seconds: float = PATIENCE) -> dict[str, Any]:
        """The run once it has ended."""

        async def look() -> dict[str, Any] | None:
            run = await self.run(run_id)
            return run if run["status"] in {"completed", "failed", "cancelled"} else None

        found: dict[str, Any] = await eventually(look, seconds)
        return found

    async def thread(self, thread_id: str) -> dict[str, Any]:
        """A thread with its messages."""
        answer = await self.client.get(f"/threads/{thread_id}")
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def drafts(self) -> list[dict[str, Any]]:
        """Every draft of the business."""
        rows = self.services.database.content.raw.find({"business_id": self.business_id})
        return [row async for row in rows]

    async def usage(self) -> dict[str, Any]:
        """The month's tokens, with the open reservations."""
        month = await self.services.budgets.month(self.scope)
        return {"reserved": month.reserved, "open": len(month.reservations), "used": month.tokens_used}

    async def settled(self) -> dict[str, Any]:
        """The month once nothing is reserved."""

        async def look() -> dict[str, Any] | None:
            usage = await self.usage()
            return usage if usage["reserved"] == 0 and usage["open"] == 0 else None

        found: dict[str, Any] = await eventually(look)
        return found


@dataclass(frozen=True)
class Town:
    """The API behind its port, and its services."""

    settings: Settings
    services: Services
    url: str


@asynccontextmanager
async def town(settings: Settings) -> AsyncIterator[Town]:
    """The API on these settings, on a database of its own that is dropped at the end."""
    listener = TenantListener()
    async with open_services(settings, listeners=[listener]) as services:
        async with serving(create_app(settings, services)) as url:
            yield Town(settings, services, url)
        await services.database.mongo.drop()
    assert listener.leaks == []


@asynccontextmanager
async def newcomer(place: Town, business: Mapping[str, Any] | None = None) -> AsyncIterator[World]:
    """One person with one business, the usual one without another."""
    async with httpx.AsyncClient(base_url=place.url, timeout=PATIENCE, trust_env=False) as client:
        body = {"email": f"{new_id()}@example.com", "password": "a long enough one", "name": "Kim"}
        answer = await client.post("/auth/register", json=body)
        assert answer.status_code == 201, answer.text
        token = answer.json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        made = await client.post("/business/", json=business or BUSINESS)
        assert made.status_code == 201, made.text
        yield World(place.settings, place.services, place.url, client, made.json()["id"], token)
