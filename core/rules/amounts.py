"""Find prices, percentages and plain numbers in a folded text."""

import re
from collections.abc import Iterator
from decimal import Decimal

from core.rules.folding import Folded
from core.rules.numerals import NUMBER, SCALE, parse_number, scaled, trailing_number_word
from core.rules.values import Amount, Hit, Key

_CODES = (
    "usd|eur|gbp|chf|cad|aud|nzd|jpy|cny|rmb|inr|brl|mxn|ars|clp|sek|nok|dkk|pln|czk|huf|ron|bgn|rub|uah|ils|aed|sar"
    "|zar|krw|sgd|hkd|thb|idr|myr|php|vnd|ngn|kes|egp|tnd|twd|isk"
)
_SYMBOLS = {
    "us$": "USD",
    "c$": "CAD",
    "ca$": "CAD",
    "a$": "AUD",
    "au$": "AUD",
    "nz$": "NZD",
    "hk$": "HKD",
    "s$": "SGD",
    "mx$": "MXN",
    "r$": "BRL",
    "€": "EUR",
    "£": "GBP",
    "₹": "INR",
    "₽": "RUB",
    "₩": "KRW",
    "₪": "ILS",
    "₺": "TRY",
    "₴": "UAH",
    "₦": "NGN",
    "₱": "PHP",
    "฿": "THB",
    "₫": "VND",
    "euro": "EUR",
    "euros": "EUR",
    "dollar": "$",
    "dollars": "$",
    "bucks": "$",
    "quid": "GBP",
    "pounds sterling": "GBP",
    "franken": "CHF",
    "sfr": "CHF",
    "fr.": "CHF",
    "francs": "francs",
    "peso": "pesos",
    "pesos": "pesos",
    "yen": "JPY",
    "rupees": "INR",
    "zl": "PLN",
    "kr": "kr",
    "kr.": "kr",
    "cents": "cents",
    "cent": "cents",
    "centimes": "cents",
    "centavos": "cents",
    "centimos": "cents",
    "pence": "pence",
    "¢": "cents",
}
_PREFIXED = r"(?:(?:us|ca|au|nz|hk|mx|c|a|s|r)?\$|[£¤¥֏؋৳฿₠-⃀]|sfr\.?|fr\.|(?:" + _CODES + r")(?![a-z]))"
_SUFFIXED = (
    r"(?:(?:us|ca|au|nz|hk|mx)?\$|[£¢¤¥֏؋৳฿₠-⃀]"
    r"|(?:euros?|dollars?|bucks|quid|pounds sterling|franken|sfr|francs|pesos?|yen|rupees"
    r"|zl|kr|cents?|centimes|centavos|centimos|pence|" + _CODES + r")(?![a-z]))"
)
_DASHES = r"(?:[.,]-{1,2})?"
_RANGE = r"\s?(?:-|to|bis|a|al|or|ou|oder|et|und|and|y)\s?"
_SCALED = NUMBER + r"(?:" + SCALE + r"|[mb](?![a-z\d]))?"
_BEFORE = r"(?<![\d.,])"
_PRICE = re.compile(
    rf"{_BEFORE}(?P<whole>\d{{1,40}})(?P<mid>[€£$])(?P<cents>\d\d)(?!\d)"
    # The class is what a prefix begins with: nothing else is compared with each of them.
    rf"|(?<![a-z])(?=[a-z$£¤¥֏؋৳฿₠-⃀])(?P<pre>{_PREFIXED})\s?(?P<a>{_SCALED}){_DASHES}"
    rf"(?:\s?-\s?(?P<b>{_SCALED})(?!\s?{_SUFFIXED}|[\d%]))?"
    rf"|{_BEFORE}(?:(?P<c>{_SCALED}){_RANGE})?(?P<d>{_SCALED}){_DASHES}[\s-]?(?P<suf>{_SUFFIXED})(?!\d)"
)
_PERCENT_WORD = (
    r"(?:[%‰]|(?:per ?cent(?:age points?)?|prozent(?:punkte)?|pour[ -]?cent|por ?ciento|pct)(?![a-z]))"
)
_PERCENT = re.compile(
    rf"{_BEFORE}(?:(?P<c>{NUMBER})(?:{_RANGE}))?(?P<d>{NUMBER})[\s-]?(?P<unit>{_PERCENT_WORD})"
    rf"|(?<!\d)(?<!\d )%(?P<e>{NUMBER})"
)
_NUMBER = re.compile(rf"(?<!\d)(?P<n>{NUMBER})(?P<scale>{SCALE}|[m](?![a-z\d]))?")
_MEASURES = (
    ("second", r"s|secs?|seconds?|secondes?|sekunden?|segundos?"),
    ("minute", r"min|mins|minutes?|minuten?|minutos?|minutig\w*"),
    ("hour", r"h|hrs?|hours?|heures?|stunden?|horas?|stundig\w*"),
    ("day", r"days?|jours?|tage?n?|dias?|tagig\w*"),
    ("week", r"wks?|weeks?|semaines?|wochen?|semanas?|wochig\w*"),
    ("month", r"months?|mois|monate?n?|mes|meses|monatig\w*"),
    ("year", r"years?|yrs?|ans?|annees?|jahre?n?|anos?|jahrig\w*"),
    ("g", r"g|gr|grams?|grammes?|gramm|gramos?"),
    ("kg", r"kgs?|kilos?|kilograms?|kilogrammes?|kilogramm|kilogramos?"),
    ("ml", r"ml|millilit(?:er|re|ro)s?"),
    ("cl", r"cl|centilit(?:er|re|ro)s?"),
    ("l", r"l|lit(?:er|re|ro)s?"),
    ("mm", r"mm"),
    ("cm", r"cms?|centimet(?:er|re|ro)s?|centimetros?"),
    ("m", r"m|met(?:er|re|ro)s?"),
    ("km", r"kms?|kilomet(?:er|re|ro)s?"),
    ("mile", r"miles?|meilen?|milles?|millas?"),
)
_MEASURE = re.compile(
    # "30 or 45 minutes" also yields 30 minutes.
    rf"(?:\s?(?:[-/,]|to|or|and|bis|oder|und|a|ou|et|o|y)\s?{NUMBER}){{0,4}}[\s-]?(?:"
    + "|".join(f"(?P<{name}>{words})" for name, words in _MEASURES)
    + r")(?![a-z\d])"
)
_SPELLED = re.compile(
    r"(?<![a-z])(?P<unit>per ?cent|percent|prozent|pour[ -]cent|por ciento|euros?|dollars?|francs|franken"
    r"|pesos)(?![a-z])"
)
_SPLIT = re.compile(rf"({NUMBER})(.*)", re.DOTALL)
_PERIODS = (
    ("month", r"months?|mo|mois|monate?|mes|mensual\w*|monthly|mensuels?|mensuelles?|monatlich\w*"),
    ("week", r"weeks?|wk|semaines?|wochen?|semanas?|weekly|semanal\w*|wochentlich\w*|hebdomadaires?"),
    ("year", r"years?|yr|ans?|annees?|jahre?|anos?|yearly|annually|anual\w*|jahrlich\w*|annuels?|annum"),
    ("day", r"days?|jours?|tage?|dias?|daily|taglich\w*|nights?|nuits?|nacht|nachte|noches?"),
    ("hour", r"hours?|hrs?|h|heures?|stunden?|horas?|hourly"),
    (
        "session",
        r"sessions?|class|classes|seances?|cours|kurse?|clases?|sesion|sesiones|einheit|lessons?|visits?",
    ),
    ("person", r"persons?|people|pers|head|personnes?|kopf|personas?|members?|mitglied|guests?"),
)
_PERIOD = re.compile(
    r"\s?(?:(?:/|l'|(?:per|an?|each|every|par|pro|im|je|al|por|a la|cada|der|die|the)\b)\s?(?:"
    + "|".join(f"(?P<{name}>{words})" for name, words in _PERIODS)
    + r")|(?P<adverb>monthly|weekly|yearly|daily|monatlich|wochentlich|jahrlich|mensuels?|mensuales))"
    r"(?![a-z])"
)
_ADVERBS = {
    "mon": "month",
    "men": "month",
    "wee": "week",
    "woc": "week",
    "yea": "year",
    "jah": "year",
    "dai": "day",
}


