"""One run id is one run; one thread has one run at a time."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from core.ids import new_id
from services.runs import AUTHORIZED_FOR
from tests.e2e.grammar import check
from tests.e2e.world import ASK, BUSINESS, World, eventually, run_input, working
from tests.patience import PATIENCE


async def post(world: World, body: dict[str, Any]) -> tuple[int, Any]:
    """The status of a request for a run, with its problem or its frames."""
    async with asyncio.timeout(PATIENCE), world.stream("POST", world.copilot, json=body) as (answer, frames):
        if answer.status_code != 200:
            return answer.status_code, httpx.Response(answer.status_code, content=await answer.aread()).json()
        return 200, [frame async for frame in frames]


async def test_the_same_id_and_words_attach_also_after_the_end(alive: World) -> None:
    body = run_input(new_id(), new_id(), ASK)
    together = await asyncio.gather(*(post(alive, body) for _ in range(5)))
    later = await post(alive, body)
    for status, frames in [*together, later]:
        assert status == 200
        assert frames == later[1]
    check(frame.event for frame in later[1])
    thread = await alive.thread(body["threadId"])
    assert [message["role"] for message in thread["messages"]] == ["user", "assistant"]
    assert thread["head_id"] == thread["messages"][1]["id"]
    rows = alive.services.database.runs.raw.find({"business_id": alive.business_id})
    assert len([row async for row in rows]) == 1


async def test_the_same_id_with_other_words_is_refused(alive: World) -> None:
    thread, run = new_id(), new_id()
    await alive.say(ASK, thread=thread, run=run)
    others = [
        run_input(thread, run, "Something else"),
        run_input(new_id(), run, ASK),
        run_input(thread, run, ASK, specialists=[]),
    ]
    for body in others:
        status, problem = await post(alive, body)
        assert (status, problem["slug"]) == (409, "run-input-differs")
    thread_now = await alive.thread(thread)
    assert len(thread_now["messages"]) == 2


async def test_of_two_texts_under_one_id_at_once_one_is_stored(alive: World) -> None:
    for _ in range(5):
        thread, run = new_id(), new_id()
        bodies = [run_input(thread, run, text, specialists=[]) for text in ("Hello there", "Good morning")]
        answers = await asyncio.gather(*(post(alive, body) for body in bodies))
        assert sorted(status for status, _ in answers) == [200, 409]
        refused = next(told for status, told in answers if status == 409)
        assert refused["slug"] == "run-input-differs"
        kept = next(place for place, (status, _) in enumerate(answers) if status == 200)
        messages = (await alive.thread(thread))["messages"]
        assert [message["content"] for message in messages if message["role"] == "user"] == [
            bodies[kept]["messages"][0]["content"]
        ]


async def test_of_two_runs_at_once_in_one_thread_one_waits(alive: World) -> None:
    thread = new_id()
    await alive.say("Hello", thread=thread, specialists=[])
    bodies = [run_input(thread, new_id(), text, specialists=[]) for text in ("First", "Second")]
    answers = await asyncio.gather(*(post(alive, body) for body in bodies))
    assert sorted(status for status, _ in answers) == [200, 409]
    refused = next(told for status, told in answers if status == 409)
    assert refused["slug"] == "thread-busy"
    messages = (await alive.thread(thread))["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant"] * 2
    # Who was refused may ask again.
    again = next(body for body, (status, _) in zip(bodies, answers, strict=True) if status == 409)
    status, frames = await post(alive, again)
    assert status == 200
    check(frame.event for frame in frames)


async def test_of_two_first_messages_in_a_new_thread_one_wins(alive: World) -> None:
    for _ in range(3):
        thread = new_id()
        bodies = [run_input(thread, new_id(), text, specialists=[]) for text in ("First", "Second")]
        answers = await asyncio.gather(*(post(alive, body) for body in bodies))
        assert sorted(status for status, _ in answers) == [200, 409]
        assert next(told for status, told in answers if status == 409)["slug"] == "thread-busy"
        messages = (await alive.thread(thread))["messages"]
        assert [message["role"] for message in messages] == ["user", "assistant"]


async def test_a_thread_id_of_another_business_is_refused_with_its_reason(alive: World) -> None:
    thread = new_id()
    await alive.say("Hello", thread=thread, specialists=[])
    other = (await alive.client.post("/business/", json=BUSINESS)).json()["id"]
    answer = await alive.client.post(f"/business/{other}/copilot", json=run_input(thread, new_id(), "Hello"))
    assert answer.status_code == 409
    assert answer.json()["slug"] == "conflict"
    assert "another business" in answer.json()["detail"]


async def test_a_run_is_found_again_when_the_month_is_used_up(alive: World) -> None:
    thread, run = new_id(), new_id()
    whole = await alive.say(ASK, thread=thread, run=run)
    await alive.services.database.budgets.raw.update_one(
        {"business_id": alive.business_id}, {"$set": {"remaining": 0}}
    )
    assert await alive.say(ASK, thread=thread, run=run) == whole
    status, problem = await post(alive, run_input(thread, new_id(), ASK))
    assert (status, problem["slug"]) == (429, "quota-exhausted")


async def test_a_request_whose_server_died_half_way_is_completed_by_its_repetition(here: World) -> None:
    """The run is stored, but nobody took the thread, announced it or woke a worker."""
    thread, run = new_id(), new_id()
    await here.start("Hello", thread=thread, run=run, specialists=[])
    threads = here.services.database.threads.raw
    await threads.update_one(
        {"business_id": here.business_id}, {"$set": {"last_run_id": None, "head_id": None}}
    )
    await here.services.redis.delete(f"marquee:{here.business_id}:run:{(await here.run(run))['id']}")
    body = run_input(thread, run, "Hello", specialists=[])
    async with here.stream("POST", here.copilot, json=body) as (answer, _):
        assert answer.status_code == 200
    told = await here.thread(thread)
    assert told["active_run"]["run_id"] == run


async def test_a_run_that_waited_is_not_begun_for_someone_who_was_removed_meanwhile(here: World) -> None:
    await here.start(ASK)
    database, business = here.services.database, {"business_id": here.business_id}
    await database.memberships.delete(business)
    a_while_ago = here.services.clock.now() - 2 * AUTHORIZED_FOR
    await database.runs.raw.update_one(business, {"$set": {"created_at": a_while_ago}})

    async def ended() -> Any:
        return await database.runs.raw.find_one({**business, "status": {"$ne": "queued"}, "lease": None})

    async with working(here.settings):
        run = await eventually(ended)
    assert (run["status"], run["problem"]["slug"]) == ("failed", "forbidden")
    assert await here.drafts() == []
