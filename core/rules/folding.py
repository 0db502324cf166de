"""Fold a text to comparable characters, with their original offsets."""

import functools
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# Invisible characters outside category Cf that renderers show as nothing.
_INVISIBLE = frozenset(
    [0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0, *range(0x180B, 0x1810), *range(0xFE00, 0xFE10)]
)
_REPLACED = {
    "−": "-",
    "’": "'",
    "‘": "'",
    "ʼ": "'",
    "＇": "'",
    "⁄": "/",
    "∕": "/",
    "×": "x",
    "✕": "x",
    "∶": ":",
    "‚": ",",
    "٫": ".",
    "٬": ",",
    "٪": "%",
    "🔟": "10",
    "\u2800": " ",
    "。": ".",
    "œ": "oe",
    "æ": "ae",
    "\u2028": "\n",
    "\u2029": "\n",
}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text; `origins[i]` is where folded character `i` stands in the original.

    `ends[i]` is where it ends there, if characters were put in the place of words.
    """

    text: str
    original: str
    origins: Sequence[int]
    ends: Sequence[int] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Map a folded range to the original range."""
        if start >= end:
            at = self.origins[start] if start < len(self.origins) else len(self.original)
            return at, at
        first = self.origins[start]
        last = self.ends[end - 1] if self.ends else self.origins[end - 1] + 1
        while last < len(self.original) and unicodedata.category(self.original[last]) in {"Mn", "Me"}:
            last += 1
        return first, last

    def replaced(self, pieces: Iterable[tuple[int, int, int | None]]) -> "Folded":
        """The text with a number in the place of each range; the pieces are in order and apart."""
        texts: list[str] = []
        origins: list[int] = []
        ends: list[int] = []
        at = 0
        for start, end, number in [*pieces, (len(self.text), len(self.text), None)]:
            texts.append(self.text[at:start])
            origins += self.origins[at:start]
            ends += [origin + 1 for origin in self.origins[at:start]]
            if number is not None:
                shown = str(number)
                texts.append(shown)
                origins += [self.origins[start]] * len(shown)
                ends += [self.origins[end - 1] + 1] * len(shown)
            at = end
        return Folded("".join(texts), self.original, origins, ends)

    def slice(self, start: int, end: int) -> str:
        """The original text behind a folded range."""
        first, last = self.span(start, end)
        return self.original[first:last]


@functools.lru_cache(maxsize=8192)
def is_invisible(char: str) -> bool:
    """Return whether a character is invisible (zero-width, soft hyphen, control, tag, variation selector)."""
    if char in "\n\r\t":
        return False
    return (
        unicodedata.category(char) in {"Cf", "Cc"}
        or ord(char) in _INVISIBLE
        or 0xE0000 <= ord(char) <= 0xE0FFF
    )


@functools.lru_cache(maxsize=8192)
def fold_char(char: str) -> str:
    """Fold one character: compatibility form, no accents or case, digits of any script as ASCII."""
    if char in _REPLACED:
        return _REPLACED[char]
    if is_invisible(char):
        return ""
    category = unicodedata.category(char)
    if category == "Zs":
        return " "
    if category == "Pd":
        return "-"
    out: list[str] = []
    if category == "No" and unicodedata.numeric(char, 0) % 1 > 0:
        out.append(" ")  # so that 2½ is no 21/2
    for part in unicodedata.normalize("NFKD", char).casefold():
        kind = unicodedata.category(part)
        if kind in {"Mn", "Me"}:
            continue
        if kind in {"Nd", "No", "Nl"} and not part.isascii():
            value = unicodedata.numeric(part, 0.5)
            out.append(str(int(value)) if value == int(value) else part)
        else:
            out.append(_REPLACED.get(part, part))
    return "".join(out)


def fold(text: str) -> Folded:
    """Fold a whole text."""
    if text.isascii() and not _CONTROL.search(text):
        return Folded(text.lower(), text, range(len(text)))
    chars: list[str] = []
    origins: list[int] = []
    for index, char in enumerate(text):
        folded = fold_char(char)
        chars.append(folded)
        origins.extend([index] * len(folded))
    return Folded("".join(chars), text, tuple(origins))


def is_blank(text: str) -> bool:
    """Return whether a text is empty or holds only spaces and invisible characters."""
    return not fold(text).text.strip()


def visible(text: str) -> str:
    """Remove invisible characters and unify compatibility forms; case and accents stay."""
    if text.isascii() and not _CONTROL.search(text):
        return text
    return unicodedata.normalize("NFKC", "".join(char for char in text if not is_invisible(char)))
