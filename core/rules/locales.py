"""Names of months, weekdays, currencies, measures and parts of the day, from CLDR through Babel."""

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from babel import Locale
from babel.numbers import get_currency_name, get_currency_symbol
from babel.units import format_unit

from core.rules.folding import fold


def listed(words: str) -> list[str]:
    """The words of a list that is written as one text."""
    return words.split()


_LOCALES = listed("en de de_AT fr es it pt nl pl ru tr ar zh ja ko sv da cs")
_ABBREVIATED = ("en", "de", "fr", "es")
"""Short names of months and weekdays are words in too many languages to be read in all of them."""

_CURRENCIES = listed(
    "USD EUR GBP CHF CAD AUD NZD JPY CNY INR BRL MXN ARS CLP SEK NOK DKK PLN CZK HUF RON BGN "
    "RUB UAH ILS AED SAR ZAR KRW SGD HKD THB IDR MYR PHP VND NGN KES EGP TND TWD ISK TRY"
)
CODES = frozenset(code.lower() for code in _CURRENCIES) | {"rmb"}
"""ISO 4217 codes that are read, in lower case."""
_NOUN_FIRST = frozenset(["fr", "es", "it", "pt", "pl", "ar"])
_AT_HOME = listed(
    "de_CH en_AU en_CA en_US en_NZ en_HK en_SG en_GB en_IN es_MX es_AR es_CL pl sv da nb zh ja "
    "ko ru tr uk he th pt_BR cs hu en_ZA"
)
# What people write and CLDR does not list: small change, slang, and signs that are older than ISO 4217.
_SPOKEN = {
    **dict.fromkeys(["cent", "cents", "centimes", "centavos", "centimos", "¢", "pence"], "cents"),
    **dict.fromkeys(["buck", "bucks", "dollar", "dollars", "dolar", "dolares", "dollari"], "$"),
    "quid": "GBP",
    "pounds sterling": "GBP",
    "sfr": "CHF",
    "sfr.": "CHF",
    "fr.": "CHF",
    "rmb": "CNY",
    "元": "CNY",
    "块": "CNY",
    "円": "JPY",
    "원": "KRW",
    "rs": "INR",
    "rs.": "INR",
    "kr.": "kr",
    "руб": "RUB",
    "руб.": "RUB",
    "zlotych": "PLN",
}
_NO_MONEY = re.compile(
    r"livres?|reale?|liber|leva|rand|rands|сша|sterling|renminbi|(?:neu|nuev|nouv|nov|now|nuov)\w*"
)
_PLAIN_CODES = frozenset(
    listed("eur usd gbp chf cad aud nzd jpy cny inr pln sek nok dkk czk huf brl mxn hkd sgd zar thb rub")
)
"""Codes that are no words: these are money in lower case, too."""
_MEASURES = {
    **{f"duration-{name}": name for name in ("second", "minute", "hour", "day", "week", "month", "year")},
    "mass-gram": "g",
    "mass-kilogram": "kg",
    "volume-liter": "l",
    "volume-centiliter": "cl",
    "volume-milliliter": "ml",
    "length-meter": "m",
    "length-centimeter": "cm",
    "length-millimeter": "mm",
    "length-kilometer": "km",
    "length-mile": "mile",
    "area-square-meter": "m2",
    "temperature-celsius": "degree",
    "temperature-generic": "degree",
}
_NO_MEASURE = frozenset(listed("time let lat den an ar mil mila mon"))
_WRITTEN = {
    "h": "hour",
    "hrs": "hour",
    "stdn": "hour",
    "mins": "minute",
    "secs": "second",
    "s": "second",
    "tagen": "day",
    "jahren": "year",
    "monaten": "month",
    "ans": "year",
    "an": "year",
    "jour": "day",
    "g": "g",
    "gr": "g",
    "kgs": "kg",
    "kilos": "kg",
    "kilo": "kg",
    "l": "l",
    "m": "m",
    "m2": "m2",
    "degrees": "degree",
    "degree": "degree",
    "km": "km",
    "kms": "km",
    "cms": "cm",
}
_AFTERNOON = re.compile(r"afternoon|evening|pm")
_NUMBER_SIGN = re.compile(r"[\d.,\s]+")


def _folded(text: str) -> str:
    return " ".join(fold(text).text.split())


@functools.cache
def _locale(name: str) -> Locale:
    return Locale.parse(name)


def _names(kind: str) -> Iterator[tuple[int, str]]:
    """Names in all locales with their numbers as CLDR counts them; short ones in the main languages."""
    for name in _LOCALES:
        forms = getattr(_locale(name), kind)
        for context in ("format", "stand-alone"):
            widths = ("wide", "abbreviated") if name in _ABBREVIATED else ("wide",)
            for width in widths:
                for number, word in forms[context].get(width, {}).items():
                    yield number, _folded(word).rstrip(".")


