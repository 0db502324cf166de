"""Run the brand guard over a draft: all checks, and the sources of its figures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime

from core.business import Business, Memory, MemoryKind
from core.campaign import Campaign, Slot
from core.clock import to_local
from core.content import Content
from core.rules.claims import MOST_FIGURES, Claim, KnownFigures, Source, as_hit, match_figures
from core.rules.figures import find_figures, readable
from core.rules.findings import Check, DraftText, check_length, first_part
from core.rules.form import check_form
from core.rules.matching import Setting
from core.rules.platforms import check_limits
from core.rules.statements import weights
from core.rules.verdicts import check_claims
from core.rules.wording import (
    check_banned_words,
    check_cliches,
    check_empty,
    check_language,
    check_placeholders,
    check_repetition,
)
from services.meaning import understand

_REMEMBERED_SOURCES: frozenset[MemoryKind] = frozenset({"decision", "approved", "style"})
"""Kinds of memories that can support a figure; facts are sources of their own."""

_HOLDS_DIGIT = re.compile(r"\d\S{0,40}")

_MOST_SAID = 50_000
"""Limit of characters of a conversation that are read for figures and links."""

_PROFILE_TEXTS = ("business_name", "industry", "brand_voice", "postal_address")


def local_day(business: Business, now: datetime) -> date:
    """Return today's date in the business's time zone."""
    return date.fromisoformat(to_local(now, business.timezone)[:10])


def sources_of(
    business: Business,
    campaign: Campaign | None,
    slot: Slot | None,
    request_texts: Sequence[str],
    memories: Sequence[Memory],
    now: datetime,
) -> list[Source]:
    """Return the possible sources of figures: facts, profile, campaign fields, the person's messages.

    Output of a model is never a source: slot themes, and name, goal and dates of a campaign that a run made,
    are left out.
    """
    sources = [
        Source(kind="fact", ref=fact.id, text=f"{fact.key}: {fact.value}")
        for fact in business.facts
        if fact.expires_at is None or fact.expires_at > now
    ]
    profile = {name: str(getattr(business, name)) for name in _PROFILE_TEXTS}
    profile["primary_goals"] = "\n".join(business.primary_goals)
    profile["target_audience"] = "\n".join(
        " ".join([segment.segment_name, segment.age_range, *segment.interests])
        for segment in business.target_audience
    )
    sources += [Source(kind="profile", ref=name, text=text) for name, text in profile.items() if text]
    if campaign is not None:
        sources += _campaign_sources(campaign)
    if slot is not None:
        sources.append(Source(kind="campaign", ref="slot", text=slot.local_time.replace("T", " ")))
    said = newest_words(request_texts)
    sources += [Source(kind="request", ref=str(number), text=text) for number, text in said if text]
    sources += [
        Source(kind="memory", ref=memory.id, text=_said_in(memory))
        for memory in memories
        if memory.trusted and memory.kind in _REMEMBERED_SOURCES
    ]
    return sources


def newest_words(texts: Sequence[str]) -> list[tuple[int, str]]:
    """Return the person's messages with their numbers, in order; of a very long conversation the newest."""
    room, newest = _MOST_SAID, []
    for number, text in reversed(list(enumerate(texts))):
        room -= len(text)
        if room < 0:
            break
        newest.append((number, text))
    return newest[::-1]


_DECIDED = re.compile(r"\d{4}-\d\d-\d\d: “(.*?)”", re.DOTALL)


def _said_in(memory: Memory) -> str:
    """Return the person's words in a memory, without the day and what was done."""
    decided = _DECIDED.search(memory.text)
    if decided is None:
        return "" if memory.decision else memory.text
    return decided[1]


def unsourced_figures(text: str, sources: Sequence[Source], today: date, language: str) -> list[str]:
    """The figures of what the copilot says that have no source, each once; what is not read has none."""
    claims = match_figures(find_figures({"text": text}), sources, Setting(today, language))
    found = [claim.figure.text.strip() for claim in claims if claim.source is None]
    found += unread_numbers(text[readable(text) :])
    return list(dict.fromkeys(found))[:MOST_FIGURES]


