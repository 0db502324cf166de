"""Run a case through the real graphs and stores into a RunRecord."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import orjson
from pydantic import ValidationError

from agents.gateway import Gateway
from agents.strategy import CalendarPlan
from core.actions import Intent
from core.business import Business
from core.campaign import Campaign
from core.content import Content
from core.conversation import Run
from core.errors import MarqueeError
from core.ids import new_id
from core.scope import Scope
from core.settings import Settings
from evals.cases import NOW, CaseInputs
from evals.record import RunRecord
from evals.stage import Stage, StageHand
from graphs.compose import open_copilot
from graphs.run import Copilot
from memory.checkpoints import Checkpoints
from memory.embedded import StoreUrls, disposable_stores, stores_at_hand
from memory.mongo import CommandListener
from prompts.library import PromptLibrary
from services.businesses import BusinessDraft
from services.container import Services, open_services
from services.run_request import RunRequest
from services.run_result import RunResult

FAST = 1_000_000.0
"""Tokens per second of the offline model."""

_WORK: dict[str, Intent] = {
    "plan_calendar": "plan",
    "write_post": "write",
    "write_email": "write",
    "write_sms": "write",
    "edit_draft": "edit",
    "suggest_variants": "variants",
    "change_calendar": "calendar",
}


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
        self.hand = StageHand(services, user_id)
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

    async def end(self, run: Run, result: RunResult) -> None:
        """End the run.

        Raises:
            RuntimeError: Its lease was lost.
        """
        if not await self._services.runs.finish(Scope.of(run.business_id), run, result):
            raise RuntimeError(f"run {run.id} was ended by another worker")

    async def campaign(self, stage: Stage, campaign_id: str | None) -> Campaign | None:
        """The campaign of a result, else of the stage."""
        named = campaign_id or (stage.campaign.id if stage.campaign else None)
        return await self._services.campaigns.get(Scope.of(stage.business.id), named) if named else None

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
        stage = await self.open(inputs)
        # The campaign is named where the case, and not a scene, brings it.
        named = stage.campaign if inputs.campaign else None
        asked = named.calendar if named and inputs.slots else []
        request = RunRequest(
            stage.thread_id,
            new_id(),
            inputs.request,
            campaign_id=named.id if named else None,
            specialists=inputs.specialists,
            slot_ids=[slot.slot_id for slot in asked],
            focus=stage.ids[inputs.focus] if inputs.focus else None,
        )
        return await self.ask(stage, request)

    async def open(self, inputs: CaseInputs) -> Stage:
        """Create the business with what it has."""
        business = await self._bench.found(self._businesses[inputs.business])
        return await self._bench.hand.set(inputs, business)

    async def ask(self, stage: Stage, request: RunRequest) -> RunRecord:
        """Run one request of a stage, whose campaign is then that of the run."""
        bench, business = self._bench, stage.business
        before = await bench.hand.look(stage)
        run = await bench.hand.claimed(Scope.of(business.id), request)
        sink = ListSink()
        attempt = self.copilot.prepare(Scope.of(business.id), run, sink)
        started = time.monotonic()
        try:
            await attempt()
            result = attempt.result("completed")
        except MarqueeError as error:
            result = replace(attempt.result("failed"), problem=error.problem())
        seconds = time.monotonic() - started
        await bench.end(run, result)
        stage.campaign = await bench.campaign(stage, result.campaign_id)
        after = (await bench.hand.look(stage)).drafts.values()
        changed = [draft for draft in after if _seen(draft) != _seen(before.drafts.get(draft.id))]
        slots = stage.campaign.calendar if stage.campaign else []
        place = {slot.slot_id: number for number, slot in enumerate(slots)}
        return RunRecord(
            status=result.status,
            problem="{slug}: {detail}".format(**result.problem) if result.problem else "",
            did=_did(result),
            business=business,
            before=before,
            campaign=stage.campaign,
            plan=_plan(sink),
            drafts=sorted(changed, key=lambda draft: (place.get(draft.slot_id or "", -1), draft.platform)),
            kept=[draft for draft in after if draft not in changed],
            artefacts=list(result.artefacts),
            clarify=result.clarify,
            proposed=list(result.proposed_actions),
            answer=result.text,
            unsourced=list(result.unsourced),
            repairs=sink.superseded(),
            model=self.model.name,
            simulated=self.model.simulated,
            usage=list(result.usage),
            seconds=round(seconds, 3),
        )


def _seen(draft: Content | None) -> tuple[object, ...] | None:
    """What a person sees of a draft, with what was decided on it."""
    return (draft.visible_digest(), draft.status, draft.approval) if draft else None


def _did(result: RunResult) -> list[Intent]:
    """What a run did, by what it shows: never by what the router said."""
    found: set[Intent] = {_WORK[one.name] for one in result.artefacts if one.name in _WORK}
    if result.clarify is not None:
        found.add("clarify")
    if result.proposed_actions:
        found.add("decide")
    return sorted(found) or ["answer"]


def _plan(sink: ListSink) -> CalendarPlan | None:
    try:
        return CalendarPlan.model_validate_json(sink.written_by_call("plan_calendar"))
    except ValidationError:
        return None
