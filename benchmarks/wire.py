"""The protocol of client and model: numbered words at a requested rate."""

from __future__ import annotations

import re

MODEL = "bench"
_ASKED = re.compile(rb"\[(\d+) words at (\d+)/s\]")


def asking(words: int, rate: int) -> str:
    """Return a message that tells the model number and rate of words."""
    return f"Are you open on Sunday? [{words} words at {rate}/s]"


def asked(body: bytes) -> tuple[int, int]:
    """Parse the number of words and their rate in words per second."""
    found = _ASKED.findall(body)
    words, rate = found[-1] if found else (b"20", b"20")
    return int(words), int(rate)


def word(number: int) -> str:
    """Return the word of a number, so that lost, doubled or misplaced words are detected."""
    return f"t{number} "


def numbers(text: str) -> list[int]:
    """Return the numbers of the words in a text."""
    return [int(one[1:]) for one in text.split() if one[:1] == "t" and one[1:].isdigit()]
