"""What need not wait for the disk itself is on it with the next durable write, whatever is killed then."""

from __future__ import annotations

from pathlib import Path

from core.clock import SystemClock
from core.conversation import Message
from core.ids import new_id
from core.scope import Scope
from memory.database import Database
from memory.mongo import Mongo
from tests.integration.stand_ins import started


def message(business_id: str) -> Message:
    now = SystemClock().now()
    return Message(
        id=new_id(),
        business_id=business_id,
        thread_id=new_id(),
        parent_id=None,
        role="user",
        content="Hello",
        run_id=new_id(),
        created_at=now,
        updated_at=now,
    )


async def test_a_durable_write_takes_along_what_was_written_before_it(tmp_path: Path) -> None:
    scope = Scope.of(new_id())
    written: set[str] = set()
    for _ in range(3):
        async with started(tmp_path, orderly=False) as (_, urls):
            mongo = Mongo(urls.mongodb, "test")
            database = Database(mongo, SystemClock())
            assert database.messages.raw.write_concern.document["j"] is True
            assert database.messages.unjournaled.write_concern.document["j"] is False
            assert written <= {one.id for one in await database.messages.all(scope, {}, limit=1_000)}
            for one in [message(scope.business_id) for _ in range(20)]:
                await database.messages.insert(scope, one, durable=False)
                written.add(one.id)
            await database.ledger.raw.insert_one({"_id": new_id(), "business_id": scope.business_id})
            # The servers are killed the moment this ends.
            mongo.close()
