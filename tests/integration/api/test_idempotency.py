"""Idempotency-Key: once, in flight, another body, refused, failed half-way, crashed, longer than the lock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import orjson
import pytest
import pytest_asyncio
from starlette.responses import StreamingResponse

from api.app import create_app
from api.authorization import signed_in
from api.idempotency import LARGEST_BODY
from core.errors import Conflict, IdempotencyInFlight, NotFound
from core.idempotency import creation_id, ids_from
from core.ids import digest, new_id
from memory.mongo import SYSTEM_SCAN, PyMongoError
from services.businesses import BusinessDraft
from services.container import Services
from services.idempotency import Claim, Idempotency, Recorded
from tests.e2e.world import eventually
from tests.integration.api.conftest import MovableClock, Person, SignUp, again, client_of
from tests.refusals import refusing

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
    answers = await asyncio.gather(*(_make(ali, "key-1") for _ in range(20)))
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


Step = Callable[[], Any]


@dataclass
class Handler:
    """What the route of `caller` does on each call, in order."""

    steps: list[Step] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    calls: asyncio.Queue[int] = field(default_factory=asyncio.Queue)


def _creates() -> dict[str, str]:
    return {"id": creation_id("thing")}


def _creates_much() -> dict[str, str]:
    return {**_creates(), "text": "x" * LARGEST_BODY}


def _is_refused() -> None:
    raise Conflict


def _finds_nothing() -> None:
    raise NotFound("thing")


def _fails() -> None:
    raise RuntimeError


def _is_refused_half_way() -> None:
    _creates()
    raise Conflict


def _fails_half_way() -> None:
    _creates()
    raise RuntimeError


def _streams() -> StreamingResponse:
    return StreamingResponse(iter(["data: 1\n\n"]), media_type="text/event-stream")


@pytest.fixture
def handler() -> Handler:
    """The test's own route."""
    return Handler()


@pytest_asyncio.fixture
async def caller(services: Services, ali: Person, handler: Handler) -> AsyncIterator[httpx.AsyncClient]:
    """Ali, with one key for every request, where the test's own route is."""
    quick = Idempotency(services.database, services.clock, renew_seconds=0.02)
    app = create_app(services.settings, replace(again(services), idempotency=quick))

    @app.post("/thing", dependencies=[signed_in()])
    async def thing() -> Any:
        await handler.calls.put(1)
        step = handler.steps.pop(0)
        await handler.gate.wait()
        return step()

    headers = {"Idempotency-Key": new_id(), "Authorization": ali.client.headers["Authorization"]}
    async with client_of(app, headers=headers) as client:
        handler.gate.set()
        yield client


async def test_a_request_that_lasts_longer_than_the_lock_keeps_it(
    services: Services, caller: httpx.AsyncClient, handler: Handler, clock: MovableClock
) -> None:
    handler.steps = [_creates, _creates]
    handler.gate.clear()
    lasting = asyncio.create_task(caller.post("/thing"))
    await handler.calls.get()
    clock.pass_time(seconds=61)

    async def renewed() -> bool:
        (request,) = await services.database.keyed_requests.all({})
        return request.open_until > clock.now()

    await eventually(renewed)
    meanwhile = await caller.post("/thing")
    assert (meanwhile.status_code, meanwhile.json()["slug"]) == (409, "idempotency-in-flight")
    handler.gate.set()
    first, replayed = await lasting, await caller.post("/thing")
    assert first.content == replayed.content
    assert replayed.headers["idempotency-replayed"] == "true"
    assert handler.calls.empty()


