"""Errors as problem details: what each says, and what none may say."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from pymongo.errors import ConnectionFailure, OperationFailure
from starlette.requests import ClientDisconnect

from api.app import create_app
from api.authorization import public
from api.problems import problem_of, status_of
from core.errors import MarqueeError, Misconfigured, Throttled
from core.ids import is_id
from core.settings import Settings
from services.container import Services
from tests.integration.api.conftest import Person, client_of

DOCUMENT = Path(__file__).parents[3] / "docs" / "problems.md"


def _all_errors(base: type[MarqueeError] = MarqueeError) -> Iterator[type[MarqueeError]]:
    yield base
    for child in base.__subclasses__():
        yield from _all_errors(child)


@pytest.mark.usefixtures("app")
def test_every_slug_has_a_section_and_every_section_a_slug() -> None:
    sections = dict(re.findall(r"^## (\S+)\n\n(\d{3})\.", DOCUMENT.read_text(), re.MULTILINE))
    ours = [one for one in _all_errors() if one.__module__.split(".")[0] in ("core", "api")]
    assert sections.keys() == {one.slug for one in ours}
    for error in ours:
        assert int(sections[error.slug]) == status_of(error.__new__(error)), error.slug


async def test_the_type_of_a_problem_is_an_address_that_explains_it(client: httpx.AsyncClient) -> None:
    problem = (await client.get("/nowhere")).json()
    page, _, anchor = problem["type"].partition("#")
    answer = await client.get(page)
    assert answer.status_code == 200
    assert f'id="{anchor}"' in answer.text


@pytest.mark.parametrize("path", ["/nowhere", "/auth", "/auth/", "/app.js", "/assets/x.js"])
async def test_unknown_addresses_are_problems(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["slug"] == "not-found"
    assert problem["status"] == 404
    assert problem["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("path", "takes"),
    [
        ("/auth/login", "POST"),
        ("/business/0123456789abcdef01234567", "DELETE, GET, PUT"),
        ("/business/", "GET, POST"),
        ("/docs", "GET, HEAD"),
    ],
)
async def test_a_wrong_method_is_told_every_right_one(
    client: httpx.AsyncClient, path: str, takes: str
) -> None:
    answer = await client.patch(path, json={})
    assert (answer.status_code, answer.json()["slug"]) == (405, "method-not-allowed")
    assert answer.headers["allow"] == takes


@pytest.mark.parametrize("path", ["/business", "/healthz/", "//business", "/docs/swagger"])
async def test_a_redirect_never_leads_where_the_host_header_says(
    client: httpx.AsyncClient, path: str
) -> None:
    answer = await client.get(f"http://127.0.0.1:8000{path}?a=1", headers={"Host": "evil.example"})
    if answer.is_redirect:
        assert answer.headers["location"].startswith("/")
        assert not answer.headers["location"].startswith("//")
        assert answer.headers["location"].endswith("?a=1")
    else:
        assert answer.status_code == 404


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"{", "application/json"),
        (b"", "application/json"),
        (b"\xff\xfe", "application/json"),
        (b'{"email": "a@b.c"}', "text/plain"),
        (b"email=a", "application/x-www-form-urlencoded"),
    ],
)
async def test_a_body_that_is_not_json(client: httpx.AsyncClient, content: bytes, content_type: str) -> None:
    answer = await client.post("/auth/login", content=content, headers={"Content-Type": content_type})
    assert (answer.status_code, answer.json()["slug"]) == (400, "malformed-body"), answer.text


@pytest.mark.parametrize("content", [b"[]", b'"text"', b"null", b"3"])
async def test_json_that_is_no_object(client: httpx.AsyncClient, content: bytes) -> None:
    answer = await client.post("/auth/login", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_field_inside_a_list_is_named_by_its_path(ali: Person) -> None:
    body = {
        "business_name": "Ali's",
        "industry": "Fitness",
        "facts": [{"key": "a", "value": "b"}, {"key": ""}],
    }
    errors = (await ali.client.post("/business/", json=body)).json()["errors"]
    assert {error["field"] for error in errors} == {"facts.1.key", "facts.1.value"}


async def test_query_fields_are_named(ali: Person) -> None:
    answer = await ali.client.get("/business/", params={"limit": 1000})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"field": "limit", "message": "must be 100 or less"}]


@pytest.mark.parametrize("header", ["3", '"x"', "W/3", '"1", "2"'])
async def test_if_match_that_is_no_version(ali: Person, header: str) -> None:
    made = await ali.client.post("/business/", json={"business_name": "Ali's", "industry": "Fitness"})
    url = f"/business/{made.json()['id']}"
    answer = await ali.client.put(url, json={}, headers={"If-Match": header})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "If-Match"


@pytest.mark.parametrize("declared", [True, False])
async def test_more_than_a_megabyte(client: httpx.AsyncClient, declared: bool) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 100_000

    content = b" " * 2_000_000 if declared else chunks()
    answer = await client.post("/auth/login", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["slug"]) == (413, "body-too-large")
    assert answer.headers["x-request-id"]


async def test_request_id_is_taken_over_if_it_is_sane(client: httpx.AsyncClient) -> None:
    given = await client.get("/healthz", headers={"X-Request-Id": "job-2027.03_01"})
    assert given.headers["x-request-id"] == "job-2027.03_01"
    for strange in ("short", "x" * 129, "with space in it", "semi;colon;here"):
        answer = await client.get("/healthz", headers={"X-Request-Id": strange})
        assert is_id(answer.headers["x-request-id"])


def _failing(settings: Settings, services: Services, error: Exception) -> FastAPI:
    app = create_app(settings, services)
    router = APIRouter(dependencies=[public()])

    @router.get("/fails", summary="Fails")
    async def fails() -> None:
        raise error

    app.include_router(router)
    return app


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("the password is hunter2"),
        KeyError("secret"),
        Misconfigured("MARQUEE_SECRET_KEY is wrong"),
    ],
)
async def test_what_nobody_expected_shows_a_request_id_and_nothing_else(
    settings: Settings, services: Services, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    async with client_of(_failing(settings, services, error)) as client:
        answer = await client.get("/fails")
    assert answer.status_code == 500
    assert answer.json() == {
        "type": "/docs/problems#internal",
        "slug": "internal",
        "title": "Something went wrong on our side",
        "status": 500,
        "detail": "It was noted in the log under the request id.",
        "request_id": answer.headers["x-request-id"],
    }
    assert any(record.exc_info for record in caplog.records)


async def test_a_client_that_goes_away_in_the_middle_is_nobodys_fault(
    settings: Settings, services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    async with client_of(_failing(settings, services, ClientDisconnect())) as client:
        answer = await client.get("/fails")
    assert (answer.status_code, answer.json()["slug"]) == (400, "malformed-body")
    assert not any(record.exc_info for record in caplog.records)


async def test_throttled_says_when(settings: Settings, services: Services) -> None:
    async with client_of(_failing(settings, services, Throttled(retry_after=7))) as client:
        answer = await client.get("/fails")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")


@pytest.mark.parametrize(
    "error",
    [
        ConnectionFailure("host:27017 refused"),
        OperationFailure("internal server error at host:27017", code=1),
        OperationFailure("no space at host:27017", code=14031),
    ],
)
async def test_a_database_that_cannot_serve_is_a_503(
    settings: Settings, services: Services, error: Exception
) -> None:
    async with client_of(_failing(settings, services, error)) as client:
        answer = await client.get("/fails")
    assert (answer.status_code, answer.json()["slug"]) == (503, "unavailable")
    assert "27017" not in answer.text
    assert answer.headers["retry-after"]


def test_the_problem_in_a_stream_is_that_of_an_answer() -> None:
    problem = problem_of(Throttled(retry_after=7))
    assert (problem["status"], problem["slug"], problem["retry_after"]) == (429, "throttled", 7)
