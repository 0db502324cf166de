"""Instructions stay out of what a model says, however its words are cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rules.echoes import EchoFilter

INSTRUCTIONS = (
    "You are the marketing copilot of Perrache, talking to the person who runs it. Two or three sentences, "
    "plain text, friendly and exact, no lists, no headings. [figures-from-facts] Every number, price, date "
    "and name stands word for word in the material."
)
RULE = "Every number, price, date and name stands word for word in the material"
words = st.sampled_from(
    [
        "two",
        "or",
        "three",
        "sentences",
        "plain",
        "text",
        "bread",
        " ",
        "\n",
        ". ",
        ", ",
        "é",
        "<",
        ">",
    ]
)
echoing = st.sampled_from(
    ["la la la la la la ", RULE, INSTRUCTIONS, "<facts>", "[fact:5f]", "[figures-from-facts]", "</task>"]
)
texts = st.lists(st.one_of(words, words, words, echoing), max_size=40).map("".join)


def shown(*pieces: str) -> str:
    rule = EchoFilter(INSTRUCTIONS)
    return "".join([*(rule.feed(piece) for piece in pieces), rule.finish()])


@given(texts, st.data())
def test_how_a_text_is_cut_changes_nothing(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)))))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert shown(*pieces) == shown(text)


@given(st.lists(words, max_size=9).map("".join))
def test_a_text_too_short_to_repeat_anything_stays_as_it_is(text: str) -> None:
    assert shown(text) == text


def test_a_repeated_instruction_goes_and_what_stands_around_it_stays() -> None:
    assert (
        shown(f"Of course. {RULE}. Your bread is 4,20 €.") == "Of course. Every number Your bread is 4,20 €."
    )


def test_an_answer_of_nothing_but_instructions_says_next_to_nothing() -> None:
    assert shown(INSTRUCTIONS) == "You are"


def test_an_answer_that_mostly_repeats_is_told_from_one_that_repeats_once() -> None:
    most, once = EchoFilter(INSTRUCTIONS), EchoFilter(INSTRUCTIONS)
    most.feed(f"Of course. {RULE}.")
    once.feed(f"{RULE}. " + "Your bread is warm and waits for you at seven, at nine and at noon. " * 2)
    assert (most.mostly_echo, once.mostly_echo) == (True, False)


@pytest.mark.parametrize(
    "mark",
    [
        "<facts>",
        "</brand>",
        "[fact:65a1b2c3]",
        "[memory:9]",
        "[story:444e85cbce361d26]",
        "[figures-from-facts]",
    ],
)
def test_a_section_mark_or_a_source_id_never_leaves(mark: str) -> None:
    assert shown(f"The loaf {mark}costs 4,20 €.") == "The loaf costs 4,20 €."


def test_of_a_loop_no_more_is_shown_than_tells_it() -> None:
    said = shown("So it is. " + "The person is not here today. " * 40)
    assert said == "So it is. " + "The person is not here today. " * 2 + "The person is not here today"


def test_what_only_looks_like_a_mark_stays() -> None:
    text = "Is 3 < 4? [Bread] <b>now</b>, a [figure] of <taste>"
    assert shown(text) == text


def test_words_are_shown_as_they_come_until_three_in_a_row_are_known() -> None:
    rule = EchoFilter(INSTRUCTIONS)
    assert [rule.feed(piece) for piece in ("Bre", "ad", " two", " or")] == ["Bre", "ad", " two", " or"]
