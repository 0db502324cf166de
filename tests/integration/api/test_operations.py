"""Health, readiness, metrics, log lines, headers, the page, and what the API says about itself."""

from __future__ import annotations

import asyncio
import gzip
import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from ag_ui.core import AgentCapabilities
from fastapi import APIRouter, FastAPI
from starlette.responses import StreamingResponse

from api.app import create_app
from api.authorization import PublicAccess, SignedInCaller, public
from api.middleware import DATA_POLICY, PAGE_POLICY
from api.reference import check_access, openapi, roles_table, routes_of
from core.errors import Misconfigured, Unavailable
from core.events import CUSTOM_EVENTS
from core.fields import sentence
from core.settings import Settings
from memory.presence import sign_of_life, sign_off
from services.container import Services
from services.health_checks import HealthChecks
from services.logging_setup import JsonLines
from tests.integration.api.conftest import PASSWORD, Person, again, client_of
from tests.patience import PATIENCE

ROLES = Path(__file__).parents[3] / "docs" / "roles.md"


async def test_health_needs_nothing(client: httpx.AsyncClient) -> None:
    answer = await client.get("/healthz")
    assert answer.json() == {"status": "ok"}
    assert "ratelimit" not in answer.headers


async def test_capabilities_are_those_of_today(client: httpx.AsyncClient) -> None:
    answer = await client.get("/capabilities")
    assert answer.status_code == 200
    told = AgentCapabilities.model_validate(answer.json())
    assert told.transport is not None
    assert told.transport.resumable
    assert told.human_in_the_loop is not None
    assert not told.human_in_the_loop.interrupts
    assert not told.human_in_the_loop.approve_with_edits
    assert told.custom == {"events": sorted(CUSTOM_EVENTS)}
    assert "humanInTheLoop" in answer.json()


async def test_readiness_names_each_part(client: httpx.AsyncClient, services: Services) -> None:
    answer = await client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"
    parts = answer.json()["parts"]
    assert {name: part["state"] for name, part in parts.items()} == {
        "mongodb": "up",
        "redis": "up",
        "chroma": "up",
        "worker": "down",
    }
    assert parts["mongodb"]["needed"]
    await sign_of_life(services.redis, "worker-1")
    await until_ready_says(client, "ready")
    await sign_off(services.redis, "worker-1")
    await until_ready_says(client, "degraded")


async def until_ready_says(client: httpx.AsyncClient, status: str) -> httpx.Response:
    """An answer serves for a second: ask until it is the wanted one."""
    async with asyncio.timeout(PATIENCE):
        while (answer := await client.get("/readyz")).json()["status"] != status:
            pass
        return answer


async def test_a_database_that_takes_no_writes_is_down(client: httpx.AsyncClient, services: Services) -> None:
    """It answers a ping and every read."""
    database = services.database.mongo.database
    await database.create_collection("health", validator={"never": {"$exists": True}})
    answer = await until_ready_says(client, "down")
    assert answer.status_code == 503
    assert answer.json()["parts"]["mongodb"]["state"] == "down"
    await database.drop_collection("health")
    await until_ready_says(client, "degraded")


async def test_many_who_ask_for_readiness_cause_one_look(settings: Settings, services: Services) -> None:
    looks = 0

    async def look() -> None:
        nonlocal looks
        looks += 1

    app = create_app(settings, replace(again(services), health_checks=HealthChecks({"mongodb": look}, {})))
    async with client_of(app) as client:
        await asyncio.gather(*(client.get("/readyz") for _ in range(50)))
    assert looks < 10


async def test_only_a_needed_part_makes_it_unready(settings: Settings, services: Services) -> None:
    async def away() -> None:
        raise Unavailable("redis://user:secret@host does not answer")

    async def there() -> None:
        pass

    for needed, others, status in (
        ({"mongodb": away}, {"redis": there}, 503),
        ({"mongodb": there}, {"redis": away}, 200),
        ({"mongodb": there}, {"redis": there}, 200),
    ):
        app = create_app(settings, replace(again(services), health_checks=HealthChecks(needed, others)))
        async with client_of(app) as client:
            answer = await client.get("/readyz")
        assert answer.status_code == status
        assert "secret" not in answer.text


async def test_metrics_count_by_route_and_status(app: FastAPI, ali: Person) -> None:
    await ali.client.delete("/auth/sessions/0123456789abcdef01234567")
    await ali.client.get("/nowhere/at/all")
    async with client_of(app, "127.0.0.1") as prometheus:
        text = (await prometheus.get("/metrics")).text
    assert (
        'marquee_http_requests_total{method="DELETE",route="/auth/sessions/{session_id}",status="404"} 1.0'
        in text
    )
    assert 'marquee_http_requests_total{method="GET",route="unknown",status="404"} 1.0' in text
    assert 'marquee_http_request_seconds_count{method="POST",route="/auth/register"} 1.0' in text
    assert "marquee_http_streams 0.0" in text
    assert "process_resident_memory_bytes" in text
    assert "0123456789abcdef01234567" not in text


