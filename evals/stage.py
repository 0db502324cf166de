"""Prepare what a business has before a request: campaign, calendar, drafts and conversation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.business import Business
from core.campaign import Campaign, Slot
from core.content import AiMetadata, Content, ContentFields, TextContent
from core.conversation import Artefact, Run
from core.document import WrittenBy
from core.ids import new_id
from core.scope import Scope
from evals.cases import CaseInputs, PreparedDraft, Turn
from evals.record import Before
from services.check_basis import CheckBasis
from services.checks import run_checks
from services.container import Services
from services.run_request import RunRequest
from services.run_result import RunResult

OWNER = "evals"
_WROTE = Turn(said="Write the drafts", answered="They are in the calendar.")


@dataclass
class Stage:
    """A business with its conversation; `ids` are those of the drafts and slots that a case names."""

    business: Business
    campaign: Campaign | None = None
    thread_id: str = field(default_factory=new_id)
    ids: dict[str, str] = field(default_factory=dict)


class StageHand:
    """Prepares stages through the services, under one user's account."""

    def __init__(self, services: Services, user_id: str) -> None:
        self._services = services
        self._user_id = user_id

    async def claimed(self, scope: Scope, request: RunRequest) -> Run:
        """Store and claim a run as a worker does."""
        run = await self._services.runs.start(scope, self._user_id, request)
        claimed = await self._services.runs.claim(scope, run.id, OWNER)
        if claimed is None:
            raise RuntimeError(f"run {run.id} was taken by another worker")
        return claimed

    async def set(self, inputs: CaseInputs, business: Business) -> Stage:
        """Prepare what the inputs say that the business has."""
        stage, scene = Stage(business), inputs.prepared
        if scene is None:
            return stage
        scope, campaigns = Scope.of(business.id), self._services.campaigns
        campaign = await campaigns.create(scope, business.id, scene.campaign)
        if scene.slots:
            slots = [
                Slot(timezone=business.timezone, **slot.model_dump(exclude={"draft"})) for slot in scene.slots
            ]
            campaign = await campaigns.save_calendar(scope, campaign.id, slots, new_id())
        stage.campaign = campaign
        stage.ids = {f"S{number}": slot.slot_id for number, slot in enumerate(campaign.calendar, 1)}
        drafts = [
            (slot, asked.draft)
            for slot, asked in zip(campaign.calendar, scene.slots, strict=True)
            if asked.draft is not None
        ]
        turns = inputs.turns or ([_WROTE] if drafts else [])
        for number, turn in enumerate(turns):
            # Without turns of its own the case begins a new conversation.
            thread_id = stage.thread_id if inputs.turns else new_id()
            request = RunRequest(thread_id, new_id(), turn.said, campaign_id=campaign.id)
            run = await self.claimed(scope, request)
            if number == 0:
                stage.ids |= await self._write(scope, stage, run, drafts)
            made = [_artefact(stage.ids[handle]) for handle in turn.made]
            result = RunResult("completed", "success", turn.answered, artefacts=made, campaign_id=campaign.id)
            await self._services.runs.finish(scope, run, result)
        if drafts:
            stage.campaign = await campaigns.get(scope, campaign.id)
        return stage

    async def _write(
        self, scope: Scope, stage: Stage, run: Run, drafts: Sequence[tuple[Slot, PreparedDraft]]
    ) -> dict[str, str]:
        """Save the drafts as those of a run, with their checks; return their ids."""
        business, campaign, ids = stage.business, stage.campaign, {}
        if campaign is None:
            return {}
        now = self._services.clock.now()
        basis = CheckBasis(business, campaign, now)
        for number, (slot, draft) in enumerate(drafts, 1):
            words = TextContent.model_validate(draft.model_dump(exclude={"title"}))
            fields = ContentFields(title=draft.title, text_content=words, language=business.language)
            text = fields.draft_text(slot.platform)
            checks, claims = run_checks(text, business, campaign, slot, [], [], now)
            content = await self._services.drafting.save_draft(
                scope,
                business=business,
                campaign=campaign,
                slot=slot,
                platform=slot.platform,
                fields=fields,
                ai_metadata=AiMetadata(run_id=run.id, checks=checks, claims=claims),
                checked_against=basis.digest_for(slot.slot_id),
                written_by=WrittenBy(run_id=run.id, agent="copywriter", slot=slot.slot_id),
            )
            ids[f"D{number}"] = content.id
        return ids

    async def look(self, stage: Stage) -> Before:
        """Read all drafts of the business and its calendar."""
        scope, campaign = Scope.of(stage.business.id), stage.campaign
        if campaign is not None:
            campaign = await self._services.campaigns.get(scope, campaign.id)
        page = await self._services.content.page(scope, 100)
        drafts: dict[str, Content] = {draft.id: draft for draft in page.items}
        return Before(drafts=drafts, slots=campaign.calendar if campaign else [], ids=stage.ids)


def _artefact(content_id: str) -> Artefact:
    return Artefact(tool_call_id=new_id(), name="write_post", result={"content_id": content_id})