def contradictions(business: Business, words: Sequence[str], now: datetime) -> list[tuple[str, str]]:
    """What the person's newest message says against a fact, each with the fact.

    Left out is what an earlier message said, since it was asked about then, and what another fact says.
    """
    *earlier, newest = words
    sources = sources_of(business, None, None, [newest], [], now)
    setting = Setting(local_day(business, now), business.language, business.country)
    text = DraftText(platform="linkedin", language=business.language, fields={"request": newest})
    _, claims = check_claims(first_part(text), sources, setting, understand)
    said = [Source(kind="request", ref=str(number), text=text) for number, text in newest_words(earlier)]
    known = KnownFigures([*said, *(source for source in sources if source.kind == "fact")])
    return [
        (claim.figure.text.strip(), claim.truth)
        for claim in claims
        if claim.verdict == "wrong" and not known.matches(as_hit(claim.figure), setting)
    ]


def unread_numbers(text: str) -> list[str]:
    """Return every token with a digit, where figures could not be read."""
    return _HOLDS_DIGIT.findall(text)


def _campaign_sources(campaign: Campaign) -> list[Source]:
    fields: dict[str, str] = {}
    if campaign.written_by is None:
        fields |= {"name": campaign.name, "goal": campaign.goal}
        days = {"start_date": campaign.start_date, "end_date": campaign.end_date}
        fields |= {name: day.isoformat() for name, day in days.items() if day is not None}
    kpis = campaign.kpis.model_dump(exclude_none=True)
    fields["kpis"] = "\n".join(f"{name}: {value}" for name, value in kpis.items())
    return [Source(kind="campaign", ref=name, text=text) for name, text in fields.items() if text]


def warm() -> None:
    """Load what the first draft would wait for: names of days and money, the embedder, the weights."""
    understand(["Is it loaded?"])
    match_figures(find_figures({"text": "from 9 to 5"}), [], Setting(date(2000, 1, 1), "en"))
    weights()


def check_draft(
    draft: DraftText, business: Business, sources: Sequence[Source], today: date, instructions: str = ""
) -> tuple[list[Check], list[Claim]]:
    """All checks in their fixed order, and every claim with its source."""
    addressed = draft.model_copy(update={"has_postal_address": bool(business.postal_address)})
    read = first_part(addressed)
    setting = Setting(today, read.language, business.country)
    (figures, statements), claims = check_claims(read, sources, setting, understand)
    checks = [
        check_empty(read),
        *check_length(addressed),
        *check_limits(addressed),
        figures,
        statements,
        check_banned_words(read, business.banned_words),
        check_language(read, read.language, [business.business_name]),
        check_placeholders(read),
        check_form(read),
        check_cliches(read),
        check_repetition(read, instructions),
    ]
    return checks, claims


def run_checks(
    draft: DraftText,
    business: Business,
    campaign: Campaign | None,
    slot: Slot | None,
    request_texts: Sequence[str],
    memories: Sequence[Memory],
    now: datetime,
    instructions: str = "",
) -> tuple[list[Check], list[Claim]]:
    """Run the brand guard over a draft that a run wrote.

    Args:
        draft: The words.
        business: Provides facts, profile and banned words.
        campaign: The campaign the draft belongs to.
        slot: The calendar slot it fills.
        request_texts: The person's messages, nothing that a model or a customer wrote.
        memories: Retrieved memories; only trusted kinds support a figure.
        now: The current instant; expired facts support no figure.
        instructions: The instructions of the model; a draft must not repeat them.
    """
    sources = sources_of(business, campaign, slot, request_texts, memories, now)
    return check_draft(draft, business, sources, local_day(business, now), instructions)


def recheck(
    content: Content, business: Business, campaign: Campaign, now: datetime
) -> tuple[list[Check], list[Claim]]:
    """Run the brand guard over an edited draft.

    Beside today's facts, the request that the draft was written for and the sources that its figures had
    outside the documents (the person's words, a result, a memory) count. A figure typed in the edit still
    needs a source.
    """
    slot = next((slot for slot in campaign.calendar if slot.slot_id == content.slot_id), None)
    made = content.ai_metadata
    sources = sources_of(business, campaign, slot, [made.prompt_used], [], now)
    kept = [claim.source for claim in made.claims if claim.source is not None]
    sources += [source for source in kept if source.kind in {"request", "result", "memory"}]
    return check_draft(content.draft_text(content.platform), business, sources, local_day(business, now))
