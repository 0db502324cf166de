"""Refuse weak passwords."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from math import prod

from core.errors import InvalidFields

WEAKEST_SCORE = 2
"""zxcvbn's 0 to 4; 2 withstands a million guesses."""

_LOOKED_AT = 40
_MOST_SUBSTITUTIONS = 8
_BLANK_LETTERS = "\u115f\u1160\u2800"

_INVISIBLE = "has nothing visible in it; use a few words"
_PERSONAL = "is too close to your name or e-mail address; use a few words that do not go together"
_COMMON = "is among those that are tried first; use a few words that do not go together"


class PasswordStrength:
    """Refuses weak passwords. One thread, since zxcvbn keeps personal words in a module-level table."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="password-strength")

    async def require(self, password: str, email: str, name: str) -> None:
        """Raise InvalidFields for `password` if it is blank, personal or common."""
        loop = asyncio.get_running_loop()
        weakness = await loop.run_in_executor(self._thread, _weakness, password, [email, name])
        if weakness is not None:
            raise InvalidFields([{"field": "password", "message": weakness}])

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)


def _weakness(password: str, personal: Sequence[str]) -> str | None:
    """Return the weakness of a password, or None."""
    # Imported on first use: its word lists take a sixth of a second to load.
    from zxcvbn import matching, zxcvbn

    text = _visible(password)[:_LOOKED_AT]
    if not text:
        return _INVISIBLE
    # zxcvbn tries each substitution ("4", "$") with every word list: limit them to one if there are many.
    table = matching.relevant_l33t_subtable(text, matching.L33T_TABLE)
    if prod(len(symbols) for symbols in table.values()) > _MOST_SUBSTITUTIONS:
        text = matching.translate(text, {symbol: letter for letter in table for symbol in table[letter]})
    result = zxcvbn(text, user_inputs=_parts(personal))
    if result["score"] >= WEAKEST_SCORE:
        return None
    used = {match.get("dictionary_name") for match in result["sequence"]}
    return _PERSONAL if "user_inputs" in used else _COMMON


def _visible(text: str) -> str:
    """Remove invisible characters and repeated spaces; empty when no letter is left."""
    composed = unicodedata.normalize("NFKC", text)
    shown = "".join(
        character
        for character in " ".join(composed.split())
        if character == " " or not (unicodedata.category(character)[0] in "ZC" or character in _BLANK_LETTERS)
    )
    return shown.strip() if any(unicodedata.category(one)[0] not in "ZM" for one in shown) else ""


def _parts(personal: Sequence[str]) -> list[str]:
    """Return names and addresses, and their words alone and joined."""
    parts: list[str] = []
    for text in personal:
        words = [word for word in re.split(r"[\W_]+", text) if len(word) > 2]
        parts += [text, "".join(words), *words]
    return parts
