"""What a model answers becomes actions on documents that exist, whatever it answered."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.route import Handles, Listed, Route, moment, resolve, window
from core.actions import RoutedAction

DRAFTS = (
    Listed("D1", "d-one", "instagram", "Rest days", "draft"),
    Listed("D2", "d-two", "email", "What happens", "draft", other="s-two"),
)
SLOTS = (
    Listed("S1", "s-one", "instagram", "Stairs", "open", when="2027-03-01T12:00"),
    Listed("S2", "s-two", "email", "What happens", "drafted", when="2027-03-02T09:00", other="d-two"),
)


def resolved(*steps: dict[str, Any], focus: str | None = None, request: str = "Do it") -> list[RoutedAction]:
    route = Route.model_validate({"actions": list(steps)})
    return resolve(route, Handles(DRAFTS, SLOTS, focus), request)


def test_handles_become_ids_and_unknown_ones_are_dropped() -> None:
    (action,) = resolved({"intent": "edit", "targets": ["D9", "[d2]", "D2", "nonsense"]})
    assert (action.intent, action.targets) == ("edit", ["d-two"])


def test_without_a_name_the_open_draft_is_meant() -> None:
    (action,) = resolved({"intent": "edit", "targets": ["D7"]}, focus="d-one")
    assert action.targets == ["d-one"]


def test_what_could_be_any_draft_is_asked_with_a_button_for_each() -> None:
    (asked,) = resolved({"intent": "edit", "brief": "Make it shorter"})
    assert (asked.intent, asked.targets) == ("clarify", [])
    assert [option.label for option in asked.options] == ["Rest days", "What happens"]
    assert [option.actions[0].targets for option in asked.options] == [["d-one"], ["d-two"]]
    assert {option.actions[0].intent for option in asked.options} == {"edit"}


def test_a_draft_and_its_slot_stand_for_each_other() -> None:
    (edited,) = resolved({"intent": "edit", "targets": ["S2"]})
    (moved,) = resolved({"intent": "calendar", "operation": "move", "targets": ["D2"], "when": "2027-03-05"})
    assert (edited.targets, moved.targets) == (["d-two"], ["s-two"])


def test_what_is_written_already_is_changed_and_not_written_anew() -> None:
    write, edit = resolved({"intent": "write", "targets": ["S1", "S2"]})
    assert (write.intent, write.targets, edit.intent, edit.targets) == ("write", ["s-one"], "edit", ["d-two"])


@pytest.mark.parametrize(
    "step",
    [
        {"intent": "calendar", "operation": "move", "targets": ["S1"]},
        {"intent": "calendar", "operation": "move", "targets": ["S1"], "when": "soon"},
        {"intent": "calendar", "operation": "approve", "targets": ["S1"]},
        {"intent": "calendar", "operation": "drop", "targets": ["S8"]},
        {"intent": "calendar", "operation": "add"},
        {"intent": "decide", "operation": "move", "targets": ["D1"]},
        {"intent": "decide", "operation": "delete"},
    ],
)
def test_what_is_not_whole_is_asked_and_nothing_is_done(step: dict[str, Any]) -> None:
    (action,) = resolved(step)
    assert (action.intent, action.operation) == ("clarify", None)


def test_answers_to_a_question_carry_actions_on_documents() -> None:
    schedule = {"intent": "decide", "operation": "schedule", "targets": ["D1"], "when": "2027-03-05T09:00"}
    options = [
        {"label": "On Friday", "then": schedule},
        {"label": "Neither", "then": {"intent": "edit", "targets": ["D8"]}},
    ]
    (asked,) = resolved({"intent": "clarify", "question": "Now or on Friday?", "options": options})
    assert asked.question == "Now or on Friday?"
    (option,) = asked.options
    assert option.actions[0].targets == ["d-one"]
    assert option.actions[0].when == "2027-03-05T09:00"


def test_times_are_days_local_times_or_a_span() -> None:
    assert moment("2027-03-01T09:00") == "2027-03-01T09:00"
    assert moment("2027-03-01/2027-03-05") is None
    assert [str(day) for day in window("2027-03-01/2027-03-05")] == ["2027-03-01", "2027-03-05"]
    assert window("someday") == (None, None)


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "intent": st.sampled_from(
                    ["plan", "write", "edit", "variants", "calendar", "decide", "clarify"]
                ),
                "operation": st.sampled_from([None, "add", "move", "drop", "swap", "delete", "publish"]),
                "targets": st.lists(
                    st.sampled_from(["D1", "D2", "S1", "S2", "D9", "x"]) | st.text(max_size=9)
                ),
                "platforms": st.lists(st.sampled_from(["instagram", "email", "facebook"])),
                "count": st.none() | st.integers(),
                "when": st.none() | st.text(max_size=30) | st.dates().map(str),
                "theme": st.text(max_size=400),
                "brief": st.text(max_size=1_000),
                "campaign": st.text(max_size=300),
            }
        ),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from([None, "d-one"]),
)
def test_any_answer_gives_actions_that_can_be_carried_out(
    steps: list[dict[str, Any]], focus: str | None
) -> None:
    known = {one.id for one in (*DRAFTS, *SLOTS)}
    for action in resolved(*steps, focus=focus):
        assert set(action.targets) <= known
        assert action.targets or action.intent not in {"edit", "decide"}
        assert action.intent != "calendar" or action.targets or action.operation == "add"
        assert action.intent != "decide" or action.operation in {"delete", "publish"}
        assert RoutedAction.model_validate(action.model_dump(mode="json")) == action


def test_what_is_no_conclusion_does_not_spoil_a_route() -> None:
    kept = {"kind": "style", "text": "no emojis"}
    answer = {
        "actions": [{"intent": "answer"}],
        "remember": [{"kind": "rule"}, "x", {**kept, "text": ""}, kept],
    }
    assert [(one.kind, one.text) for one in Route.model_validate(answer).remember] == [("style", "no emojis")]
    assert Route.model_validate({**answer, "remember": "nothing"}).remember == []
