"""Rate limits: by address, by person, at sign-in, behind proxies, and without Redis."""

from __future__ import annotations

import socket
from dataclasses import replace

import httpx
import pytest

from api.app import create_app
from api.limits import RateWindows, address_group
from core.ids import new_id
from core.settings import Settings
from memory.redis import connect
from services.container import Services
from tests.integration.api.conftest import PASSWORD, Person, again, client_of


async def test_headers_show_the_windows(ali: Person) -> None:
    answer = await ali.client.get("/auth/me")
    assert answer.headers["ratelimit-policy"] == '"address";q=1200;w=60, "user";q=600;w=60'
    address, user = answer.headers["ratelimit"].split(", ")
    assert address.startswith(('"address";r=1198;t=', '"address";r=1199;t='))
    assert user.startswith('"user";r=59')


async def test_an_address_that_asks_too_often_waits(settings: Settings, services: Services) -> None:
    used = again(services, ip_requests_per_minute=5)
    app = create_app(used.settings, used)
    async with client_of(app) as client, client_of(app) as other:
        answers = [await client.get("/auth/options") for _ in range(12)]
        # Twelve requests lie in two windows at most.
        refused = [answer for answer in answers if answer.status_code == 429]
        assert len(refused) >= 2
        for answer in refused:
            assert answer.json()["slug"] == "throttled"
            assert 1 <= int(answer.headers["retry-after"]) <= 60
            assert int(answer.headers["retry-after"]) == answer.json()["retry_after"]
            assert '"address";r=0' in answer.headers["ratelimit"]
        assert (await other.get("/auth/options")).status_code == 200
        assert (await client.get("/healthz")).status_code == 200


async def test_a_person_is_counted_wherever_they_are(services: Services, ali: Person) -> None:
    used = again(services, user_requests_per_minute=3)
    app = create_app(used.settings, used)
    token = {"Authorization": f"Bearer {ali.tokens['access_token']}"}
    statuses = []
    for _ in range(8):
        async with client_of(app, headers=token) as client:
            statuses.append((await client.get("/auth/me")).status_code)
    assert statuses.count(429) >= 2


async def test_guessing_one_password_is_slowed_down(ali: Person, services: Services) -> None:
    used = again(services, login_attempts_per_minute=3)
    app = create_app(used.settings, used)
    wrong = {"email": ali.email, "password": "wrong horse battery"}
    async with client_of(app) as attacker, client_of(app) as elsewhere:
        statuses = [(await attacker.post("/auth/login", json=wrong)).status_code for _ in range(8)]
        assert statuses.count(429) >= 2
        assert set(statuses) == {401, 429}
        right = {"email": ali.email, "password": PASSWORD}
        assert (await elsewhere.post("/auth/login", json=right)).status_code == 200


async def test_writing_the_account_differently_gives_no_more_guesses(services: Services) -> None:
    used = again(services, login_attempts_per_minute=3)
    app = create_app(used.settings, used)
    written = ["m@bücher.example", " M@BÜCHER.example", "m@xn--bcher-kva.example", "ｍ@bu\u0308cher.example "]
    async with client_of(app) as attacker:
        statuses = []
        for number in range(8):
            body = {"email": written[number % len(written)], "password": PASSWORD}
            statuses.append((await attacker.post("/auth/login", json=body)).status_code)
    assert statuses.count(429) >= 2


async def test_accounts_made_from_one_address_are_limited_by_the_hour(services: Services) -> None:
    used = again(services, registrations_per_hour=3)
    app = create_app(used.settings, used)

    def newcomer() -> dict[str, str]:
        return {"email": f"{new_id()}@example.com", "password": PASSWORD, "name": "Ali"}

    async with client_of(app) as office, client_of(app) as elsewhere:
        answers = [await office.post("/auth/register", json=newcomer()) for _ in range(8)]
        # Eight requests lie in two windows at most.
        refused = [answer for answer in answers if answer.status_code == 429]
        assert len(refused) >= 2
        for answer in refused:
            assert answer.json()["slug"] == "throttled"
            assert "an hour" in answer.json()["detail"]
            assert '"registration";q=3;w=3600' in answer.headers["ratelimit-policy"]
        assert (await elsewhere.post("/auth/register", json=newcomer())).status_code == 201


async def test_guessing_over_many_accounts_is_slowed_down(services: Services) -> None:
    used = again(services, login_attempts_per_minute=1)
    app = create_app(used.settings, used)
    async with client_of(app) as attacker:
        statuses = []
        for number in range(12):
            body = {"email": f"user{number}@example.com", "password": PASSWORD}
            statuses.append((await attacker.post("/auth/login", json=body)).status_code)
    assert statuses.count(429) >= 2


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "client"),
    [
        ("", "203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.0/8", "10.1.2.3", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.0/8", "10.1.2.3", "1.2.3.4, 198.51.100.1, 10.9.9.9", "198.51.100.1"),
        ("10.0.0.0/8", "203.0.113.9", "198.51.100.1", "203.0.113.9"),
    ],
)
async def test_only_a_trusted_proxy_is_believed(
    services: Services, trusted: str, peer: str, forwarded: str, client: str
) -> None:
    used = again(services, trusted_proxies=trusted, ip_requests_per_minute=10_000)
    app = create_app(used.settings, used)
    windows: RateWindows = app.state.rate_windows
    before = (await windows.hit("address", address_group(client), 10_000)).count
    async with client_of(app, peer) as caller:
        await caller.get("/auth/options", headers={"X-Forwarded-For": forwarded})
    after = (await windows.hit("address", address_group(client), 10_000)).count
    # A new window may have begun in between; then at least the request itself was counted in it.
    assert after in (before + 2, 1, 2)


def test_an_ipv6_network_counts_as_one_client() -> None:
    assert address_group("2001:db8:1:2:aaaa::1") == address_group("2001:db8:1:2:bbbb::2")
    assert address_group("2001:db8:1:2::1") != address_group("2001:db8:1:3::1")
    assert address_group("::ffff:192.0.2.1") == address_group("192.0.2.1") == "192.0.2.1"
    assert address_group("testclient") == address_group("") == "unknown"


async def test_without_redis_this_process_counts(services: Services, ali: Person) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"redis://127.0.0.1:{unused.getsockname()[1]}"
        redis = connect(url)
        used = replace(again(services, ip_requests_per_minute=5, redis_url=url), redis=redis)
        try:
            app = create_app(used.settings, used)
            async with client_of(app) as client:
                statuses = [(await client.get("/auth/options")).status_code for _ in range(12)]
                login = {"email": ali.email, "password": PASSWORD}
                async with client_of(app) as other:
                    assert (await other.post("/auth/login", json=login)).status_code == 200
        finally:
            await redis.aclose(close_connection_pool=True)
    assert set(statuses) == {200, 429}


async def test_flushall_only_forgets_the_counts(
    ali: Person, services: Services, client: httpx.AsyncClient
) -> None:
    assert (await ali.client.get("/auth/me")).status_code == 200
    await services.redis.flushall()
    await services.redis.script_flush()
    answer = await ali.client.get("/auth/me")
    assert answer.status_code == 200
    assert answer.headers["ratelimit"].startswith('"address";r=1199')
