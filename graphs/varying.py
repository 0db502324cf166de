"""Alternatives to choose from, shown in one card; nothing is saved until one is chosen."""

from __future__ import annotations

from agents.copywriter import VARIANTS, variants_inputs
from core.actions import Action
from core.campaign import PLATFORMS
from core.errors import MarqueeError
from graphs.asking import ask
from graphs.context import GraphContext
from graphs.drafting import MEMORIES_IN_PROMPT
from graphs.state import VariantsTask


async def offer(context: GraphContext, language: str | None, task: VariantsTask) -> int:
    """Offer alternatives as an action asks, and return how many.

    Raises:
        MarqueeError: There are none.
    """
    run = context.run
    action = Action.model_validate(task["action"], extra="ignore")
    content = await run.drafting.get(run.scope, task["content_id"]) if task["content_id"] else None
    platform = next(iter(action.platforms), content.platform if content else PLATFORMS[0])
    lane = context.stream.artefact(
        "suggest_variants",
        {
            "content_id": content.id if content else None,
            "campaign_id": content.campaign_id if content else None,
            "platform": platform,
            "index": task["place"],
            "of": task["of"],
        },
    )
    async with context.stream.step("copywriter", "variants", task["place"], task["of"]):
        campaign = await run.campaigns.get(run.scope, content.campaign_id) if content else context.campaign
        inputs = variants_inputs(
            business=run.business,
            facts=await run.recall.facts_for(run.business, action.brief),
            memories=await run.recall.retrieve(run.scope, action.brief, limit=MEMORIES_IN_PROMPT),
            campaign=campaign,
            content=content,
            platform=platform,
            request=action.brief or context.request.text,
            count=action.count,
            language=action.language or language or (content.language if content else run.business.language),
            today=run.today,
            history=context.conversation,
        )
        try:
            answer = await ask(context, VARIANTS, inputs, lane)
        except MarqueeError as error:
            lane.fail(error.problem())
            raise
        value = answer.value
        shown = value.model_dump(mode="json")
        result = {**shown, "content_id": content.id} if content else shown
        lane.result(result, shown)
    return len(value.alternatives)
