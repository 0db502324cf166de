"""What specialists are told of the conversation, the calendar and the days."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from agents.inputs import calendar_input, last_turns
from agents.strategy import Plan, calendar_inputs
from core.campaign import Slot
from prompts.library import PromptLibrary
from tests.unit.offline.businesses import GYM, TODAY

TURNS = st.lists(st.tuples(st.sampled_from(["user", "assistant"]), st.text(min_size=1, max_size=40)))


@given(TURNS, st.integers(1, 60))
def test_the_newest_turns_are_whole_and_fit_the_budget(turns: list[tuple[str, str]], budget: int) -> None:
    kept = last_turns(turns, len, budget)
    whole = kept[1:] if kept and kept[0] not in turns else kept
    assert whole == turns[len(turns) - len(whole) :]
    assert sum(len(text) for _, text in whole) <= budget
    assert bool(kept) == bool(turns)
    if len(kept) < len(turns) and kept == whole:
        assert sum(len(text) for _, text in turns[len(turns) - len(kept) - 1 :]) > budget


def test_a_message_longer_than_the_budget_is_cut() -> None:
    assert last_turns([("user", "old"), ("user", "a" * 50)], len, 20) == [("user", "a" * 20 + "…")]


def a_slot(day: str, theme: str, **values: str) -> Slot:
    return Slot.model_validate(
        {"local_time": f"{day}T09:00", "timezone": "UTC", "platform": "email", "theme": theme, **values}
    )


def test_the_calendar_names_weekdays_and_how_texts_begin_and_leaves_out_what_is_over() -> None:
    calendar = [
        a_slot("2026-11-01", "Over"),
        a_slot("2026-12-07", "First", brief="Open with the cold", slot_id="1" * 24),
        a_slot("2026-12-09", "Dropped", state="dropped"),
        a_slot("2026-12-12", "Last"),
    ]
    first, last = calendar_input(calendar, {"1" * 24: "Your first winter session"}, TODAY)
    assert first == {
        "when": "Mon 2026-12-07 09:00",
        "platform": "email",
        "theme": "First",
        "brief": "Open with the cold",
        "begins": "Your first winter session",
    }
    assert (last["when"], last["brief"], last["begins"]) == ("Sat 2026-12-12 09:00", "", "")


def strategist_told(**values: object) -> str:
    window = {"start": date(2026, 12, 7), "end": date(2026, 12, 20)}
    plan = Plan.model_validate({"platforms": ["email"], "language": "en", **window, **values})
    inputs = calendar_inputs(
        business=GYM, facts=GYM.facts, memories=[], campaign=None, plan=plan, today=TODAY
    )
    return PromptLibrary().render("strategy/calendar", inputs).user


def test_a_number_that_the_person_named_is_exact_and_any_other_a_limit() -> None:
    assert "\npieces: 3\n" in strategist_told(pieces=3)
    assert "at_most" not in strategist_told(pieces=3)
    assert "\nat_most: 4\n" in strategist_told()
    assert "\npieces:" not in strategist_told()


def test_days_of_the_window_have_names() -> None:
    told = strategist_told()
    assert "day 1 = Mon 7 Dec; day 2 = Tue 8 Dec" in told
    assert "day 14 = Sun 20 Dec\n" in told
    long = strategist_told(end=date(2027, 1, 31))
    assert "day 1 = Mon 7 Dec; day 8 = Mon 14 Dec" in long