async def test_what_a_crashed_process_left_is_completed_once_its_lock_ends(
    services: Services, ali: Person, clock: MovableClock
) -> None:
    content = orjson.dumps(BUSINESS)
    headers = {"Idempotency-Key": "key-1", "Content-Type": "application/json"}
    fingerprint = digest(["", "application/json", content.hex()])
    claim = await services.idempotency.claim(ali.id, "POST /business/", "key-1", fingerprint)
    assert isinstance(claim, Claim)
    with ids_from(claim.token):
        async with refusing(services.database.mongo, "memberships"):
            with pytest.raises(PyMongoError):
                await services.businesses.create(ali.id, BusinessDraft.model_validate(BUSINESS))
    # The process is gone: nobody renews its claim or ends it.
    early = await ali.client.post("/business/", content=content, headers=headers)
    assert early.json()["slug"] == "idempotency-in-flight"
    clock.pass_time(seconds=61)
    late = await ali.client.post("/business/", content=content, headers=headers)
    assert late.status_code == 201
    stored = services.database.businesses.raw.find({}, comment=SYSTEM_SCAN)
    assert [business["_id"] async for business in stored] == [late.json()["id"]]


async def test_a_stalled_attempt_changes_nothing_once_another_has_taken_over(
    services: Services, ali: Person, clock: MovableClock
) -> None:
    stalled = await services.idempotency.claim(ali.id, "POST /thing", "key-1", "same")
    clock.pass_time(seconds=61)
    second = await services.idempotency.claim(ali.id, "POST /thing", "key-1", "same")
    assert isinstance(stalled, Claim)
    assert isinstance(second, Claim)
    assert second.token == stalled.token
    await services.idempotency.lapse(stalled, [])
    await services.idempotency.release(stalled)
    with pytest.raises(IdempotencyInFlight):
        await services.idempotency.claim(ali.id, "POST /thing", "key-1", "same")
    await services.idempotency.record(second, [], 201, [], b"second")
    await services.idempotency.record(stalled, [], 201, [], b"stalled")
    kept = await services.idempotency.claim(ali.id, "POST /thing", "key-1", "same")
    assert kept == Recorded(201, [], b"second")


@pytest.mark.parametrize("step", [_is_refused, _finds_nothing, _is_refused_half_way, _fails, _fails_half_way])
async def test_a_request_that_failed_is_handled_again(
    caller: httpx.AsyncClient, handler: Handler, step: Step
) -> None:
    handler.steps = [step, _creates]
    assert (await caller.post("/thing")).status_code >= 400
    assert (await caller.post("/thing")).status_code == 200


@pytest.mark.parametrize(
    ("step", "status"),
    [
        (_is_refused, 200),
        (_finds_nothing, 200),
        (_is_refused_half_way, 422),
        (_fails, 422),
        (_fails_half_way, 422),
    ],
)
async def test_another_body_is_taken_only_where_nothing_was_begun(
    caller: httpx.AsyncClient, handler: Handler, step: Step, status: int
) -> None:
    handler.steps = [step, _creates]
    await caller.post("/thing", json={"first": 1})
    assert (await caller.post("/thing", json={"second": 2})).status_code == status


async def test_a_refused_retry_keeps_the_ids_of_what_was_begun(
    caller: httpx.AsyncClient, handler: Handler
) -> None:
    begun: list[str] = []

    def begins() -> None:
        begun.append(_creates()["id"])
        raise RuntimeError

    handler.steps = [begins, _is_refused, _creates]
    answers = [await caller.post("/thing") for _ in handler.steps.copy()]
    assert [answer.status_code for answer in answers] == [500, 409, 200]
    assert answers[2].json()["id"] == begun[0]


async def test_an_answer_too_long_to_keep_is_given_anew_for_the_same_document(
    caller: httpx.AsyncClient, handler: Handler
) -> None:
    handler.steps = [_creates_much, _creates_much]
    first, second = await caller.post("/thing"), await caller.post("/thing")
    assert first.status_code == second.status_code == 200
    assert first.content == second.content
    assert "idempotency-replayed" not in second.headers


async def test_a_stream_has_no_key_since_its_run_has_a_run_id(
    services: Services, caller: httpx.AsyncClient, handler: Handler
) -> None:
    handler.steps = [_streams, _streams]
    first, second = await caller.post("/thing"), await caller.post("/thing", json={"another": "body"})
    assert first.text == second.text == "data: 1\n\n"
    assert await services.database.keyed_requests.all({}) == []
