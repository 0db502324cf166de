"""A stream may be cut anywhere, joined late and read after its log is gone."""

from __future__ import annotations

import asyncio

from core.ids import new_id
from tests.doubles.fault_server import FaultServer
from tests.e2e.grammar import Frame, check, kinds, text
from tests.e2e.world import ASK, PLAN, World, eventually, run_input
from tests.patience import PATIENCE


def events(frames: list[Frame]) -> list[dict[str, object]]:
    return [frame.event for frame in frames]


async def test_a_reader_cut_behind_any_event_gets_the_same_sequence(alive: World) -> None:
    run = new_id()
    whole = await alive.say(PLAN, run=run)
    check(events(whole))
    assert len(whole) > 40
    assert all(frame.id for frame in whole)
    again = await asyncio.gather(*(alive.events(run, str(frame.id)) for frame in whole))
    for place, rest in enumerate(again, start=1):
        assert rest == whole[place:], whole[place - 1].id
    assert await alive.events(run) == whole


async def test_readers_cut_while_the_run_goes_on_get_the_same_sequence(
    served: World, model: FaultServer
) -> None:
    """Every reader leaves after another number of events, and resumes until the end."""
    run, thread = new_id(), new_id()
    model.pause = 0.001

    async def broken_off(every: int) -> list[Frame]:
        got: list[Frame] = []
        while not got or got[-1].kind != "RUN_FINISHED":
            headers = {"Last-Event-ID": str(got[-1].id)} if got else {}
            path = f"/runs/{run}/events"
            async with served.stream("GET", path, headers=headers) as (answer, frames):
                assert answer.status_code == 200
                count = 0
                async for frame in frames:
                    got.append(frame)
                    count += 1
                    if count == every:
                        break
        return got

    async with asyncio.timeout(PATIENCE):
        first = asyncio.create_task(served.say(ASK, run=run, thread=thread))
        await eventually(lambda: _exists(served, run))
        readers = await asyncio.gather(*(broken_off(every) for every in (2, 7, 19)))
        whole = await first
    check(events(whole))
    for got in readers:
        assert got == whole


async def _exists(served: World, run: str) -> bool:
    return (await served.client.get(f"/runs/{run}")).status_code == 200


async def test_a_second_reader_joins_in_the_middle(impatient: World, impatient_model: FaultServer) -> None:
    run = new_id()
    impatient_model.plan("ok", "stall")
    body = run_input(new_id(), run, ASK)
    async with impatient.stream("POST", impatient.copilot, json=body) as (_, first):
        got: list[Frame] = []
        async for frame in first:
            got.append(frame)
            if frame.kind == "TOOL_CALL_ARGS":
                break
        joined = await impatient.events(run)
        got += [frame async for frame in first]
    assert joined == got
    check(events(joined))


async def test_an_answer_whose_log_has_expired_is_rebuilt_from_the_documents(alive: World) -> None:
    run, thread = new_id(), new_id()
    whole = await alive.say(PLAN, run=run, thread=thread)
    ours = (await alive.run(run))["id"]
    assert await alive.services.redis.delete(f"marquee:{alive.business_id}:run:{ours}")
    rebuilt = await alive.events(run)
    assert kinds(rebuilt) == ["RUN_STARTED", "MESSAGES_SNAPSHOT", "STATE_SNAPSHOT", "RUN_FINISHED"]
    check(events(rebuilt))
    answer = rebuilt[1].event["messages"][1]
    assert answer["content"] == text(whole)
    assert len(answer["toolCalls"]) == sum(frame.kind == "TOOL_CALL_START" for frame in whole)
    assert rebuilt[-1].event["outcome"] == {"type": "success"}
    assert rebuilt[-1].event["usage"] == whole[-1].event["usage"]
    # The same by the door that started it.
    assert await alive.say(PLAN, run=run, thread=thread) == rebuilt


async def test_a_cursor_that_was_trimmed_is_told_of_the_gap(alive: World) -> None:
    run = new_id()
    whole = await alive.say(ASK, run=run)
    ours = (await alive.run(run))["id"]
    key = f"marquee:{alive.business_id}:run:{ours}"
    cursor = str(whole[4].id)
    await alive.services.redis.xtrim(key, minid=str(whole[-6].id), approximate=False)
    rest = await alive.events(run, cursor)
    assert kinds(rest)[:3] == ["marquee.stream_gap", "MESSAGES_SNAPSHOT", "STATE_SNAPSHOT"]
    assert rest[0].event["value"] == {"after": cursor}
    assert rest[-1] == whole[-1]
    check([*events(whole[:5]), *events(rest)])
    fresh = await alive.events(run)
    assert kinds(fresh)[:2] == ["RUN_STARTED", "marquee.stream_gap"]
    check(events(fresh))
    await alive.services.redis.delete(key)
    rest = await alive.events(run, cursor)
    assert kinds(rest) == ["marquee.stream_gap", "MESSAGES_SNAPSHOT", "STATE_SNAPSHOT", "RUN_FINISHED"]
    check([*events(whole[:5]), *events(rest)])


async def test_a_broken_cursor_is_a_problem_that_names_it(alive: World) -> None:
    run = new_id()
    await alive.say(ASK, run=run)
    answer = await alive.client.get(f"/runs/{run}/events", headers={"Last-Event-ID": "yesterday"})
    assert answer.status_code == 422
    assert answer.json()["slug"] == "invalid-fields"
    (error,) = answer.json()["errors"]
    assert error == {"field": "Last-Event-ID", "message": "must be an event id such as 1-42"}


async def test_a_cursor_that_the_run_never_had_is_told_how_it_ended(alive: World) -> None:
    run = new_id()
    whole = await alive.say(ASK, run=run)
    rest = await alive.events(run, "99-99")
    assert kinds(rest) == ["marquee.stream_gap", "MESSAGES_SNAPSHOT", "STATE_SNAPSHOT", "RUN_FINISHED"]
    assert await alive.events(run, str(whole[-1].id)) == []
