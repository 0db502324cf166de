"""Read numbers: separators of four languages, scale words, and number words up to a hundred."""

import functools
from decimal import Decimal

from core.rules.folding import fold

# Atomic with bounded repetition: a group of digits and separators is matched in one way only, so the
# surrounding pattern cannot backtrack into it.
NUMBER = (
    r"(?>\d{1,3}(?:(?: \d{3}){1,8}|(?:,\d{3}){1,8}|(?:\.\d{3}){1,8}|(?:'\d{3}){1,8})(?:[.,]\d{1,2})?(?!\d)"
    r"|\d{1,2}(?:,\d{2}){1,8},\d{3}(?!\d)|\d{1,40}(?:[.,]\d{1,40})?)"
)
SCALE = (
    r"(?:\s?(?:k|tsd|thousand|mille|milliers|mil|mio|millions?|millionen|millones|millon|bn|mrd|billions?"
    r"|milliards?|milliarden)(?![a-z]))"
)
_SCALES = {
    **dict.fromkeys(["k", "tsd", "thousand", "mille", "milliers", "mil"], 1_000),
    **dict.fromkeys(["m", "mio", "million", "millions", "millionen", "millones", "millon"], 1_000_000),
    **dict.fromkeys(
        ["b", "bn", "mrd", "billion", "billions", "milliard", "milliards", "milliarden"], 1_000_000_000
    ),
}


def parse_number(text: str) -> Decimal:
    """Parse a written number; a separator before exactly three digits groups thousands."""
    if text.isdigit():
        return Decimal(text)
    text = text.replace(" ", "").replace("'", "")
    marks = [char for char in text if char in ".,"]
    if not marks:
        return _plain(Decimal(text))
    head, _, tail = text.rpartition(marks[-1])
    grouped = len(tail) == 3 and (len(marks) > 1 or (len(head) <= 3 and not head.startswith("0")))
    digits = head.replace(".", "").replace(",", "")
    return _plain(Decimal(digits + tail) if grouped else Decimal(f"{digits}.{tail}"))


def scaled(number: Decimal, scale: str | None) -> Decimal:
    """Multiply a number by its scale word (`k`, `million`, `Mrd`), if it has one."""
    return _plain(number * _SCALES[scale.strip()]) if scale else number


def _plain(number: Decimal) -> Decimal:
    whole = number.to_integral_value()
    return whole if whole == number else number.normalize()


def trailing_number_word(text: str) -> tuple[int, int] | None:
    """Find the number word at the end of a folded text: its start and value."""
    words = _number_words()
    stripped = text.rstrip(" -")
    starts = [0, *(i + 1 for i, char in enumerate(stripped) if char in " -\n\t")]
    for start in starts[-1:-6:-1][::-1]:
        value = words.get(" ".join(stripped[start:].replace("-", " ").split()))
        if value is not None:
            return start, value
    return None


_EN = (
    (
        "one two three four five six seven eight nine ten "
        "eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
    ),
    "twenty thirty forty fifty sixty seventy eighty ninety",
)
_DE = (
    (
        "ein zwei drei vier fünf sechs sieben acht neun zehn "
        "elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn"
    ),
    "zwanzig dreissig vierzig fünfzig sechzig siebzig achtzig neunzig",
)
_FR = (
    (
        "un deux trois quatre cinq six sept huit neuf dix "
        "onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf"
    ),
    "vingt trente quarante cinquante soixante septante huitante nonante",
)
_ES = (
    (
        "uno dos tres cuatro cinco seis siete ocho nueve diez "
        "once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve"
    ),
    "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
)


@functools.cache
def _number_words() -> dict[str, int]:
    words: dict[str, int] = {
        "hundred": 100,
        "one hundred": 100,
        "a hundred": 100,
        "hundert": 100,
        "einhundert": 100,
    }
    words |= {"cent": 100, "cien": 100, "ciento": 100, "eins": 1, "eine": 1, "einen": 1, "une": 1, "una": 1}
    for small, large in (_EN, _DE, _FR, _ES):
        units, tens = small.split(), large.split()
        words |= {word: value for value, word in enumerate(units, 1)}
        for ten, word in enumerate(tens, 2):
            words[word] = ten * 10
            for unit in range(1, 10):
                name, value = units[unit - 1], ten * 10 + unit
                joined = {
                    "one": [f"{word} {name}", f"{word}{name}"],
                    "ein": [f"{name}und{word}"],
                    "un": [f"{word} {name}", f"{word} et {name}"],
                    "uno": [f"{word} y {name}", f"veinti{name}" if ten == 2 else f"{word} y {name}"],
                }[units[0]]
                words |= dict.fromkeys(joined, value)
    french = _FR[0].split()
    for unit in range(1, 20):
        words[f"quatre vingt {french[unit - 1]}"] = 80 + unit
        if unit >= 10:
            words[f"soixante {french[unit - 1]}"] = 60 + unit
    words |= {"quatre vingt": 80, "quatre vingts": 80, "soixante et onze": 71}
    return {" ".join(fold(word).text.replace("-", " ").split()): value for word, value in words.items()}