async def test_open_streams_are_counted(settings: Settings, services: Services) -> None:
    app = create_app(settings, services)
    router = APIRouter(dependencies=[public()])
    seen: list[float | None] = []

    def open_now() -> float | None:
        return services.registry.get_sample_value("marquee_http_streams")

    @router.get("/stream", summary="Streams")
    async def stream() -> StreamingResponse:
        async def frames() -> Any:
            seen.append(open_now())
            yield b"data: 1\n\n"

        return StreamingResponse(frames(), media_type="text/event-stream")

    app.include_router(router)
    async with client_of(app) as client:
        assert (await client.get("/stream")).text == "data: 1\n\n"
    assert seen == [1.0]
    assert open_now() == 0.0


@contextmanager
def access_log() -> Iterator[io.StringIO]:
    """What the access log says meanwhile."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    access = logging.getLogger("marquee.access")
    access.addHandler(handler)
    access.setLevel(logging.INFO)
    try:
        yield stream
    finally:
        access.removeHandler(handler)
        access.setLevel(logging.NOTSET)


async def test_refused_requests_do_not_fill_the_disk(client: httpx.AsyncClient) -> None:
    with access_log() as stream:
        for _ in range(300):
            assert (await client.get("/" + "a" * 20_000)).status_code == 404
    assert len(stream.getvalue()) < 60_000


async def test_a_request_is_one_line_of_json_without_secrets(ali: Person) -> None:
    with access_log() as stream:
        await ali.client.get("/auth/me?token=abc", headers={"X-Request-Id": "request-1"})
        await ali.client.post("/auth/login", json={"email": ali.email, "password": PASSWORD})
    first, second = [orjson.loads(line) for line in stream.getvalue().splitlines()]
    assert first["request_id"] == "request-1"
    assert first["user_id"] == ali.id
    assert (first["method"], first["route"], first["status"]) == ("GET", "/auth/me", 200)
    assert second["route"] == "/auth/login"
    for secret in ("abc", PASSWORD, ali.email, ali.tokens["access_token"]):
        assert secret not in stream.getvalue()


async def test_headers_of_data_and_of_pages(client: httpx.AsyncClient) -> None:
    data = await client.get("/auth/options")
    assert data.headers["content-security-policy"] == DATA_POLICY
    assert data.headers["cache-control"] == "no-store"
    page = await client.get("/docs")
    assert page.headers["content-security-policy"] == PAGE_POLICY
    for answer in (data, page, await client.get("/nowhere")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "same-origin"


async def test_cors_only_for_the_origins_that_are_set(services: Services) -> None:
    allowed = again(services, cors_origins="https://shop.example, https://x.example")
    preflight = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "If-Match"}
    for used, origin, status in (
        (allowed, "https://shop.example", 200),
        (allowed, "https://evil.example", 400),
        (again(services), "https://shop.example", 405),
    ):
        async with client_of(create_app(used.settings, again(used))) as client:
            answer = await client.options("/auth/me", headers={"Origin": origin, **preflight})
            assert answer.status_code == status
            if status == 200:
                assert answer.headers["access-control-allow-origin"] == origin
                simple = await client.get("/auth/options", headers={"Origin": origin})
                assert "ETag" in simple.headers["access-control-expose-headers"]


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A built page with one script, packed and plain."""
    dist = tmp_path / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text("<!doctype html><title>Marquee</title>")
    (dist / "favicon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (dist / "assets" / "main-1a2b.js").write_text("plain()")
    (dist / "assets" / "main-1a2b.js.gz").write_bytes(gzip.compress(b"packed()"))
    (tmp_path / "secret.txt").write_text("secret")
    return dist


async def test_the_page_and_its_files(settings: Settings, services: Services, built: Path) -> None:
    async with client_of(create_app(settings, services, built)) as client:
        home = await client.get("/")
        assert (home.status_code, home.headers["location"]) == (307, "/app/")
        for path in ("/app/", "/app/sign-in", "/app/b/5f0c7a31b2d94e6688aa01cd/copilot"):
            page = await client.get(path)
            assert page.status_code == 200, path
            assert page.text.startswith("<!doctype html>")
            assert page.headers["cache-control"] == "no-cache"
            assert page.headers["content-security-policy"] == PAGE_POLICY
        packed = await client.get("/app/assets/main-1a2b.js", headers={"Accept-Encoding": "br, gzip"})
        assert packed.text == "packed()"
        assert packed.headers["content-encoding"] == "gzip"
        plain = await client.get("/app/assets/main-1a2b.js", headers={"Accept-Encoding": "gzip;q=0"})
        assert plain.text == "plain()"
        for answer in (packed, plain):
            assert answer.headers["content-type"].startswith("text/javascript")
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert answer.headers["vary"] == "Accept-Encoding"
        assert (await client.get("/app/favicon.svg")).headers["content-type"] == "image/svg+xml"
        missing = await client.get("/app/assets/gone.js")
        assert (missing.status_code, missing.json()["slug"]) == (404, "not-found")
        for name in ("%00.js", "a" * 5_000 + ".js", "a" * 300):
            missing = await client.get(f"/app/assets/{name}", headers={"Accept-Encoding": "gzip"})
            assert (missing.status_code, missing.json()["slug"]) == (404, "not-found"), name[:10]
        for path in ("/app/..%2fsecret.txt", "/app/assets/..%2f..%2fsecret.txt"):
            assert "secret" not in (await client.get(path)).text


async def test_without_a_built_page_it_says_how_to_build_it(
    settings: Settings, services: Services, tmp_path: Path
) -> None:
    async with client_of(create_app(settings, services, tmp_path / "none")) as client:
        for path in ("/app", "/app/", "/app/sign-in"):
            answer = await client.get(path)
            assert answer.status_code == 503
            assert "make run" in answer.text


async def test_docs_work_without_leaving_the_origin(client: httpx.AsyncClient) -> None:
    page = (await client.get("/docs")).text
    assert "//" not in page.replace("</", "")
    for path in ("/docs/swagger/swagger-ui.css", "/docs/swagger/swagger-ui-bundle.js", "/docs/start.js"):
        assert path in page
        assert (await client.get(path)).status_code == 200
    assert (await client.get("/openapi.json")).json()["openapi"].startswith("3.1")


def _shows(document: dict[str, Any], schema: dict[str, Any]) -> bool:
    if "examples" in schema:
        return True
    if "$ref" in schema:
        return _shows(document, document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]])
    return any(_shows(document, one) for one in schema.get("anyOf", ()))


