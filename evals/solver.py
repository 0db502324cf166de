"""Run a case through the real graphs and stores into a RunRecord."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import orjson
from pydantic import ValidationError

from agents.gateway import Gateway
from agents.strategy import CalendarPlan
from core.business import Business
from core.campaign import Campaign, Slot
from core.content import Content
from core.conversation import Run
from core.errors import MarqueeError
from core.ids import new_id
from core.scope import Scope
from core.settings import Settings
from evals.cases import NOW, CaseInputs
from evals.record import RunRecord
from graphs.compose import open_copilot
from graphs.run import Copilot
from memory.checkpoints import Checkpoints
from memory.embedded import StoreUrls, disposable_stores, stores_at_hand
from memory.mongo import CommandListener
from prompts.library import PromptLibrary
from services.businesses import BusinessDraft
from services.container import Services, open_services
from services.run_request import RunRequest
from services.runs import RunResult

FAST = 1_000_000.0
"""Tokens per second of the offline model."""

_OWNER = "evals"
_AGENTS = {"strategist": "strategy", "copywriter": "copywriter"}


class CaseClock:
    """A fixed clock, for reproducible runs."""

    def now(self) -> datetime:
        """Return the instant of every case."""
        return NOW


@dataclass
class ListSink:
    """Collects a run's events and texts."""

    events: list[dict[str, Any]] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=lambda: defaultdict(str))

    def append(self, event: bytes, *, now: bool = False) -> None:
        """Collect one event."""
        self.events.append(orjson.loads(event))

    def delta(self, lane: Literal["text", "args"], item_id: str, text: str) -> None:
        """Collect a delta of a message or of a call's arguments."""
        self.texts[item_id] += text

    def written_by_call(self, name: str) -> str:
        """Return the arguments of the last call of that name, as the model wrote them."""
        ids = [event["toolCallId"] for event in self.events if event.get("toolCallName") == name]
        return self.texts[ids[-1]] if ids else ""

    def superseded(self) -> int:
        """Return the number of outputs that were superseded."""
        results = [event for event in self.events if event["type"] == "TOOL_CALL_RESULT"]
        return sum("superseded_by" in orjson.loads(event["content"]) for event in results)


@asynccontextmanager
async def stores_for_evals(settings: Settings, folder: Path) -> AsyncIterator[StoreUrls]:
    """Open the stores of the settings; missing ones are started and die with this process."""
    opened = stores_at_hand(folder, settings.store_urls) if settings.store_urls else disposable_stores(folder)
    async with opened as urls:
        yield urls


