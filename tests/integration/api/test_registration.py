"""Making an account: its address, its password, and who may."""

from __future__ import annotations

import asyncio
import unicodedata
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI

from api.app import create_app
from core.ids import new_id
from memory.reshapes import normalise_addresses
from services.container import Services
from services.registration import Registration
from tests.integration.api.conftest import PASSWORD, MovableClock, Person, SignUp, again, client_of


async def test_an_address_is_one_account_however_it_is_written(
    ali: Person, client: httpx.AsyncClient
) -> None:
    again = {"email": f"  {ali.email.upper()} ", "password": PASSWORD, "name": "Other"}
    answer = await client.post("/auth/register", json=again)
    assert (answer.status_code, answer.json()["slug"]) == (409, "email-taken")
    login = await client.post("/auth/login", json={"email": ali.email.upper(), "password": PASSWORD})
    assert login.json()["user"]["id"] == ali.id


@pytest.mark.parametrize(
    "written",
    [
        "Ali+news@Bücher.example",
        "ali@xn--bcher-kva.example",
        "ali@bu\u0308cher.example",
        "u\u0308ber@example.com",
        "ﬁn@example.com",
        "ali@straße.example",
        "用户@例子.example",
        "Ali <ali@example.com>",
    ],
    ids=ascii,
)
async def test_what_was_registered_signs_in_however_it_is_written(
    app: FastAPI, client: httpx.AsyncClient, written: str
) -> None:
    made = await client.post("/auth/register", json={"email": written, "password": PASSWORD, "name": "Ali"})
    assert made.status_code == 201, made.text
    account = made.json()["user"]
    forms = [unicodedata.normalize(form, written) for form in ("NFC", "NFD", "NFKC", "NFKD")]
    # In a domain SS is another name than ß.
    capitals = written if "ß" in written else written.upper()
    for form in {written, f" {written}\t", capitals, account["email"], *forms}:
        credentials = {"email": form, "password": PASSWORD}
        async with client_of(app) as elsewhere:
            login = await elsewhere.post("/auth/login", json=credentials)
            taken = await elsewhere.post("/auth/register", json={**credentials, "name": "Bo"})
        assert login.status_code == 200, form
        assert login.json()["user"]["id"] == account["id"]
        assert (taken.status_code, taken.json()["slug"]) == (409, "email-taken")


@pytest.mark.parametrize(
    ("written", "stored"),
    [("ﬁn@example.com", "ﬁn@example.com"), ("ali@straße.example", "ali@strasse.example")],
    ids=ascii,
)
async def test_accounts_of_before_are_still_found(
    ali: Person, services: Services, client: httpx.AsyncClient, written: str, stored: str
) -> None:
    users = services.database.mongo.collection("users")
    await users.update_one({"_id": ali.id}, {"$set": {"email": stored}})
    await normalise_addresses(services.database.mongo)
    login = await client.post("/auth/login", json={"email": written, "password": PASSWORD})
    assert login.json()["user"]["id"] == ali.id


async def test_two_accounts_of_before_that_are_one_address_are_left(
    ali: Person, sign_up: SignUp, services: Services, client: httpx.AsyncClient
) -> None:
    users = services.database.mongo.collection("users")
    async with sign_up("Bo", "fin@example.com") as bo:
        await users.update_one({"_id": ali.id}, {"$set": {"email": "ﬁn@example.com"}})
        await normalise_addresses(services.database.mongo)
        login = await client.post("/auth/login", json={"email": "ﬁn@example.com", "password": PASSWORD})
        assert login.json()["user"]["id"] == bo.id


async def test_registration_says_what_each_field_needs(client: httpx.AsyncClient) -> None:
    answer = await client.post("/auth/register", json={"email": "ali", "password": "short", "admin": True})
    assert answer.status_code == 422
    errors = {error["field"]: error["message"] for error in answer.json()["errors"]}
    assert set(errors) == {"email", "password", "name", "admin"}
    assert errors["password"] == "needs at least 10 characters"
    assert errors["name"] == "is needed"
    assert errors["admin"] == "is not a field here; leave it out"


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("          ", "nothing visible"),
        ("\u200b" * 12, "nothing visible"),
        ("\u3164\u2800\ufe0f\u00ad" * 4, "nothing visible"),
        ("ali.haddad@example.com", "name or e-mail"),
        ("Ali.Haddad@Example.com1", "name or e-mail"),
        ("AliHaddad1", "name or e-mail"),
        ("password123", "tried first"),
        ("P@ssw0rd2024", "tried first"),
        ("p a s s w o r d".replace(" ", "\u200b"), "tried first"),
        ("1234567890", "tried first"),
        ("qwertyuiop", "tried first"),
        ("aaaaaaaaaaaaaaaaaaaa", "tried first"),
        ("password" * 30, "tried first"),
    ],
    ids=ascii,
)
async def test_a_password_that_others_would_try_is_refused_with_the_way_out(
    client: httpx.AsyncClient, password: str, says: str
) -> None:
    body = {"email": "ali.haddad@example.com", "password": password, "name": "Ali Haddad"}
    answer = await client.post("/auth/register", json=body)
    assert (answer.status_code, answer.json()["slug"]) == (422, "invalid-fields")
    (error,) = answer.json()["errors"]
    assert error["field"] == "password"
    assert says in error["message"]
    assert "use a few words" in error["message"]


