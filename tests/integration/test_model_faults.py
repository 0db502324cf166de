"""Every fault of a model server ends in a good answer or a clear error, with the quota settled on a store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from agents.tokens import TokenCounter
from core.clock import SystemClock
from core.errors import (
    ContextOverflow,
    MarqueeError,
    ModelBusy,
    ModelRefusedRequest,
    ModelUnreachable,
    QuotaExhausted,
    UnusableAnswer,
)
from core.ids import new_id
from core.scope import Scope
from memory.budgets import Budgets
from memory.database import Database
from memory.installation_quota import InstallationQuota
from services.usage import Usage
from tests.doubles.bench import (
    NOTE,
    NOTE_WITH_TOOLS,
    TALK,
    Bench,
    Note,
    Notes,
    call,
    context,
    gateway,
    library,
)
from tests.doubles.fault_server import FAULTS, FaultServer, fault_server
from tests.doubles.wire import Reply, plain_reply
from tests.patience import PATIENCE

# What one fault leads to, and what it leads to when the server keeps at it: an error, or a good answer.
GOOD = None
OUTCOMES: dict[str, tuple[type[MarqueeError] | None, type[MarqueeError] | None]] = {
    "ok": (GOOD, GOOD),
    "401": (ModelRefusedRequest, ModelRefusedRequest),
    "404": (ModelRefusedRequest, ModelRefusedRequest),
    "429": (GOOD, ModelBusy),
    "429-credit": (ModelRefusedRequest, ModelRefusedRequest),
    "500": (GOOD, ModelUnreachable),
    "503": (GOOD, ModelUnreachable),
    "hang": (GOOD, ModelUnreachable),
    "slow-first-token": (GOOD, ModelUnreachable),
    "stall": (ModelUnreachable, ModelUnreachable),
    "cut": (ModelUnreachable, ModelUnreachable),
    "cut-before-first-token": (GOOD, ModelUnreachable),
    "error-event": (ModelUnreachable, ModelUnreachable),
    "malformed": (GOOD, UnusableAnswer),
    "broken-json-answer": (GOOD, UnusableAnswer),
    "wrong-schema": (GOOD, UnusableAnswer),
    "wrong-arguments": (GOOD, UnusableAnswer),
    "unknown-tool": (GOOD, UnusableAnswer),
    "empty": (GOOD, UnusableAnswer),
    "length": (GOOD, UnusableAnswer),
    "endless": (GOOD, UnusableAnswer),
    "flood": (GOOD, UnusableAnswer),
    "long-line": (GOOD, UnusableAnswer),
    "long-error": (GOOD, ModelUnreachable),
    "refusal": (GOOD, UnusableAnswer),
    "missing-usage": (GOOD, GOOD),
    "no-done": (GOOD, GOOD),
    "context-openai": (ContextOverflow, ContextOverflow),
    "context-llama": (ContextOverflow, ContextOverflow),
    "context-vllm": (ContextOverflow, ContextOverflow),
    "context-ollama": (ContextOverflow, ContextOverflow),
}

MakeBench = Callable[..., Awaitable[Bench]]


@pytest.fixture(scope="module")
def token_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tokens")


@pytest.fixture
def business_id() -> str:
    return new_id()


@pytest.fixture
def usage(database: Database) -> Usage:
    return metered(database, 1_000_000)


def metered(database: Database, quota: int) -> Usage:
    """The meter of a business with this quota; the common limit is far away."""
    clock = SystemClock()
    budgets = Budgets(database.budgets, database.ledger, clock, quota)
    return Usage(budgets, InstallationQuota(database.installation_months, clock, 1_000_000_000), clock)


@pytest_asyncio.fixture
async def bench(usage: Usage, token_folder: Path, tmp_path: Path) -> AsyncIterator[MakeBench]:
    async with AsyncExitStack() as stack:

        async def make(server: FaultServer, **values: Any) -> Bench:
            door = gateway(usage, TokenCounter(token_folder), url=server.url, **{"model": "m", **values})
            made = await Bench.on(door, library(tmp_path / new_id()))
            stack.push_async_callback(door.close)
            return made

        yield make


async def _work(bench: Bench, business_id: str, fault: str, sink: Notes) -> Note:
    specialist = NOTE_WITH_TOOLS if fault in {"wrong-arguments", "unknown-tool"} else NOTE
    answer = await bench.agents.run(
        specialist, {"subject": "spring"}, call=call(sink, business_id), context=context(business_id)
    )
    return answer.value


async def _settled(usage: Usage, database: Database, business_id: str, attempts: int) -> list[str]:
    """Assert that nothing is reserved and that every attempt has its row; the outcomes."""
    scope = Scope.of(business_id)
    report = await usage.report(scope)
    assert report["reserved"] == 0
    month = SystemClock().now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    rows = database.ledger.raw.find({**scope.filter(), "created_at": {"$gte": month}})
    rows = await rows.sort("created_at").to_list(None)
    assert len(rows) == attempts
    assert report["tokens_used"] == sum(row["tokens_in"] + row["tokens_out"] for row in rows)
    return [row["outcome"] for row in rows]


def test_every_fault_is_listed() -> None:
    assert set(OUTCOMES) == FAULTS


@pytest.mark.parametrize("fault", sorted(FAULTS))
@pytest.mark.parametrize("lasting", [False, True], ids=["once", "lasting"])
async def test_fault(
    fault: str, lasting: bool, bench: MakeBench, usage: Usage, database: Database, business_id: str
) -> None:
    async with fault_server() as server:
        if not lasting:
            server.plan(fault)
        made = await bench(server, model=f"fault:{fault}" if lasting else "m")
        others = asyncio.all_tasks()
        sink = Notes()
        expected = OUTCOMES[fault][int(lasting)]
        if expected is GOOD:
            note = await _work(made, business_id, fault, sink)
            assert Note.model_validate_json(sink.text) == note
        else:
            with pytest.raises(MarqueeError) as raised:
                await _work(made, business_id, fault, sink)
            assert type(raised.value) is expected
        await server.until(lambda: server.open_streams == 0)
        attempts = len(server.calls)
        outcomes = await _settled(usage, database, business_id, attempts)
        left = {task for task in asyncio.all_tasks() - others if not task.done()}
        assert not [task for task in left if "fault_server" not in repr(task)]
        assert len(server.calls) == attempts
    if expected is GOOD:
        assert outcomes[-1] == "ok"


async def test_refused_connections(
    bench: MakeBench, usage: Usage, database: Database, business_id: str
) -> None:
    async with fault_server() as server:
        made = await bench(server)
        await server.stop()
        with pytest.raises(ModelUnreachable):
            await _work(made, business_id, "refuse", Notes())
        assert await _settled(usage, database, business_id, 2) == ["error:model-unreachable"] * 2
        assert (await usage.report(Scope.of(business_id)))["tokens_used"] == 0


async def test_missing_usage_is_counted(
    bench: MakeBench, usage: Usage, database: Database, business_id: str
) -> None:
    async with fault_server() as server:
        await _work(await bench(server, model="fault:missing-usage"), business_id, "missing-usage", Notes())
    (row,) = await database.ledger.raw.find(Scope.of(business_id).filter()).to_list(None)
    assert row["estimated"]
    assert row["tokens_in"] > 20
    assert row["tokens_out"] > 5


async def test_a_cut_answer_is_charged_for_what_was_seen(
    bench: MakeBench, database: Database, business_id: str
) -> None:
    async with fault_server() as server:
        with pytest.raises(ModelUnreachable):
            await _work(await bench(server, model="fault:cut"), business_id, "cut", Notes())
    (row,) = await database.ledger.raw.find(Scope.of(business_id).filter()).to_list(None)
    assert row["estimated"]
    assert row["tokens_in"] > 20
    assert row["tokens_out"] >= 1


@pytest.mark.parametrize("fault", ["endless", "flood", "long-line"])
async def test_a_server_without_end_uses_no_more_than_was_reserved(
    fault: str, bench: MakeBench, usage: Usage, database: Database, business_id: str
) -> None:
    reserved: list[int] = []
    take = usage.reserve

    async def reserve(scope: Scope, tokens: int, run_id: str | None) -> str:
        reserved.append(tokens)
        return await take(scope, tokens, run_id)

    usage.reserve = reserve  # type: ignore[method-assign]  # to see what the store is asked for
    async with fault_server() as server:
        patient = {"model_first_token_seconds": PATIENCE, "model_stall_seconds": PATIENCE}
        made = await bench(server, model=f"fault:{fault}", model_max_output=300, **patient)
        sink = Notes()
        with suppress(UnusableAnswer):
            await made.agents.run(
                TALK, {"subject": "x"}, call=call(sink, business_id), context=context(business_id)
            )
        await server.until(lambda: server.open_streams == 0)
    rows = await database.ledger.raw.find(Scope.of(business_id).filter()).to_list(None)
    assert len(rows) == len(reserved) > 0
    for row, most in zip(rows, reserved, strict=True):
        # What came in the same moment as the last token that fits is told as well.
        assert row["tokens_in"] + row["tokens_out"] <= most + 64
        assert row["tokens_out"] >= (0 if fault == "flood" else 300)
    assert len(sink.text) <= 300 * 16


async def test_talk_that_is_cut_is_never_a_finished_answer(bench: MakeBench, business_id: str) -> None:
    async with fault_server(lambda _: Reply("A long and friendly answer.")) as server:
        made = await bench(server, model="fault:cut")
        with pytest.raises(ModelUnreachable):
            await made.agents.run(
                TALK, {"subject": "x"}, call=call(Notes(), business_id), context=context(business_id)
            )


async def test_many_cancels_leave_nothing_reserved(
    bench: MakeBench, usage: Usage, database: Database, business_id: str
) -> None:
    async with fault_server(plain_reply) as server:
        server.pause = 0.01
        made = await bench(server)
        works = [asyncio.create_task(_work(made, business_id, "ok", Notes())) for _ in range(20)]
        for work in works[:10]:
            work.cancel()
        await server.until(lambda: len(server.calls) == 10)
        for work in works[10:]:
            work.cancel()
        await asyncio.gather(*works, return_exceptions=True)
        await server.until(lambda: server.open_streams == 0)
        before = len(server.calls)
        await made.gateway.close()
        assert len(server.calls) == before
    report = await usage.report(Scope.of(business_id))
    assert report["reserved"] == 0


async def test_the_budget_stops_a_call_that_it_cannot_cover(
    database: Database, token_folder: Path, tmp_path: Path, business_id: str
) -> None:
    small = metered(database, 500)
    async with fault_server() as server:
        door = gateway(small, TokenCounter(token_folder), url=server.url, model="m")
        made = await Bench.on(door, library(tmp_path / "prompts"))
        with pytest.raises(QuotaExhausted):
            await _work(made, business_id, "ok", Notes())
        assert server.calls == []
        await door.close()