def _has_example(document: dict[str, Any], content: dict[str, Any]) -> bool:
    return any(
        "example" in media or "examples" in media or _shows(document, media.get("schema", {}))
        for media in content.values()
    )


def test_every_operation_is_described(app: FastAPI) -> None:
    document = openapi(app)
    names = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            names.append(operation["operationId"])
            assert operation["summary"], where
            assert operation["x-access"], where
            assert any(status >= "400" for status in operation["responses"]), where
            if "requestBody" in operation:
                assert _has_example(document, operation["requestBody"]["content"]), where
            for status, response in operation["responses"].items():
                if status >= "400" and status != "503":
                    assert list(response["content"]) == ["application/problem+json"], f"{where} {status}"
    assert len(names) == len(set(names))


def test_the_table_of_roles_is_up_to_date(app: FastAPI) -> None:
    assert ROLES.read_text() == roles_table(app), "run: python -m api roles > docs/roles.md"


async def test_every_guarded_route_asks_who_is_there(app: FastAPI, client: httpx.AsyncClient) -> None:
    for route, path, access in routes_of(app):
        for method in route.methods or ():
            if isinstance(access, PublicAccess):
                continue
            answer = await client.request(method, path.replace("{", "").replace("}", ""), json={})
            assert answer.status_code == 401, f"{method} {path}"


def test_a_route_without_a_role_stops_the_app(app: FastAPI) -> None:
    @app.get("/open", summary="Open")
    async def forgotten() -> None:
        pass

    with pytest.raises(Misconfigured, match="forgotten"):
        check_access(app)


def test_a_route_with_two_accesses_stops_the_app(app: FastAPI) -> None:
    @app.get("/twice", summary="Twice", dependencies=[public()])
    async def undecided(caller: SignedInCaller) -> None:
        pass

    with pytest.raises(Misconfigured, match="undecided"):
        check_access(app)


def test_the_form_of_every_field_is_said_in_words(app: FastAPI) -> None:
    patterns: set[str] = set()

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if isinstance(found := node.get("pattern"), str):
                patterns.add(found)
            node = list(node.values())
        if isinstance(node, list):
            for part in node:
                walk(part)

    walk(openapi(app))
    assert patterns
    for pattern in patterns:
        assert pattern not in sentence({"type": "string_pattern_mismatch", "ctx": {"pattern": pattern}})
