"""The month of a business over HTTP."""

from __future__ import annotations

import pytest

from core.account import BusinessRole, Membership
from core.clock import month_of, rfc3339
from core.ids import derived_id
from core.scope import Scope
from core.usage import InstallationMonth, LedgerEntry
from services.container import Services
from tests.integration.api.conftest import MovableClock, Person, SignUp
from tests.integration.api.test_business import found


async def test_an_unused_month_has_the_whole_limit(ali: Person, services: Services) -> None:
    business = await found(ali)
    answer = await ali.client.get(f"/business/{business['id']}/usage")
    assert answer.status_code == 200
    month = f"{services.clock.now():%Y-%m}"
    resets_at = answer.json().pop("resets_at")
    assert resets_at.endswith("-01T00:00:00.000Z")
    assert answer.json() == {
        "month": month,
        "limit": services.settings.quota_default,
        "tokens_used": 0,
        "reserved": 0,
        "remaining": services.settings.quota_default,
        "resets_at": resets_at,
        "cost": {"micro_usd": 0},
        "by_agent": {},
        "by_model": {},
        "by_day": {},
    }


async def test_past_months_can_be_asked_for(sign_up: SignUp, services: Services, clock: MovableClock) -> None:
    async with sign_up("Ali") as ali:
        business = await found(ali)
        scope = Scope.of(business["id"])
        month = f"{services.clock.now():%Y-%m}"
        reservation = await services.usage.reserve(scope, 500, None)
        open_call = (await ali.client.get(f"/business/{business['id']}/usage")).json()
        assert (open_call["reserved"], open_call["tokens_used"]) == (500, 0)
        entry = LedgerEntry(
            agent="copywriter", model="gpt-5.4-mini", tokens_in=40, tokens_out=2, cost_micro_usd=9
        )
        await services.usage.settle(scope, reservation, entry)
        used = (await ali.client.get(f"/business/{business['id']}/usage?month={month}")).json()
        assert (used["reserved"], used["tokens_used"], used["cost"]) == (0, 42, {"micro_usd": 9})
        assert (used["by_agent"], used["by_model"]) == ({"copywriter": 42}, {"gpt-5.4-mini": 42})
    clock.pass_time(days=32)
    async with sign_up("Later", "later@example.com") as later:
        await services.database.memberships.insert(_member(services, business["id"], later.id, "client"))
        address = f"/business/{business['id']}/usage"
        assert (await later.client.get(address)).json()["tokens_used"] == 0
        assert (await later.client.get(f"{address}?month={month}")).json()["tokens_used"] == 42


async def test_a_month_that_all_businesses_have_used_up_starts_no_work(
    ali: Person, services: Services
) -> None:
    business = await found(ali)
    now = services.clock.now()
    used = InstallationMonth(
        id=derived_id("installation-month", month_of(now)),
        month=month_of(now),
        committed=services.settings.quota_installation,
        created_at=now,
        updated_at=now,
    )
    await services.database.installation_months.insert(used)
    message = {"id": "1", "role": "user", "content": "Hello"}
    body = {"threadId": "spring", "runId": "spring-1", "messages": [message]}
    answer = await ali.client.post(f"/business/{business['id']}/copilot", json=body)
    assert (answer.status_code, answer.json()["slug"]) == (429, "quota-exhausted")
    assert answer.json()["quota"] == "installation"
    assert answer.json()["resets_at"] > rfc3339(now)
    assert (await ali.client.get("/runs/spring-1")).status_code == 404


@pytest.mark.parametrize("month", ["2027", "march", "2027-3", "2999-01", "2026-13", "1999-12", "2027-0４"])
async def test_a_month_that_is_none_is_refused(ali: Person, month: str) -> None:
    business = await found(ali)
    answer = await ali.client.get(f"/business/{business['id']}/usage?month={month}")
    assert answer.status_code == 422
    assert answer.json()["slug"] == "invalid-fields"
    assert [error["field"] for error in answer.json()["errors"]] == ["month"]


async def test_a_stranger_learns_nothing(ali: Person, sign_up: SignUp) -> None:
    business = await found(ali)
    async with sign_up("Eve") as eve:
        assert (await eve.client.get(f"/business/{business['id']}/usage")).status_code == 404


def _member(services: Services, business_id: str, user_id: str, role: BusinessRole) -> Membership:
    now = services.clock.now()
    return Membership(business_id=business_id, user_id=user_id, role=role, created_at=now, updated_at=now)
