"""The figures are for this machine, or for who has the token."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from api.app import create_app
from services.container import Services
from tests.integration.api.conftest import Person, again, client_of

TOKEN = "prometheus-token-of-ours"


@pytest.mark.parametrize(
    ("trusted", "peer", "headers", "status"),
    [
        ("", "127.0.0.1", {}, 200),
        ("", "::1", {}, 200),
        ("", "::ffff:127.0.0.1", {}, 200),
        ("", "203.0.113.9", {}, 401),
        ("", "10.0.0.2", {}, 401),
        # A proxy on this machine, in every way that proxies name the client, or do not.
        ("", "127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, 401),
        ("", "127.0.0.1", {"X-Real-IP": "203.0.113.9"}, 401),
        ("", "127.0.0.1", {"Forwarded": "for=203.0.113.9"}, 401),
        ("", "127.0.0.1", {"Host": "marquee.example"}, 401),
        ("", "127.0.0.1", {"Host": "localhost.example"}, 401),
        ("", "127.0.0.1", {"Host": "127.0.0.1.example:80"}, 401),
        ("", "127.0.0.1", {"Host": "["}, 401),
        ("", "127.0.0.1", {"Host": "localhost:8000"}, 200),
        ("", "::1", {"Host": "[::1]:8000"}, 200),
        ("127.0.0.1", "127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, 401),
        # What a client forges in front of what the proxy adds.
        ("127.0.0.1", "127.0.0.1", {"X-Forwarded-For": "127.0.0.1, 203.0.113.9"}, 401),
        ("127.0.0.1", "127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 401),
        ("10.0.0.0/8", "10.0.0.2", {"X-Forwarded-For": "127.0.0.1"}, 401),
        ("", "203.0.113.9", {"X-Forwarded-For": "127.0.0.1"}, 401),
        ("", "203.0.113.9", {"Host": "127.0.0.1"}, 401),
    ],
)
async def test_only_a_request_of_this_machine_needs_no_token(
    services: Services, trusted: str, peer: str, headers: dict[str, str], status: int
) -> None:
    used = again(services, trusted_proxies=trusted)
    async with client_of(create_app(used.settings, used), peer) as client:
        answer = await client.get("/metrics", headers=headers)
    assert answer.status_code == status
    assert ("marquee_http_streams" in answer.text) == (status == 200)


async def test_the_token_opens_it_from_anywhere(services: Services, ali: Person) -> None:
    used = again(services, metrics_token=SecretStr(TOKEN))
    async with client_of(create_app(used.settings, used), "203.0.113.9") as client:
        for scheme, secret, status in (
            ("Bearer", TOKEN, 200),
            ("Bearer", f"{TOKEN}x", 401),
            ("Bearer", "tökén", 401),
            ("Basic", TOKEN, 401),
            ("Bearer", ali.tokens["access_token"], 401),
        ):
            answer = await client.get("/metrics", headers={"Authorization": f"{scheme} {secret}".encode()})
            assert answer.status_code == status, secret
    without = again(services)
    async with client_of(create_app(without.settings, without), "203.0.113.9") as client:
        for secret in ("", "None"):
            answer = await client.get("/metrics", headers={"Authorization": f"Bearer {secret}"})
            assert answer.status_code == 401
