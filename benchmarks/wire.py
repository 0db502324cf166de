"""What client and model agree on: numbered words, and how fast a request wants them."""

from __future__ import annotations

import re

MODEL = "bench"
_ASKED = re.compile(rb"\[(\d+) words at (\d+)/s\]")


def asking(words: int, rate: int) -> str:
    """A person's question that also tells the model how to answer."""
    return f"Are you open on Sunday? [{words} words at {rate}/s]"


def asked(body: bytes) -> tuple[int, int]:
    """How many words a request wants, and how many a second."""
    found = _ASKED.findall(body)
    words, rate = found[-1] if found else (b"20", b"20")
    return int(words), int(rate)


def word(number: int) -> str:
    """The word of a number: what is lost, doubled or in the wrong place shows."""
    return f"t{number} "


def numbers(text: str) -> list[int]:
    """The numbers of the words in a text."""
    return [int(one[1:]) for one in text.split() if one[:1] == "t" and one[1:].isdigit()]
