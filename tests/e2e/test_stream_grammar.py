"""Whatever is cut, lost or restarted, what a reader receives obeys the grammar of AG-UI."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import orjson
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import events
from core.conversation import Message, Run, RunInput, Thread
from core.events import START, LogId, OpenItems
from core.ids import new_id
from core.scope import Scope
from jobs.runs import Recorder
from memory.database import Database
from memory.event_log import EventLog
from memory.redis import connect, run_log_key
from memory.run_event_reader import RunEventReader
from services.run_stream import Frame, RunStream
from services.threads import Threads
from tests.e2e.grammar import check
from tests.patience import PATIENCE

Action = tuple[str, int]

# What an attempt does: open or go on with items, close one, or change the state.
ACTIONS = st.lists(
    st.tuples(st.sampled_from(["text", "call", "step", "end", "state", "delta"]), st.integers(0, 3)),
    max_size=12,
)

LOSSES = st.sampled_from(["nothing", "flush", "trim"])


@dataclass(frozen=True)
class Attempt:
    """One attempt of a run: what it does, what is lost in the middle and after it, and how it stops."""

    before: list[Action]
    loss: str
    after: list[Action]
    loss_at_the_end: str


ATTEMPTS = st.lists(st.builds(Attempt, ACTIONS, LOSSES, ACTIONS, LOSSES), min_size=1, max_size=3)
ENDINGS = st.sampled_from(["finished", "failed", "cancelled", "killed before the last event"])


def act(recorder: Recorder, actions: list[Action], prefix: str, opened: list[tuple[str, str]]) -> None:
    """Write what a correct attempt might write."""
    for place, (what, which) in enumerate(actions):
        name = f"{prefix}.{place}"
        if what == "text":
            recorder.append(events.text_start(name))
            recorder.delta("text", name, f"words {which}")
            opened.append(("text", name))
        elif what == "call":
            recorder.append(events.call_start(name, "write_post", "answer"))
            recorder.delta("args", name, '{"a":')
            opened.append(("call", name))
        elif what == "step":
            recorder.append(events.step_started(name))
            opened.append(("step", name))
        elif what == "state":
            recorder.append(events.state_delta([{"op": "add", "path": f"/drafts/{name}", "value": {}}]))
        elif opened:
            kind, item = opened[which % len(opened)]
            if what == "delta" and kind == "text":
                recorder.delta("text", item, "more")
            elif what == "delta" and kind == "call":
                recorder.delta("args", item, "1")
            elif what == "end":
                opened.remove((kind, item))
                end = {"text": events.text_end, "call": events.call_end, "step": events.step_finished}[kind]
                recorder.append(end(item))


@dataclass
class Bench:
    """A database, a log and its feed, without API and worker."""

    database: Database
    url: str
    log: EventLog = field(init=False)
    feed: RunEventReader = field(init=False)
    following: RunStream = field(init=False)

    def __post_init__(self) -> None:
        self.redis = connect(self.url)
        self.blocking = connect(self.url, blocking=True)
        self.log = EventLog(self.redis)
        self.feed = RunEventReader(self.redis, self.blocking, idle_after=0.05)
        self.following = RunStream(
            self.database, Threads(self.database), self.feed, in_flight=timedelta(seconds=0.2)
        )

    async def run(self) -> tuple[Scope, Run]:
        """A stored run in a thread of a business of its own."""
        scope = Scope.of(new_id())
        now = self.database.runs.clock.now()
        stamps: dict[str, Any] = {"business_id": scope.business_id, "created_at": now, "updated_at": now}
        asked = Message(id=new_id(), thread_id=new_id(), role="user", content="Hello", **stamps)
        run = Run(
            id=new_id(),
            client_id="the run",
            user_id=new_id(),
            dedupe_key=new_id(),
            thread_id=asked.thread_id,
            thread_client_id="the thread",
            root_run_id=new_id(),
            answer_id=new_id(),
            input=RunInput(message_id=asked.id, text="Hello"),
            input_digest="",
            status="running",
            attempt=1,
            **stamps,
        )
        thread = Thread(
            id=run.thread_id, client_id="the thread", user_id=run.user_id, dedupe_key=new_id(), **stamps
        )
        await self.database.messages.insert(scope, asked)
        await self.database.runs.insert(scope, run)
        await self.database.threads.insert(scope, thread)
        return scope, run

    async def lose(self, scope: Scope, run: Run, loss: str) -> None:
        """The log as FLUSHALL, or its cap, leaves it."""
        key = run_log_key(scope, run.id)
        if loss == "flush":
            await self.redis.delete(key)
        elif loss == "trim":
            await self.redis.xtrim(key, maxlen=2, approximate=False)

    async def attempt(self, scope: Scope, run: Run, number: int, plan: Attempt) -> Recorder:
        """One attempt as `jobs/runs.py` makes it, up to where its worker dies or it ends."""
        writer = self.log.writer(scope, run.id, number)
        recorder = Recorder(writer)
        if number > 1:
            left = OpenItems()
            for event in await self.feed.tail(scope, run.id):
                left.feed(orjson.loads(event.data))
            for closing in left.closing():
                recorder.append(closing)
            recorder.append(events.messages_snapshot([]))
        opened: list[tuple[str, str]] = []
        act(recorder, plan.before, f"{number}a", opened)
        await writer.flush()
        await self.lose(scope, run, plan.loss)
        act(recorder, plan.after, f"{number}b", opened)
        await writer.flush()
        return recorder

    async def end(self, scope: Scope, run: Run, recorder: Recorder, ending: str) -> None:
        """Document first, then the last event, unless the worker dies between them."""
        status = {"finished": "completed", "failed": "failed"}.get(ending, "cancelled")
        problem = {"slug": "internal", "detail": "It failed."} if status == "failed" else None
        outcome = {"completed": "success", "cancelled": "cancelled"}.get(status)
        now = self.database.runs.clock.now()
        values = {"status": status, "outcome": outcome, "problem": problem, "finished_at": now}
        await self.database.runs.change(scope, run.id, values)
        if ending != "killed before the last event":
            recorder.close_items()
            if problem:
                recorder.append(events.run_error(problem), now=True)
            else:
                recorder.append(events.run_finished("the thread", "the run", str(outcome), []), now=True)

    async def read(self, scope: Scope, run: Run, after: LogId = START, leave_after: int = 0) -> list[Frame]:
        """What one reader gets, up to the end or until it leaves."""
        got: list[Frame] = []
        current = await self.database.runs.get(scope, run.id)
        async with asyncio.timeout(PATIENCE):
            stream = self.following.follow(scope, current, after)
            async for frame in stream:
                got.append(frame)
                if leave_after and len(got) == leave_after:
                    break
            await stream.aclose()
        return got

    async def read_in_pieces(self, scope: Scope, run: Run, sizes: list[int]) -> list[Frame]:
        """What a reader gets who leaves and comes back behind its last id."""
        got: list[Frame] = []
        places = list(sizes)
        while True:
            after = next((log_id for log_id, _ in reversed(got) if log_id is not None), START)
            if after == START:
                # It has no place to go on behind: it begins anew.
                got.clear()
            piece = await self.read(scope, run, after, places.pop() if places else 0)
            got += piece
            if not piece or orjson.loads(piece[-1][1])["type"] in events.TERMINAL:
                return got

    async def close(self) -> None:
        """Close log, feed and connections."""
        await self.log.close()
        await self.feed.close()
        await self.redis.aclose(close_connection_pool=True)
        await self.blocking.aclose(close_connection_pool=True)


@pytest_asyncio.fixture
async def bench(offline_town: Any) -> AsyncIterator[Bench]:
    made = Bench(offline_town.services.database, offline_town.settings.redis_url)
    yield made
    await made.close()


def told(frames: list[Frame]) -> list[dict[str, Any]]:
    return [orjson.loads(event) for _, event in frames]


@given(ATTEMPTS, ENDINGS, st.lists(st.integers(1, 9), max_size=12))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.asyncio
async def test_every_reader_gets_a_proper_sequence(
    bench: Bench, attempts: list[Attempt], ending: str, sizes: list[int]
) -> None:
    """One reader from the start, one that comes and goes, one that comes when all is over."""
    scope, run = await bench.run()
    begin = bench.log.writer(scope, run.id, 0)
    begin.append(events.run_started("the thread", "the run"))
    await begin.flush()
    faithful = asyncio.create_task(bench.read(scope, run))
    wanderer = asyncio.create_task(bench.read_in_pieces(scope, run, sizes))
    for number, plan in enumerate(attempts, start=1):
        recorder = await bench.attempt(scope, run, number, plan)
        if number < len(attempts):
            await bench.lose(scope, run, plan.loss_at_the_end)
    await bench.end(scope, run, recorder, ending)
    seen = told(await faithful)
    check(seen)
    check(told(await wanderer))
    late = told(await bench.read(scope, run))
    check(late)
    last = {"failed": "RUN_ERROR"}.get(ending, "RUN_FINISHED")
    assert seen[-1]["type"] == late[-1]["type"] == last
    gap = any(event.get("name") == "marquee.stream_gap" for event in seen)
    lossless = all(plan.loss == plan.loss_at_the_end == "nothing" for plan in attempts)
    if lossless and ending != "killed before the last event":
        assert not gap
        assert late == seen


@given(ATTEMPTS, st.sampled_from(["finished", "failed", "cancelled"]))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.asyncio
async def test_every_cut_of_a_whole_log_is_resumed_exactly(
    bench: Bench, attempts: list[Attempt], ending: str
) -> None:
    scope, run = await bench.run()
    begin = bench.log.writer(scope, run.id, 0)
    begin.append(events.run_started("the thread", "the run"))
    await begin.flush()
    for number, plan in enumerate(attempts, start=1):
        kept = Attempt(plan.before, "nothing", plan.after, "nothing")
        recorder = await bench.attempt(scope, run, number, kept)
    await bench.end(scope, run, recorder, ending)
    whole = await bench.read(scope, run)
    check(told(whole))
    assert all(log_id is not None for log_id, _ in whole)
    for place, (log_id, _) in enumerate(whole, start=1):
        assert log_id is not None
        assert await bench.read(scope, run, log_id) == whole[place:]