def find_prices(text: str, folded: Folded) -> Iterator[Hit]:
    """Find amounts of money, including both ends of a range and amounts in words."""
    for match in _PRICE.finditer(text):
        group = "pre" if match["pre"] else "mid" if match["mid"] else "suf"
        currency = _currency(match[group], folded.slice(*match.span(group)))
        if currency is None:
            continue
        period = _period(text, match.end())
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
        yield _price(match.start("d"), match.end(), match["d"], currency, period)
    for match in _SPELLED.finditer(text):
        unit = match["unit"]
        start = max(0, match.start() - 40)
        word = trailing_number_word(text[start : match.start()])
        if word is not None:
            kind, symbol = ("price", _SYMBOLS.get(unit)) if unit in _SYMBOLS else ("percentage", "%")
            amount = Amount(number=parse_number(str(word[1])), unit=symbol or "")
            yield Hit("price" if kind == "price" else "percentage", start + word[0], match.end(), amount)


def _currency(symbol: str, shown: str) -> str | None:
    if re.fullmatch(_CODES, symbol):
        return symbol.upper().replace("RMB", "CNY") if shown == shown.upper() or symbol == "eur" else None
    return _SYMBOLS.get(symbol, symbol)


def _price(start: int, end: int, amount: str, currency: str, period: str) -> Hit:
    number, rest = _read(amount)
    return Hit("price", start, end, Amount(number=scaled(number, rest), unit=currency, period=period))


