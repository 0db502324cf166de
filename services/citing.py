"""List the sources of a draft, for people to open."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from core.business import Business, Fact, Memory
from core.campaign import Campaign
from core.content import AiMetadata, Cited, Content, ContentFields
from core.rules.claims import Claim
from core.rules.figures import has_figures
from services.checks import recheck

_WORD = re.compile(r"\w{3,}")
SHARED = 0.6
"""Share of a fact's words that a draft must have for the fact to count as used."""

LONGEST_LABEL = 80


def cite(
    business: Business,
    campaign: Campaign,
    segment: str,
    facts: Sequence[Fact],
    memories: Sequence[Memory],
    fields: ContentFields,
    claims: Sequence[Claim],
) -> list[Cited]:
    """Return used facts and messages, and the given memories, voice, segment and campaign.

    A fact counts as used if it supports a figure of the draft, or, if it has no figure, if most of its words
    occur. Figures supported only by the person's message are cited as such.
    """
    cited = [*_facts_in(facts, fields, claims), *_said(business, claims)]
    cited += [Cited(kind="memory", ref=memory.id, label=_label(memory.text)) for memory in memories]
    if business.brand_voice:
        cited.append(Cited(kind="voice", ref=business.id, label=_label(business.brand_voice)))
    if segment:
        cited.append(Cited(kind="segment", ref=business.id, label=_label(segment)))
    cited.append(Cited(kind="campaign", ref=campaign.id, label=_label(campaign.name)))
    return cited


def cite_again(
    cited: Sequence[Cited], business: Business, fields: ContentFields, claims: Sequence[Claim]
) -> list[Cited]:
    """Update the sources after an edit of the draft or of the facts."""
    kept = [one for one in cited if one.kind not in {"fact", "request"}]
    return [*_facts_in(business.facts, fields, claims), *_said(business, claims), *kept]


def rechecked(content: Content, business: Business, campaign: Campaign, now: datetime) -> AiMetadata:
    """Return the metadata of a rechecked draft."""
    checks, claims = recheck(content, business, campaign, now)
    sources = cite_again(content.ai_metadata.sources, business, content, claims)
    return content.ai_metadata.model_copy(update={"checks": checks, "claims": claims, "sources": sources})


def _facts_in(facts: Iterable[Fact], fields: ContentFields, claims: Sequence[Claim]) -> list[Cited]:
    rests_on = {claim.source.ref for claim in claims if claim.source is not None}
    text = " ".join(text for _, text in fields.draft_text("instagram").texts())
    words = set(_WORD.findall(text.casefold()))
    return [
        Cited(kind="fact", ref=fact.id, label=_label(f"{fact.key}: {fact.value}"))
        for fact in facts
        if fact.id in rests_on or (not has_figures(fact.value) and _stands_in(fact.value, words))
    ]


def _said(business: Business, claims: Sequence[Claim]) -> list[Cited]:
    said = [claim.figure.text.strip() for claim in claims if claim.source and claim.source.kind == "request"]
    if not said:
        return []
    label = _label(f"your words: {', '.join(dict.fromkeys(said))}")
    return [Cited(kind="request", ref=business.id, label=label)]


def _label(text: str) -> str:
    """The text, cut between words where it is too long for a label."""
    return text if len(text) <= LONGEST_LABEL else re.sub(r"\s+\S*$", "", text[:LONGEST_LABEL]) + "…"


def _stands_in(value: str, words: set[str]) -> bool:
    wanted = set(_WORD.findall(value.casefold()))
    return bool(wanted) and len(wanted & words) / len(wanted) >= SHARED
