"""Asynchronous checks in a child process; an unfinished check never counts as passed."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from core.business import Business, Fact, Memory
from core.campaign import Campaign, Slot
from core.content import AiMetadata, Cited, Content, ContentFields
from core.errors import Unavailable
from core.rules.claims import MOST_FIGURES, Claim, Source
from core.rules.findings import Check, DraftText
from core.rules.links import LinkPolicy, filter_values
from core.rules.wording import check_language
from services import checks, citing
from services.check_process import CheckProcess, CheckStopped
from services.meaning import understand

UNCHECKED = Check(
    name="checks.finished",
    passed=False,
    severity="block",
    message="This text could not be checked. Shorten or simplify it, then save it again.",
)
"""The failed check of a text whose checks did not finish in time."""


class Checker:
    """Runs the checks of `services/checks.py` in a child process under a deadline."""

    def __init__(self, process: CheckProcess | None = None) -> None:
        self._process = process or CheckProcess()

    async def warm(self) -> None:
        """Start the process and load its models ahead of the first draft."""
        draft = DraftText(
            platform="linkedin", language="en", fields={"caption": "Is it loaded, and in English?"}
        )
        with suppress(CheckStopped):
            await self._process.call(check_language, draft, draft.language)
        with suppress(CheckStopped):
            await self._process.call(checks.warm)

    async def vector(self, text: str) -> list[float]:
        """Return the embedder's vector of a text.

        Raises:
            Unavailable: It was not computed in time.
        """
        try:
            (vector,) = await self._process.call(understand, [text])
        except CheckStopped as error:
            raise Unavailable("The search took too long.") from error
        return [float(part) for part in vector]

    async def close(self) -> None:
        """End the process."""
        await self._process.close()

    async def check(
        self,
        draft: DraftText,
        business: Business,
        campaign: Campaign | None,
        slot: Slot | None,
        request_texts: Sequence[str],
        memories: Sequence[Memory],
        now: datetime,
        instructions: str = "",
    ) -> tuple[list[Check], list[Claim]]:
        """Call `checks.run_checks`; an unfinished text gets one failed check, which stops approval."""
        try:
            return await self._process.call_for(
                business.id,
                checks.run_checks,
                *(draft, business, campaign, slot, request_texts, memories, now, instructions),
            )
        except CheckStopped:
            return [UNCHECKED], []

    async def recheck(
        self, content: Content, business: Business, campaign: Campaign, now: datetime
    ) -> AiMetadata:
        """Return the draft's metadata with new checks, claims and sources."""
        try:
            return await self._process.call_for(
                business.id, citing.rechecked, content, business, campaign, now
            )
        except CheckStopped:
            return content.ai_metadata.model_copy(update={"checks": [UNCHECKED], "claims": []})

    async def cite(
        self,
        business: Business,
        campaign: Campaign,
        segment: str,
        facts: Sequence[Fact],
        memories: Sequence[Memory],
        fields: ContentFields,
        claims: Sequence[Claim],
    ) -> list[Cited]:
        """Call `citing.cite`; returns no sources if it does not finish in time."""
        try:
            return await self._process.call_for(
                business.id, citing.cite, business, campaign, segment, facts, memories, fields, claims
            )
        except CheckStopped:
            return []

    async def without_foreign_links(
        self, business_id: str, values: dict[str, Any], policy: LinkPolicy
    ) -> dict[str, Any]:
        """Call `links.filter_values` on a document; returns an empty one if it does not finish in time."""
        try:
            filtered: dict[str, Any] = await self._process.call_for(
                business_id, filter_values, values, policy
            )
        except CheckStopped:
            return {}
        return filtered

    async def unsourced(
        self, business_id: str, text: str, sources: Sequence[Source], today: date, language: str
    ) -> list[str]:
        """Call `checks.unsourced_figures`; returns every number if it does not finish in time."""
        try:
            return await self._process.call_for(
                business_id, checks.unsourced_figures, text, sources, today, language
            )
        except CheckStopped:
            return list(dict.fromkeys(checks.unread_numbers(text)))[:MOST_FIGURES]

    async def contradictions(
        self, business: Business, words: Sequence[str], now: datetime
    ) -> list[tuple[str, str]]:
        """Call `checks.contradictions`; finds none if it does not finish in time."""
        try:
            return await self._process.call_for(business.id, checks.contradictions, business, words, now)
        except CheckStopped:
            return []
