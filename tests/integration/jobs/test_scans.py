"""What waits is found by turns: nobody's backlog hides what another waits for."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from core.ids import new_id
from memory.database import Database
from memory.leases import MOST, DocumentRef, Scans, by_turns

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
BACKLOG = 400


def waiting(business_id: str, minutes: int, **fields: Any) -> dict[str, Any]:
    """A document that waits since so many minutes."""
    since = NOW - timedelta(minutes=minutes)
    return {"_id": new_id(), "business_id": business_id, "created_at": since, "updated_at": since, **fields}


async def store(database: Database, name: str, rows: list[dict[str, Any]]) -> None:
    await database.mongo.collection(name).insert_many(rows)


async def test_a_backlog_of_one_user_does_not_hide_the_run_of_another(database: Database) -> None:
    shops = [new_id() for _ in range(5)]
    backlog = [
        waiting(shops[number % 5], 60, dedupe_key=new_id(), status="queued", user_id="busy")
        for number in range(BACKLOG)
    ]
    other = waiting(new_id(), 1, dedupe_key=new_id(), status="queued", user_id="other")
    await store(database, "runs", [*backlog, other])
    found = await Scans(database.mongo).queued_runs(NOW)
    assert len(found) == MOST
    assert found[1] == DocumentRef(other["business_id"], other["_id"], "other")
    assert len(set(found)) == MOST


async def test_a_backlog_of_one_business_does_not_hide_the_task_of_another(database: Database) -> None:
    busy = new_id()
    backlog = [waiting(busy, 60, status="queued", due_at=NOW - timedelta(minutes=60)) for _ in range(BACKLOG)]
    other = waiting(new_id(), 1, status="queued", due_at=NOW - timedelta(minutes=1))
    later = waiting(new_id(), 1, status="queued", due_at=NOW + timedelta(minutes=1))
    await store(database, "tasks", [*backlog, other, later])
    found = await Scans(database.mongo).due_tasks(NOW)
    assert found[1] == DocumentRef(other["business_id"], other["_id"])
    assert later["_id"] not in {ref.document_id for ref in found}


async def test_a_backlog_of_one_business_does_not_hide_what_another_remembers(database: Database) -> None:
    busy, other = new_id(), new_id()
    rows = [waiting(busy, 60, dedupe_key=new_id(), indexed=False) for _ in range(BACKLOG)]
    rows += [waiting(other, 1, dedupe_key=new_id(), indexed=False)]
    await store(database, "memories", rows)
    found = await Scans(database.mongo).unindexed_memories(NOW)
    assert {ref.business_id for ref in found} == {busy, other}


async def test_the_oldest_come_first(database: Database) -> None:
    shops = [new_id() for _ in range(3)]
    rows = [
        waiting(shop, 10 * age + place, dedupe_key=new_id(), status="queued", user_id=shop)
        for place, shop in enumerate(shops)
        for age in (1, 2, 3)
    ]
    await store(database, "runs", rows)
    ages = {row["_id"]: (row["created_at"], row["business_id"]) for row in rows}
    found = [ages[ref.document_id] for ref in await Scans(database.mongo).queued_runs(NOW)]
    rounds = [found[0:3], found[3:6], found[6:9]]
    assert all(one == sorted(one) for one in rounds)
    assert all({shop for _, shop in one} == set(shops) for one in rounds)


def test_every_owner_has_a_turn_before_anybody_has_a_second() -> None:
    refs = [DocumentRef("b", f"{owner}-{number}", owner) for owner in "xyz" for number in range(200)]
    found = by_turns(refs)
    assert len(found) == MOST
    counts = Counter(ref.user_id for ref in found)
    assert max(counts.values()) - min(counts.values()) <= 1
    assert [ref.document_id for ref in found[:4]] == ["x-0", "y-0", "z-0", "x-1"]
