"""Lists over HTTP: cursors, and nothing that is left out without a word."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from core.account import Membership, SessionFamily
from core.business import Business
from core.conversation import Message
from core.ids import derived_id, new_id
from memory.mongo import to_stored
from services.container import Services
from services.threads import LONGEST_BRANCH
from tests.integration.api.conftest import PASSWORD, Person, SignUp
from tests.integration.api.world import build_world


async def everything(person: Person, path: str, **query: Any) -> list[dict[str, Any]]:
    """Every item of a list, page by page."""
    items: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        answer = await person.client.get(
            path, params={**query, "limit": 100, **({"cursor": cursor} if cursor else {})}
        )
        assert answer.status_code == 200, answer.text
        items += answer.json()["items"]
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return items


@pytest.mark.parametrize("path", ["/business/", "/campaign", "/content", "/auth/sessions"])
async def test_what_is_no_cursor_is_named(ali: Person, path: str) -> None:
    for cursor in ("OTk5OTk5OTk5OTk5OTkueno", "nonsense", "é", "MTIz", "=", "MQ.MQ"):
        answer = await ali.client.get(path, params={"cursor": cursor})
        assert answer.status_code == 422, answer.text
        assert [error["field"] for error in answer.json()["errors"]] == ["cursor"]


async def test_a_thread_of_2500_messages_shows_its_newest_and_pages_to_its_first(
    client: httpx.AsyncClient, services: Services
) -> None:
    world = await build_world(services, "reader")
    thread, began = world.ids["thread"], services.clock.now() - timedelta(days=1)
    told = [f"message {number}" for number in range(2_500)]
    messages = [
        Message(
            id=derived_id(thread, str(number)),
            business_id=world.ids["business"],
            thread_id=thread,
            parent_id=derived_id(thread, str(number - 1)) if number else world.ids["answer"],
            role="assistant" if number % 2 else "user",
            content=content,
            created_at=began + timedelta(seconds=number),
            updated_at=began,
        )
        for number, content in enumerate(told)
    ]
    await services.database.messages.delete(world.scope, {"thread_id": thread})
    await services.database.messages.raw.insert_many([to_stored(one) for one in messages])

    shown = (await client.get(f"/threads/{thread}", headers=world.headers)).json()
    assert [one["content"] for one in shown["messages"]] == told[-100:]
    older: list[str] = []
    cursor = shown["older_cursor"]
    while cursor is not None:
        answer = await client.get(
            f"/threads/{thread}/messages", params={"limit": 100, "cursor": cursor}, headers=world.headers
        )
        older += [one["content"] for one in answer.json()["items"]]
        cursor = answer.json()["next_cursor"]
    assert older == told[:-100][::-1]

    run = await services.database.runs.get(world.scope, world.ids["run"])
    asked = run.model_copy(update={"input": run.input.model_copy(update={"message_id": messages[-1].id})})
    history = await services.runs.history(world.scope, asked)
    assert [one.content for one in history] == told[-LONGEST_BRANCH:]


async def test_each_of_501_businesses_is_reached(ali: Person, services: Services) -> None:
    now = services.clock.now()
    stamps: dict[str, Any] = {"created_at": now, "updated_at": now, "user_id": ali.id}
    ids = [new_id() for _ in range(501)]
    businesses = [Business(id=one, business_id=one, business_name="B", industry="I", **stamps) for one in ids]
    memberships = [Membership(business_id=one, role="owner", **stamps) for one in ids]
    await services.database.businesses.raw.insert_many([to_stored(one) for one in businesses])
    await services.database.memberships.raw.insert_many([to_stored(one) for one in memberships])
    assert {one["id"] for one in await everything(ali, "/business/")} == set(ids)
    for business_id in (min(ids), max(ids), ids[0], ids[-1]):
        assert (await ali.client.get(f"/business/{business_id}")).status_code == 200
    assert await everything(ali, "/content", platform="sms") == []


async def test_ending_the_other_sessions_ends_all_600(
    ali: Person, sign_up: SignUp, services: Services
) -> None:
    now = services.clock.now()
    sessions = [
        SessionFamily(
            user_id=ali.id,
            salt="s",
            expires_at=now + timedelta(days=1),
            user_agent=f"Browser {number}",
            created_at=now,
            updated_at=now,
        )
        for number in range(600)
    ]
    await services.database.sessions.raw.insert_many([to_stored(one) for one in sessions])
    second = await ali.client.post("/auth/login", json={"email": ali.email, "password": PASSWORD})
    other = {"Authorization": f"Bearer {second.json()['access_token']}"}
    assert (await ali.client.get("/auth/me", headers=other)).status_code == 200
    assert len(await everything(ali, "/auth/sessions")) == 602

    async with sign_up("Lea") as lea:
        assert (await ali.client.delete("/auth/sessions")).status_code == 204
        (left,) = await everything(ali, "/auth/sessions")
        assert left["current"]
        assert (await ali.client.get("/auth/me", headers=other)).status_code == 401
        assert len(await everything(lea, "/auth/sessions")) == 1