@functools.cache
def months() -> Mapping[str, int]:
    """Month names, folded, with 1 for January."""
    found = {word: number for number, word in _names("months") if word.isalpha() and len(word) > 2}
    # "Mar", "ene" and "ago" are months and words; the first is wanted, "ago" is not.
    return {word: number for word, number in found.items() if word != "ago"} | {"mar": 3, "sept": 9}


@functools.cache
def weekdays() -> Mapping[str, int]:
    """Weekday names, folded, with 0 for Monday."""
    return {word: number for number, word in _names("days") if len(word) > 2} | {"thurs": 3, "tues": 1}


@functools.cache
def short_weekdays() -> Mapping[str, int]:
    """Names of two letters, which are weekdays only before a full stop or a date."""
    return {word: number for number, word in _names("days") if len(word) == 2}


@functools.cache
def currencies() -> Mapping[str, frozenset[str]]:
    """Signs, codes and nouns of money, folded, with the currencies that each may stand for."""
    found: dict[str, set[str]] = {}
    for code in _CURRENCIES:
        found.setdefault(code.lower(), set()).add(code)
        for name in [*_LOCALES, *_AT_HOME]:
            sign = _folded(get_currency_symbol(code, name))
            if not sign.isalpha() or sign in {"kr", "zł", code.lower()}:
                found.setdefault(sign, set()).add(code)
        for name in _LOCALES:
            for count in (1, 2, 5):
                words = _folded(get_currency_name(code, count, name)).replace("-", " ").split()
                noun = words[0] if name in _NOUN_FIRST else words[-1]
                if not _NO_MONEY.fullmatch(noun) and (len(noun) > 3 or not noun.isascii()):
                    found.setdefault(noun, set()).add(code)
    found.setdefault("$", set())
    for word, unit in _SPOKEN.items():
        known = found.get(unit.lower(), set())
        found[word] = set(known) | found.get(word, set()) if known and unit != "cents" else {unit}
    found["cents"] = found["cent"] = {"cents"}
    return {word: frozenset(codes) for word, codes in found.items() if word and not word.isdigit()}


def is_code(word: str, shown: str) -> bool:
    """Whether a folded word is the code of a currency as it was written: some codes are words as well."""
    return word in _PLAIN_CODES or shown == shown.upper()


def same_currency(one: str, other: str) -> bool:
    """Whether two units of money may be the same: a code, or a sign that several currencies share."""
    known = currencies()
    unknown = frozenset([one]), frozenset([other])
    return bool(known.get(one.lower(), unknown[0]) & known.get(other.lower(), unknown[1]))


def is_money(unit: str) -> bool:
    """Whether a unit is one of money."""
    return unit.lower() in currencies()


@functools.cache
def measures() -> Mapping[str, str]:
    """Words and signs of measures, folded, with the measure that each stands for."""
    found: dict[str, str] = {}
    for unit, measure in _MEASURES.items():
        for name in _LOCALES:
            lengths: tuple[Literal["long", "short"], ...] = (
                ("long", "short") if name in _ABBREVIATED else ("long",)
            )
            for length in lengths:
                for count in (1, 2, 5):
                    shown = format_unit(count, unit, length=length, locale=name)
                    word = _NUMBER_SIGN.sub(" ", _folded(shown)).strip(" .")
                    if len(word) > 1 and word not in _NO_MEASURE:
                        found.setdefault(word, measure)
    found |= _WRITTEN
    return found


@functools.cache
def day_parts() -> tuple[tuple[str, ...], tuple[str, ...], Mapping[str, int]]:
    """Words for before noon, words for after noon, and the names of noon and midnight with their minutes."""
    before: set[str] = set()
    after: set[str] = set()
    named: dict[str, int] = {}
    for name in _LOCALES:
        for context in ("format", "stand-alone"):
            for part, word in _locale(name).day_periods.get(context, {}).get("wide", {}).items():
                said = _folded(word)
                if part in {"noon", "midnight"}:
                    named[said] = 720 if part == "noon" else 0
                elif part not in {"am", "pm"}:
                    (after if _AFTERNOON.search(part) else before).add(said)
    after |= {"de la tarde", "de la noche", "por la tarde", "in the arvo", "arvo", "da tarde", "da noite"}
    before |= {"de la manana", "por la manana", "da manha"}
    after |= {"am nachmittag", "am abend", "nachmittags", "下午", "晚上", "午後"}
    named |= {"mediodia": 720, "mittag": 720, "meio dia": 720, "medianoche": 0}
    return _longest_first(before - after), _longest_first(after), named


def _longest_first(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(words, key=lambda word: (-len(word), word)))


def alternatives(words: Iterable[str]) -> str:
    """A pattern for any of the words, the longest first."""
    return "|".join(map(re.escape, _longest_first(words)))
