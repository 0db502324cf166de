"""Read numbers: separators of four languages, scale words, and numbers in words."""

import functools
import re
from collections.abc import Mapping
from decimal import Decimal

from core.rules.folding import Folded, fold
from core.rules.locales import listed

# Atomic, and with an end to every repetition: how a row of digits and separators is read is decided once,
# so that no pattern around it can try another reading.
NUMBER = (
    r"(?>\d{1,3}(?:(?: \d{3}){1,8}|(?:,\d{3}){1,8}|(?:\.\d{3}){1,8}|(?:'\d{3}){1,8})(?:[.,]\d{1,2})?(?!\d)"
    r"|\d{1,2}(?:,\d{2}){1,8},\d{3}(?!\d)|\d{1,40}(?:[.,]\d{1,40})?)"
)
_SCALES = {
    **dict.fromkeys(["k", "tsd", "thousand", "thousands", "mille", "milliers", "mil", "тыс"], 1_000),
    **dict.fromkeys(
        listed("m mio mn million millions millionen millones millon milioni milhoes млн"),
        10**6,
    ),
    **dict.fromkeys(["b", "bn", "mrd", "billion", "billions", "milliard", "milliards", "milliarden"], 10**9),
    "万": 10_000,
    "千": 1_000,
    "億": 10**8,
    "亿": 10**8,
}
SCALE = (
    r"(?:\s?(?:"
    + "|".join(sorted((w for w in _SCALES if len(w) > 1 or w == "k"), key=len, reverse=True))
    + r")(?![a-z])|[万千億亿])"
)


def parse_number(text: str) -> Decimal:
    """The value of a number as written; a separator before exactly three digits groups thousands."""
    if text.isdigit():
        return Decimal(text)
    text = text.replace(" ", "").replace("'", "")
    marks = [char for char in text if char in ".,"]
    if not marks:
        return _plain(Decimal(text))
    head, _, tail = text.rpartition(marks[-1])
    grouped = len(tail) == 3 and (len(marks) > 1 or (0 < len(head) <= 3 and not head.startswith("0")))
    digits = head.replace(".", "").replace(",", "") or "0"
    return _plain(Decimal(digits + tail) if grouped else Decimal(f"{digits}.{tail}"))


def scaled(number: Decimal, scale: str | None) -> Decimal:
    """A number times its scale word (`k`, `million`, `Mrd`), if it has one."""
    return _plain(number * _SCALES[scale.strip()]) if scale else number


def _plain(number: Decimal) -> Decimal:
    whole = number.to_integral_value()
    return whole if whole == number else number.normalize()


_UNITS = {
    "en": "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen",
    "de": "ein zwei drei vier funf sechs sieben acht neun zehn elf zwolf dreizehn vierzehn funfzehn sechzehn "
    "siebzehn achtzehn neunzehn",
    "fr": "un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize",
    "es": "uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis "
    "diecisiete dieciocho diecinueve veinte veintiuno veintidos veintitres veinticuatro veinticinco "
    "veintiseis veintisiete veintiocho veintinueve",
}
_TENS = {
    "en": "twenty thirty forty fifty sixty seventy eighty ninety",
    "de": "zwanzig dreissig vierzig funfzig sechzig siebzig achtzig neunzig",
    "fr": "vingt trente quarante cinquante soixante septante huitante nonante",
    "es": "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
}
_MORE = {
    "en": {"hundred": 100, "thousand": 1000, "dozen": 12},
    "de": {
        "hundert": 100,
        "tausend": 1000,
        "dutzend": 12,
        "zwo": 2,
        "eins": 1,
        "zweit": 2,
        "dritt": 3,
        "viert": 4,
        "sechst": 6,
    },
    "fr": {"cent": 100, "cents": 100, "mille": 1000, "vingts": 20, "douzaine": 12, "dizaine": 10}
    | {
        "quinzaine": 15,
        "vingtaine": 20,
        "trentaine": 30,
        "quarantaine": 40,
        "cinquantaine": 50,
        "centaine": 100,
    },
    "es": {"cien": 100, "ciento": 100, "mil": 1000, "docena": 12, "veintiun": 21}
    | {"doscientos": 200, "doscientas": 200, "trescientos": 300, "trescientas": 300, "cuatrocientos": 400}
    | {"quinientos": 500, "quinientas": 500, "seiscientos": 600, "setecientos": 700, "ochocientos": 800},
}
_ONE = {"one": "en", "ein": "de", "eine": "de", "einen": "de", "einer": "de", "un": "fr", "une": "fr"}
_ONE |= {"uno": "es", "una": "es", "un ": "es"}
_AFTER_ONE = re.compile(
    r"[ -](?:in \w|sur \w|von \w|(?:(?:volle|whole|full|entera|entiere) )?(?:hours?|minutes?|out of|de cada"
    r"|hundred|thousand|days?|tage?|jours?|dias?|stunden?|minuten?|wochen?|monate?n?|jahre?|heures?|semaines?|mois|horas?|minutos?"
    r"|semanas?|euros?)\b)"
)
_COMMON = {
    "en": "the and of to is in for with you your we our on at from are it that this by be per off",
    "de": "der die das und ist im mit fur wir sie ihr dein auf ab bis um von den dem zu nicht am auch jeden",
    "fr": "le la les et est des du pour vous nous avec sur dans au aux ce cette une par de chaque pas",
    "es": "el la los las y es para con del al por que tu te lo su se hasta cada en de sin",
}
_TOKEN = re.compile(r"[^\W\d_]+")
_JOINERS = frozenset([" ", "-"])
_LINKS = frozenset(["and", "et", "y"])
_AMBIGUOUS = frozenset(["elf", "once", "sept", "neuf", "cent", "cents", "mil", "six"])
_GERMAN = re.compile(r"(?:(?P<t>\w+?)?tausend)?(?:(?P<h>\w+?)?hundert)?(?:und)?(?P<r>\w*)")


