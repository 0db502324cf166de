"""The embedded stores: start, refuse, heal after kill -9, restart, stop; and what is said of a wrong URL."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path

import psutil
import pytest
from pymongo import AsyncMongoClient

from core.errors import Misconfigured, Unavailable
from memory.directory_lock import DataDirectoryBusy, DirectoryLock
from memory.embedded import StoreUrls, stores_at_hand
from memory.processes import ProcessPlan, SupervisedProcess, command_line, listens
from memory.reachability import check_reachable, ping_chroma, ping_mongodb, ping_redis
from tests.integration.stand_ins import REDIS_ONLY, answering, started
from tests.patience import PATIENCE

# A supervisor in a process of its own, to be killed: prints the URLs and pids, then acknowledged writes.
SUPERVISOR = """
import asyncio, json, sys
from pathlib import Path
from pymongo import AsyncMongoClient
from memory.directory_lock import DirectoryLock
from memory.embedded import EmbeddedServers

async def main():
    with DirectoryLock(Path(sys.argv[1])) as lock:
        servers = EmbeddedServers(lock, {})
        urls = await servers.start()
        pids = {name: process.pid for name, process in servers.processes.items()}
        print(json.dumps({"pids": pids, **urls.environment()}), flush=True)
        async with AsyncMongoClient(urls.mongodb) as client:
            for number in range(10**9):
                await client.shop.orders.insert_one({"_id": number})
                print(number, flush=True)

asyncio.run(main())
"""


async def kill_a_supervisor(directory: Path, writes: int) -> tuple[dict[str, int], int]:
    """Run a supervisor that writes, kill -9 it, and return the servers' pids and the acknowledged writes."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SUPERVISOR, str(directory), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    pids: dict[str, int] = json.loads(await process.stdout.readline())["pids"]
    for _ in range(writes):
        await process.stdout.readline()
    process.kill()
    rest = (await process.stdout.read()).split(b"\n")
    await process.wait()
    return pids, writes + len(rest) - 1


async def orders(url: str) -> int:
    async with AsyncMongoClient(url) as client:
        return await client.shop.orders.count_documents({})


