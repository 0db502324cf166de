"""Threads: the branch that a model reads, and the state with the whole calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.business import Business
from core.campaign import Campaign, Slot
from core.content import Content
from core.conversation import Message
from core.ids import derived_id, new_id
from core.scope import Scope
from memory.collections import TooMany
from memory.database import Database
from memory.mongo import to_stored
from services.threads import Threads

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def message(scope: Scope, thread_id: str, number: int, **fields: Any) -> Message:
    at = BEGAN + timedelta(seconds=number)
    return Message(
        id=derived_id(thread_id, str(number)),
        business_id=scope.business_id,
        thread_id=thread_id,
        parent_id=derived_id(thread_id, str(number - 1)) if number else None,
        role="assistant" if number % 2 else "user",
        content=f"message {number}",
        created_at=at,
        updated_at=at,
        **fields,
    )


async def test_a_branch_leaves_out_what_lies_beside_it(database: Database, bakery: Business) -> None:
    scope, thread_id = Scope.of(bakery.id), new_id()
    for number in range(4):
        await database.messages.insert(scope, message(scope, thread_id, number))
    beside = message(scope, thread_id, 5).model_copy(update={"parent_id": derived_id(thread_id, "0")})
    await database.messages.insert(scope, beside)
    threads = Threads(database)
    branch = await threads.branch(scope, thread_id, beside.id)
    assert [one.content for one in branch] == ["message 0", "message 5"]
    assert await threads.branch(scope, thread_id, new_id()) == []


async def test_the_state_of_a_campaign_has_every_draft_of_400_slots_and_the_newest_beside_them(
    database: Database, bakery: Business
) -> None:
    scope = Scope.of(bakery.id)
    campaign_id = new_id()
    stamps: dict[str, Any] = {"business_id": bakery.id, "created_at": BEGAN, "updated_at": BEGAN}
    planned = [
        Content(campaign_id=campaign_id, platform="sms", slot_id=new_id(), **stamps) for _ in range(400)
    ]
    later = {**stamps, "created_at": BEGAN + timedelta(days=1)}
    beside = [Content(campaign_id=campaign_id, platform="sms", **later) for _ in range(60)]
    await database.content.raw.insert_many([to_stored(one) for one in (*planned, *beside)])
    slots = [
        Slot(
            slot_id=one.slot_id or "",
            local_time="2026-02-01T09:00",
            timezone="UTC",
            platform="sms",
            theme="Bread",
            content_id=one.id,
            state="drafted",
        )
        for one in planned
    ]
    await database.campaigns.insert(scope, Campaign(id=campaign_id, name="Big", calendar=slots, **stamps))

    state = await Threads(database).state(scope, campaign_id)
    assert len(state.calendar) == 400
    assert {one.id for one in planned} <= state.drafts.keys()
    assert len(state.drafts.keys() & {one.id for one in beside}) == 20


async def test_reading_all_of_too_many_fails_instead_of_leaving_some_out(
    database: Database, bakery: Business
) -> None:
    scope, thread_id = Scope.of(bakery.id), new_id()
    for number in range(5):
        await database.messages.insert(scope, message(scope, thread_id, number))
    where = {"thread_id": thread_id}
    assert [one.content for one in await database.messages.all(scope, where, 5)] == [
        f"message {number}" for number in range(5)
    ]
    with pytest.raises(TooMany, match="more than 4 documents"):
        await database.messages.all(scope, where, 4)