@functools.cache
def _words() -> dict[str, dict[str, int]]:
    words = {}
    for language, units in _UNITS.items():
        found = {word: value for value, word in enumerate(units.split(), 1)}
        found |= {word: ten * 10 for ten, word in enumerate(_TENS[language].split(), 2)}
        words[language] = found | _MORE[language]
    words["de"] |= {
        f"{unit}und{ten}": tens * 10 + value
        for value, unit in enumerate(_UNITS["de"].split()[:9], 1)
        for tens, ten in enumerate(_TENS["de"].split(), 2)
    }
    return words


def likely_languages(folded: str) -> list[str]:
    """Those of the four languages whose common words the beginning of a folded text has most of."""
    seen = _TOKEN.findall(folded[:2_000])
    scores = {
        name: sum(word in common or (word in _words()[name] and word not in _AMBIGUOUS) for word in seen)
        for name, common in _COMMON_SETS.items()
    }
    most = max(scores.values())
    return [name for name, score in scores.items() if score == most]


_COMMON_SETS: Mapping[str, frozenset[str]] = {
    name: frozenset(words.split()) for name, words in _COMMON.items()
}


def spelled(folded: Folded) -> Folded:
    """The text with numbers in words as digits: `fifty-eight pounds` is `58 pounds`, at the same place."""
    text = folded.text
    languages = likely_languages(text)
    known: dict[str, int] = {}
    for language in languages:
        known |= _words()[language]
    if len(languages) > 1:
        for word in _AMBIGUOUS:
            known.pop(word, None)
    pieces: list[tuple[int, int, int]] = []
    open_: _Number | None = None
    for match in _TOKEN.finditer(text):
        word = match[0]
        value = known.get(word)
        if value is None and "de" in languages and len(word) > 8:
            value = _german(word, known)
        if word in _ONE and not _AFTER_ONE.match(text, match.end()):
            value = None
        elif word in _ONE:
            value = 1
        if value is None:
            continue
        if open_ is not None and open_.takes(value, text[open_.end : match.start()]):
            open_.add(value, match.end())
            continue
        if open_ is not None:
            pieces.append(open_.piece())
        open_ = _Number(match.start(), match.end(), value)
    if open_ is not None:
        pieces.append(open_.piece())
    return folded.replaced(pieces) if pieces else folded


def _german(word: str, known: Mapping[str, int]) -> int | None:
    """`dreihundert`, `zehntausend`, `zweitausendfunfhundert`; None for any other word."""
    if "tausend" not in word and "hundert" not in word:
        return None
    match = _GERMAN.fullmatch(word)
    if match is None:
        return None
    values = {name: known.get(match[name] or "", 0 if match[name] else 1) for name in ("t", "h")}
    rest = known.get(match["r"], None if match["r"] else 0)
    if rest is None or 0 in values.values():
        return None
    return values["t"] * 1000 * ("tausend" in word) + values["h"] * 100 * ("hundert" in word) + rest


class _Number:
    """A number in words while it is read."""

    def __init__(self, start: int, end: int, value: int) -> None:
        self.start, self.end = start, end
        self._total, self._part, self._last = (value, 0, value) if value >= 1000 else (0, value, value)

    def takes(self, value: int, between: str) -> bool:
        link = between.strip()
        if between not in _JOINERS and link not in _LINKS:
            return False
        if value in {100, 1000}:
            return not link and 0 < (self._part or 1) < value and self._last < value
        if value >= 100:
            return not link and self._last >= 1000
        if self._last in {100, 1000} or self._last % 100 == 0:
            return True
        if (value == 20 and self._last == 4) or (self._last == 10 and 7 <= value <= 9 and between == "-"):
            return True
        twenties = self._last in {60, 20} and self._part in {60, 80}
        return self._last >= 20 and self._last % 10 == 0 and value < (20 if twenties else 10)

    def add(self, value: int, end: int) -> None:
        if value == 100:
            self._part = max(self._part, 1) * 100
        elif value == 1000:
            self._total, self._part = self._total + max(self._part, 1) * 1000, 0
        elif value == 20 and self._last == 4:
            self._part += 76
        else:
            self._part += value
        self._last, self.end = value, end

    def piece(self) -> tuple[int, int, int]:
        return self.start, self.end, self._total + self._part


def fold_numbers(text: str) -> Folded:
    """A text folded, with its numbers in digits."""
    return spelled(fold(text))
