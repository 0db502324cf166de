"""Idempotency-Key: once, in flight, another body, refused, crashed, without Redis."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from api.app import create_app
from api.dependencies import Caller, signed_in
from core.errors import Conflict, NotFound
from core.ids import new_id
from services.container import Services
from tests.integration.api.conftest import MovableClock, Person, SignUp, again, client_of

BUSINESS = {"business_name": "Harbour Bakery", "industry": "Bakery"}


async def _make(person: Person, key: str, **changed: Any) -> httpx.Response:
    return await person.client.post(
        "/business/", json={**BUSINESS, **changed}, headers={"Idempotency-Key": key}
    )


async def test_the_same_key_makes_one_document_and_answers_the_same(ali: Person) -> None:
    first, again = await _make(ali, "key-1"), await _make(ali, "key-1")
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["content-type"] == first.headers["content-type"]
    assert len((await ali.client.get("/business/")).json()["items"]) == 1


async def test_many_at_once_make_one_document(ali: Person) -> None:
    answers = await asyncio.gather(*(_make(ali, "key-1") for _ in range(12)))
    slugs = {answer.json().get("slug") for answer in answers if answer.status_code != 201}
    assert slugs <= {"idempotency-in-flight"}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert len((await ali.client.get("/business/")).json()["items"]) == 1


async def test_another_body_is_refused(ali: Person) -> None:
    await _make(ali, "key-1")
    other = await _make(ali, "key-1", industry="Books")
    assert (other.status_code, other.json()["slug"]) == (422, "idempotency-mismatch")


async def test_keys_belong_to_their_caller_and_operation(ali: Person, sign_up: SignUp) -> None:
    first = await _make(ali, "key-1")
    async with sign_up("Eve") as eve:
        assert (await _make(eve, "key-1")).json()["id"] != first.json()["id"]
    body = {"business_id": first.json()["id"], "name": "March", "goal": "More members"}
    campaign = await ali.client.post("/campaign/", json=body, headers={"Idempotency-Key": "key-1"})
    assert campaign.status_code == 201


async def test_a_refused_request_may_be_mended_under_its_key(ali: Person) -> None:
    assert (await _make(ali, "key-1", industry="")).status_code == 422
    assert (await _make(ali, "key-1")).status_code == 201


async def test_a_key_is_forgotten_after_a_day(ali: Person, clock: MovableClock, services: Services) -> None:
    first = await _make(ali, "key-1")
    clock.pass_time(hours=24, seconds=1)
    login = await services.accounts.login(ali.email, "correct horse battery")
    ali.client.headers["Authorization"] = f"Bearer {login.access_token}"
    assert (await _make(ali, "key-1")).json()["id"] != first.json()["id"]


@pytest.mark.parametrize("key", ["", "x" * 256, "with blank", "ü"])
async def test_strange_keys_are_named(ali: Person, key: str) -> None:
    headers = httpx.Headers([(b"Idempotency-Key", key.encode())])
    answer = await ali.client.post("/business/", json=BUSINESS, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"


async def test_without_a_session_the_key_changes_nothing(client: httpx.AsyncClient) -> None:
    for headers in ({}, {"Authorization": "Bearer nonsense"}):
        answer = await client.post("/business/", json=BUSINESS, headers={"Idempotency-Key": "k", **headers})
        assert (answer.status_code, answer.json()["slug"]) == (401, "unauthenticated")


async def test_tokens_are_never_kept(ali: Person, services: Services) -> None:
    login = {"email": ali.email, "password": "correct horse battery"}
    answers = [
        await ali.client.post("/auth/login", json=login, headers={"Idempotency-Key": "k"}) for _ in range(2)
    ]
    assert answers[0].json()["refresh_token"] != answers[1].json()["refresh_token"]
    assert await services.database.keyed_requests.all({}) == []


def _app_with(services: Services, calls: asyncio.Queue[str], gate: asyncio.Event) -> FastAPI:
    app = create_app(services.settings, again(services))
    router = APIRouter(dependencies=[signed_in()])

    @router.post("/slow", summary="Slow")
    async def slow(caller: Caller) -> dict[str, str]:
        await calls.put(caller.user_id)
        await gate.wait()
        return {"id": new_id()}

    @router.post("/fails/{how}", summary="Fails")
    async def fails(how: str) -> None:
        await calls.put(how)
        if how == "known":
            raise Conflict
        if how == "missing":
            raise NotFound("thing")
        raise RuntimeError

    app.include_router(router)
    return app


async def test_in_flight_then_taken_over_after_a_crash(
    services: Services, ali: Person, clock: MovableClock
) -> None:
    calls: asyncio.Queue[str] = asyncio.Queue()
    gate = asyncio.Event()
    headers = {"Idempotency-Key": new_id(), "Authorization": ali.client.headers["Authorization"]}
    async with client_of(_app_with(services, calls, gate), headers=headers) as client:
        hanging = asyncio.create_task(client.post("/slow"))
        await calls.get()
        waiting = await client.post("/slow")
        assert (waiting.status_code, waiting.json()["slug"]) == (409, "idempotency-in-flight")
        clock.pass_time(seconds=61)
        second = asyncio.create_task(client.post("/slow"))
        await calls.get()
        gate.set()
        # The first one comes to an end after all: it is answered, and changes nothing that is kept.
        assert (await hanging).status_code == (await second).status_code == 200
        replayed = await client.post("/slow")
        assert replayed.content == (await second).content
        assert replayed.headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize("how", ["known", "missing", "unknown"])
async def test_what_failed_is_tried_again(services: Services, ali: Person, how: str) -> None:
    calls: asyncio.Queue[str] = asyncio.Queue()
    headers = {"Idempotency-Key": new_id(), "Authorization": ali.client.headers["Authorization"]}
    async with client_of(_app_with(services, calls, asyncio.Event()), headers=headers) as client:
        statuses = [(await client.post(f"/fails/{how}")).status_code for _ in range(2)]
    assert statuses[0] == statuses[1] >= 400
    assert calls.qsize() == 2