@asynccontextmanager
async def open_bench(settings: Settings, listeners: Sequence[CommandListener] = ()) -> AsyncIterator[Bench]:
    """Open a bench on a new database, which is removed at the end, with a user."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="marquee-evals-")))
        urls = await stack.enter_async_context(stores_for_evals(settings, folder / "stores"))
        mine = {
            "mongodb_url": urls.mongodb,
            "redis_url": urls.redis,
            "chroma_url": urls.chroma,
            "database": f"marquee_evals_{new_id()}",
            "data_dir": folder,
            "offline_tokens_per_second": FAST,
            # Every case creates its own business.
            "businesses_per_user": 10_000,
        }
        own = settings.model_copy(update=mine)
        services = await stack.enter_async_context(open_services(own, CaseClock(), listeners))
        user = await services.accounts.create(f"{new_id()}@evals.example", new_id(), "Evals")
        bench = Bench(own, services, user.id)
        try:
            yield bench
        finally:
            if settings.store_urls:
                await bench.clear()


class Bench:
    """The services for cases, under one user's account."""

    def __init__(self, settings: Settings, services: Services, user_id: str) -> None:
        self._settings = settings
        self._services = services
        self._user_id = user_id
        self._founded: list[str] = []
        self._vectors: dict[str, list[float]] = {}

    @asynccontextmanager
    async def solver(
        self,
        businesses: Mapping[str, BusinessDraft],
        library: PromptLibrary | None = None,
        *,
        prompts_alone: bool = False,
    ) -> AsyncIterator[Solver]:
        """Return a solver with these prompts; `prompts_alone` disables tools and repairs."""
        settings, services = self._settings, self._services
        if prompts_alone:
            settings = settings.model_copy(update={"repairs": 0, "model_tools": "off"})
        checkpoints = Checkpoints(services.database.mongo, services.database.runs)
        async with open_copilot(services, settings, services.usage, self._embed, checkpoints, library) as (
            copilot,
            gateway,
        ):
            yield Solver(self, copilot, gateway, businesses)

    def _embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Embed texts with a cache, since runs with different prompts share most texts."""
        unknown = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        if unknown:
            vectors = self._services.embedder.embed_now(unknown)
            self._vectors.update(zip(unknown, vectors, strict=True))
        return [self._vectors[text] for text in texts]

    async def found(self, draft: BusinessDraft) -> Business:
        """Create a business of the user."""
        business = await self._services.businesses.create(self._user_id, draft)
        self._founded.append(business.id)
        return business

    async def prepare(self, inputs: CaseInputs, business: Business) -> tuple[Campaign | None, list[Slot]]:
        """Create the campaign before the request, with the slots to draft."""
        if inputs.campaign is None:
            return None, []
        scope, campaigns = Scope.of(business.id), self._services.campaigns
        campaign = await campaigns.create(scope, business.id, inputs.campaign)
        slots = [Slot(timezone=business.timezone, **slot.model_dump()) for slot in inputs.slots]
        if slots:
            campaign = await campaigns.save_calendar(scope, campaign.id, slots, new_id())
        return campaign, campaign.calendar

    async def begin(
        self, inputs: CaseInputs, business: Business, campaign: Campaign | None, slots: Sequence[Slot]
    ) -> Run:
        """Store and claim the run as a worker does."""
        scope = Scope.of(business.id)
        request = RunRequest(
            thread_id=new_id(),
            run_id=new_id(),
            text=inputs.request,
            campaign_id=campaign.id if campaign else None,
            specialists=inputs.specialists,
            slot_ids=[slot.slot_id for slot in slots],
        )
        run = await self._services.runs.start(scope, self._user_id, request)
        claimed = await self._services.runs.claim(scope, run.id, _OWNER)
        if claimed is None:
            raise RuntimeError(f"run {run.id} was taken by another worker")
        return claimed

    async def end(self, run: Run, result: RunResult) -> tuple[Campaign | None, list[Content]]:
        """End the run; return its campaign and drafts from the database."""
        scope = Scope.of(run.business_id)
        if not await self._services.runs.finish(scope, run, result):
            raise RuntimeError(f"run {run.id} was ended by another worker")
        if result.campaign_id is None:
            return None, []
        campaign, page = await asyncio.gather(
            self._services.campaigns.get(scope, result.campaign_id),
            self._services.content.page(scope, 100, campaign_id=result.campaign_id),
        )
        place = {slot.slot_id: number for number, slot in enumerate(campaign.calendar)}
        drafts = sorted(page.items, key=lambda draft: (place.get(draft.slot_id or "", -1), draft.platform))
        return campaign, drafts

    async def clear(self) -> None:
        """Remove the data of the bench from stores that are kept."""
        for business_id in self._founded:
            await self._services.recall.forget_business(Scope.of(business_id))
        await self._services.database.mongo.drop()


class Solver:
    """Runs cases, each on its own business."""

    def __init__(
        self, bench: Bench, copilot: Copilot, gateway: Gateway, businesses: Mapping[str, BusinessDraft]
    ) -> None:
        self._bench = bench
        self.copilot = copilot
        self._businesses = businesses
        self.model = gateway.info

    async def solve(self, inputs: CaseInputs) -> RunRecord:
        """Run a case, from a new business to the end of the run."""
        bench = self._bench
        business = await bench.found(self._businesses[inputs.business])
        campaign, slots = await bench.prepare(inputs, business)
        run = await bench.begin(inputs, business, campaign, slots if inputs.slots else [])
        sink = ListSink()
        attempt = self.copilot.prepare(Scope.of(business.id), run, sink)
        started = time.monotonic()
        try:
            await attempt()
            result = attempt.result("completed")
        except MarqueeError as error:
            failed = attempt.result("failed")
            result = RunResult(
                "failed", text=failed.text, campaign_id=failed.campaign_id, problem=error.problem()
            )
        seconds = time.monotonic() - started
        found, drafts = await bench.end(run, result)
        worked = [_AGENTS[step.agent] for step in result.steps if step.agent in _AGENTS]
        return RunRecord(
            status=result.status,
            problem=str(result.problem) if result.problem else "",
            agents=list(dict.fromkeys(worked)),
            business=business,
            campaign=found,
            plan=_plan(sink),
            drafts=drafts,
            answer=result.text,
            repairs=sink.superseded(),
            model=self.model.name,
            simulated=self.model.simulated,
            tokens=sum(use.input_tokens + use.output_tokens for use in result.usage),
            seconds=round(seconds, 3),
        )


def _plan(sink: ListSink) -> CalendarPlan | None:
    try:
        return CalendarPlan.model_validate_json(sink.written_by_call("plan_calendar"))
    except ValidationError:
        return None
