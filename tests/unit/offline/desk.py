"""The offline model behind its wire, asked as the specialists ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2

from agents.answer import answer_inputs
from agents.copywriter import draft_inputs, specialist_for, to_fields
from agents.offline.reading import Embed
from agents.route import Handles, Route, resolve, router_inputs
from agents.strategy import CalendarPlan, Plan, calendar_inputs
from core.actions import Action
from core.business import Business
from core.campaign import Campaign, Platform
from core.content import ContentFields
from prompts.library import PromptLibrary
from services.checks import run_checks
from tests.unit.offline.businesses import NOW, TODAY


class Desk:
    """Asks, reads and checks."""

    def __init__(self, client: httpx2.AsyncClient, embed: Embed) -> None:
        self.client = client
        self.embed = embed
        self.library = PromptLibrary()

    async def complete(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """One answer that is not streamed."""
        response = await self.client.post("/chat/completions", json=dict(body))
        answer: dict[str, Any] = response.json()
        return answer

    def body(
        self, name: str, inputs: Mapping[str, Any], library: PromptLibrary | None = None
    ) -> dict[str, Any]:
        """The request that a specialist makes of a prompt."""
        rendered = (library or self.library).render(name, inputs)
        messages = [
            {"role": "system", "content": rendered.system},
            {"role": "user", "content": rendered.user},
        ]
        return {"model": "offline-demo", "messages": messages}

    async def ask(self, name: str, inputs: Mapping[str, Any], library: PromptLibrary | None = None) -> str:
        """The text of an answer."""
        answer = await self.complete(self.body(name, inputs, library))
        text: str = answer["choices"][0]["message"]["content"]
        return text

    async def understand(
        self, business: Business, request: str, handles: Handles | None = None, **known: Any
    ) -> list[Action]:
        """What the router makes of a request, after the code has looked at it."""
        handles = handles or Handles()
        given = {"campaign": None, "memories": [], "history": [], **known}
        inputs = router_inputs(business=business, handles=handles, request=request, today=TODAY, **given)
        route = Route.model_validate_json(await self.ask("router/understand", inputs))
        return resolve(route, handles, request)

    async def calendar(
        self, business: Business, plan: Plan, library: PromptLibrary | None = None
    ) -> CalendarPlan:
        """The strategist's answer for a plan."""
        inputs = calendar_inputs(
            business=business,
            facts=business.facts,
            memories=[],
            campaign=campaign_of(plan),
            plan=plan,
            today=TODAY,
        )
        return CalendarPlan.model_validate_json(await self.ask("strategy/calendar", inputs, library))

    async def draft(
        self, business: Business, platform: Platform, library: PromptLibrary | None = None, **task: Any
    ) -> tuple[ContentFields, list[str]]:
        """A draft, and the names of the checks that it fails."""
        request = task.pop("request", "")
        language = task.pop("language", business.language)
        inputs = inputs_for_draft(business, platform, task, request=request, language=language)
        specialist = specialist_for(platform)
        answer = await self.ask(specialist.prompt, inputs, library)
        assert specialist.output is not None
        fields = to_fields(specialist.output.model_validate_json(answer), language)
        told = (library or self.library).render(specialist.prompt, inputs).instructions
        checks, _ = run_checks(
            fields.draft_text(platform), business, None, None, [request], [], NOW, instructions=told
        )
        # What is only to be confirmed is a question to the owner, and no fault of the writer.
        failed = [
            check.name
            for check in checks
            if not check.passed and check.stage == "approval" and check.name != "claims.confirmed"
        ]
        return fields, failed


def inputs_for_draft(
    business: Business, platform: Platform, task: Mapping[str, Any], **given: Any
) -> dict[str, Any]:
    """The copywriter's inputs for the first of four drafts."""
    return draft_inputs(
        business=business,
        memories=[],
        campaign=None,
        task={
            "platform": platform,
            "theme": "",
            "segment": business.target_audience[0].segment_name,
            "funnel_stage": "consideration",
            "place": 1,
            "of": 4,
            "local_time": None,
            **task,
        },
        **{
            "facts": business.facts,
            "request": "",
            "language": business.language,
            "today": TODAY,
            **given,
        },
    )


def campaign_of(plan: Plan) -> Campaign:
    """A campaign with the plan's window."""
    return Campaign(
        business_id="1" * 24,
        name=plan.theme or "Spring",
        start_date=plan.start,
        end_date=plan.end,
        created_at=NOW,
        updated_at=NOW,
    )


def words_of(fields: ContentFields) -> str:
    """All the words of a draft."""
    words = fields.text_content
    parts = (fields.title, words.preheader, words.caption, words.body, words.cta, *words.hashtags)
    return "\n".join(filter(None, parts))


def asked(business: Business, request: str, **known: Any) -> dict[str, Any]:
    """The inputs of the copilot's answer; `known` are memories, a campaign and counts of the work."""
    return answer_inputs(
        business=business,
        facts=business.facts,
        request=request,
        language=business.language,
        today=TODAY,
        **{"memories": [], "campaign": None, "history": [], **known},
    )
