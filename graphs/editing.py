"""One change of a written draft: by the editor, guarded, saved as its next revision, shown in its card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from pydantic import ValidationError

from agents.copywriter import edit_inputs, editor_for, to_arguments, to_fields, with_known_link
from core.actions import Action
from core.business import Fact
from core.campaign import Campaign, Slot
from core.content import Content, ContentFields
from core.errors import MarqueeError, UnusableAnswer
from core.rules.claims import Claim
from core.rules.findings import Check
from graphs.context import GraphContext
from graphs.drafting import MEMORIES_IN_PROMPT, finish_unstopped
from graphs.guard import Assignment, check, write_guarded
from graphs.notes import findings_of, note_to_owner
from graphs.state import EditTask
from graphs.stream import ArtefactLane
from services.check_basis import CheckBasis
from services.checks import sources_of


async def change(context: GraphContext, language: str | None, task: EditTask) -> tuple[Content, bool]:
    """Change one draft as an action asks; return it, and whether a reader would see a difference.

    Args:
        context: The trusted context of the attempt.
        language: The language that was asked for; None keeps the draft's.
        task: The draft and the action.

    Raises:
        VersionMismatch: A person changed the draft meanwhile; their words stay.
        MarqueeError: The change failed; the draft is as it was.
    """
    run = context.run
    action = Action.model_validate(task["action"], extra="ignore")
    content = await run.drafting.get(run.scope, task["content_id"])
    campaign = await run.campaigns.get(run.scope, content.campaign_id)
    slot = next((one for one in campaign.calendar if one.slot_id == content.slot_id), None)
    identity = {
        "content_id": content.id,
        "campaign_id": content.campaign_id,
        "platform": content.platform,
        "slot_id": content.slot_id,
        "theme": slot.theme if slot else None,
        "index": task["place"],
        "of": task["of"],
    }
    lane = context.stream.artefact("edit_draft", identity)
    async with context.stream.step("copywriter", "edit", task["place"], task["of"]):
        by = content.authorship
        if by is not None and by.run_id == run.root_run_id and by.reason == _reason(action):
            # A later attempt of the run: the change is saved.
            lane.replay(orjson.dumps(to_arguments(content)).decode())
            _show(lane, content)
            return content, True
        wanted = action.language or language or content.language
        try:
            return await _change(context, wanted, action, content, campaign, slot, lane)
        except MarqueeError as error:
            lane.fail(error.problem())
            raise


async def _change(
    context: GraphContext,
    language: str,
    action: Action,
    content: Content,
    campaign: Campaign,
    slot: Slot | None,
    lane: ArtefactLane,
) -> tuple[Content, bool]:
    run = context.run
    basis = CheckBasis(run.business, campaign, run.clock.now())
    about = f"{action.brief} {content.title or content.text_content.caption[:200]}"
    facts = await run.recall.facts_for(run.business, about)
    memories = await run.recall.retrieve(run.scope, about, limit=MEMORIES_IN_PROMPT)
    made = content.ai_metadata
    failed = findings_of(
        content.draft_text(content.platform), [one for one in made.checks if one.stops_approval]
    )

    def inputs(findings: Sequence[str], previous: str | None) -> Mapping[str, Any]:
        return edit_inputs(
            business=run.business,
            facts=facts,
            memories=memories,
            campaign=campaign,
            content=content,
            request=action.brief or context.request.text,
            language=language,
            today=run.today,
            history=context.conversation,
            findings=findings or failed,
            previous=previous,
        )

    assignment = Assignment(
        specialist=editor_for(content, facts),
        inputs=inputs,
        platform=content.platform,
        language=language,
        campaign=campaign,
        slot=slot,
        memories=memories,
    )
    fields: ContentFields
    checks: list[Check]
    claims: list[Claim]
    if action.replacement:
        fields = _replaced(content, action.replacement, facts)
        lane.replay(orjson.dumps(to_arguments(_with(content, fields))).decode())
        checks, claims = await check(context, assignment, fields, "")
        made = made.model_copy(update={"checks": checks, "claims": claims, "note_to_owner": ""})
    else:
        guarded = await write_guarded(context, assignment, lane)
        fields, checks, claims = guarded.fields, guarded.checks, guarded.claims
        fields = with_known_link(fields, facts, content.text_content.cta_url)
        if (fields.title, fields.text_content) == (content.title, content.text_content):
            # As it was, whatever language was asked for.
            _show(lane, content)
            return content, False
        fields = fields.model_copy(update={"media": content.media})
        if len(guarded.blocking) > len(failed):
            # Never worse than it was.
            raise UnusableAnswer("The change did not pass the checks.", agent="copywriter")
        sources = await context.checker.cite(
            run.business, campaign, slot.segment if slot else "", facts, memories, fields, claims
        )
        known = sources_of(run.business, campaign, slot, run.words, memories, run.clock.now())
        made = made.model_copy(
            update={
                "prompt_used": action.brief,
                "prompt": guarded.answer.prompt,
                "model": guarded.answer.model,
                "run_id": run.run_id,
                "simulated": guarded.answer.simulated,
                "sources": sources,
                "checks": checks,
                "claims": claims,
                "note_to_owner": await note_to_owner(context, guarded.answer, known, language),
            }
        )

    async def saved() -> Content:
        changed = await run.drafting.save_edit(
            run.scope,
            content,
            fields,
            ai_metadata=made,
            checked_against=basis.digest_for(content.slot_id),
            run_id=run.root_run_id,
            reason=_reason(action),
        )
        _show(lane, changed)
        return changed

    changed = await finish_unstopped(saved())
    return changed, changed.revision != content.revision


def _reason(action: Action) -> str:
    return action.brief[:300] or "changed"


def _with(content: Content, fields: ContentFields) -> Content:
    return content.model_copy(update={name: getattr(fields, name) for name in ContentFields.model_fields})


def _replaced(content: Content, replacement: Mapping[str, str], facts: Sequence[Fact]) -> ContentFields:
    """The draft with some of its fields as a person chose them."""
    output: Any = editor_for(content, facts).output
    arguments = to_arguments(content)
    chosen = {name: text for name, text in replacement.items() if isinstance(arguments.get(name), str)}
    try:
        value = output.model_validate({**arguments, **chosen})
    except ValidationError as error:
        raise UnusableAnswer("These words do not fit the draft.", agent="copywriter") from error
    return to_fields(value, content.language).model_copy(update={"media": content.media})


def _show(lane: ArtefactLane, content: Content) -> None:
    result = {
        "content_id": content.id,
        "version": content.version,
        "revision": content.revision,
        "language": content.language,
        "reason": content.authorship.reason if content.authorship else "",
        "checks": [one.model_dump(mode="json") for one in content.ai_metadata.checks],
        "sources": [one.model_dump(mode="json") for one in content.ai_metadata.sources],
    }
    if content.ai_metadata.note_to_owner:
        result["note"] = content.ai_metadata.note_to_owner
    lane.result(result, to_arguments(content))