@pytest.mark.parametrize(
    "password", ["correct horse battery", "blaue katze 7", "猫が好きです、本当に", "4@8({[<369!1|7$05+%2" * 5]
)
async def test_a_password_of_a_few_words_is_taken(client: httpx.AsyncClient, password: str) -> None:
    body = {"email": f"{new_id()}@example.com", "password": password, "name": "Ali Haddad"}
    assert (await client.post("/auth/register", json=body)).status_code == 201


def _registering(services: Services, mode: str) -> Services:
    """The same services where accounts are made in another way."""
    changed = again(services, registration=mode)
    registration = Registration(services.accounts, services.database, changed.settings, services.clock)
    return replace(changed, registration=registration)


def _newcomer(**more: str) -> dict[str, str]:
    return {"email": f"{new_id()}@example.com", "password": PASSWORD, "name": "Ali", **more}


async def test_where_registration_is_closed_nobody_makes_an_account(services: Services, ali: Person) -> None:
    closed = _registering(services, "closed")
    code, _ = await services.registration.invite(timedelta(days=1))
    async with client_of(create_app(closed.settings, closed)) as client:
        assert (await client.get("/auth/options")).json()["registration"] == "closed"
        for body in (_newcomer(), _newcomer(invitation=code)):
            answer = await client.post("/auth/register", json=body)
            assert (answer.status_code, answer.json()["slug"]) == (403, "registration-closed")
            assert await services.database.users.find({"email": body["email"]}) is None
        login = {"email": ali.email, "password": PASSWORD}
        assert (await client.post("/auth/login", json=login)).status_code == 200


async def test_an_invitation_makes_one_account_until_it_expires(
    services: Services, clock: MovableClock
) -> None:
    invited = _registering(services, "invite")
    async with client_of(create_app(invited.settings, invited)) as client:
        assert (await client.get("/auth/options")).json()["registration"] == "invite"

        async def register(**more: str) -> tuple[int, list[str]]:
            answer = await client.post("/auth/register", json=_newcomer(**more))
            return answer.status_code, [error["field"] for error in answer.json().get("errors", [])]

        refused = (422, ["invitation"])
        assert await register() == refused
        assert await register(invitation="no such code") == refused
        code, expires_at = await services.registration.invite(timedelta(days=1))
        assert await register(invitation=f" {code} ") == (201, [])
        assert await register(invitation=code) == refused
        late, expires_at = await services.registration.invite(timedelta(days=1))
        clock.pass_time(days=1)
        assert clock.now() >= expires_at
        assert await register(invitation=late) == refused


async def test_an_invitation_stays_good_when_the_account_is_refused(services: Services, ali: Person) -> None:
    invited = _registering(services, "invite")
    code, _ = await services.registration.invite(timedelta(days=1))
    async with client_of(create_app(invited.settings, invited)) as client:
        taken = await client.post("/auth/register", json=_newcomer(email=ali.email, invitation=code))
        assert taken.json()["slug"] == "email-taken"
        weak = await client.post("/auth/register", json=_newcomer(password="password123", invitation=code))
        assert weak.status_code == 422
        assert (await client.post("/auth/register", json=_newcomer(invitation=code))).status_code == 201


async def test_many_who_use_one_invitation_at_once_make_one_account(services: Services) -> None:
    invited = _registering(services, "invite")
    code, _ = await services.registration.invite(timedelta(days=1))
    app = create_app(invited.settings, invited)

    async def register() -> int:
        async with client_of(app) as client:
            return (await client.post("/auth/register", json=_newcomer(invitation=code))).status_code

    answers = await asyncio.gather(*(register() for _ in range(8)))
    assert sorted(answers) == [201, *[422] * 7]
