"""The list of what is remembered, and its deletion."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest
import pytest_asyncio

from api.app import create_app
from core.ids import new_id
from memory.vectors import VectorIndex
from services.container import Services
from services.recall import Recall, Remembered
from tests.integration.api.conftest import MovableClock, Person, again, client_of
from tests.integration.api.test_deletion import erasure_of
from tests.integration.api.test_lists import everything
from tests.integration.api.world import World, build_world
from tests.integrity import orphans
from tests.stored import store_run


@pytest_asyncio.fixture
async def world(services: Services, client: httpx.AsyncClient) -> World:
    """A person with one of everything, who is signed in and found in Chroma."""
    built = await build_world(services, "wombat")
    client.headers.update(built.headers)
    await services.recall.rebuild(built.scope)
    return built


def path_of(world: World, memory_id: str = "") -> str:
    return f"/business/{world.ids['business']}/memory" + (f"/{memory_id}" if memory_id else "")


async def test_the_list_has_every_memory_but_facts_by_pages_and_kinds(
    client: httpx.AsyncClient, services: Services, world: World
) -> None:
    wishes = [
        Remembered("style", f"s{n}", f"Wish {n}", world.ids["run"], decision=f"Wish {n}") for n in range(120)
    ]
    await services.recall.remember(world.scope, wishes)
    person = Person(client, world.user_id, "", {})
    found = await everything(person, path_of(world))
    assert len(found) == 121
    assert [(one["created_at"], one["id"]) for one in found] == sorted(
        ((one["created_at"], one["id"]) for one in found), reverse=True
    )
    assert {one["kind"] for one in found} == {"decision", "style"}
    assert {one["thread_id"] for one in found} == {world.ids["thread"]}
    (decided,) = await everything(person, path_of(world), kind="decision")
    assert (decided["id"], decided["text"], decided["decision"]) == (world.ids["memory"], "wombat", "")
    refused = await client.get(path_of(world), params={"kind": "fact"})
    assert refused.status_code == 422


async def test_a_fact_is_not_forgotten_here(
    client: httpx.AsyncClient, services: Services, world: World
) -> None:
    facts = await services.database.memories.all(world.scope, {"kind": "fact"})
    for memory_id in (facts[0].id, new_id(), "nonsense"):
        answer = await client.delete(path_of(world, memory_id))
        assert (answer.status_code, answer.json()["noun"]) == (404, "memory")


async def test_what_is_forgotten_while_chroma_is_away_is_gone_at_once_and_its_vector_later(
    services: Services, world: World, clock: MovableClock
) -> None:
    away = VectorIndex("http://127.0.0.1:1", "away", services.embedder.dimension)
    recall = Recall(services.database, away, services.embedder, clock)
    cut_off = replace(again(services), recall=recall)
    cut_off = replace(cut_off, erasure=erasure_of(cut_off, services.redis))
    async with client_of(create_app(services.settings, cut_off), headers=world.headers) as client:
        searched = await client.get(path_of(world), params={"q": "wombat"})
        assert (searched.status_code, searched.json()["slug"]) == (503, "unavailable")
        assert (await client.delete(path_of(world, world.ids["memory"]))).status_code == 202
        assert (await client.get(path_of(world))).json()["items"] == []
    assert await services.recall.retrieve(world.scope, "wombat") == []
    clock.pass_time(seconds=31)
    await services.erasure.resume()
    assert await orphans(services, world.ids["business"], []) == []


async def test_a_later_attempt_does_not_remember_again_what_was_forgotten(
    client: httpx.AsyncClient, services: Services, world: World, clock: MovableClock
) -> None:
    run = await store_run(services.database, world.ids["business"])
    wishes = [
        Remembered("style", f"said:{run.id}:{n}", f"Wish {n}", run.id, run_id=run.id, decision=f"Wish {n}")
        for n in range(2)
    ]
    await services.recall.remember(world.scope, wishes)
    for one in (await client.get(path_of(world), params={"kind": "style"})).json()["items"]:
        assert (await client.delete(path_of(world, one["id"]))).status_code == 204
    await services.recall.remember(world.scope, wishes)
    assert (await client.get(path_of(world), params={"kind": "style"})).json()["items"] == []
    await services.database.runs.change(world.scope, run.id, {"status": "completed"})
    clock.pass_time(seconds=31)
    await services.erasure.resume()
    left = await services.database.mongo.collection("memories").count_documents(
        {"kind": None, **world.scope.filter()}
    )
    assert left == 0


@pytest.mark.parametrize("question", ["wombat", " "])
async def test_a_question_finds_by_meaning_and_an_empty_one_lists(
    client: httpx.AsyncClient, world: World, question: str
) -> None:
    found = (await client.get(path_of(world), params={"q": question})).json()
    assert [one["id"] for one in found["items"]] == [world.ids["memory"]]
    assert found["next_cursor"] is None
