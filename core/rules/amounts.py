"""Find prices, percentages and plain numbers in a folded text."""

import functools
import re
from collections.abc import Iterator
from decimal import Decimal

from core.rules.folding import Folded
from core.rules.locales import CODES, alternatives, currencies, is_code, measures
from core.rules.numerals import NUMBER, SCALE, parse_number, scaled
from core.rules.values import Amount, Hit, Key

_DIGIT = re.compile(r"\d")
_DASHES = r"(?:[.,]-{1,2})?"
_RANGE = r"\s?(?:-|to|bis|a|al|or|ou|oder|et|und|and|y)\s?"
_NUMERAL = rf"(?:{NUMBER}|(?<![\d.])\.\d{{1,2}}(?!\d))"
_SCALED = _NUMERAL + r"(?:" + SCALE + r"|[mb](?![a-z\d])|\sm(?=[€$£]))?"
_BEFORE = r"(?<![\d.,])"
_SIGN = r"[$£¤¥֏؋৳฿₠-⃀￥]"


@functools.cache
def _price_pattern() -> re.Pattern[str]:
    words = [word for word in currencies() if word[0].isalpha() or word[-1].isalpha()]
    latin = alternatives(word for word in words if word.isascii() or word[0] in "zрд")
    other = alternatives(word for word in words if not word.isascii())
    codes = alternatives(word for word in words if len(word) == 3 and word.isascii() and word in CODES)
    prefixed = rf"(?:[a-z]{{0,3}}{_SIGN}|(?:sfr|fr|rs)\.?|(?:{codes})(?![a-z]))"
    suffixed = (
        rf"(?:(?:[a-z]{{2}})?{_SIGN}|¢|(?:d['’e]\s?)?(?:{latin})(?![a-z])|(?:{other})(?!\w)|[元円块원])"
    )
    return re.compile(
        rf"{_BEFORE}(?P<whole>\d{{1,40}})(?P<mid>[€£$])(?P<cents>\d\d)(?!\d)"
        rf"|(?<![a-z])(?=[a-z$£¤¥֏؋৳฿₠-⃀￥])(?P<pre>{prefixed})\s?(?P<a>{_SCALED}){_DASHES}"
        rf"(?:\s?-\s?(?P<b>{_SCALED})(?!\s?{suffixed}|[\d%]))?"
        rf"|{_BEFORE}(?:(?P<c>{_SCALED}){_RANGE})?(?P<d>{_SCALED}){_DASHES}[\s-]?(?P<suf>{suffixed}|p(?![a-z.]))(?!\d)"
        rf"(?P<late>{SCALE})?(?:\s(?P<small>\d[05])(?![\d:%]|[.,]\d|\s?{suffixed}))?"
    )


_PERCENT_WORD = (
    r"(?:[%‰]|(?:per ?cent(?:age points?)?|prozent(?:punkte)?|pour[ -]?cent|por ?c(?:iento|ento)"
    r"|per cento|pct)"
    r"(?![a-z]))"
)
_PERCENT = re.compile(
    rf"{_BEFORE}(?:(?P<c>{NUMBER})(?:{_RANGE}))?(?P<d>{NUMBER})[\s-]?(?P<unit>{_PERCENT_WORD})"
    rf"|(?<!\d)(?<!\d )%(?P<e>{NUMBER})"
)
_OUT_OF = re.compile(
    r"(?<![\d.,])(?P<part>\d{1,3})\s(?:in|out of|of every|von|sur|de cada|su"
    r"|em cada)\s(?P<whole>\d{1,4})(?![\d.,:])"
    r"(?!\s(?:times|fois|uhr))"
)
_HALF = r"half|halb(?:e[rnms]?)?|halfte|moitie|demi(?:e|-tarif)?|mitad|meta|metade"
_PART = re.compile(
    rf"(?<![a-z\d])(?:(?P<half>{_HALF})|(?P<third>(?:a|one|1|un|ein) (?:third|tiers|tercio|drittel"
    rf"|terzo))|tercio)(?![a-z])"
)
_FREE = re.compile(
    # Neither a free hour nor who is free to come is a price; "a free hour with us" is.
    r"(?<![a-z-])(?<!gluten )(?<!feel )(?:free(?!\s+(?:(?:hour|time|evening|morning|moment|weekend|hand)s?"
    r"(?!\s+(?:of|with))|to)\b)|complimentary|gratis|gratuit\w{0,6}|gratui\w{1,3}|kostenlos\w{0,2}"
    r"|kostenfrei\w{0,2}"
    r"|umsonst|geschenkt|offert(?:e|s|es)?|omaggio|de regalo|regal(?:o|amos|an)|on (?:us|the house)|aufs haus"
    r"|thrown in|no (?:extra )?charge|nothing extra|costs? (?:you )?nothing|sans frais|ohne aufpreis"
    r"|ohne (?:mehr)?kosten|kostet nichts|zahlen sie nichts|no (?:pagas|cuesta|pagan) nada|entree libre"
    r"|entrada (?:es )?libre|est invite|ist frei|sin coste|sin cargo|cadeau|senza costi|inclusive"
    r"|inklusive)(?![a-z-]|\sof\b)"
)
_MEASURE_FORMS = (
    r"minutig\w{0,3}|stundig\w{0,3}|tagig\w{0,3}|wochig\w{0,3}|monatig\w{0,3}"
    r"|jahrig\w{0,3}|werktage?n?|working days"
)


