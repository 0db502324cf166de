"""Write, check, save and show one draft."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

import orjson

from agents.copywriter import draft_inputs, specialist_for, to_arguments, with_known_link
from agents.inputs import calendar_input
from core.campaign import Campaign, Slot
from core.content import AiMetadata, Content
from core.document import WrittenBy
from core.errors import MarqueeError
from graphs.context import GraphContext
from graphs.guard import Assignment, write_guarded
from graphs.notes import note_to_owner
from graphs.state import DraftTask
from graphs.stream import ArtefactLane
from services.check_basis import CheckBasis
from services.checks import sources_of

TOOL_NAMES = {"instagram": "write_post", "linkedin": "write_post", "email": "write_email", "sms": "write_sms"}
MEMORIES_IN_PROMPT = 3


async def write(context: GraphContext, language: str, campaign_id: str, wanted: DraftTask) -> Content:
    """Write one draft and save it at its place in the run; one that an earlier attempt saved is shown again.

    Raises:
        MarqueeError: The draft failed; nothing is saved.
    """
    run = context.run
    campaign = await run.campaigns.get(run.scope, campaign_id)
    slot = next((slot for slot in campaign.calendar if slot.slot_id == wanted["slot_id"]), None)
    lane = context.stream.artefact(
        TOOL_NAMES[wanted["platform"]],
        {
            "campaign_id": campaign_id,
            "platform": wanted["platform"],
            "slot_id": wanted["slot_id"],
            "local_time": wanted["local_time"],
            "theme": wanted["theme"],
            "index": wanted["place"],
            "of": wanted["of"],
        },
    )
    place = wanted["slot_id"] or str(wanted["place"])
    async with context.stream.step("copywriter", wanted["platform"], wanted["place"], wanted["of"]):
        content = await run.drafting.saved(run.scope, run.business.id, run.root_run_id, place)
        if content is None:
            try:
                content = await _write(context, language, campaign, slot, wanted, lane)
            except MarqueeError as error:
                lane.fail(error.problem())
                raise
        else:
            lane.replay(orjson.dumps(to_arguments(content)).decode())
            _show(lane, content)
    return content


def _show(lane: ArtefactLane, content: Content) -> None:
    made = content.ai_metadata
    result = {"content_id": content.id, "version": content.version, "language": content.language}
    checks = [check.model_dump(mode="json") for check in made.checks]
    sources = [source.model_dump(mode="json") for source in made.sources]
    note = {"note": made.note_to_owner} if made.note_to_owner else {}
    lane.result({**result, "checks": checks, "sources": sources, **note}, to_arguments(content))


async def finish_unstopped(work: Coroutine[Any, Any, Content]) -> Content:
    """Await the work even if the run is cancelled, so that a saved draft is also shown."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


async def _write(
    context: GraphContext,
    language: str,
    campaign: Campaign,
    slot: Slot | None,
    wanted: DraftTask,
    lane: ArtefactLane,
) -> Content:
    run = context.run
    # Taken before writing: a fact that changes from now on makes the checks stale.
    basis = CheckBasis(run.business, campaign, run.clock.now())
    # The same for all drafts of the run, so that their prompts share a beginning.
    about = f"{context.request.text} {campaign.name} {campaign.goal}"
    facts = await run.recall.facts_for(run.business, about)
    memories = await context.recall(about, MEMORIES_IN_PROMPT)
    calendar = calendar_input(campaign.calendar, await context.written(), run.today)

    def inputs(findings: Sequence[str], previous: str | None) -> Mapping[str, Any]:
        return draft_inputs(
            business=run.business,
            facts=facts,
            memories=memories,
            campaign=campaign,
            task=wanted,
            request=wanted["brief"] or context.request.text,
            language=language,
            today=run.today,
            brief=slot.brief if slot else "",
            history=context.conversation,
            calendar=calendar,
            findings=findings,
            previous=previous,
        )

    task = Assignment(
        specialist=specialist_for(wanted["platform"], facts),
        inputs=inputs,
        platform=wanted["platform"],
        language=language,
        campaign=campaign,
        slot=slot,
        memories=memories,
    )
    guarded = await write_guarded(context, task, lane)
    fields = with_known_link(guarded.fields, facts)
    sources = await context.checker.cite(
        run.business, campaign, wanted["segment"], facts, memories, fields, guarded.claims
    )
    known = sources_of(run.business, campaign, slot, run.words, memories, run.clock.now())
    save = run.drafting.save_draft(
        run.scope,
        business=run.business,
        campaign=campaign,
        slot=slot,
        platform=wanted["platform"],
        fields=fields,
        ai_metadata=AiMetadata(
            prompt_used=context.request.text,
            prompt=guarded.answer.prompt,
            model=guarded.answer.model,
            run_id=run.run_id,
            sources=sources,
            checks=guarded.checks,
            claims=guarded.claims,
            simulated=guarded.answer.simulated,
            note_to_owner=await note_to_owner(context, guarded.answer, known, language),
        ),
        checked_against=basis.digest_for(wanted["slot_id"]),
        written_by=WrittenBy(
            run_id=run.root_run_id, agent="copywriter", slot=wanted["slot_id"] or str(wanted["place"])
        ),
    )

    async def saved() -> Content:
        content = await save
        _show(lane, content)
        return content

    return await finish_unstopped(saved())
