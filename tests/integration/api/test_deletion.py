"""Deletions over HTTP: what goes, what stays, what is refused, and what an interruption leaves."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import httpx
import orjson
import pytest
import pytest_asyncio
from langgraph.checkpoint.base import empty_checkpoint

from api.app import create_app
from core.content import AiMetadata, Content, ContentFields, TextContent
from core.document import WrittenBy
from core.errors import NotFound
from core.events import TERMINAL, text_start
from core.ids import new_id
from core.usage import LedgerEntry
from memory.checkpoints import Checkpoints
from memory.collections import Collection
from memory.database import KEPT_FOR_ACCOUNTING
from memory.marks import Marks
from memory.redis import RedisClient, connect, run_log_key
from services.container import Services
from services.effects.erasure import Erasure
from services.effects.withdrawal import Withdrawal
from services.run_request import RunRequest
from tests.integration.api.conftest import MovableClock, again, client_of
from tests.integration.api.tenant_recipes import RECIPES
from tests.integration.api.test_tenant_matrix import OPERATIONS, Operation, call
from tests.integration.api.world import World, build_world
from tests.integration.memory.test_checkpoints import config_of
from tests.integrity import orphans
from tests.patience import PATIENCE
from tests.stored import store_run

PATHS = {"business": "/business", "campaign": "/campaign", "content": "/content", "thread": "/threads"}


def erasure_of(services: Services, redis: RedisClient) -> Erasure:
    """Deletions that give workers no time, and reach this Redis."""
    return Erasure(
        services.database,
        redis,
        services.campaigns,
        services.recall,
        services.idempotency,
        Withdrawal(services.database, services.runs, stop_seconds=0),
    )


@pytest_asyncio.fixture
async def world(services: Services) -> World:
    """A person with one of everything, in every store."""
    world = await build_world(services, "wombat")
    saver = Checkpoints(services.database.mongo, services.database.runs)
    config = config_of(world.ids["run"], world.ids["business"])
    stored = await saver.aput(config, empty_checkpoint(), {"source": "input", "step": -1}, {})
    await saver.aput_writes(stored, [("channel", "words")], "task")
    writer = services.log.writer(world.scope, world.ids["run"], attempt=1)
    writer.append(text_start("words"), now=True)
    assert await writer.close()
    await services.recall.rebuild(world.scope)
    await services.tasks.request(world.scope, "recheck")
    reservation = await services.usage.reserve(world.scope, 300, world.ids["run"])
    await services.usage.settle(world.scope, reservation, LedgerEntry(agent="copywriter", tokens_in=250))
    return world


async def stored(services: Services, world: World) -> dict[str, list[str]]:
    """The ids of what is stored of a world, by collection."""
    found = await world.snapshot(services)
    return {name: sorted(row["_id"] for row in rows) for name, rows in found.items() if rows}


async def delete(client: httpx.AsyncClient, world: World, noun: str, **headers: str) -> httpx.Response:
    path = f"{PATHS[noun]}/{world.ids[noun]}"
    return await client.request(
        "DELETE", path, params={"cascade": "true"}, headers={**world.headers, **headers}
    )


async def test_nothing_of_a_deleted_business_stays_but_the_accounts_of_its_tokens(
    client: httpx.AsyncClient, services: Services, world: World
) -> None:
    other = await build_world(services, "quokka")
    before = await other.snapshot(services)
    assert (await delete(client, world, "business")).status_code == 204
    left = await stored(services, world)
    assert left.keys() == {"users", "sessions", *KEPT_FOR_ACCOUNTING}
    month = await services.budgets.month(world.scope)
    assert (month.tokens_used, month.remaining) == (250, services.settings.quota_default - 250)
    assert await orphans(services, world.ids["business"], [world.ids["run"]]) == []
    assert await other.snapshot(services) == before


async def test_of_a_deleted_thread_only_its_campaign_and_drafts_stay(
    client: httpx.AsyncClient, services: Services, world: World
) -> None:
    shown = (await client.get(f"/threads/{world.ids['thread']}", headers=world.headers)).json()
    assert shown["stays"] == {"campaign_id": world.ids["campaign"], "drafts": 1}
    before = await stored(services, world)
    assert (await delete(client, world, "thread")).status_code == 204
    left = await stored(services, world)
    gone = {"threads", "runs", "chat_messages", "checkpoints", "checkpoint_writes"}
    assert before.keys() - left.keys() == gone
    assert world.ids["memory"] not in left["memories"]
    assert {name: ids for name, ids in left.items() if name != "memories"} == {
        name: ids for name, ids in before.items() if name not in {*gone, "memories"}
    }
    assert await orphans(services, world.ids["business"], [world.ids["run"]]) == []


async def test_a_campaign_goes_with_its_content_and_its_threads_go_on_without_it(
    client: httpx.AsyncClient, services: Services, world: World
) -> None:
    before = await stored(services, world)
    assert (await delete(client, world, "campaign")).status_code == 204
    left = await stored(services, world)
    assert before.keys() - left.keys() == {"campaigns", "content", "content_versions"}
    thread = (await client.get(f"/threads/{world.ids['thread']}", headers=world.headers)).json()
    assert (thread["campaign_id"], thread["state"]["campaign"]) == (None, None)
    assert await orphans(services, world.ids["business"], [world.ids["run"]]) == []


async def test_a_draft_goes_with_its_revisions_and_frees_its_slot(
    client: httpx.AsyncClient, services: Services, world: World
) -> None:
    before = await stored(services, world)
    assert (await delete(client, world, "content")).status_code == 204
    left = await stored(services, world)
    assert before.keys() - left.keys() == {"content", "content_versions"}
    (slot,) = (await services.campaigns.get(world.scope, world.ids["campaign"])).calendar
    assert (slot.state, slot.content_id) == ("planned", None)


async def test_a_later_attempt_does_not_write_a_deleted_draft_again(
    client: httpx.AsyncClient, services: Services, clock: MovableClock
) -> None:
    world = await build_world(services, "wombat")
    run = await store_run(services.database, world.ids["business"])

    async def save() -> Content:
        return await services.drafting.save_draft(
            world.scope,
            business=await services.businesses.get(world.scope, world.ids["business"]),
            campaign=await services.campaigns.get(world.scope, world.ids["campaign"]),
            slot=None,
            platform="instagram",
            fields=ContentFields(title="Bread", text_content=TextContent(caption="Fresh")),
            ai_metadata=AiMetadata(),
            checked_against="",
            written_by=WrittenBy(run_id=run.id, agent="copywriter", slot="1"),
        )

    world.ids["content"] = (await save()).id
    assert (await delete(client, world, "content")).status_code == 204
    with pytest.raises(NotFound):
        await save()
    mark = await services.database.content.raw.find_one({"_id": world.ids["content"], **world.scope.filter()})
    assert mark is not None
    assert mark.keys() == {"_id", "business_id", "deleting_at", "written_by"}
    await services.database.runs.change(world.scope, run.id, {"status": "completed"})
    clock.pass_time(seconds=31)
    await services.erasure.resume()
    assert world.ids["content"] not in (await stored(services, world)).get("content", [])


@pytest.mark.parametrize(
    ("noun", "holds"), [("business", ["campaigns", "content"]), ("campaign", ["content"])]
)
async def test_what_holds_content_goes_only_with_cascade(
    client: httpx.AsyncClient, services: Services, world: World, noun: str, holds: list[str]
) -> None:
    before = await world.snapshot(services)
    answer = await client.delete(f"{PATHS[noun]}/{world.ids[noun]}", headers=world.headers)
    assert (answer.status_code, answer.json()["slug"], answer.json()["holds"]) == (409, "not-empty", holds)
    assert await world.snapshot(services) == before


@pytest.mark.parametrize("noun", PATHS)
async def test_only_the_version_that_was_read_is_deleted(
    client: httpx.AsyncClient, services: Services, world: World, noun: str
) -> None:
    before = await world.snapshot(services)
    path = f"{PATHS[noun]}/{world.ids[noun]}"
    etag = (await client.get(path, headers=world.headers)).headers["etag"]
    refused = await delete(client, world, noun, **{"If-Match": '"99"'})
    assert (refused.status_code, refused.json()["slug"]) == (412, "version-mismatch")
    assert await world.snapshot(services) == before
    assert (await delete(client, world, noun, **{"If-Match": etag})).status_code == 204


ABOUT = [
    (operation, field, noun)
    for operation in OPERATIONS
    for field, noun in (RECIPES[operation.name].ids.items() if operation.name in RECIPES else ())
    if noun.split("|")[0] in {"campaign", "content", "thread", "memory"}
    and field not in RECIPES[operation.name].free
]


@pytest.mark.parametrize(
    ("operation", "field", "noun"), ABOUT, ids=[f"{operation.name} {field}" for operation, field, _ in ABOUT]
)
async def test_what_is_being_deleted_is_not_found_by_any_operation(
    client: httpx.AsyncClient, services: Services, operation: Operation, field: str, noun: str
) -> None:
    world = await build_world(services, "wombat")
    database, noun = services.database, noun.split("|")[0]
    collections: dict[str, Collection[Any]] = {
        "campaign": database.campaigns,
        "content": database.content,
        "thread": database.threads,
        "memory": database.memories,
    }
    await Marks(collections[noun]).mark_all(world.scope, {"_id": world.ids[noun]})
    answer = await call(client, operation, RECIPES[operation.name], world, (field, world.ids[noun]))
    assert answer.status_code == 404, answer.text


async def test_a_deletion_that_a_store_delays_is_not_seen_and_ends_by_the_sweep(
    services: Services, world: World, clock: MovableClock
) -> None:
    away = connect("redis://127.0.0.1:1")
    app = create_app(services.settings, replace(again(services), erasure=erasure_of(services, away)))
    async with client_of(app) as client:
        for noun in ("thread", "business"):
            assert (await delete(client, world, noun)).status_code == 202
            path = f"{PATHS[noun]}/{world.ids[noun]}"
            assert (await client.get(path, headers=world.headers)).status_code == 404
    await away.aclose(close_connection_pool=True)
    await services.erasure.resume()
    assert "businesses" in await stored(services, world)
    clock.pass_time(seconds=31)
    await services.erasure.resume()
    assert (await stored(services, world)).keys() == {"users", "sessions", *KEPT_FOR_ACCOUNTING}
    assert await orphans(services, world.ids["business"], [world.ids["run"]]) == []


async def test_a_repeated_request_does_not_bring_back_what_was_deleted(
    client: httpx.AsyncClient, services: Services, world: World
) -> None:
    client.headers.update({**world.headers, "Idempotency-Key": "key-1"})

    async def create_both() -> list[httpx.Response]:
        return [
            await client.post("/business/", json={"business_name": "Second", "industry": "Bakery"}),
            await client.post("/campaign/", json={"business_id": world.ids["business"], "name": "June"}),
        ]

    second, _ = await create_both()
    for business_id in (second.json()["id"], world.ids["business"]):
        await client.delete(f"/business/{business_id}", params={"cascade": "true"})
    for repeated in await create_both():
        assert (repeated.status_code, repeated.json()["slug"]) == (404, "deleted")
    assert {request.body for request in await services.database.keyed_requests.all({})} == {b""}


@pytest.mark.parametrize("noun", ["thread", "business"])
async def test_a_stream_of_what_is_deleted_ends_with_a_problem(
    client: httpx.AsyncClient, services: Services, noun: str
) -> None:
    world = await build_world(services, "wombat")
    request = RunRequest(world.ids["thread_name"], new_id(), "Hello")
    run = await services.runs.start(world.scope, world.user_id, request)
    claimed = await services.runs.claim(world.scope, run.id, "a worker that never ends it")
    assert claimed is not None
    writer = services.log.writer(world.scope, run.id, claimed.attempt)
    writer.append(text_start(run.answer_id), now=True)
    await writer.flush()
    opened, events = asyncio.Event(), []

    async def read() -> None:
        async for _, event in services.run_stream.follow(world.scope, run):
            events.append(orjson.loads(event))
            if events[-1]["type"] == "TEXT_MESSAGE_START":
                opened.set()

    reading = asyncio.create_task(read())
    await opened.wait()
    erasure = erasure_of(services, services.redis)
    if noun == "thread":
        thread = await services.threads.find(world.scope, world.user_id, world.ids["thread"])
        assert await erasure.erase_thread(world.scope, thread)
    else:
        assert await erasure.erase_business(world.scope, world.ids["business"], cascade=True)
    async with asyncio.timeout(PATIENCE):
        await reading
    kinds = [event["type"] for event in events]
    assert kinds[-2:] == ["TEXT_MESSAGE_END", "RUN_ERROR"]
    assert sum(kind in TERMINAL for kind in kinds) == 1
    assert events[-1]["code"] == "deleted"
    # What the worker still says reaches nobody.
    writer.append(text_start("late"), now=True)
    assert not await writer.flush()
    log = await services.redis.xrange(run_log_key(world.scope, run.id))
    assert [orjson.loads(fields[b"event"])["type"] for _, fields in log] == ["RUN_ERROR"]


async def test_checkpoints_expire(services: Services, world: World) -> None:
    for name in ("checkpoints", "checkpoint_writes"):
        collection = services.database.mongo.collection(name)
        (row,) = await collection.find({"business_id": world.ids["business"]}).to_list(None)
        assert row["expires_at"] > services.clock.now()
        indexes = [index async for index in collection.list_indexes()]
        assert any(index.get("expireAfterSeconds") == 0 for index in indexes)