@functools.cache
def _measure_pattern() -> re.Pattern[str]:
    words = alternatives(measures())
    return re.compile(
        # "30 or 45 minutes" are 30 minutes, too.
        rf"(?:\s?(?:[-/,]|to|or|and|bis|oder|und|a|ou|et|o|y)\s?{NUMBER}){{0,4}}+[\s-]?"
        rf"(?P<half>and a half |et 1/2 )?(?:volle |full |whole )?(?P<word>{words}"
        rf"|{_MEASURE_FORMS})(?![a-z\d²])"
    )


_ROOTS = {"minu": "minute", "stun": "hour", "tagi": "day", "woch": "week", "mona": "month", "jahr": "year"}
_ROOTS |= {"werk": "day", "work": "day"}
_PERIODS = {
    "session": r"sessions?|class|classes|seances?|lecons?|cours|kurse?|clases?|sesion|sesiones|einheit"
    "|lessons?|visits?"
}
_PERIODS |= {
    "person": r"persons?|people|pers|head|personnes?|kopf|nase|personas?|members?|mitglied|guests?|cabeza"
}
_PERIODS |= {"piece": r"each|piece|stuck|bottle|bouteille|flasche|botella|loaf|box|boite|caja|bun|cup"}
_TIMELY = ("hour", "day", "week", "month", "year")
_PAID_BY = re.compile(
    r"(?<!\w)(?:(?P<month>monthly|monatlich\w*|monats\w*|mensuel\w*|mensual\w*|mensil\w*)|(?P<week>weekly|wochentlich\w*"
    r"|wochen(?!ende)\w+|hebdo\w*|semanal\w*)|(?P<year>yearly|annual\w*|jahrlich\w*|jahres\w*|annuel\w*|anual\w*))"
)


def period_named(folded: str) -> str:
    """What a price is paid for, if a text names it with a word of its own: `Monthly membership`."""
    match = _PAID_BY.search(folded)
    return match.lastgroup or "" if match else ""


_ADVERBS = {
    **dict.fromkeys(
        ("monthly", "monatlich", "mensuel", "mensuels", "mensuelle", "mensuales", "mensual"), "month"
    ),
    **dict.fromkeys(("p.m.", "p. m.", "mtl.", "/mo"), "month"),
    **dict.fromkeys(("weekly", "wochentlich", "hebdomadaire", "semanal"), "week"),
    **dict.fromkeys(("yearly", "annually", "jahrlich", "annuel", "anual", "p.a."), "year"),
    **dict.fromkeys(("daily", "taglich", "per night", "pro nacht", "la nuit", "por noche"), "day"),
}


@functools.cache
def _period_pattern() -> re.Pattern[str]:
    timely = alternatives(word for word, unit in measures().items() if unit in _TIMELY and len(word) > 1)
    names = "|".join(f"(?P<{name}>{words})" for name, words in _PERIODS.items())
    return re.compile(
        r"\s?(?:(?:/|l'|(?:per|an?|each|every|par|pro|im|je|al|aufs|por|a la|cada|der|die|the|la)\b)\s?(?:"
        rf"(?P<timely>{timely}|mo|h)|{names})|(?P<adverb>{alternatives(_ADVERBS)}))(?![a-z])"
    )


def find_prices(text: str, folded: Folded) -> Iterator[Hit]:
    """Amounts of money, also both ends of a range, and `25 Euro 50`."""
    for match in _price_pattern().finditer(text) if _DIGIT.search(text) else ():
        group = "pre" if match["pre"] else "mid" if match["mid"] else "suf"
        currency = _currency(match[group], folded.slice(*match.span(group)))
        if currency is None or (currency == "pence" and text[match.start("d") - 1 : match.start("d")] == ":"):
            continue
        period = period_at(text, match.end())
        if match["mid"]:
            shown = f"{match['whole']}.{match['cents']}"
            yield _price(match.start(), match.end(), shown, currency, period)
            continue
        if match["pre"]:
            yield _price(match.start(), match.end("a"), match["a"], currency, period)
            if match["b"]:
                yield _price(match.start("b"), match.end("b"), match["b"], currency, period)
            continue
        if match["c"]:
            yield _price(match.start("c"), match.end("c"), match["c"], currency, period)
        said, end = match["d"], match.end("suf")
        if match["small"] and said.isdigit():
            said, end = f"{said}.{match['small']}", match.end("small")
        elif match["late"]:
            said, end = said + match["late"], match.end("late")
        yield _price(match.start("d"), end, said, currency, period)


