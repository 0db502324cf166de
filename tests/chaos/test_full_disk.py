"""The disk of the data directory runs full under people's hands, and has room again later."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from tests.chaos.marquee import Marquee, marquee
from tests.e2e.world import eventually

DISK = "160m"
pytestmark = pytest.mark.timeout(600)


def on_a_disk_of_its_own(directory: Path) -> list[str]:
    """A command line that puts what follows on a small file system that goes with its processes."""
    mounted = f'mount -t tmpfs -o size={DISK} tmpfs "$0" && exec "$@"'
    return ["unshare", "--map-root-user", "--mount", "/bin/sh", "-c", mounted, str(directory)]


def fill(path: Path) -> None:
    """Write until nothing more goes onto the disk."""
    with path.open("wb", buffering=0) as filler:
        for size in (65_536, 1):
            with suppress(OSError):
                while filler.write(b"x" * size):
                    pass


async def stuff(url: str) -> None:
    """Write into the database until it takes no more."""
    async with AsyncMongoClient[dict[str, object]](url) as client:
        with suppress(PyMongoError):
            while await client.elsewhere.ballast.insert_one({"text": "x" * 1_000_000}):
                pass


async def campaigns(running: Marquee) -> set[str]:
    """Every campaign of the business, by id."""
    found: set[str] = set()
    cursor = ""
    while True:
        query = {"business_id": running.business_id, "limit": "100", **({"cursor": cursor} if cursor else {})}
        page = (await running.client.get("/campaign", params=query)).raise_for_status().json()
        found |= {campaign["id"] for campaign in page["items"]}
        if not (cursor := page["next_cursor"]):
            return found


class Writer:
    """Makes campaigns one after another, and remembers which were acknowledged."""

    def __init__(self, running: Marquee) -> None:
        self._running = running
        self.acknowledged: set[str] = set()
        self.statuses: set[int] = set()
        self.slugs: set[str] = set()

    async def write(self) -> None:
        """Go on until cancelled."""
        while True:
            body = {"business_id": self._running.business_id, "name": "Spring", "goal": "More guests"}
            answer = await self._running.client.post("/campaign/", json=body)
            self.statuses.add(answer.status_code)
            if answer.status_code == 201:
                self.acknowledged.add(answer.json()["id"])
            else:
                self.slugs.add(answer.json()["slug"])
                await asyncio.sleep(0.2)


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "data"
    place.mkdir()
    yield place
    assert not any(place.iterdir()), "the small disk was not used"


async def test_a_disk_that_was_full_and_has_room_again(directory: Path) -> None:
    async with marquee(directory, on_a_disk_of_its_own(directory)) as running:
        writer = Writer(running)
        writing = asyncio.create_task(writer.write())
        try:
            await eventually(lambda: _enough(writer))
            filler = running.seen / "filler"
            await asyncio.to_thread(fill, filler)
            await stuff(running.store("MONGODB_URL"))

            async def unready() -> httpx.Response | None:
                answer = await running.client.get("/readyz")
                return answer if answer.status_code == 503 else None

            answer = await eventually(unready, 120)
            assert answer.json()["parts"]["mongodb"]["state"] == "down"
            await eventually(lambda: _refused(writer), 120)
            # The supervisor sees it, and tries to start the database on the full disk.
            broken = running.pid("mongodb")
            await eventually(lambda: _replaced(running, broken), 120)
            filler.unlink()

            async def ready() -> bool:
                return (await running.client.get("/readyz")).status_code == 200

            await eventually(ready, 180)
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
        assert writer.statuses == {201, 503}
        assert writer.slugs == {"unavailable"}
        assert await campaigns(running) >= writer.acknowledged
        await running.works()


async def _enough(writer: Writer) -> bool:
    return len(writer.acknowledged) > 20


async def _refused(writer: Writer) -> bool:
    return 503 in writer.statuses


async def _replaced(running: Marquee, pid: int) -> bool:
    return running.pid("mongodb") != pid
