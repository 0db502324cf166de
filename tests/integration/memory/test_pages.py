"""Lists: the same pages from every kind of server, and a bounded read however a list is spread over time."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from core.clock import SystemClock
from core.content import Content
from core.errors import InvalidFields
from core.ids import new_id
from core.scope import Scope
from memory.collections import Collection
from memory.database import Database
from memory.embedded import StoreUrls
from memory.migrations import migrate
from memory.mongo import Mongo, to_stored
from memory.pages import ListReader, OneFind, Position
from memory.windows import SampledWindows

LONG_AGO = datetime(2024, 5, 1, tzinfo=UTC)


class Reads(CommandListener):
    """Notes the commands of reads, and counts the documents that they brought."""

    def __init__(self) -> None:
        self.commands: list[Mapping[str, Any]] = []
        self.documents = 0

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name in {"find", "getMore", "aggregate", "count", "distinct"}:
            self.commands.append(event.command)

    def succeeded(self, event: CommandSucceededEvent) -> None:
        batches = event.reply.get("cursor", {})
        self.documents += len(batches.get("firstBatch", [])) + len(batches.get("nextBatch", []))

    def failed(self, event: CommandFailedEvent) -> None:
        pass


@pytest.fixture
def reads() -> Reads:
    return Reads()


@pytest_asyncio.fixture
async def content(store_urls: StoreUrls, reads: Reads) -> AsyncIterator[Collection[Content]]:
    mongo = Mongo(store_urls.mongodb, f"test_{new_id()}", [reads])
    try:
        await migrate(mongo)
        yield Database(mongo, SystemClock()).content
        await mongo.drop()
    finally:
        mongo.close()


def draft(business_id: str, at: datetime, **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"campaign_id": "c" * 24, "platform": "instagram", **fields}
    return to_stored(Content(business_id=business_id, created_at=at, updated_at=at, **made))


def bursts(business_id: str, chance: random.Random, most: int) -> list[dict[str, Any]]:
    """Drafts in bursts of any size, each within milliseconds, minutes or years."""
    made: list[dict[str, Any]] = []
    while len(made) < most and chance.random() < 0.9:
        start = LONG_AGO + timedelta(days=chance.uniform(0, 900))
        spread = chance.choice([0, 1, 60, 3_600 * 24 * 300])
        fields = {"platform": chance.choice(["sms", "email"]), "status": chance.choice(["draft", "failed"])}
        made += [
            draft(business_id, start + timedelta(seconds=chance.uniform(0, spread)), **fields)
            for _ in range(chance.choice([1, 7, 90]))
        ]
    return made


async def read_all(reader: ListReader, where: Mapping[str, Any], limit: int) -> list[str]:
    """Every id of a list, page by page, each from behind the cursor of the one before."""
    ids: list[str] = []
    before: Position | None = None
    while found := await reader.newest(where, before, limit):
        ids += [one["_id"] for one in found]
        before = Position.from_cursor(Position.of(found[-1]).cursor())
    return ids


@pytest.mark.parametrize("seed", range(4))
async def test_every_server_gives_the_same_pages(content: Collection[Content], seed: int) -> None:
    chance = random.Random(seed)
    owners = [new_id(), new_id()]
    windows = SampledWindows(content.raw)
    one_find = OneFind(content.raw)
    there: list[dict[str, Any]] = []
    for _ in range(3):
        # The cuts that the windows remember are those of before.
        if chance.random() < 0.5:
            gone = [one["_id"] for one in there if chance.random() < 0.9]
            await content.raw.delete_many({"_id": {"$in": gone}})
            there = [one for one in there if one["_id"] not in gone]
        fresh = [one for owner in owners for one in bursts(owner, chance, 150)]
        if fresh:
            await content.raw.insert_many(fresh)
        there += fresh
        for fields in ({}, {"platform": "sms"}, {"platform": "sms", "status": "failed"}):
            for business_id in (owners[0], {"$in": owners}):
                among = [owners[0]] if business_id == owners[0] else owners
                mine = [
                    one
                    for one in there
                    if one["business_id"] in among and all(one[name] == fields[name] for name in fields)
                ]
                expected = [one["_id"] for one in sorted(mine, key=Position.of, reverse=True)]
                where = {**fields, "business_id": business_id}
                assert await read_all(windows, where, chance.choice([20, 101])) == expected
                assert await read_all(one_find, where, 101) == expected


@pytest.mark.parametrize("spread", [timedelta(seconds=1), timedelta(minutes=1), timedelta(days=700)])
async def test_a_page_of_many_drafts_reads_a_small_multiple_of_itself(
    content: Collection[Content], reads: Reads, spread: timedelta
) -> None:
    scope, many = Scope.of(new_id()), 3_000
    await content.raw.insert_many(
        draft(
            scope.business_id,
            LONG_AGO + spread * (number / many),
            platform="sms" if number % 2 else "email",
            status="failed" if number % 100 == 0 else "draft",
        )
        for number in range(many)
    )
    for where in ({}, {"platform": "sms"}, {"status": "failed"}, {"platform": "email", "status": "failed"}):
        reads.commands.clear()
        reads.documents = 0
        first = await content.page(scope, where, 20)
        second = await content.page(scope, where, 20, first.next_cursor)
        assert len({one.id for one in (*first.items, *second.items)}) == min(
            40, 30 if "status" in where else 40
        )
        assert reads.documents <= 1_000
        assert len(reads.commands) <= 12


async def test_mongodb_is_asked_one_bounded_find_for_a_page(
    content: Collection[Content], reads: Reads
) -> None:
    where = {"business_id": new_id(), "platform": "sms"}
    rows = [draft(where["business_id"], LONG_AGO, platform="sms") for _ in range(5)]
    await content.raw.insert_many(rows)
    reader = OneFind(content.raw)
    first = await reader.newest(where, None, 2)
    reads.commands.clear()
    await reader.newest(where, Position.of(first[-1]), 3)
    (command,) = reads.commands
    assert (command["limit"], dict(command["sort"])) == (3, {"created_at": -1, "_id": -1})
    assert command["filter"]["created_at"] == {"$lte": LONG_AGO}


@given(st.text() | st.from_regex(r"[A-Za-z0-9_-]{1,60}", fullmatch=True) | st.just("OTk5OTk5OTk5OTk5OTkueno"))
def test_what_is_no_cursor_is_refused_by_name(cursor: str) -> None:
    with pytest.raises(InvalidFields) as caught:
        Position.from_cursor(cursor)
    assert [error["field"] for error in caught.value.facts["errors"]] == ["cursor"]


@given(st.integers(0, 10**13))
def test_a_cursor_leads_back_to_its_position(milliseconds: int) -> None:
    position = Position(datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=milliseconds), new_id())
    assert Position.from_cursor(position.cursor()) == position
