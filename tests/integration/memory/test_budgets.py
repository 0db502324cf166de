"""No budget is overspent, no reservation leaks, and the ledger adds up to the month."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from agents.calls import Account, Call
from agents.tokens import TokenCounter
from core.clock import month_of
from core.errors import InvalidFields, QuotaExhausted
from core.ids import new_id
from core.scope import Scope
from core.usage import LedgerEntry, LedgerRow, MonthBudget
from memory.budgets import Budgets, ReservationId
from memory.database import Database
from memory.embedded import StoreUrls
from memory.installation_quota import InstallationQuota
from memory.leases import Scans
from memory.migrations import migrate
from memory.mongo import Mongo
from services.usage import Usage
from tests.tenancy import TenantListener

LIMIT = 1_000
LIFETIME = timedelta(minutes=15)


class HandClock:
    """Stands still until it is moved on."""

    def __init__(self, now: datetime = datetime(2027, 3, 30, 12, tzinfo=UTC)) -> None:
        self.present = now

    def now(self) -> datetime:
        return self.present


@dataclass
class Till:
    """The budget of one business, and the sweeper that looks after it."""

    database: Database
    clock: HandClock
    budgets: Budgets
    scope: Scope

    @classmethod
    def on(cls, mongo: Mongo, limit: int) -> Till:
        clock = HandClock()
        database = Database(mongo, clock)
        budgets = Budgets(database.budgets, database.ledger, clock, limit, LIFETIME)
        return cls(database, clock, budgets, Scope.of(new_id()))

    def usage(self, budgets: Budgets | None = None) -> Usage:
        """The meter, with a common limit that nothing here comes near."""
        common = InstallationQuota(self.database.installation_months, self.clock, 1_000_000_000)
        return Usage(budgets or self.budgets, common, self.clock)

    async def sweep(self) -> int:
        """What `jobs/schedule` does: charge what the scan of all businesses finds."""
        found = await Scans(self.database.mongo).expired_reservations(self.clock.now())
        charged = [
            await self.budgets.charge_expired(Scope.of(one.business_id), one.document_id) for one in found
        ]
        return sum(charged)

    async def rows(self, month: str) -> list[LedgerRow]:
        return await self.database.ledger.all(self.scope, {"month": month}, limit=10_000)


@pytest_asyncio.fixture
async def till(database: Database) -> Till:
    return Till.on(database.mongo, 100)


async def test_a_thousand_at_once_against_a_budget_for_a_hundred(till: Till) -> None:
    taken = await asyncio.gather(*(till.budgets.reserve(till.scope, 1, None) for _ in range(1_000)))
    admitted = [reservation for reservation in taken if reservation is not None]
    assert len(set(admitted)) == len(admitted) == 100
    month = await till.budgets.month(till.scope)
    assert (month.reserved, month.remaining, month.tokens_used) == (100, 0, 0)
    assert {entry.id for entry in month.reservations} == set(admitted)


async def test_settling_gives_back_what_was_not_used_and_counts_once(till: Till) -> None:
    reservation = await till.budgets.reserve(till.scope, 80, "a" * 24)
    assert reservation is not None
    assert await till.budgets.reserve(till.scope, 21, None) is None
    entry = LedgerEntry(
        agent="copywriter", model="gpt-5.4$mini%", tokens_in=20, tokens_out=10, cost_micro_usd=7
    )
    settled = await asyncio.gather(*(till.budgets.settle(till.scope, reservation, entry) for _ in range(8)))
    assert sum(settled) == 1
    month = await till.budgets.month(till.scope)
    assert (month.reserved, month.remaining, month.tokens_used, month.cost_micro_usd) == (0, 70, 30, 7)
    assert month.reservations == []
    (row,) = await till.rows("2027-03")
    assert (row.tokens, row.agent, row.model, row.month) == (30, "copywriter", "gpt-5.4$mini%", "2027-03")


async def test_a_call_that_used_more_than_it_reserved_is_charged_for_all(till: Till) -> None:
    reservation = await till.budgets.reserve(till.scope, 60, None)
    assert reservation is not None
    await till.budgets.settle(till.scope, reservation, LedgerEntry(tokens_in=130))
    month = await till.budgets.month(till.scope)
    assert (month.tokens_used, month.remaining) == (130, -30)
    assert await till.budgets.reserve(till.scope, 0, None) is None
    with pytest.raises(QuotaExhausted) as refused:
        await till.usage().admit(till.scope)
    assert refused.value.facts == {
        "quota": "business",
        "resets_at": "2027-04-01T00:00:00Z",
        "limit": 100,
        "remaining": 0,
    }


async def test_what_a_lost_worker_had_reserved_is_charged_when_its_run_is_taken_again(till: Till) -> None:
    lost, other = new_id(), new_id()
    assert await till.budgets.reserve(till.scope, 30, lost) is not None
    assert await till.budgets.reserve(till.scope, 20, other) is not None
    usage = till.usage()
    await usage.charge_lost(till.scope, lost)
    await usage.charge_lost(till.scope, lost)
    month = await till.budgets.month(till.scope)
    assert (month.tokens_used, month.reserved, month.remaining) == (30, 20, 50)
    assert [one.run_id for one in month.reservations] == [other]


async def test_a_crash_between_ledger_and_month_is_charged_as_the_ledger_says(till: Till) -> None:
    reservation = await till.budgets.reserve(till.scope, 60, None)
    assert reservation is not None
    spent = LedgerEntry(agent="copywriter", tokens_in=25)
    # The month is out of reach for a moment: the row is written, the settlement is not.
    out_of_reach = Budgets(till.database.budgets, till.database.ledger, till.clock, 100)
    stored = till.database.budgets.raw
    budget = await stored.find_one({**till.scope.filter()})
    assert budget is not None
    await stored.delete_one({"_id": budget["_id"], **till.scope.filter()})
    assert not await out_of_reach.settle(till.scope, reservation, spent)
    await stored.insert_one(budget)
    till.clock.present += LIFETIME + timedelta(seconds=1)
    assert await till.sweep() == 1
    month = await till.budgets.month(till.scope)
    assert (month.tokens_used, month.reserved, month.remaining) == (25, 0, 75)
    assert [(row.agent, row.tokens) for row in await till.rows("2027-03")] == [("copywriter", 25)]


async def test_a_call_over_the_turn_of_the_month_is_charged_to_its_own(till: Till) -> None:
    reservation = await till.budgets.reserve(till.scope, 60, None)
    assert reservation is not None
    till.clock.present = datetime(2027, 4, 1, 0, 1, tzinfo=UTC)
    assert (await till.budgets.month(till.scope)).remaining == 100
    await till.budgets.settle(till.scope, reservation, LedgerEntry(tokens_in=40))
    march = await till.budgets.month(till.scope, "2027-03")
    assert (march.tokens_used, march.reserved, march.by_day) == (40, 0, {"2027-03-31": 40})
    assert (await till.budgets.month(till.scope)).tokens_used == 0
    assert [row.tokens for row in await till.rows("2027-03")] == [40]


async def test_the_report_names_months_and_what_used_them(till: Till) -> None:
    usage = till.usage()
    reservation = await usage.reserve(till.scope, 60, None)
    entry = LedgerEntry(agent="copywriter", model="gpt-5.4-mini", tokens_in=40, cost_micro_usd=12)
    await usage.settle(till.scope, reservation, entry)
    till.clock.present += timedelta(days=5)
    assert (await usage.report(till.scope))["tokens_used"] == 0
    assert await usage.report(till.scope, "2027-03") == {
        "month": "2027-03",
        "limit": 100,
        "tokens_used": 40,
        "reserved": 0,
        "remaining": 60,
        "resets_at": "2027-04-01T00:00:00.000Z",
        "cost": {"micro_usd": 12},
        "by_agent": {"copywriter": 40},
        "by_model": {"gpt-5.4-mini": 40},
        "by_day": {"2027-03-30": 40},
    }
    assert (await usage.report(till.scope, "2026-12"))["resets_at"] == "2027-01-01T00:00:00.000Z"


async def test_a_month_that_has_not_begun_is_refused(till: Till) -> None:
    till.clock.present = datetime(2027, 4, 4, tzinfo=UTC)
    assert (await till.usage().report(till.scope))["month"] == "2027-04"
    with pytest.raises(InvalidFields) as refused:
        await till.usage().report(till.scope, "2027-05")
    assert [error["field"] for error in refused.value.facts["errors"]] == ["month"]


async def test_cancelled_and_crashed_calls_leak_nothing(till: Till, tmp_path: Path) -> None:
    """400 calls at once: some settle, some are cancelled at any moment, some are never heard of again."""
    budgets = Budgets(till.database.budgets, till.database.ledger, till.clock, 50_000, LIFETIME)
    account = Account(till.usage(budgets), TokenCounter(tmp_path))
    call = Call(till.scope, run_id="a" * 24, agent="copywriter")
    chance = random.Random(7)

    async def spent(tokens: int) -> LedgerEntry:
        return LedgerEntry(run_id="a" * 24, agent="copywriter", tokens_in=tokens)

    async def one(crashes: bool) -> None:
        reservation = await account.reserve(call, 200)
        if not crashes:
            try:
                await asyncio.sleep(0)
            finally:
                await account.settle(call, reservation, spent(90))

    tasks = [asyncio.create_task(one(crashes=number % 10 == 0)) for number in range(400)]
    loop = asyncio.get_running_loop()
    for task in tasks[1::4]:
        loop.call_later(chance.uniform(0, 0.4), task.cancel)
    ends = await asyncio.gather(*tasks, return_exceptions=True)
    assert {type(end) for end in ends} <= {type(None), QuotaExhausted, asyncio.CancelledError}
    await account.drain()

    open_now = await budgets.month(till.scope)
    assert open_now.reserved == 200 * len(open_now.reservations) > 0
    till.clock.present += LIFETIME + timedelta(seconds=1)
    assert await till.sweep() == len(open_now.reservations)
    assert await till.sweep() == 0
    month = await budgets.month(till.scope)
    assert (month.reserved, month.reservations) == (0, [])
    assert month.remaining == 50_000 - month.tokens_used
    rows = await till.rows("2027-03")
    assert sum(row.tokens for row in rows) == month.tokens_used == sum(month.by_agent.values())
    assert sum(row.outcome == "lost" for row in rows) == len(open_now.reservations)


@dataclass
class ModelMonth:
    """What a month should be."""

    used: int = 0
    open: dict[str, tuple[int, datetime]] = field(default_factory=dict)

    @property
    def reserved(self) -> int:
        return sum(tokens for tokens, _ in self.open.values())


class QuotaMachine(RuleBasedStateMachine):
    """Any order of calls, crashes, months and sweeps, on the store, beside a model of a dozen lines."""

    runner: ClassVar[asyncio.Runner]
    mongo: ClassVar[Mongo]
    reservations = Bundle("reservations")

    def __init__(self) -> None:
        super().__init__()
        self._run = self.runner.run
        self.till = Till.on(self.mongo, LIMIT)
        self.model: dict[str, ModelMonth] = {}

    def month(self, name: str | None = None) -> ModelMonth:
        return self.model.setdefault(name or month_of(self.till.clock.now()), ModelMonth())

    @rule(target=reservations, tokens=st.integers(0, LIMIT // 2))
    def reserve(self, tokens: int) -> str | None:
        month = self.month()
        given: str | None = self._run(self.till.budgets.reserve(self.till.scope, tokens, None))
        assert (given is not None) == (LIMIT - month.used - month.reserved >= tokens)
        if given is not None:
            month.open[given] = (tokens, self.till.clock.now() + LIFETIME)
        return given

    @rule(reservation=reservations, share=st.floats(0, 1.2))
    def settle_again_and_again(self, reservation: str | None, share: float) -> None:
        """Settle, in full, in part or beyond; the same reservation may come back in a later step."""
        self._settle(reservation, share)

    @rule(reservation=consumes(reservations))
    def cancel(self, reservation: str | None) -> None:
        self._settle(reservation, 0)

    @rule(reservation=consumes(reservations))
    def crash(self, reservation: str | None) -> None:
        """The process is gone: nobody settles."""

    @rule(minutes=st.integers(1, 30))
    def time_passes(self, minutes: int) -> None:
        self.till.clock.present += timedelta(minutes=minutes)

    @precondition(lambda self: len(self.model) < 4)
    @rule()
    def the_month_ends(self) -> None:
        now = self.till.clock.present
        self.till.clock.present = (now.replace(day=28) + timedelta(days=4)).replace(day=1)

    @rule()
    def sweep(self) -> None:
        lost = {
            name: [key for key, (_, until) in month.open.items() if until < self.till.clock.now()]
            for name, month in self.model.items()
        }
        charged = self._run(self.till.sweep())
        assert charged == sum(len(keys) for keys in lost.values())
        for name, keys in lost.items():
            for key in keys:
                self.model[name].used += self.model[name].open.pop(key)[0]

    @invariant()
    def store_and_model_agree(self) -> None:
        for name, month in self.model.items():
            stored: MonthBudget = self._run(self.till.budgets.month(self.till.scope, name))
            assert stored.tokens_used == month.used
            assert stored.reserved == month.reserved
            assert stored.remaining == LIMIT - month.used - month.reserved
            assert {entry.id for entry in stored.reservations} == set(month.open)

    def teardown(self) -> None:
        """When all is over, a sweep leaves nothing open, and the ledger adds up to the months."""
        self.till.clock.present += LIFETIME + timedelta(minutes=1)
        self.sweep()
        self.store_and_model_agree()
        for name, month in self.model.items():
            assert month.open == {}
            rows = self._run(self.till.rows(name))
            assert sum(row.tokens for row in rows) == month.used

    def _settle(self, reservation: str | None, share: float) -> None:
        if reservation is None:
            return
        parsed = ReservationId.parse(reservation)
        tokens = int(parsed.tokens * share)
        month = self.month(parsed.month)
        settled = self._run(
            self.till.budgets.settle(self.till.scope, reservation, LedgerEntry(tokens_in=tokens))
        )
        assert settled == (reservation in month.open)
        if settled:
            del month.open[reservation]
            month.used += tokens


@pytest.fixture
def tenants() -> TenantListener:
    return TenantListener()


def run_on_the_store(
    machine: type[RuleBasedStateMachine],
    store_urls: StoreUrls,
    listeners: Sequence[TenantListener] = (),
    examples: int = 40,
) -> None:
    """Run a state machine that has a `runner` and a `mongo` on a database of its own."""
    with asyncio.Runner() as runner:

        async def opened() -> Mongo:
            mongo = Mongo(store_urls.mongodb, f"test_{new_id()}", listeners)
            await migrate(mongo)
            return mongo

        mongo = runner.run(opened())
        try:
            run_state_machine_as_test(
                type("OnTheStore", (machine,), {"runner": runner, "mongo": mongo}),
                settings=settings(
                    max_examples=examples,
                    stateful_step_count=25,
                    deadline=None,
                    derandomize=True,
                    database=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )
            runner.run(mongo.drop())
        finally:
            mongo.close()


def test_any_order_of_events_keeps_the_budget_exact(store_urls: StoreUrls, tenants: TenantListener) -> None:
    run_on_the_store(QuotaMachine, store_urls, [tenants])
    assert tenants.leaks == []
