"""What a draft was made from, so that a person can open it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.business import Business, Fact, Memory
from core.campaign import Campaign
from core.content import Cited, ContentFields
from core.rules.claims import Claim

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
    """Facts that stand in the draft, memories the writer was given, voice, segment and campaign.

    A fact counts as used when a figure of the draft rests on it, or when most of its words are there.
    """
    rests_on = {claim.source.ref for claim in claims if claim.source is not None}
    text = " ".join(text for _, text in fields.draft_text("instagram").texts())
    words = set(_WORD.findall(text.casefold()))
    cited = [
        Cited(kind="fact", ref=fact.id, label=f"{fact.key}: {fact.value}"[:LONGEST_LABEL])
        for fact in facts
        if fact.id in rests_on or _stands_in(f"{fact.value}", words)
    ]
    cited += [Cited(kind="memory", ref=memory.id, label=memory.text[:LONGEST_LABEL]) for memory in memories]
    if business.brand_voice:
        cited.append(Cited(kind="voice", ref=business.id, label=business.brand_voice[:LONGEST_LABEL]))
    if segment:
        cited.append(Cited(kind="segment", ref=business.id, label=segment[:LONGEST_LABEL]))
    cited.append(Cited(kind="campaign", ref=campaign.id, label=campaign.name[:LONGEST_LABEL]))
    return cited


def _stands_in(value: str, words: set[str]) -> bool:
    wanted = set(_WORD.findall(value.casefold()))
    return bool(wanted) and len(wanted & words) / len(wanted) >= SHARED
