"""Costs in micro-USD."""

from __future__ import annotations

import pytest

from agents.prices import price_of


def test_a_known_model_at_its_maker() -> None:
    price = price_of("gpt-4o-mini", "", 1_000_000, 0, 1_000_000)
    assert price.micro_usd == 750_000
    assert price.table.startswith("genai-prices ")


def test_cached_tokens_are_cheaper() -> None:
    assert (
        price_of("gpt-4o-mini", "", 10_000, 10_000, 0).micro_usd
        < price_of("gpt-4o-mini", "", 10_000, 0, 0).micro_usd
    )


@pytest.mark.parametrize(
    ("model", "url"),
    [
        ("no-such-model", ""),
        ("gpt-4o-mini", "http://127.0.0.1:11434/v1"),
        ("llama3", "http://ollama:11434/v1"),
    ],
)
def test_an_unknown_model_or_place_costs_nothing_and_says_so(model: str, url: str) -> None:
    price = price_of(model, url, 1_000, 0, 1_000)
    assert (price.micro_usd, price.table) == (0, "unknown")
