"""A strategist's calendar becomes slots that can be kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.schemas import strict_schema
from agents.strategy import CalendarPlan, Plan, build_calendar, resolve_plan, strategist, usual_pieces
from core.actions import Action
from core.campaign import PLATFORMS, Campaign, Slot
from core.errors import UnusableAnswer
from tests.unit.offline.businesses import CAFE, GYM, NOW, TODAY

MIDDAY = datetime(2027, 3, 1, 12, tzinfo=UTC)


def plan(**changes: Any) -> Plan:
    values = {
        "platforms": ["instagram", "email"],
        "start": date(2027, 3, 1),
        "end": date(2027, 3, 14),
        "pieces": None,
        "language": "en",
        "theme": "",
    }
    return Plan.model_validate({**values, **changes})


def slot(**changes: Any) -> dict[str, Any]:
    values = {
        "day": 1,
        "local_time": "12:00",
        "platform": "instagram",
        "type": "text",
        "theme": "A theme",
        "segment": "Young Professionals",
        "funnel_stage": "awareness",
    }
    return {**values, **changes}


def settled(
    *slots: dict[str, Any],
    now: datetime = NOW,
    kept: Sequence[Slot] = (),
    **changes: Any,
) -> list[Slot]:
    value = CalendarPlan.model_validate({"summary": "", "slots": list(slots)})
    return build_calendar(value, plan(**changes), GYM, now, kept)


def test_films_are_planned_only_where_the_plan_is_for_them() -> None:
    assert [made.type for made in settled(slot(type="video"))] == ["text"]
    assert [made.type for made in settled(slot(type="video"), type="video")] == ["video"]


def test_readers_that_nobody_knows_are_left_out() -> None:
    assert [made.segment for made in settled(slot(segment="Everybody"))] == [""]
    assert [made.segment for made in settled(slot(segment="young professionals"))] == ["Young Professionals"]


def planned(campaign: Campaign | None = None, **action: Any) -> Plan:
    return resolve_plan(Action(intent="plan", **action), campaign, TODAY, "en")


def running(**fields: Any) -> Campaign:
    values = {"name": "Drive", "business_id": "1" * 24, "created_at": NOW, "updated_at": NOW, **fields}
    return Campaign.model_validate(values)


def test_the_campaigns_window_counts_when_nothing_is_said() -> None:
    plan = planned(running(start_date=date(2026, 11, 20), end_date=date(2026, 12, 3)))
    assert (plan.start, plan.end) == (TODAY, date(2026, 12, 3))
    over = running(start_date=date(2026, 10, 1), end_date=date(2026, 10, 31))
    assert planned(over).start == date(2026, 11, 30)


def test_next_monday_for_two_weeks_is_the_default() -> None:
    assert (planned().start, planned().days) == (date(2026, 11, 30), 14)


def test_a_named_time_is_the_window() -> None:
    plan = planned(when="2027-02-20/2027-03-13")
    assert (plan.start, plan.end) == (date(2027, 2, 20), date(2027, 3, 13))
    assert planned(when="2027-03-01").days == 14
    begun = planned(when="2026-11-01/2026-12-24")
    assert (begun.start, begun.end) == (TODAY, date(2026, 12, 24))
    assert planned(when="2020-01-01/2020-02-01").start == date(2026, 11, 30)


def test_numbers_of_each_platform_are_a_mix() -> None:
    plan = planned(platforms=["instagram", "instagram", "email"])
    assert (plan.platforms, plan.mix, plan.pieces) == (
        ["instagram", "email"],
        {"instagram": 2, "email": 1},
        3,
    )
    assert (planned(count=100).pieces, planned(count=100).beyond) == (24, 76)


def test_a_server_that_keeps_schemas_plans_no_more_than_was_asked() -> None:
    output = strategist(3).output
    assert output is not None
    slots = strict_schema(output)["properties"]["slots"]
    assert (slots["minItems"], slots["maxItems"]) == (1, 3)
    assert len(output.model_validate({"summary": "", "slots": [slot()] * 5}).slots) == 5
    assert strategist(3) is strategist(3)
    with pytest.raises(ValueError, match="theme in words"):
        output.model_validate({"summary": "", "slots": [slot(theme="2026-11-24 15:16")]})


def test_days_are_kept_in_the_window_and_times_snapped() -> None:
    early, late = settled(slot(local_time="9h47", theme="One"), slot(day=40, local_time="24:99", theme="Two"))
    assert early.local_time == "2027-03-01T09:45"
    assert late.local_time == "2027-03-14T12:00"
    assert early.timezone == "UTC"
    assert early.state == "proposed"


def test_a_platform_that_was_not_asked_for_is_replaced() -> None:
    assert {one.platform for one in settled(slot(platform="sms"))} == {"instagram"}
    assert [one.platform for one in settled(slot(platform="sms"), platforms=["linkedin"])] == ["linkedin"]


def test_two_at_the_same_hour_are_moved_apart() -> None:
    slots = settled(*[slot(theme=f"Theme {letter}", local_time="12:15") for letter in "abc"])
    assert [one.local_time[-5:] for one in slots] == ["11:15", "12:15", "13:15"]


def test_a_second_plan_for_the_same_days_takes_the_hours_that_are_free() -> None:
    first = settled(slot(theme="One", local_time="12:15"))
    (again,) = settled(slot(theme="One", local_time="12:00"), kept=first)
    assert (again.platform, again.local_time) == ("instagram", "2027-03-01T11:00")


def test_nothing_is_planned_for_the_past() -> None:
    slots = settled(slot(local_time="09:00"), slot(local_time="13:00", theme="Later"), now=MIDDAY)
    assert [one.local_time for one in slots] == ["2027-03-01T13:00", "2027-03-02T09:00"]


def test_themes_are_needed_distinct_and_short() -> None:
    long = "A theme with very many words " * 9
    slots = settled(slot(theme="  "), slot(theme="Same"), slot(theme="same", day=2), slot(theme=long, day=3))
    assert len(slots) == 2
    assert all(0 < len(one.theme) <= 120 for one in slots)
    with pytest.raises(UnusableAnswer):
        settled(slot(theme="–"), slot(theme=""))


def test_no_more_slots_than_pieces() -> None:
    assert len(settled(*[slot(day=day, theme=f"Day {'x' * day}") for day in range(1, 9)], pieces=3)) == 3


def test_the_mix_that_was_asked_for_wins_over_the_models() -> None:
    slots = [slot(day=day, theme=f"Day {'x' * day}") for day in range(1, 7)]
    mix = {"instagram": 2, "email": 1}
    kept = settled(*slots, mix=mix, platforms=list(mix), pieces=3)
    assert [one.platform for one in kept] == ["instagram", "instagram", "email"]


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "day": st.integers(1, 10**6),
                "local_time": st.text(max_size=12),
                "platform": st.sampled_from(PLATFORMS),
                "type": st.sampled_from(["text", "image", "video"]),
                "theme": st.text(max_size=300),
                "segment": st.text(max_size=200),
                "funnel_stage": st.sampled_from(["awareness", "conversion"]),
            }
        ),
        max_size=24,
    )
)
def test_any_calendar_is_kept_or_refused(slots: list[dict[str, Any]]) -> None:
    value = CalendarPlan.model_validate({"summary": "", "slots": slots})
    try:
        kept = build_calendar(value, plan(), CAFE, MIDDAY, "")
    except UnusableAnswer:
        return
    assert kept == sorted(kept, key=lambda one: (one.local_time, one.platform))
    assert len({(one.platform, one.local_time[:13]) for one in kept}) == len(kept)
    assert all("2027-03-01T13" < one.local_time < "2027-03-15" for one in kept)
    assert {one.platform for one in kept} <= {"instagram", "email"}


@pytest.mark.parametrize(
    ("days", "platforms", "pieces"), [(14, 2, 6), (7, 1, 4), (30, 2, 10), (92, 4, 10), (1, 1, 1), (2, 1, 2)]
)
def test_the_usual_number_of_pieces(days: int, platforms: int, pieces: int) -> None:
    assert usual_pieces(days, platforms) == pieces
