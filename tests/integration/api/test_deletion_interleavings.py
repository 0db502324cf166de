"""A run, a person in another window and a deletion, one database command at a time in any order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import empty_checkpoint

from core.business import Business
from core.campaign import Campaign, CampaignFields, Slot
from core.content import AiMetadata, ContentFields, TextContent
from core.conversation import Run
from core.document import WrittenBy
from core.errors import MarqueeError, NotFound
from core.events import run_finished, text_start
from core.ids import derived_id, new_id
from core.scope import Scope
from core.settings import Settings
from core.usage import LedgerEntry
from memory.checkpoints import Checkpoints
from services.businesses import BusinessDraft, FactDraft, NewFact
from services.checker import Checker
from services.container import Services, open_services
from services.drafting import draft_id
from services.effects.erasure import Erasure
from services.effects.withdrawal import Withdrawal
from services.recall import Remembered
from services.run_request import RunRequest
from services.run_result import RunResult
from tests.doubles.commands import Commands
from tests.integration.api.conftest import MovableClock
from tests.integrity import orphans
from tests.tenancy import TenantListener

KINDS = ("content", "campaign", "its own campaign", "thread", "business")
WRITES = (
    "insert campaigns",
    "update campaigns",
    "insert content",
    "insert memories",
    "update memories",
    "update checkpoints",
    "update checkpoint_writes",
    "insert chat_messages",
    "update threads",
    "update runs",
)
"""What a worker writes."""
WANTED = [
    Slot(local_time=f"2027-03-0{day}T09:00", timezone="UTC", platform="instagram", theme="Bread")
    for day in (1, 2)
]


@pytest.fixture
def commands() -> Commands:
    return Commands()


@pytest_asyncio.fixture
async def services(
    settings: Settings,
    clock: MovableClock,
    tenant_listener: TenantListener,
    commands: Commands,
    checker: Checker,
) -> AsyncIterator[Services]:
    async with open_services(settings, clock, [tenant_listener, commands], checker) as opened:
        yield opened
        await opened.database.mongo.drop()
    assert tenant_listener.leaks == []


@dataclass
class Desk:
    """A business with a campaign, and a thread whose run has not begun."""

    services: Services
    clock: MovableClock
    business: Business
    campaign: Campaign
    run: Run
    run_ids: list[str] = field(default_factory=list)

    @property
    def scope(self) -> Scope:
        return Scope.of(self.business.id)

    @property
    def first_draft(self) -> str:
        return draft_id(self.business.id, self.run.id, "0")

    async def work(self) -> None:
        """What a worker does with the run, which it does not learn is cancelled."""
        runs = self.services.runs
        run = await runs.claim(self.scope, self.run.id, "worker")
        if run is None:
            return
        writer = self.services.log.writer(self.scope, run.id, run.attempt)
        writer.append(text_start(run.answer_id), now=True)
        reservation = await self.services.usage.reserve(self.scope, 100, run.id)
        try:
            campaign_id = await self._write(run)
            result = RunResult("completed", "success", "Done.", campaign_id=campaign_id)
        except MarqueeError as error:
            result = RunResult("failed", problem=error.problem())
        await self.services.usage.settle(self.scope, reservation, LedgerEntry(run_id=run.id, tokens_in=60))
        if await runs.finish(self.scope, run, result):
            writer.append(run_finished(run.thread_client_id, run.client_id, "success", []), now=True)
        await writer.close()

    async def _write(self, run: Run) -> str:
        services, scope = self.services, self.scope
        if run.input.campaign_id is not None:
            campaign = await services.campaigns.get(scope, run.input.campaign_id)
        else:
            by = WrittenBy(run_id=run.id, agent="copilot")
            campaign = await services.campaigns.create_draft(
                scope, self.business.id, CampaignFields(name="May"), by
            )
        planned = await services.campaigns.save_calendar(scope, campaign.id, WANTED, run.id)
        for place, slot in enumerate(planned.calendar[:2]):
            await services.drafting.save_draft(
                scope,
                business=self.business,
                campaign=planned,
                slot=slot,
                platform="instagram",
                fields=ContentFields(title="Bread", text_content=TextContent(caption="Fresh")),
                ai_metadata=AiMetadata(),
                checked_against="",
                written_by=WrittenBy(run_id=run.id, agent="copywriter", slot=str(place)),
            )
        decided = Remembered("decision", f"run:{run.id}", "Post about bread", run.id, run_id=run.id)
        await services.recall.remember(scope, [decided])
        await services.recall.index(scope)
        saver = Checkpoints(services.database.mongo, services.database.runs)
        config: RunnableConfig = {
            "configurable": {"thread_id": run.id, "checkpoint_ns": "", "business_id": self.business.id}
        }
        stored = await saver.aput(config, empty_checkpoint(), {"source": "input", "step": -1}, {})
        await saver.aput_writes(stored, [("channel", "text")], "task")
        return campaign.id

    async def use(self) -> None:
        """What a person does in another window, who is told by an answer what is gone."""
        services, scope, user_id = self.services, self.scope, self.run.user_id
        with suppress(NotFound):
            await services.content.change(scope, self.first_draft, {"title": "Mine"}, edited_by=user_id)
        for thread_id in (self.run.thread_client_id, new_id()):
            request = RunRequest(thread_id, new_id(), "And one more", campaign_id=self.campaign.id)
            with suppress(MarqueeError):
                self.run_ids.append((await services.runs.start(scope, user_id, request)).id)
        with suppress(NotFound):
            await services.campaigns.create(scope, self.business.id, CampaignFields(name="June"))
        with suppress(NotFound):
            facts = [FactDraft(key="Loaf", value="5 €")]
            await services.businesses.replace_facts(scope, self.business.id, facts)

    async def delete(self, kind: str) -> bool:
        """Delete one of its things; the workers of its runs are given no time."""
        services, scope = self.services, self.scope
        erasure = Erasure(
            services.database,
            services.redis,
            services.campaigns,
            services.recall,
            services.idempotency,
            Withdrawal(services.database, services.runs, stop_seconds=0),
        )
        with suppress(NotFound):
            if kind == "content":
                return await erasure.erase_content(scope, self.first_draft)
            if kind == "campaign":
                return await erasure.erase_campaign(scope, self.campaign.id, cascade=True)
            if kind == "its own campaign":
                own = derived_id("campaign", self.business.id, self.run.id)
                return await erasure.erase_campaign(scope, own, cascade=True)
            if kind == "thread":
                thread = await services.threads.find(scope, self.run.user_id, self.run.thread_client_id)
                return await erasure.erase_thread(scope, thread)
            return await erasure.erase_business(scope, self.business.id, cascade=True)
        return True

    async def intact(self) -> None:
        """Assert that nothing is left of what is gone, once the sweep has ended what was begun."""
        self.clock.pass_time(seconds=31)
        await self.services.erasure.resume()
        assert await orphans(self.services, self.business.id, self.run_ids) == []


async def open_desk(services: Services, clock: MovableClock, *, named: bool) -> Desk:
    user_id = new_id()
    draft = BusinessDraft(business_name="Bakery", industry="Bakery", facts=[NewFact(key="Loaf", value="4 €")])
    business = await services.businesses.create(user_id, draft)
    scope = Scope.of(business.id)
    campaign = await services.campaigns.create(scope, business.id, CampaignFields(name="April"))
    named_id = campaign.id if named else None
    run = await services.runs.start(
        scope, user_id, RunRequest(new_id(), new_id(), "Write two posts", campaign_id=named_id)
    )
    return Desk(services, clock, business, campaign, run, [run.id])


@pytest.mark.parametrize("kind", KINDS)
async def test_a_deletion_right_before_or_after_a_write_of_a_run_leaves_no_orphan(
    services: Services, commands: Commands, clock: MovableClock, kind: str
) -> None:
    for write in WRITES:
        for after in (False, True):
            desk = await open_desk(services, clock, named=kind != "its own campaign")
            reached = False

            def choose(ready: Mapping[str, str], write: str = write, after: bool = after) -> str:
                nonlocal reached
                if reached and "deletion" in ready:
                    return "deletion"
                if ready.get("worker") == write and not reached:
                    reached = True
                    return "worker" if after or "deletion" not in ready else "deletion"
                return "worker" if "worker" in ready else "deletion"

            results = await commands.run({"worker": desk.work(), "deletion": desk.delete(kind)}, choose)
            assert results == {"worker": None, "deletion": True}
            await desk.intact()


@given(
    kind=st.sampled_from(KINDS),
    named=st.booleans(),
    head=st.integers(0, 60),
    order=st.lists(st.tuples(st.sampled_from(("worker", "person", "deletion")), st.integers(1, 20))),
    dies=st.none() | st.integers(0, 25),
)
@hypothesis_settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_no_interleaving_with_a_deletion_leaves_an_orphan(
    services: Services,
    commands: Commands,
    clock: MovableClock,
    kind: str,
    named: bool,
    head: int,
    order: list[tuple[str, int]],
    dies: int | None,
) -> None:
    desk = await open_desk(services, clock, named=named)
    wanted = iter([name for name, many in [("worker", head), *order] for _ in range(many)])

    def choose(ready: Mapping[str, str]) -> str:
        return next((name for name in wanted if name in ready), min(ready))

    actors = {"worker": desk.work(), "person": desk.use(), "deletion": desk.delete(kind)}
    results = await commands.run(actors, choose, {} if dies is None else {"deletion": dies})
    assert (results["worker"], results["person"]) == (None, None)
    assert results["deletion"] is True or isinstance(results["deletion"], asyncio.CancelledError)
    await desk.intact()
