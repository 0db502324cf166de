"""Sign-in, rotation with grace, reuse detection, sessions, cookies."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import jwt
import pytest
from fastapi import FastAPI

from api.app import create_app
from core.account import User
from core.demo import DEMO_EMAIL, DEMO_PASSWORD
from core.ids import new_id
from core.settings import Settings
from services.container import Services
from services.start_checks import signing_key
from tests.integration.api.conftest import PASSWORD, MovableClock, Person, SignUp, again, client_of


async def _refresh(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.post("/auth/refresh", json={"refresh_token": token})


async def _me(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.get("/auth/me", headers={"Authorization": f"Bearer {token}"})


async def test_register_then_me(ali: Person) -> None:
    assert ali.tokens["token_type"] == "bearer"
    assert ali.tokens["expires_in"] == 900
    me = await ali.client.get("/auth/me")
    assert me.status_code == 200
    assert me.json() == ali.tokens["user"]
    assert me.json()["role"] == "marketer"
    assert "password_hash" not in me.text


@pytest.mark.parametrize("password", ["wrong horse battery", ""])
async def test_wrong_password_and_unknown_address_answer_alike(
    ali: Person, client: httpx.AsyncClient, password: str
) -> None:
    known = await client.post("/auth/login", json={"email": ali.email, "password": password})
    unknown = await client.post("/auth/login", json={"email": "nobody@example.com", "password": password})
    assert known.status_code == unknown.status_code == 401
    without_id = [{**answer.json(), "request_id": ""} for answer in (known, unknown)]
    assert without_id[0] == without_id[1]
    assert known.json()["slug"] == "bad-credentials"
    assert known.headers["www-authenticate"] == "Bearer"


async def test_access_token_expires(ali: Person, clock: MovableClock) -> None:
    clock.pass_time(minutes=14, seconds=50)
    assert (await ali.client.get("/auth/me")).status_code == 200
    clock.pass_time(seconds=20)
    answer = await ali.client.get("/auth/me")
    assert (answer.status_code, answer.json()["slug"]) == (401, "unauthenticated")


def _forged(settings: Settings, ali: Person, case: str) -> str:
    key = signing_key(settings)
    claims: dict[str, Any] = jwt.decode(
        ali.tokens["access_token"], key, algorithms=["HS256"], audience="marquee-api"
    )
    if case == "other key":
        return jwt.encode(claims, "x" * 64, algorithm="HS256")
    if case == "no signature":
        return jwt.encode(claims, "", algorithm="none")
    if case == "other algorithm":
        return jwt.encode(claims, key, algorithm="HS512")
    if case == "other audience":
        return jwt.encode({**claims, "aud": "another"}, key, algorithm="HS256")
    if case == "no expiry":
        return jwt.encode({name: claims[name] for name in claims if name != "exp"}, key, algorithm="HS256")
    if case == "strange expiry":
        return jwt.encode({**claims, "exp": 10**18}, key, algorithm="HS256")
    if case == "other person":
        return jwt.encode({**claims, "sub": new_id()}, key, algorithm="HS256")
    if case == "refresh token":
        return str(ali.tokens["refresh_token"])
    return case


@pytest.mark.parametrize(
    "case",
    [
        "other key",
        "no signature",
        "other algorithm",
        "other audience",
        "no expiry",
        "strange expiry",
        "other person",
        "refresh token",
        "garbage",
        "a.b.c",
    ],
)
async def test_forged_tokens_do_not_hold(
    ali: Person, client: httpx.AsyncClient, settings: Settings, case: str
) -> None:
    answer = await _me(client, _forged(settings, ali, case))
    assert (answer.status_code, answer.json()["slug"]) == (401, "unauthenticated")


async def test_switched_off_account_loses_every_token(
    ali: Person, services: Services, client: httpx.AsyncClient, clock: MovableClock
) -> None:
    assert (await ali.client.get("/auth/me")).status_code == 200
    await services.database.users.change({"_id": ali.id}, {"is_active": False})
    clock.pass_time(seconds=6)
    assert (await ali.client.get("/auth/me")).status_code == 401
    assert (await _refresh(client, ali.tokens["refresh_token"])).status_code == 401
    login = await client.post("/auth/login", json={"email": ali.email, "password": PASSWORD})
    assert login.json()["slug"] == "bad-credentials"


async def test_rotation_gives_new_tokens_each_time(ali: Person, client: httpx.AsyncClient) -> None:
    token, seen = ali.tokens["refresh_token"], set()
    for _ in range(4):
        seen.add(token)
        answer = await _refresh(client, token)
        assert answer.status_code == 200
        token = answer.json()["refresh_token"]
        assert (await _me(client, answer.json()["access_token"])).status_code == 200
    assert token not in seen


async def test_two_tabs_may_refresh_at_once(ali: Person, client: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(_refresh(client, ali.tokens["refresh_token"]) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1


async def test_lost_answer_is_given_again_inside_the_grace(
    ali: Person, client: httpx.AsyncClient, clock: MovableClock
) -> None:
    first = (await _refresh(client, ali.tokens["refresh_token"])).json()
    clock.pass_time(seconds=19)
    again = (await _refresh(client, ali.tokens["refresh_token"])).json()
    assert again["refresh_token"] == first["refresh_token"]
    assert (await _refresh(client, first["refresh_token"])).status_code == 200


async def test_reuse_after_the_grace_ends_the_session(
    ali: Person, client: httpx.AsyncClient, clock: MovableClock
) -> None:
    newest = (await _refresh(client, ali.tokens["refresh_token"])).json()
    clock.pass_time(seconds=21)
    reused = await _refresh(client, ali.tokens["refresh_token"])
    assert (reused.status_code, reused.json()["slug"]) == (401, "session-ended")
    assert (await _refresh(client, newest["refresh_token"])).status_code == 401
    assert (await _me(client, newest["access_token"])).status_code == 401


async def test_a_token_two_generations_old_ends_the_session_at_once(
    ali: Person, client: httpx.AsyncClient
) -> None:
    second = (await _refresh(client, ali.tokens["refresh_token"])).json()["refresh_token"]
    third = (await _refresh(client, second)).json()["refresh_token"]
    assert (await _refresh(client, ali.tokens["refresh_token"])).status_code == 401
    assert (await _refresh(client, third)).status_code == 401


async def test_a_forged_refresh_token_harms_nobody(ali: Person, client: httpx.AsyncClient) -> None:
    family, generation, proof = ali.tokens["refresh_token"].split(".")
    forged = [
        f"{family}.7.{proof}",
        f"{family}.{generation}.{'A' * 43}",
        f"{new_id()}.1.{proof}",
        "x",
        "..",
        "",
    ]
    for token in forged:
        assert (await _refresh(client, token)).status_code == 401
    assert (await _refresh(client, ali.tokens["refresh_token"])).status_code == 200


async def test_an_unused_session_ends_after_thirty_days(
    ali: Person, client: httpx.AsyncClient, clock: MovableClock
) -> None:
    clock.pass_time(days=29)
    token = (await _refresh(client, ali.tokens["refresh_token"])).json()["refresh_token"]
    clock.pass_time(days=29)
    token = (await _refresh(client, token)).json()["refresh_token"]
    clock.pass_time(days=30, seconds=1)
    assert (await _refresh(client, token)).status_code == 401


async def test_logout_ends_access_and_refresh_here_only(ali: Person, client: httpx.AsyncClient) -> None:
    other = await client.post("/auth/login", json={"email": ali.email, "password": PASSWORD})
    assert (await ali.client.post("/auth/logout")).status_code == 204
    assert (await ali.client.get("/auth/me")).status_code == 401
    assert (await _refresh(client, ali.tokens["refresh_token"])).status_code == 401
    assert (await _me(client, other.json()["access_token"])).status_code == 200
    assert (await ali.client.post("/auth/logout")).status_code == 204


async def test_sessions_are_listed_and_ended(ali: Person, client: httpx.AsyncClient, sign_up: SignUp) -> None:
    phone = await client.post(
        "/auth/login",
        json={"email": ali.email, "password": PASSWORD},
        headers={"User-Agent": "Phone"},
    )
    sessions = (await ali.client.get("/auth/sessions")).json()["items"]
    assert [one["current"] for one in sessions].count(True) == 1
    (on_phone,) = [one for one in sessions if one["user_agent"] == "Phone"]
    async with sign_up("Eve") as eve:
        assert (await eve.client.delete(f"/auth/sessions/{on_phone['id']}")).status_code == 404
    for unknown in (new_id(), "nonsense"):
        assert (await ali.client.delete(f"/auth/sessions/{unknown}")).status_code == 404
    assert (await ali.client.delete(f"/auth/sessions/{on_phone['id']}")).status_code == 204
    assert (await _me(client, phone.json()["access_token"])).status_code == 401

    more = await client.post("/auth/login", json={"email": ali.email, "password": PASSWORD})
    assert (await ali.client.delete("/auth/sessions")).status_code == 204
    assert (await _me(client, more.json()["access_token"])).status_code == 401
    assert len((await ali.client.get("/auth/sessions")).json()["items"]) == 1


async def test_cookie_is_http_only_strict_and_for_auth_alone(ali: Person) -> None:
    answer = await ali.client.post("/auth/refresh")
    cookie = answer.headers["set-cookie"]
    for part in ("marquee_refresh=", "HttpOnly", "SameSite=strict", "Path=/auth"):
        assert part in cookie
    assert "Secure" not in cookie
    assert answer.json()["refresh_token"] is None
    secure = await ali.client.post(
        "https://127.0.0.1:8000/auth/login", json={"email": ali.email, "password": PASSWORD}
    )
    assert "Secure" in secure.headers["set-cookie"]


async def test_production_cookies_are_always_secure(services: Services) -> None:
    production = again(services, env="production")
    app = create_app(production.settings, production)
    async with client_of(app) as client:
        body = {"email": f"{new_id()}@example.com", "password": PASSWORD, "name": "Ali"}
        answer = await client.post("/auth/register", json=body)
        assert "Secure" in answer.headers["set-cookie"]
        assert (await client.get("/auth/options")).json()["demo"] is False


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://127.0.0.1:8000", 200),
        (None, 200),
        ("http://evil.example", 403),
        ("http://127.0.0.1:9000", 403),
        ("null", 403),
    ],
)
async def test_the_cookie_counts_from_our_own_pages_only(
    ali: Person, origin: str | None, status: int
) -> None:
    headers = {"Origin": origin} if origin else {}
    assert (await ali.client.post("/auth/refresh", headers=headers)).status_code == status


async def test_session_tells_without_an_error_whether_the_cookie_holds(
    ali: Person, client: httpx.AsyncClient, clock: MovableClock
) -> None:
    assert (await client.get("/auth/session")).json() == {"signed_in": False}
    assert (await ali.client.get("/auth/session")).json() == {"signed_in": True}
    assert (await ali.client.get("/auth/session")).json() == {"signed_in": True}
    cookie = {"Cookie": "marquee_refresh=nonsense"}
    assert (await client.get("/auth/session", headers=cookie)).json() == {"signed_in": False}
    clock.pass_time(days=31)
    assert (await ali.client.get("/auth/session")).json() == {"signed_in": False}


async def test_logout_forgets_the_cookie(ali: Person) -> None:
    ali.client.headers.pop("Authorization")
    assert (await ali.client.post("/auth/logout")).status_code == 204
    assert "marquee_refresh" not in ali.client.cookies
    assert (await ali.client.get("/auth/session")).json() == {"signed_in": False}


async def test_options_give_the_demo_login_only_where_there_is_one(
    client: httpx.AsyncClient, services: Services
) -> None:
    assert (await client.get("/auth/options")).json() == {
        "demo": False,
        "demo_email": None,
        "demo_password": None,
        "model": "offline-demo",
        "offline": True,
        "registration": "open",
    }
    user: User = await services.accounts.create(DEMO_EMAIL, DEMO_PASSWORD, "Ali")
    options = (await client.get("/auth/options")).json()
    assert options["demo_email"] == user.email
    login = {"email": options["demo_email"], "password": options["demo_password"]}
    assert (await client.post("/auth/login", json=login)).status_code == 200


async def test_routes_that_need_a_person_say_so(app: FastAPI, client: httpx.AsyncClient) -> None:
    for headers in ({}, {"Authorization": "Basic YTpi"}, {"Authorization": "Bearer"}):
        answer = await client.get("/auth/me", headers=headers)
        assert (answer.status_code, answer.json()["slug"]) == (401, "unauthenticated")
