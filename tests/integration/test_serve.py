"""The supervised group with stand-ins for worker and API: order, readiness, restarts, kills, signals."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import psutil
import pytest
from pymongo import AsyncMongoClient

from memory.embedded import StoreUrls
from tests.patience import PATIENCE

# Writes what happens, so that the order can be read afterwards.
STAND_IN = """
import json, os, signal, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

name, diary = sys.argv[1], Path(sys.argv[2])

def note(what):
    with diary.open("a") as lines:
        lines.write(json.dumps({"who": name, "what": what, "pid": os.getpid()}) + "\\n")

def end(*_):
    if "stubborn" not in sys.argv:
        note("end")
        os._exit(0)

signal.signal(signal.SIGTERM, end)
note("start")
if name == "prepare":
    if "fails" in sys.argv:
        sys.exit("the index cannot be made")
    (diary.parent / "environment.json").write_text(json.dumps(dict(os.environ)))
elif name == "worker":
    if "fails" in sys.argv:
        sys.exit("no model is set")
    print(json.dumps({"event": "worker.ready"}), flush=True)
    heartbeat = Path(sys.argv[sys.argv.index("--heartbeat") + 1])
    while True:
        heartbeat.touch()
        time.sleep(0.1)
else:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
    note("serve")
    address = os.environ["MARQUEE_HOST"], int(os.environ["MARQUEE_PORT"])
    ThreadingHTTPServer(address, Handler).serve_forever()
"""

SUPERVISOR = """
import asyncio, json, sys
from core.settings import load_settings
from jobs.serve import Commands, serve

