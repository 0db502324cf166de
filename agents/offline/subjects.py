"""Extract the subject and offers of a request, and match facts to it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import product

from agents.offline.reading import PHONE, Fact, Material, Meaning
from agents.offline.speech import examples, headline, plain

_SUBJECT = re.compile(
    r"\b(?:announc(?:es|ing)|promot(?:es|ing)|about|for|on|sur|pour(?: annoncer)?|annoncer|zu[mr]?(?: thema)?"
    r"|über|für|sobre|para|por)\s+"
    r"(?:(my|our|the|an?|mon|ma|mes|notre|nos|les?|la|une?|meine[nrms]?|unsere?[nrms]?|de[nrm]|die|das|eine[nrm]?"
    r"|mis?|nuestr[oa]s?|el|las|los|una?)\s+|l['’])?(.+)$",
    re.IGNORECASE,
)
_GERMAN_ARTICLE = re.compile(r"d(?:en|em|er|ie|as)|(?:ein|mein|unser)(?:e[nrms]?)?", re.IGNORECASE)
_PLATFORM_AFTER = re.compile(
    r"^(?:the\s+)?(?:insta(?:gram)?|linkedin|e-?mails?|newsletters?|sms|correo|courriel"
    r"|next|this|tomorrow|semaine|mois|nächste|diese|próxim|semana|\d)",
    re.IGNORECASE,
)
_OURS = re.compile(
    r"\b(?:my|our|mon|ma|mes|notre|nos|meine[nrms]?|unsere?[nrms]?|mis?|nuestr[oa]s?)\s+(.+)$", re.IGNORECASE
)
_TAIL = re.compile(
    r"[,;]?\s+(?:(?:on|via|by|sur|par|auf|per|en|por)\s+(?:insta|linkedin|e-?mail|sms|correo)"
    r"|next (?:week|month)|this week|tomorrow|(?:in|en|im) (?:jan|f[eé][bv]|m[aä]r|a[pbv]r|ma[iy]|ju[nil])\w*"
    r"|(?:in|en|im) (?:jui|ao[uû]|aug|ago|ene|sept?|o[ck]t|nov|d[eé][cz]|dic)\w*"
    r"|(?:from|since|until|starting|à partir|dès|du|vom|ab|bis|desde|del|hasta)\s+(?:\w+\s+){0,2}\d"
    r"|la semaine prochaine|le mois prochain|demain|nächste|morgen"
    r"|la (?:próxima )?semana|el próximo mes|mañana|only plan|no texts).*$",
    re.IGNORECASE,
)
_NAME_CHARACTERS = 60
_AMOUNT = r"(?:\d{1,9}(?:[.,]\d{1,9})?[\s\u00a0\u202f]?(?:%|€|£|\$|euros?|dollars?)|[€£$]\s?\d+(?:[.,]\d+)?)"
_END = r"(?:until|till|through|jusqu['’]au|jusqu['’]à|bis(?: zum| zur)?|hasta(?: el)?)"
_DATE = (
    r"[\s,]+(?:(?:the|le|la|den|dem|der|el|of|de|du|des|this|next|ce|cette|diesen|este|esta|end|fin|ende)\s+)*"
    r"(?:\d{1,2}[./]\d{1,2}(?:[./]\d{2,4})?(?![\d%€£$])"
    r"|\d{1,2}(?:st|nd|rd|th|er|\.)?(?!\d*[\s\u00a0]?[%€£$])(?!\w)|20\d\d"
    r"|midnight|noon|tomorrow|tonight|demain|mañana"
    r"|weekend|week|month|year|semaine|mois|année|woche|monats?|jahres|semana|mes|año"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:lun|mar|mercre|jeu|vendre|same)di|dimanche|(?:sonn|mon|diens"
    r"|donners|frei|sams)tag|mittwoch|lunes|martes|miércoles|jueves|viernes|sábado|domingo"
    r"|(?:jan|f[eé][bv]|m[aä]r[sz]?|a[pbv]r|ma[iy]|ju[nil]|jui|ao[uû]|aug|ago|ene|sep|o[ck]t|nov|d[eé][cz]|dic)\w*)\b\.?"
)
_OFFER = re.compile(
    rf"{_AMOUNT}(?: (?:off|discount|rabatt|nachlass|de (?:réduction|remise|rabais|descuento|dto)))"
    rf"(?:(?: (?!{_END})[^\W\d][^\s,.;:!?]*){{0,6}}? {_END}(?:{_DATE})+|"
    r"(?: (?:on|sur|auf|en|sobre|for) (?!insta|linkedin|e-?mail|sms)(?:(?:all|the|our|les?|la|nos|alle"
    r"|unsere?|el|los|las|todos|nuestr[oa]s) )*(?!until|till|jusqu|bis|hasta)[^\W\d]+)?"
    rf"(?:(?: {_END})?(?:{_DATE})+)?)",
    re.IGNORECASE,
)
_ENDS = re.compile(rf"\b{_END}\b", re.IGNORECASE)
_NEAR_END = 80
_CUT = re.compile(
    rf"\s*(?:[,(–-]\s*)?(?:{_END}|{_DATE}|\d|(?:from|starting|dès|à partir|ab|vom|desde|a partir)\b)",
    re.IGNORECASE,
)
"""Pattern of text after an offer that is cut off."""
_ON_WHAT = re.compile(
    r"^.*? (?:on|sur|auf|en|sobre|for) (?:(?:all|the|our|les?|la|nos|alle|unsere?|el|los|las) )*"
)
_CONNECTOR = re.compile(
    r"[,;:]\s|\s[–—-]\s|\s(?:and|or|with|until|for|so|how|et|ou|avec|pour|jusqu['’]\S*|und|oder|mit|für|bis|y|o|con"
    r"|para|hasta|including|inklusive)\b",
    re.IGNORECASE,
)
_DANGLING = re.compile(
    r"(?:[\s,;:–—-]+(?:and|or|with|until|for|so|how|what|why|to|of|the|an?|in|on|at|by|et|ou|avec|pour|de|du|des|les?"
    r"|la|une?|sur|und|oder|mit|für|bis|der|die|das|den|dem|ein|eine[nmr]?|wie|zu|auf|im|y|o|con|para|hasta|del|el|los"
    r"|las|en))+$|[\s,;:–—-]+$",
    re.IGNORECASE,
)
_VERB = re.compile(
    r"\b(?:writ|draft|plan|creat|mak|launch|announc|promot|écri|rédig|prépar|organis|annonc|schreib|verfass|erstell"
    r"|mach|bewirb|escrib|redact|prepar|cre[ao]|haz|anunci|need|want|brauch|besoin|necesit|fill|more|mehr|plus)",
    re.IGNORECASE,
)
_QUALIFIERS = ("size_a", "size_b", "term_a", "term_b")
_LEAST_CLAUSE = 12
_CLEAR, _GREETING, _SAME_SUBJECT = 0.22, 0.41, 0.7


def intent_of(request: str, meaning: Meaning) -> str:
    """Classify a request: campaign, plan, write, question or chat; empty if unknown."""
    scores = meaning.labels(request, examples("intents"))
    best = max(scores, key=lambda label: scores[label])
    known = _VERB.search(request) or _OURS.search(request) or re.search(r"\w.*\?", request)
    # A text without content is nearest to a greeting.
    return best if known or scores[best] >= (_GREETING if best == "chat" else _CLEAR) else ""


def clause(text: str, limit: int) -> str:
    """Return the text, or its longest prefix that ends at a clause."""
    if len(text) > limit:
        cut = text[: limit + 1]
        ends = [match.start() for match in _CONNECTOR.finditer(cut) if match.start() >= _LEAST_CLAUSE]
        end = ends[-1] if ends else cut.rfind(" ")
        text = cut[:end] if end > 0 else cut[:limit]
    return _DANGLING.sub("", text)


def offers(request: str) -> list[str]:
    """Return the offers in the person's message, such as `50% off until 3 May`, without cut ones."""
    found = []
    for match in _OFFER.finditer(request):
        rest = request[match.end() : match.end() + _NEAR_END]
        if not _CUT.match(rest) and (_ENDS.search(match[0]) or not _ENDS.search(rest)):
            found.append(match[0].strip(" ."))
    return found


