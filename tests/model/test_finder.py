"""The test's own finder sees what a model invents, and knows what was given."""

from __future__ import annotations

import pytest

from tests.model.finder import known_words, unknown_in

KNOWN = known_words(
    ["from $29/month", "6:00–22:00", "2027-03-01", "https://shop.example/a", "hi@shop.example"]
)


@pytest.mark.parametrize(
    ("text", "invented"),
    [
        ("Only €32, then 50% off", ["32", "50"]),
        ("5 € or 7%", ["5", "7"]),
        ("Call 555-0199", ["555", "0199"]),
        ("gym2024 at 11:30", ["2024", "11:30"]),
        ("see www.else.example or me@else.example", ["me@else.example", "www.else.example"]),
        ("$29 a month, 6:00 to 22:00, 1 March 2027", []),
        ("https://shop.example/a, hi@shop.example.", []),
        ("one of 3 ways", []),
    ],
)
def test_invented_figures_are_seen(text: str, invented: list[str]) -> None:
    assert [found.text for found in unknown_in(text, KNOWN)] == invented