def _currency(symbol: str, shown: str) -> str | None:
    symbol = re.sub(r"^d['’e]\s?", "", symbol) if symbol not in currencies() else symbol
    if symbol[:3] in CODES and len(symbol) == 4:
        return symbol[:3].upper()
    if symbol == "p":
        return "cents" if shown == "p" else None
    found = currencies().get(symbol, frozenset())
    if len(symbol) == 3 and symbol.upper() in found:
        return symbol.upper() if is_code(symbol, shown) else None
    return next(iter(found)) if len(found) == 1 else symbol


def _price(start: int, end: int, amount: str, currency: str, period: str) -> Hit:
    number, rest = _read(amount)
    number = scaled(number, rest)
    if currency in {"pence", "cents"}:
        currency = "cents"
    return Hit("price", start, end, Amount(number=number, unit=currency, period=period))


def _read(text: str) -> tuple[Decimal, str]:
    match = _SPLIT.match(text)
    return (parse_number(match[1]), match[2].strip()) if match else (Decimal(0), "")


_SPLIT = re.compile(rf"({_NUMERAL})(.*)", re.DOTALL)


def period_at(text: str, at: int) -> str:
    """What a price is paid for, read right behind it: `month` of `29 € im Monat`."""
    match = _period_pattern().match(text, at)
    if match is None:
        return ""
    if match["adverb"]:
        return _ADVERBS[match["adverb"]]
    if match["timely"]:
        return measures().get(match["timely"], "month")
    return next(name for name in _PERIODS if match[name])


def find_percentages(text: str, folded: Folded) -> Iterator[Hit]:
    """Percentages, also both ends of a range, and `nine in ten`."""
    if not _DIGIT.search(text):
        return
    for match in _PERCENT.finditer(text):
        unit = "‰" if match["unit"] == "‰" else "%"
        if match["e"]:
            yield Hit("percentage", *match.span(), Amount(number=parse_number(match["e"]), unit=unit))
            continue
        if match["c"]:
            yield Hit("percentage", *match.span("c"), Amount(number=parse_number(match["c"]), unit=unit))
        start = match.start("d")
        yield Hit("percentage", start, match.end(), Amount(number=parse_number(match["d"]), unit=unit))
    for match in _OUT_OF.finditer(text):
        part, whole = int(match["part"]), int(match["whole"])
        if 0 < part < whole:
            share = Decimal(100 * part) / whole
            yield Hit("ratio", *match.span(), Amount(number=round(share, 1), unit="%"))


def find_offers(text: str, folded: Folded) -> Iterator[Hit]:
    """What is free, and halves and thirds of what is not a measure."""
    for match in _FREE.finditer(text):
        yield Hit("free", *match.span(), Amount(number=Decimal(0), unit="free"))
    for match in _PART.finditer(text):
        share = 50 if match["half"] else Decimal("33.3")
        yield Hit("ratio", *match.span(), Amount(number=Decimal(share), unit="%"))


_ALWAYS = re.compile(
    r"(?<!\d)24\s?/\s?7(?!\d)|(?<!\w)(?:around the clock|rund um die uhr"
    r"|24 ?h(?:eures)? sur 24|las 24 horas)(?!\w)"
)


def find_numbers(text: str, folded: Folded) -> Iterator[Hit]:
    """Every other number; small ones without a measure are counts."""
    for match in _ALWAYS.finditer(text):
        yield Hit("number", *match.span(), Key(key="24/7"))
    for match in _NUMBER.finditer(_ALWAYS.sub(lambda hit: "\0" * len(hit[0]), text)):
        scale, end = match["scale"], match.end()
        if scale == "m" and folded.slice(match.start("scale"), end) != "M":
            scale, end = None, match.end("n")
        number = scaled(parse_number(match["n"]), scale)
        unit, more = _measure(text, end)
        if scale or sum(char.isdigit() for char in match["n"]) >= 2:
            yield Hit("number", match.start(), end, Amount(number=number + more, unit=unit))
        elif _STANDS.fullmatch(text[max(0, match.start() - 1) : match.start()]):
            yield Hit("count", match.start(), end, Amount(number=number + more, unit=unit))


_NUMBER = re.compile(rf"(?<!\d)(?P<n>{NUMBER})(?P<scale>{SCALE}|[m](?![a-z\d]))?")
_STANDS = re.compile(r"[^\w#./:-]|")


def _measure(text: str, end: int) -> tuple[str, Decimal]:
    match = _measure_pattern().match(text, end)
    if match is None:
        return "", Decimal(0)
    word = match["word"]
    return measures().get(word) or _ROOTS[word[:4]], Decimal("0.5") if match["half"] else Decimal(0)
