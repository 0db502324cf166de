"""What is said of a wrong or dead store URL, without its secrets."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
import redis.asyncio

from core.errors import Misconfigured
from memory.embedded import StoreUrls
from memory.reachability import check_reachable
from tests.integration.stand_ins import REDIS_ONLY, answering, started

HTTP_ERROR = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
PATHS = {"MONGODB_URL": "mongodb://shop:sEcret@{}/?authSource=admin", "REDIS_URL": "redis://:sEcret@{}/0",
         "CHROMA_URL": "http://shop:sEcret@{}"}  # fmt: skip


SECURE = {"MONGODB_URL": "mongodb://shop:sEcret@{}/?tls=true", "REDIS_URL": "rediss://:sEcret@{}/0",
          "CHROMA_URL": "https://shop:sEcret@{}"}  # fmt: skip


async def sentence_for(setting: str, url: str) -> str:
    with pytest.raises(Misconfigured) as wrong:
        await check_reachable({setting: url})
    sentence = str(wrong.value)
    assert sentence.startswith(setting)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert "sEcret" not in sentence
    return sentence


@pytest.mark.parametrize("setting", PATHS)
class TestDeadUrl:
    async def test_refused(self, setting: str) -> None:
        async with answering(lambda _: None) as port:
            pass
        assert f"nothing listens at 127.0.0.1:{port}" in await sentence_for(
            setting, PATHS[setting].format(f"127.0.0.1:{port}")
        )

    async def test_unknown_host(self, setting: str) -> None:
        url = PATHS[setting].format("store.marquee.invalid:1234")
        assert "store.marquee.invalid cannot be found" in await sentence_for(setting, url)

    async def test_hanging_port(self, setting: str) -> None:
        async with answering(lambda _: None) as port:
            sentence = await sentence_for(setting, PATHS[setting].format(f"127.0.0.1:{port}"))
        assert f"127.0.0.1:{port}" in sentence

    async def test_another_protocol(self, setting: str) -> None:
        async with answering(lambda _: HTTP_ERROR) as port:
            sentence = await sentence_for(setting, PATHS[setting].format(f"127.0.0.1:{port}"))
        assert f"what answers at 127.0.0.1:{port} is not" in sentence

    async def test_tls_to_a_plain_server(self, setting: str, store_urls: StoreUrls) -> None:
        where = store_urls.environment()[setting].split("//", 1)[1].split("/", 1)[0]
        assert "TLS" in await sentence_for(setting, SECURE[setting].format(where))

    async def test_another_scheme(self, setting: str) -> None:
        assert "must start with" in await sentence_for(setting, "ftp://shop:sEcret@127.0.0.1:21")
        assert "must start with" in await sentence_for(setting, "127.0.0.1:6379")

    async def test_malformed(self, setting: str) -> None:
        assert "is not a valid" in await sentence_for(setting, PATHS[setting].format("127.0.0.1:port"))


async def test_wrong_passwords_are_told_from_dead_servers(tmp_path: Path, store_urls: StoreUrls) -> None:
    async with started(tmp_path, **REDIS_ONLY) as (_, urls):
        client = redis.asyncio.Redis.from_url(urls.redis, protocol=2)
        await client.config_set("requirepass", "another")
        where = urls.redis.split("//", 1)[1]
        wanted = await sentence_for("REDIS_URL", f"redis://{where}")
        wrong = await sentence_for("REDIS_URL", f"redis://:sEcret@{where}")
        await check_reachable({"REDIS_URL": f"redis://:another@{where}"})
        await client.aclose()
    assert "password" in wanted
    assert "password" in wrong
    mongodb = store_urls.mongodb.replace("//", "//shop:sEcret@")
    assert "password" in await sentence_for("MONGODB_URL", mongodb)
    async with answering(lambda _: HTTP_ERROR.replace(b"400 Bad Request", b"401 Unauthorized")) as port:
        assert "credentials" in await sentence_for("CHROMA_URL", f"http://127.0.0.1:{port}")


ASK_FOR_A_RECORD = """
import asyncio
from core.errors import Misconfigured
from memory.reachability import check_reachable

try:
    asyncio.run(check_reachable({"MONGODB_URL": "mongodb+srv://shop:sEcret@store.marquee.invalid/"}))
except Misconfigured as wrong:
    print(wrong)
"""


async def test_a_missing_srv_record_is_said() -> None:
    # In a process of its own: asking for a record leaves this machine, which no test may do.
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ASK_FOR_A_RECORD, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    host = "store.marquee.invalid"
    assert said.decode().strip() == (
        f"MONGODB_URL cannot be reached: {host} has no MongoDB SRV record that can be found."
    )


async def test_the_loopback_guard_holds(attempts_to_leave: list[str]) -> None:
    with pytest.raises(AssertionError, match=r"not 192\.0\.2\.1"):
        await asyncio.open_connection("192.0.2.1", 80)
    assert attempts_to_leave == ["192.0.2.1"]
    attempts_to_leave.clear()