def _read(text: str) -> tuple[Decimal, str]:
    match = _SPLIT.match(text)
    return (parse_number(match[1]), match[2].strip()) if match else (Decimal(0), "")


def _period(text: str, end: int) -> str:
    match = _PERIOD.match(text, end)
    if match is None:
        return ""
    if match["adverb"]:
        return _ADVERBS[match["adverb"][:3]]
    return next(name for name, _ in _PERIODS if match[name])


def find_percentages(text: str, folded: Folded) -> Iterator[Hit]:
    """Find percentages, including both ends of a range."""
    for match in _PERCENT.finditer(text):
        unit = "‰" if match["unit"] == "‰" else "%"
        if match["e"]:
            yield Hit("percentage", *match.span(), Amount(number=parse_number(match["e"]), unit=unit))
            continue
        if match["c"]:
            yield Hit("percentage", *match.span("c"), Amount(number=parse_number(match["c"]), unit=unit))
        start = match.start("d")
        yield Hit("percentage", start, match.end(), Amount(number=parse_number(match["d"]), unit=unit))


def find_numbers(text: str, folded: Folded) -> Iterator[Hit]:
    """Find other numbers of two digits or more, and shorter ones with a scale (`5k`, `2 million`)."""
    for match in re.finditer(r"(?<!\d)24\s?/\s?7(?!\d)", text):
        yield Hit("number", *match.span(), Key(key="24/7"))
    for match in _NUMBER.finditer(re.sub(r"(?<!\d)24\s?/\s?7(?!\d)", lambda hit: "\0" * len(hit[0]), text)):
        scale, end = match["scale"], match.end()
        if scale == "m" and folded.slice(match.start("scale"), end) != "M":
            scale, end = None, match.end("n")
        if scale or len(match["n"]) >= 2:
            number = scaled(parse_number(match["n"]), scale)
            yield Hit("number", match.start(), end, Amount(number=number, unit=_measure(text, end)))


def _measure(text: str, end: int) -> str:
    match = _MEASURE.match(text, end)
    return (match.lastgroup or "") if match else ""
