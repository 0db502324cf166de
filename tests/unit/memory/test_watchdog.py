"""When silence counts: questions in a row, and only those that were really asked."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from memory.watchdog import BROKEN, QUESTIONS, Silence

EACH = 5.0
TOOK = st.floats(0, 2 * EACH, exclude_max=True)


@given(st.lists(TOOK, min_size=QUESTIONS, max_size=QUESTIONS))
def test_enough_unanswered_questions_in_a_row_are_a_silence(took: list[float]) -> None:
    silence = Silence(EACH)
    assert [silence.note(missed=1, took=one) for one in took] == [False] * (QUESTIONS - 1) + [True]


@given(st.lists(st.lists(TOOK, max_size=QUESTIONS - 1), max_size=5))
def test_an_answer_in_between_begins_anew(silences: list[list[float]]) -> None:
    silence = Silence(EACH)
    for unanswered in silences:
        assert not any(silence.note(missed=1, took=one) for one in unanswered)
        assert not silence.note(missed=0, took=0.1)


@given(st.lists(st.floats(2 * EACH, 1e6), max_size=20))
def test_questions_during_which_the_asker_itself_was_stopped_say_nothing(took: list[float]) -> None:
    silence = Silence(EACH)
    assert not any(silence.note(missed=1, took=one) for one in took)


def test_two_answers_in_a_row_that_it_is_broken_are_enough() -> None:
    silence = Silence(EACH)
    assert not silence.note(BROKEN, took=0.1)
    assert not silence.note(0, took=0.1)
    assert not silence.note(BROKEN, took=0.1)
    assert silence.note(BROKEN, took=0.1)
