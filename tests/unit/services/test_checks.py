"""What counts as a source for a figure, and which checks a draft goes through."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from core.business import Business, Fact, Memory, MemoryKind, Segment
from core.campaign import Campaign, Kpis, Slot
from core.content import AiMetadata, Content, TextContent
from core.document import WrittenBy
from core.ids import new_id
from core.rules.findings import DraftText
from services.checks import contradictions, recheck, run_checks
from services.conclusions import done, said

NOW = datetime(2027, 2, 20, 23, 30, tzinfo=UTC)
DAY = date(2026, 11, 24)
STAMPS: dict[str, Any] = {"created_at": NOW, "updated_at": NOW}


def business(**fields: Any) -> Business:
    return Business(
        id="a" * 24,
        business_id="a" * 24,
        user_id="b" * 24,
        business_name="Studio 54",
        industry="Gym",
        **fields,
        **STAMPS,
    )


def campaign(**fields: Any) -> Campaign:
    return Campaign(business_id="a" * 24, name="Spring", **fields, **STAMPS)


def memory(text: str, kind: MemoryKind = "decision", *, trusted: bool = True) -> Memory:
    return Memory(
        business_id="a" * 24, kind=kind, text=text, ref="r", trusted=trusted, dedupe_key="k", **STAMPS
    )


def unsourced(
    text: str,
    *,
    of: Business | None = None,
    within: Campaign | None = None,
    slot: Slot | None = None,
    words: tuple[str, ...] = (),
    memories: tuple[Memory, ...] = (),
) -> list[str]:
    draft = DraftText(platform="linkedin", language="en", fields={"caption": text})
    checks, claims = run_checks(draft, of or business(), within, slot, words, memories, NOW)
    (check,) = [check for check in checks if check.name == "figures.sourced"]
    assert check.passed == (not check.spans)
    assert [claim.figure.text for claim in claims if claim.source is None] == [
        span.text for span in check.spans
    ]
    return [span.text for span in check.spans]


def test_facts_count_until_they_expire() -> None:
    holds = Fact(key="Membership", value="$29 a month", expires_at=NOW + timedelta(days=1))
    over = Fact(key="Trial", value="$19", expires_at=NOW)
    assert unsourced("Join for $29 a month, try it for $19.", of=business(facts=[holds, over])) == ["$19"]


def test_the_profile_counts() -> None:
    of = business(
        postal_address="12 Harbour Street, 69001 Lyon",
        target_audience=[Segment(segment_name="Adults", age_range="22-35")],
    )
    assert unsourced("Studio 54, 12 Harbour Street: for people from 22 to 35. Only 17 left.", of=of) == ["17"]


def test_a_campaigns_own_fields_count() -> None:
    within = campaign(goal="Sign up 80 people", kpis=Kpis(leads_target=200), start_date=date(2027, 3, 1))
    assert unsourced("From March 1 we want 80 people, 200 in all, and 300 later.", within=within) == ["300"]


def test_what_a_run_chose_for_its_campaign_does_not_count() -> None:
    chosen: dict[str, Any] = {"goal": "Sell 80 for $5", "start_date": date(2027, 3, 1)}
    made = campaign(**chosen, written_by=WrittenBy(run_id=new_id(), agent="strategy"))
    assert unsourced("80 places for $5, from March 1", within=made) == ["80", "$5", "March 1"]
    assert unsourced("80 places for $5, from March 1", within=campaign(**chosen)) == []


def test_a_slot_gives_its_time_and_not_its_theme() -> None:
    slot = Slot(local_time="2027-03-08T18:30", timezone="Europe/Paris", platform="linkedin", theme="40% off")
    assert unsourced("March 8 at 6:30 pm: 40% off.", slot=slot) == ["40%"]


def test_a_persons_own_words_count() -> None:
    assert unsourced("Now 15% off, was 25%.", words=("Say that we give 15% off",)) == ["25%"]


@pytest.mark.parametrize(
    ("remembered", "counts"),
    [
        (memory("The trial costs $12"), True),
        (memory("Trial for $12!", "approved"), True),
        (memory("The trial costs $12", trusted=False), False),
        (memory("Trial: $12", "fact"), False),
        (memory("Trial for $12!", "rejected"), False),
    ],
)
def test_which_memories_count(remembered: Memory, counts: bool) -> None:
    assert (unsourced("Try it for $12.", memories=(remembered,)) == []) is counts


def test_of_a_remembered_run_only_the_persons_words_count() -> None:
    kept = memory("2026-11-24: “Plan our $12 trial”. Campaign: Spring, 17 slots planned. Drafts: Hello")
    assert unsourced("17 places for $12 since 2026-11-24, so", memories=(kept,)) == ["17", "2026-11-24"]


def test_of_a_conclusion_only_the_persons_words_count() -> None:
    stated = said(
        "decision", DAY, key="1", run_id="1", said_by="1", subject="Trial", decision="it costs $12", reason=""
    )
    result = done(
        DAY, key="2", run_id="1", said_by="1", subject="Spring", decision="chosen: only $9", words=""
    )
    kept = [
        memory(one.text).model_copy(update={"decision": one.decision, "kind": one.kind})
        for one in (stated, result)
    ]
    assert unsourced("$12, not $9, since 2026-11-24", memories=tuple(kept)) == ["$9", "2026-11-24"]


def test_every_check_runs_in_its_order() -> None:
    draft = DraftText(
        platform="email", language="en", fields={"title": "Hello", "body": "We guarantee [name] results."}
    )
    checks, _ = run_checks(draft, business(banned_words=["guarantee"]), None, None, [], [], NOW)
    names = [check.name for check in checks]
    assert names[0] == "wording.empty"
    assert names[-8:] == [
        "figures.sourced",
        "claims.confirmed",
        "wording.banned-words",
        "wording.language",
        "wording.placeholders",
        "wording.form",
        "wording.cliches",
        "wording.repetition",
    ]
    assert all(name.startswith("limits.") for name in names[1:-8])
    assert {check.name for check in checks if not check.passed} >= {
        "wording.banned-words",
        "wording.placeholders",
    }


def test_an_edited_piece_keeps_the_sources_it_had_and_gets_no_new_ones() -> None:
    request = "Now 15% off"
    draft = DraftText(platform="linkedin", language="en", fields={"caption": "15% off, from $12."})
    checks, claims = run_checks(draft, business(), None, None, [request], [memory("It costs $12")], NOW)
    content = Content(
        business_id="a" * 24,
        campaign_id=new_id(),
        platform="linkedin",
        text_content=TextContent(caption="15% off, from $12, for 10 days."),
        ai_metadata=AiMetadata(prompt_used="Another brief", checks=checks, claims=claims),
        **STAMPS,
    )
    _, again = recheck(content, business(), campaign(), NOW)
    assert [(claim.figure.text, claim.source and claim.source.kind) for claim in again] == [
        ("15%", "request"),
        ("$12", "memory"),
        ("10", None),
    ]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["A text message: personal training for £40 an hour"], ["£40"]),
        (["Only £40?", "A post: personal training for £40 an hour"], []),
        (["This week only: personal training for £40 an hour"], []),
        (["A post: personal training for £45 an hour"], []),
    ],
    ids=["against a fact", "said before", "an offer for a time", "as the fact says"],
)
def test_what_is_said_against_a_fact_is_found_once(words: list[str], found: list[str]) -> None:
    facts = [Fact(key="Personal training", value="£45 an hour"), Fact(key="Membership", value="£39 a month")]
    told = contradictions(business(facts=facts), words, NOW)
    assert [said for said, _ in told] == found
    assert all(fact == "Personal training: £45 an hour" for _, fact in told)