sys.exit(asyncio.run(serve(load_settings(), Commands(**json.loads(sys.argv[1])))))
"""


class Group:
    """A running supervisor, what it prints, and the diary of its children."""

    def __init__(self, process: asyncio.subprocess.Process, directory: Path) -> None:
        self.process = process
        self.directory = directory
        self.said = ""

    async def until_ready(self) -> str:
        assert self.process.stdout is not None
        while "Ctrl-C stops it" not in self.said:
            line = await self.process.stdout.readline()
            assert line, (self.said, await self.complaint())
            self.said += line.decode()
        found = re.search(r"http://\S+", self.said)
        assert found is not None
        return found.group()

    async def complaint(self) -> str:
        assert self.process.stderr is not None
        return (await self.process.stderr.read()).decode().strip()

    def diary(self) -> list[dict[str, str | int]]:
        path = self.directory / "diary"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def events(self) -> list[str]:
        return [f"{entry['who']} {entry['what']}" for entry in self.diary()]

    def pid(self, who: str) -> int:
        return [int(entry["pid"]) for entry in self.diary() if entry["who"] == who][-1]


@asynccontextmanager
async def group(
    directory: Path, stores: StoreUrls | None, *, extra: dict[str, list[str]] | None = None, **settings: str
) -> AsyncIterator[Group]:
    script = directory / "stand_in.py"
    script.write_text(STAND_IN)
    commands = {
        name: [sys.executable, str(script), name, str(directory / "diary"), *(extra or {}).get(name, [])]
        for name in ("prepare", "worker", "api")
    }
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("MARQUEE_")},
        **(stores.environment() if stores else {}),
        "MARQUEE_DATA_DIR": str(directory / "data"),
        "MARQUEE_PORT": "0",
        **settings,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SUPERVISOR, json.dumps(commands)),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield Group(process, directory)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        await process.communicate()


async def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.to_thread(time.sleep, 0.02)


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def test_everything_starts_in_order_and_stops_in_order(tmp_path: Path) -> None:
    async with group(tmp_path, None) as running:
        address = await running.until_ready()
        async with httpx.AsyncClient(trust_env=False) as client:
            assert (await client.get(address)).status_code == 200
        assert "demo@marquee.example" in running.said
        assert running.events()[0] == "prepare start"
        environment = json.loads((tmp_path / "environment.json").read_text())
        assert environment["MARQUEE_PORT"] == address.rsplit(":", 1)[1]
        assert environment["MONGODB_URL"].startswith("mongodb://127.0.0.1:")
        assert "127.0.0.1" in environment["NO_PROXY"]
        logs = {path.name for path in (tmp_path / "data" / "logs").iterdir()}
        assert logs == {f"{name}.log" for name in ("mongodb", "redis", "chroma", "prepare", "worker", "api")}
        children = psutil.Process(running.process.pid).children(recursive=True)
        assert len(children) == 5
        running.process.send_signal(signal.SIGINT)
        assert await running.process.wait() == 0
        assert running.events()[-2:] == ["api end", "worker end"]
        assert not any(alive(child.pid) for child in children)


async def test_a_second_start_is_refused_in_one_sentence(tmp_path: Path, store_urls: StoreUrls) -> None:
    async with group(tmp_path, store_urls) as first:
        await first.until_ready()
        async with group(tmp_path, store_urls) as second:
            assert await second.process.wait() == 2
            sentence = await second.complaint()
        assert sentence.startswith(f"The data directory {tmp_path / 'data'} is in use by process")
        assert "\n" not in sentence
        assert alive(first.pid("api"))


async def test_a_taken_port_is_one_sentence(tmp_path: Path, store_urls: StoreUrls) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with group(tmp_path, store_urls, MARQUEE_PORT=str(port)) as running:
            assert await running.process.wait() == 2
            assert await running.complaint() == (
                f"Port {port} of 127.0.0.1 is taken; stop what uses it or set MARQUEE_PORT."
            )
    assert running.events() == []


async def test_a_dead_store_is_one_sentence(tmp_path: Path, store_urls: StoreUrls) -> None:
    async with group(tmp_path, store_urls, REDIS_URL="redis://:sEcret@127.0.0.1:1/0") as running:
        assert await running.process.wait() == 2
        assert await running.complaint() == "REDIS_URL cannot be reached: nothing listens at 127.0.0.1:1."


@pytest.mark.parametrize(
    ("part", "says"), [("prepare", "the index cannot be made"), ("worker", "no model is set")]
)
async def test_a_part_that_cannot_start_ends_all_and_says_why(
    tmp_path: Path, store_urls: StoreUrls, part: str, says: str
) -> None:
    async with group(tmp_path, store_urls, extra={part: ["fails"]}) as running:
        assert await running.process.wait() == 1
        sentence = await running.complaint()
        assert says in sentence
        assert f"{part}.log" in sentence
        assert "\n" not in sentence
    assert not any(alive(int(entry["pid"])) for entry in running.diary())


async def test_children_that_die_are_restarted(tmp_path: Path, store_urls: StoreUrls) -> None:
    async with group(tmp_path, store_urls) as running:
        await running.until_ready()
        for who in ("api", "worker"):
            os.kill(running.pid(who), signal.SIGKILL)
        await until(lambda: running.events().count("api serve") == 2)
        await until(lambda: running.events().count("worker start") == 2)


@pytest.mark.parametrize("who", ["api", "worker"])
async def test_a_child_that_does_not_answer_is_replaced(
    tmp_path: Path, store_urls: StoreUrls, who: str
) -> None:
    async with group(tmp_path, store_urls, MARQUEE_SILENT_SECONDS="2") as running:
        await running.until_ready()
        hanging = running.pid(who)
        os.kill(hanging, signal.SIGSTOP)
        await until(lambda: running.events().count(f"{who} start") == 2)
        assert not alive(hanging)


async def test_a_store_that_does_not_answer_is_replaced_on_its_port(tmp_path: Path) -> None:
    async with group(tmp_path, None, MARQUEE_SILENT_SECONDS="3") as running:
        await running.until_ready()
        url = json.loads((tmp_path / "environment.json").read_text())["MONGODB_URL"]
        note = tmp_path / "data" / "run" / "mongodb.pid"
        hanging = int(note.read_text())
        os.kill(hanging, signal.SIGSTOP)
        await until(lambda: not alive(hanging) and f"{hanging}" not in note.read_text())
        async with AsyncMongoClient(url) as client:
            assert await client.shop.command("ping")


async def test_kill_of_the_supervisor_ends_its_children_and_a_new_start_heals(tmp_path: Path) -> None:
    async with group(tmp_path, None) as first:
        address = await first.until_ready()
        stores = {name: int((tmp_path / f"data/run/{name}.pid").read_text()) for name in ("mongodb", "redis")}
        first.process.kill()
        await first.process.wait()
        if sys.platform == "linux":
            await until(lambda: not alive(first.pid("api")) and not alive(first.pid("worker")))
        assert all(alive(pid) for pid in stores.values())
    port = address.rsplit(":", 1)[1]
    async with group(tmp_path, None, MARQUEE_PORT=port) as second:
        assert await second.until_ready() == address
        for name, pid in stores.items():
            assert int((tmp_path / f"data/run/{name}.pid").read_text()) == pid
        second.process.send_signal(signal.SIGTERM)
        assert await second.process.wait() == 0
    assert not any(alive(pid) for pid in stores.values())


async def test_an_orphan_that_holds_the_port_is_stopped_by_the_next_start(
    tmp_path: Path, store_urls: StoreUrls
) -> None:
    stubborn = {"api": ["stubborn"]}
    async with group(tmp_path, store_urls, extra=stubborn) as first:
        address = await first.until_ready()
        orphan = first.pid("api")
        os.kill(orphan, signal.SIGSTOP)
        first.process.kill()
        await first.process.wait()
    assert alive(orphan)
    async with group(tmp_path, store_urls, MARQUEE_PORT=address.rsplit(":", 1)[1]) as second:
        assert await second.until_ready() == address
        assert not alive(orphan)


async def test_a_second_ctrl_c_kills(tmp_path: Path, store_urls: StoreUrls) -> None:
    async with group(tmp_path, store_urls, extra={"api": ["stubborn"]}) as running:
        await running.until_ready()
        api = running.pid("api")
        running.process.send_signal(signal.SIGINT)
        assert running.process.stdout is not None
        while b"Stopping" not in await running.process.stdout.readline():
            pass
        running.process.send_signal(signal.SIGINT)
        assert await running.process.wait() == 130
        assert not alive(api)
        assert not alive(running.pid("worker"))


async def test_ctrl_c_while_starting_leaves_nothing(tmp_path: Path) -> None:
    async with group(tmp_path, None) as running:
        await until(lambda: (tmp_path / "data" / "run" / "mongodb.pid").exists())
        pid = int((tmp_path / "data" / "run" / "mongodb.pid").read_text())
        running.process.send_signal(signal.SIGINT)
        assert await running.process.wait() == 0
        assert not alive(pid)
        assert list((tmp_path / "data" / "run").glob("*.pid")) == []
