"""Which model is asked, how often, and who pays."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agents.calls import calling
from agents.metering import shown
from agents.tokens import TokenCounter
from core.errors import (
    Misconfigured,
    ModelBusy,
    ModelRefusedRequest,
    ModelUnreachable,
    QuotaExhausted,
)
from core.scope import Scope
from core.usage import LedgerEntry
from tests.doubles.bench import Bench, MeterBook, Notes, call, gateway, library
from tests.doubles.fault_server import FaultServer, fault_server
from tests.doubles.scripted_model import ScriptedModel
from tests.doubles.wire import Reply
from tests.patience import PATIENCE
from tests.unit.agents.conftest import MakeBench


async def _ask(bench: Bench, sink: Notes | None = None, max_output: int | None = None) -> str:
    with calling(call(sink, max_output=max_output)):
        return (await bench.gateway.model("writer").ainvoke("hello")).text


async def test_a_model_call_that_nobody_pays_for_is_refused(bench: MakeBench) -> None:
    with ScriptedModel() as model:
        made = await bench(transport=model)
        with pytest.raises(RuntimeError, match="nobody would pay"):
            await made.gateway.model("writer").ainvoke("hello")


async def test_offline_needs_a_transport(token_folder: Path, meter: MeterBook) -> None:
    door = gateway(meter, TokenCounter(token_folder))
    with pytest.raises(Misconfigured, match="OPENAI_BASE_URL"):
        await door.open()
    await door.close()


async def test_the_offline_model_is_labelled_and_free(bench: MakeBench, meter: MeterBook) -> None:
    with ScriptedModel(Reply("Hi.", usage=(120, 30))) as model:
        made = await bench(transport=model)
        assert await _ask(made) == "Hi."
    (entry,) = meter.entries
    assert (made.gateway.info.name, made.gateway.info.simulated) == ("offline-demo", True)
    assert (entry.tokens_in, entry.tokens_out, entry.offline, entry.cost_micro_usd) == (120, 30, True, 0)
    assert not entry.estimated


async def test_the_reservation_covers_prompt_and_most_possible_output(
    bench: MakeBench, meter: MeterBook
) -> None:
    reserved: list[int] = []

    def answer(_: object) -> Reply:
        reserved.extend(meter.open.values())
        return Reply("Hi.")

    with ScriptedModel(answer, answer) as model:
        made = await bench(transport=model, model_context=1_024, model_max_output=2_048)
        await _ask(made, max_output=100)
        await _ask(made)
    assert 100 < reserved[0] < 130
    assert reserved[1] == 1_024
    assert model.calls[0]["max_tokens"] == 100


async def test_no_prompt_asks_for_more_than_the_settings_allow(bench: MakeBench) -> None:
    with ScriptedModel(Reply("Hi.")) as model:
        made = await bench(transport=model, model_max_output=400)
        await _ask(made, max_output=1_600)
    assert model.calls[0]["max_tokens"] == 400
    assert made.gateway.longest_text == 800


async def test_the_model_is_the_set_one_else_the_first_listed_for_chat(bench: MakeBench) -> None:
    async with fault_server() as server:
        server.models = ["nomic-embed-text", "llama-small", "other"]
        listed = await bench(url=server.url)
        chosen = await bench(url=server.url, model="mine", model_router="quick")
        await _ask(listed)
        await _ask(chosen)
        with calling(call()):
            await chosen.gateway.model("router").ainvoke("hello")
        assert [received.body["model"] for received in server.calls] == ["llama-small", "mine", "quick"]
        assert server.calls[0].headers["authorization"] == "Bearer none"
        assert listed.gateway.info.name == "llama-small"


def test_a_path_is_not_shown_as_a_models_name() -> None:
    assert shown("/home/me/models/tiny.gguf") == "tiny.gguf"
    assert shown("org/model-7b") == "org/model-7b"


async def test_an_endpoint_without_models_says_which_setting_helps(bench: MakeBench) -> None:
    async with fault_server() as server:
        server.models = []
        with pytest.raises(ModelRefusedRequest, match="MARQUEE_MODEL"):
            await _ask(await bench(url=server.url))


async def test_an_endpoint_that_is_down_at_the_start_is_asked_again(
    bench: MakeBench, meter: MeterBook
) -> None:
    server = FaultServer()
    await server.start()
    await server.stop()
    made = await bench(url=server.url)
    with pytest.raises(ModelUnreachable):
        await _ask(made)
    await server.start()
    assert await _ask(made)
    await server.stop()
    assert meter.outcomes == ["ok"]


async def test_one_retry_layer_and_a_row_for_every_attempt(bench: MakeBench, meter: MeterBook) -> None:
    async with fault_server() as server:
        made = await bench(url=server.url, model="m", model_attempts=3)
        server.plan("500", "503", "ok")
        assert await _ask(made)
        assert len(server.calls) == 3
    assert meter.outcomes == ["error:model-unreachable", "error:model-unreachable", "ok"]
    assert [entry.tokens for entry in meter.entries] == [0, 0, 18]
    assert meter.open == {}


async def test_retry_after_is_honoured(bench: MakeBench) -> None:
    async with fault_server(retry_after=0.4) as server:
        made = await bench(url=server.url, model="m")
        server.plan("429")
        start = time.monotonic()
        await _ask(made)
        assert time.monotonic() - start >= 0.4


async def test_a_long_retry_after_is_not_waited_for(bench: MakeBench) -> None:
    async with fault_server(retry_after=3_600) as server:
        made = await bench(url=server.url, model="m", model_attempts=3)
        server.plan("429")
        with pytest.raises(ModelBusy) as busy:
            await _ask(made)
        assert busy.value.facts == {"retry_after": 3_600}
        assert len(server.calls) == 1


async def test_the_fallback_model_takes_over(bench: MakeBench, meter: MeterBook) -> None:
    async with fault_server() as server:
        made = await bench(url=server.url, model="fault:503", model_fallback="spare")
        assert await _ask(made)
        assert [received.body["model"] for received in server.calls] == ["fault:503", "fault:503", "spare"]
    assert [entry.model for entry in meter.entries] == ["fault:503", "fault:503", "spare"]


async def test_nothing_is_repeated_after_the_first_token(bench: MakeBench) -> None:
    async with fault_server() as server:
        made = await bench(url=server.url, model="fault:cut", model_fallback="spare")
        sink = Notes()
        with pytest.raises(ModelUnreachable, match="broke off"):
            await _ask(made, sink)
        assert sink.text
        assert len(server.calls) == 1


async def test_cancelling_closes_the_connection_and_settles(bench: MakeBench, meter: MeterBook) -> None:
    async with fault_server(lambda _: Reply("word " * 100, pieces=100)) as server:
        server.pause = 0.02
        made = await bench(url=server.url, model="m")
        written = asyncio.Event()
        work = asyncio.create_task(_ask(made, Notes(seen=written.set)))
        await asyncio.wait_for(written.wait(), PATIENCE)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        assert work.cancelled()
        await server.until(lambda: server.open_streams == 0)
        assert len(server.calls) == 1
    assert meter.outcomes == ["cancelled"]
    assert meter.entries[0].estimated
    assert meter.entries[0].tokens_in > 0
    assert meter.entries[0].tokens_out > 0
    assert meter.open == {}


async def test_cancelling_before_the_headers_settles_too(bench: MakeBench, meter: MeterBook) -> None:
    async with fault_server() as server:
        made = await bench(url=server.url, model="fault:hang", model_first_token_seconds=30)
        work = asyncio.create_task(_ask(made))
        await server.until(lambda: server.open_streams == 1)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        await server.until(lambda: server.open_streams == 0)
    assert meter.outcomes == ["cancelled"]


class _SlowMeter(MeterBook):
    """A meter whose store takes its time."""

    def __init__(self) -> None:
        super().__init__()
        self.reserving = asyncio.Event()
        self.go_on = asyncio.Event()

    async def reserve(self, scope: Scope, tokens: int, run_id: str | None) -> str:
        self.reserving.set()
        await self.go_on.wait()
        return await super().reserve(scope, tokens, run_id)


async def test_a_reservation_that_is_cancelled_on_its_way_is_given_back(
    token_folder: Path, tmp_path: Path
) -> None:
    meter = _SlowMeter()
    with ScriptedModel() as model:
        made = await Bench.on(
            gateway(meter, TokenCounter(token_folder), transport=model), library(tmp_path / "p")
        )
        work = asyncio.create_task(_ask(made))
        await meter.reserving.wait()
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        meter.go_on.set()
        await made.gateway.close()
    assert meter.open == {}
    assert [entry.tokens for entry in meter.entries] == [0]


class _EmptyMeter(MeterBook):
    async def reserve(self, scope: Scope, tokens: int, run_id: str | None) -> str:
        raise QuotaExhausted(datetime(2027, 1, 1, tzinfo=UTC), 100, 0)


class _BrokenMeter(MeterBook):
    async def settle(self, scope: Scope, reservation_id: str, entry: LedgerEntry) -> None:
        raise ConnectionError("the store is away")


async def test_without_quota_no_call_is_made(token_folder: Path, tmp_path: Path) -> None:
    with ScriptedModel() as model:
        door = gateway(_EmptyMeter(), TokenCounter(token_folder), transport=model)
        made = await Bench.on(door, library(tmp_path / "p"))
        with pytest.raises(QuotaExhausted):
            await _ask(made)
        await door.close()


async def test_an_answer_survives_a_store_that_fails_at_its_settlement(
    token_folder: Path, tmp_path: Path
) -> None:
    with ScriptedModel(Reply("Hi.")) as model:
        door = gateway(_BrokenMeter(), TokenCounter(token_folder), transport=model)
        made = await Bench.on(door, library(tmp_path / "p"))
        assert await _ask(made) == "Hi."
        await door.close()


async def test_tools_are_tried_once_and_remembered(bench: MakeBench, meter: MeterBook) -> None:
    async with fault_server() as server:
        able = await bench(url=server.url, model="able", model_tools="auto")
        assert not able.gateway.info.tools
        with calling(call()):
            assert await asyncio.gather(able.gateway.tools_work(), able.gateway.tools_work()) == [True, True]
        assert len(server.calls) == 1
        assert able.gateway.info.tools
        server.answer = lambda _: Reply("I am a small model.")
        unable = await bench(url=server.url, model="unable", model_tools="auto")
        with calling(call()):
            assert not await unable.gateway.tools_work()
            assert not await unable.gateway.tools_work()
        assert len(server.calls) == 2
    assert [entry.agent for entry in meter.entries] == ["gateway", "gateway"]


async def test_a_try_that_did_not_reach_the_model_says_nothing_about_it(bench: MakeBench) -> None:
    async with fault_server() as server:
        made = await bench(url=server.url, model="m", model_tools="auto")
        server.plan("503", "503")
        with calling(call()):
            assert not await made.gateway.tools_work()
            assert await made.gateway.tools_work()
