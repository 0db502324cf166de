"""A person's own words in a message, apart from what they quote or paste."""

from __future__ import annotations

import re

_QUOTATION = re.compile(
    r"```.*?(?:```|\Z)|“[^”]*(?:”|\Z)|„[^“”]*(?:[“”]|\Z)|«[^»]*(?:»|\Z)|»[^«]*(?:«|\Z)|\"[^\"]*(?:\"|\Z)"
    r"|(?<!\w)'[^'\n]*'(?!\w)|^[ \t]*>[^\n]*",
    re.DOTALL | re.MULTILINE,
)
_INTRODUCED = re.compile(r":[ \t]*\n(?!\s*(?:[-*•–]|\d+[.)])\s).*\Z", re.DOTALL)
_LONGEST = 1_500
"""Characters of a paragraph beyond which it counts as pasted."""


def own_words(message: str) -> str:
    """Return the first paragraph without quotations and without what a line that ends in a colon introduces.

    What follows an empty line may be pasted, and nothing says where it begins: it is left out, too. Empty if
    nothing is certainly the person's own.
    """
    first = next(filter(str.strip, re.split(r"\n[ \t]*\n", message.replace("\r\n", "\n"))), "")
    own = _INTRODUCED.sub(":", _QUOTATION.sub(" ", first)).strip()
    return own if len(own) <= _LONGEST else ""
