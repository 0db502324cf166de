"""All businesses together never get more than the installation's month, from however many processes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from core.errors import InstallationQuotaExhausted, QuotaExhausted
from core.ids import new_id
from core.scope import Scope
from core.usage import LedgerEntry
from memory.budgets import Budgets
from memory.database import Database
from memory.embedded import StoreUrls
from memory.installation_quota import (
    IDLE,
    IN_USE,
    LIFETIME,
    InstallationQuota,
    InstallationReservation,
)
from memory.mongo import Mongo
from services.usage import Usage
from tests.integration.memory.test_budgets import HandClock, run_on_the_store

LIMIT = 10_000


def processes(
    database: Database, clock: HandClock, count: int, limit: int = LIMIT
) -> list[InstallationQuota]:
    return [InstallationQuota(database.installation_months, clock, limit) for _ in range(count)]


async def committed(database: Database, month: str = "2027-03") -> tuple[int, int]:
    """What the month has given out, and how much of it lies in blocks."""
    (stored,) = await database.installation_months.all({"month": month})
    return stored.committed, sum(block.tokens for block in stored.blocks)


async def test_a_thousand_callers_in_four_processes_get_no_more_than_the_limit(database: Database) -> None:
    quotas = processes(database, HandClock(), 4)
    taken = await asyncio.gather(*(quotas[number % 4].reserve(30) for number in range(1_000)))
    admitted = [(number % 4, one) for number, one in enumerate(taken) if one is not None]
    # Of a block that another process took, less than one call's tokens may lie idle.
    assert LIMIT - 4 * 30 < 30 * len(admitted) <= LIMIT
    for process, reservation in admitted:
        quotas[process].settle(reservation, 20)
    for quota in quotas:
        await quota.give_back(idle_for=timedelta())
    assert await committed(database) == (20 * len(admitted), 0)


async def test_most_calls_are_shared_out_without_asking_the_database(database: Database) -> None:
    (quota,) = processes(database, HandClock(), 1, limit=1_000_000)
    for _ in range(500):
        assert await quota.reserve(100) is not None
    (stored,) = await database.installation_months.all({})
    assert len(stored.blocks) == 5
    # The first of many waits for a block, the others for one that is large enough for all.
    assert all(await asyncio.gather(*(quota.reserve(1_000) for _ in range(300))))
    (stored,) = await database.installation_months.all({})
    assert len(stored.blocks) == 7


async def test_a_call_that_used_more_than_it_reserved_counts_in_full(database: Database) -> None:
    first, second = processes(database, HandClock(), 2)
    reservation = await first.reserve(LIMIT - 100)
    assert reservation is not None
    first.settle(reservation, LIMIT + 500)
    await first.give_back(idle_for=timedelta())
    assert await committed(database) == (LIMIT + 500, 0)
    assert await second.used_up()
    assert await second.reserve(1) is None


async def test_what_lies_idle_goes_to_another_process(database: Database) -> None:
    clock = HandClock()
    first, second = processes(database, clock, 2, limit=100)
    reservation = await first.reserve(60)
    assert reservation is not None
    assert await second.reserve(60) is None
    assert not await second.used_up()
    await first.give_back()
    assert await second.reserve(60) is None
    first.settle(reservation, 10)
    clock.present += IDLE
    await first.give_back()
    assert await second.reserve(60) is not None


async def test_a_block_of_a_process_that_died_counts_as_used(database: Database) -> None:
    clock = HandClock()
    dead, alive = processes(database, clock, 2, limit=100)
    assert await dead.reserve(60) is not None
    clock.present += LIFETIME
    await alive.charge_expired()
    assert await committed(database) == (60, 60)
    clock.present += timedelta(seconds=1)
    await alive.charge_expired()
    assert await committed(database) == (60, 0)
    assert await alive.reserve(41) is None
    assert await alive.reserve(40) is not None
    # The process was only stopped: what it gives back now is counted already.
    await dead.give_back(idle_for=timedelta())
    assert (await committed(database))[0] == 100


async def test_a_new_month_starts_anew_and_pays_its_own_calls(database: Database) -> None:
    clock = HandClock(datetime(2027, 3, 31, 23, 59, tzinfo=UTC))
    (quota,) = processes(database, clock, 1, limit=100)
    march = await quota.reserve(90)
    assert march is not None
    assert await quota.reserve(50) is None
    clock.present += timedelta(minutes=2)
    assert await quota.reserve(50) is not None
    quota.settle(march, 80)
    await quota.give_back(idle_for=timedelta())
    assert await committed(database) == (80, 0)
    assert await committed(database, "2027-04") == (50, 50)


async def test_one_limit_refuses_and_the_other_keeps_its_tokens(database: Database) -> None:
    clock = HandClock()
    budgets = Budgets(database.budgets, database.ledger, clock, 1_000)
    quota = InstallationQuota(database.installation_months, clock, 1_500)
    usage = Usage(budgets, quota, clock)
    ours, theirs = Scope.of(new_id()), Scope.of(new_id())
    spent = await usage.reserve(ours, 1_000, None)
    with pytest.raises(QuotaExhausted) as refused:
        await usage.reserve(ours, 1, None)
    assert refused.value.facts["quota"] == "business"
    with pytest.raises(InstallationQuotaExhausted) as common:
        await usage.reserve(theirs, 501, None)
    assert common.value.facts == {"quota": "installation", "resets_at": "2027-04-01T00:00:00Z"}
    assert "MARQUEE_QUOTA_INSTALLATION" in common.value.detail
    assert (await budgets.month(theirs)).reserved == 0
    await usage.admit(theirs)
    await usage.settle(ours, spent, LedgerEntry(tokens_in=1_600))
    await usage.settle(ours, spent, LedgerEntry(tokens_in=1_600))
    await usage.close()
    assert await committed(database) == (1_600, 0)
    with pytest.raises(InstallationQuotaExhausted):
        await usage.admit(theirs)


@dataclass
class Process:
    """A process and the calls that are going on in it."""

    quota: InstallationQuota
    calls: list[InstallationReservation] = field(default_factory=list)


class SharedMonth(RuleBasedStateMachine):
    """Any order of calls, crashes, sweeps and months in three processes on one document."""

    runner: ClassVar[asyncio.Runner]
    mongo: ClassVar[Mongo]

    def __init__(self) -> None:
        super().__init__()
        self.clock = HandClock()
        self.database = Database(self.mongo, HandClock())
        self.runner.run(self.database.installation_months.delete({}))
        self.all = [Process(quota) for quota in processes(self.database, self.clock, 3)]
        self.admitted: dict[str, int] = {}
        self.crashed = False

    @rule(process=st.integers(0, 2), tokens=st.integers(0, LIMIT // 3))
    def call(self, process: int, tokens: int) -> None:
        reservation = self.runner.run(self.all[process].quota.reserve(tokens))
        if reservation is not None:
            self.all[process].calls.append(reservation)
            month = reservation.block.month
            self.admitted[month] = self.admitted.get(month, 0) + tokens

    @rule(process=st.integers(0, 2), share=st.floats(0, 1))
    def answer(self, process: int, share: float) -> None:
        if self.all[process].calls:
            reservation = self.all[process].calls.pop(0)
            used = int(reservation.tokens * share)
            self.all[process].quota.settle(reservation, used)
            self.admitted[reservation.block.month] -= reservation.tokens - used

    @rule(process=st.integers(0, 2))
    def crash(self, process: int) -> None:
        """What its calls had reserved may have been used by the provider."""
        self.all[process] = Process(processes(self.database, self.clock, 1)[0])
        self.crashed = True

    @rule(process=st.integers(0, 2))
    def sweep(self, process: int) -> None:
        self.runner.run(self.all[process].quota.charge_expired())
        self.runner.run(self.all[process].quota.give_back())

    @rule(seconds=st.sampled_from([1, IDLE.seconds, IN_USE.seconds, LIFETIME.seconds + 1, 86_400]))
    def time_passes(self, seconds: int) -> None:
        self.clock.present += timedelta(seconds=seconds)

    @invariant()
    def what_may_have_been_used_is_within_what_was_given_out_and_that_within_the_limit(self) -> None:
        stored = self.runner.run(self.database.installation_months.all({}))
        for month in stored:
            assert self.admitted.get(month.month, 0) <= month.committed <= LIMIT

    def teardown(self) -> None:
        """When all calls have ended and nobody died, exactly what was used counts."""
        for process in self.all:
            for reservation in process.calls:
                process.quota.settle(reservation, reservation.tokens)
            self.runner.run(process.quota.give_back(idle_for=timedelta()))
        for month in self.runner.run(self.database.installation_months.all({})):
            if not self.crashed and not self._expired():
                assert (month.committed, month.blocks) == (self.admitted.get(month.month, 0), [])

    def _expired(self) -> bool:
        """Whether so much time has passed that blocks may have been charged in full."""
        return self.clock.present - HandClock().present > LIFETIME


def test_any_order_of_events_keeps_the_installation_within_its_limit(store_urls: StoreUrls) -> None:
    run_on_the_store(SharedMonth, store_urls, examples=60)
