"""Settings of a database of a test's own, and documents that it stores beside those that it is about."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from core.business import Business
from core.conversation import Run, RunInput
from core.ids import new_id
from core.scope import Scope
from core.settings import Settings
from memory.collections import AlreadyThere
from memory.database import Database
from memory.embedded import StoreUrls


def settings_on(urls: StoreUrls, data_dir: Path, **changed: Any) -> Settings:
    """Settings on the session's servers, with a database of the test's own."""
    stores = {"mongodb_url": urls.mongodb, "redis_url": urls.redis, "chroma_url": urls.chroma}
    where = {"database": f"test_{new_id()}", "data_dir": data_dir}
    return Settings(_env_file=None, **{**stores, **where, **changed})


async def store_business(database: Database) -> Business:
    """A business: what is made for one that is not there is taken back."""
    now, business_id = database.businesses.clock.now(), new_id()
    business = Business(
        id=business_id,
        business_id=business_id,
        user_id=new_id(),
        business_name="Bakery",
        industry="Bakery",
        created_at=now,
        updated_at=now,
    )
    return await database.businesses.insert(Scope.of(business_id), business)


async def store_run(database: Database, business_id: str, run_id: str | None = None) -> Run:
    """A run in work, unless it is there: what a run makes is taken back when there is no such run."""
    now, run_id = database.runs.clock.now(), run_id or new_id()
    run = Run(
        id=run_id,
        business_id=business_id,
        client_id=run_id,
        user_id=new_id(),
        dedupe_key=run_id,
        thread_id=new_id(),
        thread_client_id=new_id(),
        root_run_id=run_id,
        answer_id=new_id(),
        input=RunInput(message_id=new_id(), text="Write a post"),
        input_digest="0" * 64,
        status="running",
        attempt=1,
        created_at=now,
        updated_at=now,
    )
    with suppress(AlreadyThere):
        await database.runs.insert(Scope.of(business_id), run)
    return run