def phone_in(request: str) -> str:
    """Return the telephone number in the person's message."""
    found = next((match[0] for match in PHONE.finditer(request) if sum(map(str.isdigit, match[0])) >= 8), "")
    return found if not re.match(r"\d{4}-\d\d-\d\d", found) else ""


def thing_of(request: str) -> str:
    """Return the subject without its offer; empty if nothing else is left."""
    subject = subject_of(request)
    for offer in offers(subject)[:1]:
        on = _ON_WHAT.match(offer)
        before = _DANGLING.sub("", subject.partition(offer)[0])
        subject = before or (headline(offer[on.end() :]) if on else "")
    subject = re.split(r" (?:until|till|jusqu|bis|hasta)\b", subject)[0]
    return subject if content_words(subject) else ""


def content_words(text: str, *, trade: str = "") -> list[str]:
    """Return the distinguishing words: no function, general or qualifying words, none of the trade."""
    known = list(_words(trade))
    return [
        word
        for word in _words(text)
        if not _begins(word, examples("general_words")["all"])
        and not any(word in examples("no_subjects")[group] for group in ("all", "time"))
        and not any(_begins(word, examples("opposites")[side]) for side in _QUALIFIERS)
        and not any(_related(word, other) for other in known)
    ]


def about(material: Material, meaning: Meaning, subject: str, facts: Sequence[Fact]) -> list[Fact]:
    """Return the facts that are clearly about a subject, nearest first."""
    trade = f"{material.business} {next(iter(material.brand.get('industry', [])), '')}"
    words = content_words(subject, trade=trade)
    scores = meaning.nearness(subject, facts)
    found = []
    for score, fact in zip(scores, facts, strict=True):
        named = plain(fact.key) in plain(subject)
        shared = any(_related(*pair) for pair in product(words, content_words(fact.text, trade=trade)))
        if (named or shared or score >= _SAME_SUBJECT) and not contradicts(subject, fact.text):
            found.append((named, shared, score, fact))
    return [entry[3] for entry in sorted(found, key=lambda entry: entry[:3], reverse=True)]