def of_directory(directory: Path) -> list[str]:
    """The command lines of living processes that name the directory or run in it."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(directory) in f"{' '.join(process.cmdline())} {process.cwd()}":
                found.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return found


async def test_three_servers_start_answer_and_stop_without_a_trace(tmp_path: Path) -> None:
    async with started(tmp_path, orderly=True) as (servers, urls):
        await asyncio.gather(ping_mongodb(urls.mongodb), ping_redis(urls.redis), ping_chroma(urls.chroma))
        await check_reachable(urls.environment())
        assert "journal=true" in urls.mongodb
        assert "maxPoolSize=10" in urls.mongodb
        for name, process in servers.processes.items():
            assert (tmp_path / "logs" / f"{name}.log").exists()
            addresses = {
                c.laddr.ip for c in psutil.Process(process.pid).net_connections() if c.status == "LISTEN"
            }
            assert addresses == {"127.0.0.1"}
        assert len(of_directory(tmp_path)) == 3
    assert of_directory(tmp_path) == []
    assert list((tmp_path / "run").glob("*.pid")) == []


async def test_a_second_start_keeps_the_data_and_the_ports(tmp_path: Path) -> None:
    async with started(tmp_path, orderly=True) as (_, first), AsyncMongoClient(first.mongodb) as client:
        await client.shop.orders.insert_one({"_id": 1})
    async with started(tmp_path) as (_, second):
        assert second == first
        assert await orders(second.mongodb) == 1


async def test_a_living_supervisor_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with DirectoryLock(tmp_path), pytest.raises(DataDirectoryBusy) as refused, DirectoryLock(tmp_path):
        pass
    sentence = str(refused.value)
    assert str(tmp_path) in sentence
    assert str(os.getpid()) in sentence
    assert "\n" not in sentence
    with DirectoryLock(tmp_path):
        pass


async def test_kill_of_the_supervisor_leaves_servers_that_are_adopted_with_their_data(tmp_path: Path) -> None:
    pids, acknowledged = await kill_a_supervisor(tmp_path, 40)
    async with started(tmp_path, orderly=True) as (servers, urls):
        assert {name: process.pid for name, process in servers.processes.items()} == pids
        assert all(process.adopted for process in servers.processes.values())
        assert await orders(urls.mongodb) >= acknowledged
    assert of_directory(tmp_path) == []


async def test_kill_of_everything_loses_no_acknowledged_write(tmp_path: Path) -> None:
    pids, acknowledged = await kill_a_supervisor(tmp_path, 40)
    for pid in pids.values():
        os.kill(pid, signal.SIGKILL)
    async with started(tmp_path) as (servers, urls):
        assert not any(process.adopted for process in servers.processes.values())
        assert await orders(urls.mongodb) >= acknowledged


async def test_an_orphan_that_hangs_is_stopped_and_replaced(tmp_path: Path) -> None:
    pids, _ = await kill_a_supervisor(tmp_path, 1)
    os.kill(pids["redis"], signal.SIGSTOP)
    async with started(tmp_path) as (servers, urls):
        assert command_line(pids["redis"]) == ""
        assert servers.processes["mongodb"].adopted
        assert not servers.processes["redis"].adopted
        await ping_redis(urls.redis)


async def test_a_copied_directory_does_not_claim_the_servers_of_the_original(tmp_path: Path) -> None:
    original, copy = tmp_path / "original", tmp_path / "copy"
    pids, acknowledged = await kill_a_supervisor(original, 5)
    async with started(original) as (_, urls):
        shutil.copytree(original / "run", copy / "run")
        async with started(copy) as (servers, others):
            assert not any(process.adopted for process in servers.processes.values())
            assert not set(urls.environment().values()) & set(others.environment().values())
        assert all(command_line(pid) for pid in pids.values())
        assert await orders(urls.mongodb) >= acknowledged


async def test_a_stranger_with_the_recorded_pid_is_left_alone(tmp_path: Path) -> None:
    async with started(tmp_path, **REDIS_ONLY):
        pass
    stranger = await asyncio.create_subprocess_exec("sleep", "60")
    (tmp_path / "run" / "redis.pid").write_text(str(stranger.pid))
    async with started(tmp_path, **REDIS_ONLY) as (servers, _):
        assert not servers.processes["redis"].adopted
        assert stranger.returncode is None
    stranger.kill()
    await stranger.wait()


async def test_a_port_taken_in_the_meantime_is_replaced_by_another(tmp_path: Path) -> None:
    async with started(tmp_path, **REDIS_ONLY) as (_, first):
        pass
    port = int(first.redis.rsplit(":", 1)[1].split("/")[0])

    async def pong(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(100):
            writer.write(b"+PONG\r\n")
        writer.close()

    stranger = await asyncio.start_server(pong, "127.0.0.1", port)
    async with started(tmp_path, **REDIS_ONLY) as (_, second):
        assert second.redis != first.redis
        await ping_redis(second.redis)
    stranger.close()


async def test_a_server_that_dies_is_restarted_on_its_port(tmp_path: Path) -> None:
    async with started(tmp_path) as (servers, urls):
        watching = asyncio.create_task(servers.watch())
        async with AsyncMongoClient(urls.mongodb) as client:
            await client.shop.orders.insert_one({"_id": 1})
            for process in servers.processes.values():
                assert process.pid is not None
                os.kill(process.pid, signal.SIGKILL)
            deadline = time.monotonic() + PATIENCE
            while True:
                try:
                    await check_reachable(urls.environment())
                    break
                except Misconfigured:
                    assert time.monotonic() < deadline
            assert await client.shop.orders.count_documents({}) == 1
        watching.cancel()
        await asyncio.wait([watching])


@pytest.mark.parametrize("setting", ["MONGODB_URL", "REDIS_URL", "CHROMA_URL"])
async def test_each_store_alone_can_be_external(tmp_path: Path, store_urls: StoreUrls, setting: str) -> None:
    external = store_urls.environment()[setting]
    async with started(tmp_path, **{setting: external}) as (servers, urls):
        assert urls.environment()[setting] == external
        assert len(servers.processes) == 2
        await check_reachable(urls.environment())


async def test_a_command_uses_the_stores_that_run_or_starts_them(tmp_path: Path) -> None:
    async with stores_at_hand(tmp_path, {}) as first:
        await check_reachable(first.environment())
    assert of_directory(tmp_path) == []
    with DirectoryLock(tmp_path), pytest.raises(DataDirectoryBusy):
        async with stores_at_hand(tmp_path, {}):
            pass
    async with started(tmp_path) as (servers, running):
        async with stores_at_hand(tmp_path, {}) as shared:
            assert shared == running
        assert all(process.pid for process in servers.processes.values())
    async with stores_at_hand(tmp_path, {**REDIS_ONLY, "REDIS_URL": "redis://elsewhere"}) as external:
        assert external.redis == "redis://elsewhere"
    assert of_directory(tmp_path) == []


async def test_an_unwritable_directory_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Misconfigured, match=r"MARQUEE_DATA_DIR names .*/file/data, which cannot be written"):
        DirectoryLock(tmp_path / "file" / "data").acquire()


async def test_a_server_that_cannot_start_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "mongodb").mkdir()
    (tmp_path / "mongodb" / "WiredTiger").write_text("not a database")
    (tmp_path / "mongodb" / "WiredTiger.turtle").write_text("not a database")
    with pytest.raises(Unavailable, match=r"embedded MongoDB server ended .*mongodb\.log"):
        async with started(tmp_path):
            pass
    assert of_directory(tmp_path) == []


async def test_a_process_that_ignores_the_request_to_end_is_killed(tmp_path: Path) -> None:
    stubborn = (
        "import signal, time; signal.signal(15, signal.SIG_IGN); print('on', flush=True); time.sleep(99)"
    )
    command = (sys.executable, "-c", stubborn)
    plan = ProcessPlan(
        "stubborn", "The stubborn one", command, " ".join(command), tmp_path, tethered=True, stop_seconds=0.2
    )
    process = SupervisedProcess(plan)
    await process.start()
    pid = process.pid
    assert pid is not None
    await process.stop()
    assert command_line(pid) == ""


async def test_a_port_belongs_to_the_process_that_listens() -> None:
    async with answering(lambda _: None) as port:
        assert listens(os.getpid(), port)
        assert not listens(os.getppid(), port)
