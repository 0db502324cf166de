"""Remove the words of a request that are no topic: spans of time, formats, platforms, contacts."""

from __future__ import annotations

import re

from agents.offline.reading import contact_in
from agents.offline.speech import examples, plain
from agents.offline.times import NUMBERS

_SEVERAL = "|".join(("fünf", *(name for name, number in NUMBERS.items() if number > 1)))
_SPAN = (
    rf"(?:(?:\d{{1,2}}|{_SEVERAL})[\s-](?:days?|weeks?|months?|jours?|semaines?|mois|tage?n?|wochen?|monate?n?"
    r"|d[ií]as?|semanas?|meses|quinzaines?|quincenas?)|one week|une semaine|eine woche|una semana)\b"
)
_PIECE = (
    r"(?:insta(?:gram)?|linkedin|e-?mails?|newsletters?|sms"
    r"|correos?(?: electrónicos?)?|courriels?|posts?(?!-)"
    r"|(?:instagram-|linkedin-)?beitr[aä]ge?n?|publicaci(?:ón|ones)|publications?)\b"
)
_FOR = (
    r"(?:for|about|of|on|over|in|by|via|with|pour|sur|de|d['’]|du|par|avec|pendant|sur|für|über|zu[mr]?|auf|per"
    r"|mit|während|lang|para|sobre|por|con|en|durante)"
)
_AND = r"(?:\s*(?:,|&|\band\b|\bet\b|\bund\b|\by\b)\s*)"
_ORDERED = re.compile(
    rf"(?:^|(?:^|\b{_FOR}\s+|\s)(?<!\w))(?:{_SPAN}|{_PIECE})(?:(?:{_AND}|\s+)(?:{_FOR}\s+)?(?:{_SPAN}|{_PIECE}))*",
    re.IGNORECASE,
)
_WRITE_IT = re.compile(
    r"(?:\s*,\s*|\s+(?:and|et|und|y)\s+)(?:please |bitte )?(?:write|draft|écri\w+|rédige\w*|schreib\w*"
    r"|verfass\w*|escrib\w+|redacta\w*)\b.*$",
    re.IGNORECASE,
)
_EDGES = re.compile(
    rf"^(?:[\s,;:–—-]|(?:{_FOR}|the|an?|les?|la|une?|d(?:ie|er|as|em|en)|ein(?:e[mnr]?)?|el|los|las|una|our|my|notre"
    r"|nos|unsere?[mnr]?|nuestr[oa]s?)(?:\s|$)|l['’])+"
    rf"|(?:\s+(?:{_FOR}|and|et|und|y|after|nach|après)|[\s,;:–—-])+$",
    re.IGNORECASE,
)
_CONTACT_WORDS = re.compile(
    r"phone|tele|tel$|handy|rufnummer|num[bm]er|numero|links?$|lien$|enlace$|web|site$|homepage|url$|(?:our|notre"
    r"|unsere?r?|nuestr[oa]|the|le|la|die|das|der|el|de|du|del|and|et|und|y)$"
)


def bare(topic: str) -> str:
    """Remove spans of time, formats and contacts from a topic; empty if nothing else is left."""
    rest = _WRITE_IT.sub("", topic)
    rest = _ORDERED.sub(" ", rest)
    if rest != topic:
        rest = trimmed(rest)
    if contact_in(rest) and all(_CONTACT_WORDS.match(word) for word in re.findall(r"\w+", plain(rest))):
        return ""
    return rest if any(map(str.isalpha, rest)) else ""


def trimmed(topic: str) -> str:
    """Strip small words at the edges of a topic."""
    return " ".join(_EDGES.sub("", topic).split())


def is_ordered(word: str) -> bool:
    """Return whether a word is only about amount, platform or audience."""
    groups = examples("no_subjects")
    said = plain(word)
    return said in NUMBERS or any(said in groups[name] for name in ("all", "time", "form", "trade"))