def contradicts(subject: str, text: str) -> bool:
    """Return whether a text means the opposite, such as small for large."""
    mine, other = list(_words(subject, 3)), list(_words(text, 3))
    for left, right in _opposites():
        mine_is = [any(_begins(word, side) for word in mine) for side in (left, right)]
        other_is = [any(_begins(word, side) for word in other) for side in (left, right)]
        if sum(mine_is) == 1 and sum(other_is) == 1 and mine_is != other_is:
            return True
    return False


def _opposites() -> Iterable[tuple[Sequence[str], Sequence[str]]]:
    sides = examples("opposites")
    return [(sides[f"{name}_a"], sides[f"{name}_b"]) for name in {key[:-2]: 0 for key in sides}]


def _words(text: str, least: int = 4) -> Iterable[str]:
    return (word for word in re.findall(r"[^\W\d_]+", plain(text)) if len(word) >= least)


def _begins(word: str, stems: Sequence[str]) -> bool:
    """Return whether a word begins with a stem; short stems must be whole words."""
    return any(word in (stem, f"{stem}s") if len(stem) < 4 else word.startswith(stem) for stem in stems)


def _related(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return short[: max(4, len(short) - 2)] in long


def subject_of(request: str) -> str:
    """Return the subject of a request in its own words, without platforms and days."""
    rest = request.strip()
    found = article = ""
    while match := _SUBJECT.search(rest):
        article, rest = match[1] or "", match[2]
        if not _PLATFORM_AFTER.match(rest):
            found = rest
            break
    if not found and (ours := _OURS.search(request)):
        found = ours[1]
    first = re.split(r"[.!?;:]\s|[.!?]$|,\s", _TAIL.sub("", found), maxsplit=1)[0]
    first = _nominative(article, first)
    subject = headline(clause(first.strip(' .!?,;:"“”«»'), _NAME_CHARACTERS))
    offer = next(iter(offers(request)), "")
    if offer and plain(subject) in plain(offer):
        return headline(offer)
    if (cut := _OFFER.search(subject)) and not all(one in offers(request) for one in offers(subject) or [""]):
        whole = f"{subject[: cut.start()]}{offer}".strip()
        subject = (
            whole if offer and len(whole) <= _NAME_CHARACTERS else _DANGLING.sub("", subject[: cut.start()])
        )
    return headline(subject)


def _nominative(article: str, phrase: str) -> str:
    """Turn a German phrase into a title: `den ersten Besuch` becomes `erster Besuch`."""
    adjective, _, noun = phrase.partition(" ")
    if not (_GERMAN_ARTICLE.fullmatch(article) and noun[:1].isupper() and adjective[:1].islower()):
        return phrase
    if adjective.endswith("en"):
        adjective = adjective[:-2] + ("er" if article.endswith("en") else "e")
    elif article.casefold() == "das" and adjective.endswith("e"):
        adjective += "s"
    return f"{adjective} {noun}"
