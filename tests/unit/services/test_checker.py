"""A text may cost the process that checks it; the caller gets an answer, and it is never green."""

from __future__ import annotations

import asyncio
import re
import signal
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from core.rules.findings import DraftText
from services.check_process import CheckProcess, CheckStopped
from services.checker import Checker
from tests.unit.services.test_checks import NOW, business

ENDLESS = (r"(a+)+b", "a" * 60)


@pytest_asyncio.fixture
async def process() -> AsyncIterator[CheckProcess]:
    opened = CheckProcess(cpu_seconds=0.2)
    yield opened
    await opened.close()


async def test_a_pattern_that_never_ends_is_stopped_and_the_next_call_is_answered(
    process: CheckProcess,
) -> None:
    with pytest.raises(CheckStopped):
        await process.call(re.fullmatch, *ENDLESS)
    assert await process.call(re.findall, "b", "abab") == ["b", "b"]


async def test_the_event_loop_runs_on_while_a_pattern_hangs(process: CheckProcess) -> None:
    hanging = asyncio.create_task(process.call(re.fullmatch, *ENDLESS))
    turns = 0
    while not hanging.done():
        await asyncio.sleep(0)
        turns += 1
    assert isinstance(hanging.exception(), CheckStopped)
    assert turns > 100


async def test_a_call_that_raises_stops_that_call_alone(process: CheckProcess) -> None:
    with pytest.raises(CheckStopped):
        await process.call(re.compile, "(")
    assert await process.call(re.escape, "a.b") == r"a\.b"


async def test_a_child_that_was_killed_is_replaced(process: CheckProcess) -> None:
    with pytest.raises(CheckStopped):
        await process.call(signal.raise_signal, signal.SIGKILL)
    assert await process.call(re.escape, "a") == "a"


async def test_the_many_calls_of_one_owner_delay_another_s_by_one(process: CheckProcess) -> None:
    ended: list[str] = []

    async def call(owner: str) -> None:
        await process.call_for(owner, re.escape, "a")
        ended.append(owner)

    await asyncio.gather(*map(call, ["many", "many", "many", "many", "other"]))
    assert ended.index("other") == 1


async def test_what_cannot_be_checked_in_time_cannot_be_approved() -> None:
    hasty = Checker(CheckProcess(cpu_seconds=0.001))
    draft = DraftText(platform="email", language="en", fields={"body": "Only 12,50 € on 3 May. " * 4_000})
    checks, claims = await hasty.check(draft, business(), None, None, [], [], NOW)
    unsourced = await hasty.unsourced("b1", "12,50 € or 3 May. " * 4_000, [], NOW.date(), "en")
    await hasty.close()
    assert [check.stops_approval for check in checks] == [True]
    assert "could not be checked" in checks[0].message
    assert (claims, unsourced) == ([], ["12,50", "3"])


async def test_a_draft_is_checked_as_in_this_process(checker: Checker) -> None:
    draft = DraftText(platform="sms", language="en", fields={"caption": "Loaf for 4 €, [name]"})
    checks, claims = await checker.check(draft, business(), None, None, ["4 € a loaf"], [], NOW)
    assert [check.name for check in checks if check.stops_approval] == ["wording.placeholders"]
    assert [claim.source.ref for claim in claims if claim.source] == ["0"]
