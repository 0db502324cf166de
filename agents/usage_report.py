"""The usage that a provider reports, as far as it can be believed."""

from __future__ import annotations

from typing import Any

# A reported usage above this is not plausible.
_MOST_TOKENS = 10_000_000

DETAILS = {"prompt_tokens_details": "cached_tokens", "completion_tokens_details": "reasoning_tokens"}
"""Where cached and reasoning tokens are, in this order."""


def told_usage(usage: Any) -> dict[str, Any] | None:
    """Return the plausible part of a reported usage; None if the tokens are missing or implausible."""
    if not isinstance(usage, dict):
        return None
    tokens_in, tokens_out = tokens_of(usage, "prompt_tokens"), tokens_of(usage, "completion_tokens")
    if tokens_in is None or tokens_out is None or not tokens_in + tokens_out:
        return None
    told: dict[str, Any] = {
        "prompt_tokens": tokens_in,
        "completion_tokens": tokens_out,
        "total_tokens": tokens_of(usage, "total_tokens") or tokens_in + tokens_out,
    }
    for name, detail in DETAILS.items():
        if (number := tokens_of(usage.get(name), detail)) is not None:
            told[name] = {detail: number}
    return told


def tokens_of(counted: Any, name: str) -> int | None:
    """Return a plausible count from a reported object; None for anything else."""
    number = counted.get(name) if isinstance(counted, dict) else None
    return number if type(number) is int and 0 <= number <= _MOST_TOKENS else None
