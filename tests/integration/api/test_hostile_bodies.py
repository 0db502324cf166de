"""Bodies, paths and headers that hold no text, or none to read, are refused by name, never a failure."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi import FastAPI

from api.reference import routes_of
from core.ids import new_id
from services.container import Services
from tests.integration.api.conftest import Person

JSON = {"Content-Type": "application/json"}
FOUND = {"business_name": "Bäckerei", "industry": "Bakery"}


def fields(answer: Any) -> list[str]:
    """The fields that a 422 names."""
    assert answer.status_code == 422, answer.text
    return [error["field"] for error in answer.json()["errors"]]


def message(text: str) -> dict[str, Any]:
    """A chat message."""
    return {
        "threadId": new_id(),
        "runId": new_id(),
        "messages": [{"id": "m", "role": "user", "content": text}],
        "forwardedProps": {"marquee": {}},
    }


async def founded(ali: Person) -> str:
    """A new business's id."""
    answer = await ali.client.post("/business/", json=FOUND)
    assert answer.status_code == 201, answer.text
    found: str = answer.json()["id"]
    return found


@pytest.mark.parametrize("character", [r"\ud800", r"\uDFFF", r"\u0000"])
async def test_every_route_names_a_field_that_holds_no_text(
    app: FastAPI, ali: Person, character: str
) -> None:
    body = f'{{"name": "é", "a": [1, {{"b": "x{character}y"}}]}}'.encode()
    tried = 0
    for route, path, _ in routes_of(app):
        for method in (route.methods or set()) & {"POST", "PUT"}:
            address = re.sub(r"\{\w+\}", "a" * 24, path)
            answer = await ali.client.request(method, address, content=body, headers=JSON)
            assert fields(answer) == ["a.1.b"], (method, path)
            tried += 1
    assert tried > 10


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b'{"a": "\xed\xa0\x80"}', ["a"]),
        ('{"a": "\ud800"}'.encode("utf-16", "surrogatepass"), ["a"]),
        (rb'{"\udfff": 1}', ["\ufffd"]),
        (rb'"\ud800"', ["body"]),
    ],
)
async def test_half_a_character_is_found_in_every_encoding(
    ali: Person, body: bytes, named: list[str]
) -> None:
    assert fields(await ali.client.post("/business/", content=body, headers=JSON)) == named


async def test_a_whole_pair_is_text(ali: Person) -> None:
    body = rb'{"business_name": "\ud83d\ude00", "industry": "Bakery"}'
    answer = await ali.client.post("/business/", content=body, headers=JSON)
    assert answer.json()["business_name"] == "😀"


async def test_a_message_with_half_a_character_starts_nothing(ali: Person, services: Services) -> None:
    business_id = await founded(ali)
    body = message("@")
    raw = str(body).replace("'", '"').replace("@", r"Hi \ud800").encode()
    answer = await ali.client.post(f"/business/{business_id}/copilot", content=raw, headers=JSON)
    assert fields(answer) == ["messages.0.content"]
    assert await services.database.runs.raw.count_documents({"business_id": business_id}) == 0


INVISIBLE = ["\u200b", "\u200b\u2060 \ufeff", "\u00ad", "\u3164", "\u2800", "\u034f"]


@pytest.mark.parametrize("text", ["", " \n\t", *INVISIBLE])
async def test_a_message_that_shows_nothing_starts_no_run(ali: Person, services: Services, text: str) -> None:
    business_id = await founded(ali)
    answer = await ali.client.post(f"/business/{business_id}/copilot", json=message(text))
    assert fields(answer) == ["messages"]
    assert await services.database.runs.raw.count_documents({"business_id": business_id}) == 0


@pytest.mark.parametrize("text", INVISIBLE)
async def test_a_name_or_fact_that_shows_nothing_is_refused_and_read_where_it_is_stored(
    ali: Person, services: Services, text: str
) -> None:
    business_id = await founded(ali)
    business = {"business_name": text, "industry": "Bakery"}
    assert fields(await ali.client.post("/business/", json=business)) == ["business_name"]
    facts = {"facts": [{"key": text, "value": text}]}
    answer = await ali.client.put(f"/business/{business_id}/facts", json=facts)
    assert fields(answer) == ["facts.0.key", "facts.0.value"]
    campaign = {"business_id": business_id, "name": text}
    assert fields(await ali.client.post("/campaign/", json=campaign)) == ["name"]
    account = {"email": "kim@example.com", "password": "a long enough one", "name": text}
    assert fields(await ali.client.post("/auth/register", json=account)) == ["name"]
    named = {"$set": {"business_name": text}}
    await services.database.businesses.raw.update_one({"business_id": business_id}, named)
    assert (await ali.client.get(f"/business/{business_id}")).json()["business_name"] == text


@pytest.mark.parametrize("value", [0, 1_700_006_400, "1700006400", 20270301, "20270301", 1.5, True])
async def test_a_number_is_no_date(ali: Person, value: object) -> None:
    business_id = await founded(ali)
    body = {"business_id": business_id, "name": "Spring", "start_date": value}
    assert fields(await ali.client.post("/campaign/", json=body)) == ["start_date"]
    facts = {"facts": [{"key": "k", "value": "v", "expires_at": value}]}
    assert fields(await ali.client.put(f"/business/{business_id}/facts", json=facts)) == [
        "facts.0.expires_at"
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 400_000,
        b'{"brand_assets":' * 60_000,
        b'{"brand_assets":' * 900 + b"1" + b"}" * 900,
        b'{"facts":' + b"[" * 900 + b"]" * 900 + b"}",
    ],
)
async def test_brackets_within_brackets_are_refused(ali: Person, body: bytes) -> None:
    business_id = await founded(ali)
    for method, path in [
        ("PUT", f"/business/{business_id}"),
        ("PUT", f"/business/{business_id}/facts"),
        ("POST", f"/business/{business_id}/copilot"),
    ]:
        answer = await ali.client.request(method, path, content=body, headers=JSON)
        assert 400 <= answer.status_code < 500, (path, answer.text)


@pytest.mark.parametrize("part", ["%ED%A0%80", "%00", "%FF", "%E2%80%8B", "a" * 3_000])
async def test_an_address_without_text_is_answered(ali: Person, part: str) -> None:
    for path in (
        f"/business/{part}",
        f"/threads/{part}",
        f"/content?business_id={part}&cursor={part}",
        f"/{part}",
    ):
        answer = await ali.client.get(path)
        assert 400 <= answer.status_code < 500, (path, answer.text)


@pytest.mark.parametrize("value", [b"\xff", b"\xed\xa0\x80", b"a" * 5_000])
async def test_a_header_without_text_is_answered(ali: Person, value: bytes) -> None:
    for name in (b"if-match", b"idempotency-key", b"x-request-id", b"last-event-id", b"accept"):
        answer = await ali.client.post("/business/", json=FOUND, headers=[(name, value)])
        assert answer.status_code < 500, (name, answer.text)
