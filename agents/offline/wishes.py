"""Split a request into the things it names, and match facts to them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agents.offline.ordering import bare, trimmed
from agents.offline.reading import Fact, Material, Meaning, contact_in
from agents.offline.speech import examples, fact_kind, headline, plain
from agents.offline.subjects import about, clause, content_words, offers, phone_in, subject_of, thing_of

_DETERMINER = (
    r"(?:the|our|my|your|an?|l['’]|les?|la|une?|notre|nos|mon|ma|mes|votre|vos|d(?:ie|er|as|em|en)"
    r"|(?:ein|unser|mein|ihr)(?:e[mnrs]?)?|el|los|las|una?|nuestr[oa]s?|mis?|tus?|sus?)"
)
_JOINT = r"(?:\s+(?:and|with|plus|including|et|avec|und|mit|sowie|y|e|con)\s+|,\s+(?=" + _DETERMINER + r"\b))"
_WITH = re.compile(
    r"\b(?:with|mit|avec|con|including)\s+(.+?)"
    r"(?=\s(?:about|on|for|in|sur|pour|über|für|zu[mr]?|sobre|para|por)\s|[.!?;:](?:\s|$)|$)",
    re.IGNORECASE,
)
_LEADING = re.compile(rf"^(?:{_DETERMINER}(?:\s+|(?<=['’])))+", re.IGNORECASE)
_CONTACT_TAIL = re.compile(
    rf"{_JOINT}(?:\S+\s+){{0,3}}?\S*(?:phone|telefon|telefonnummer|téléphone|teléfono|links?"
    r"|lien|enlace|website|webseite)\b.*$",
    re.IGNORECASE,
)
_DISCOUNT = re.compile(r"discount|rabatt|reduc|remise|descuento|offer|offre|angebot|oferta")
_FIGURE = re.compile(
    r"[€£$]?\s*\d[\d.,]*[\s\u00a0\u202f]*(?:%|€|£|\$|euros?\b|dollars?\b)?\s*(?:off\b|de\s)?"
)
_UNTIL = re.compile(r" (?:until|till|jusqu|bis|hasta)\b.*$", re.IGNORECASE)
_THING_WORDS, _NAME = 3, 60


def things_of(request: str) -> list[str]:
    """Return the things that a request names: its subject and what to include."""
    subject, *more = re.split(_JOINT, thing_of(request), flags=re.IGNORECASE)
    rest = request[request.casefold().find(subject.casefold()) + len(subject) :]
    if subject and re.match(_JOINT, rest, re.IGNORECASE):
        more += re.split(_JOINT, re.split(r"[.!?;:](?:\s|$)", rest)[0], flags=re.IGNORECASE)[1:]
    for match in _WITH.finditer(request):
        more += re.split(_JOINT, match[1], flags=re.IGNORECASE)
    short = [part for part in more if _LEADING.match(part) or len(part.split()) <= _THING_WORDS]
    own = [part for part in short if not offers(part) and not _is_about_form(part)]
    named = [headline(_LEADING.sub("", part, count=1).strip(" .")) for part in (subject, *own)]
    return list({contact_in(thing) or plain(thing): thing for thing in named if thing}.values())


def theme_of(request: str) -> str:
    """Return the theme of a request, without contacts to include."""
    subject = headline(bare(_CONTACT_TAIL.sub("", subject_of(request))))
    if plain(subject) in examples("no_subjects")["all"]:
        subject = ""
    return subject or next(
        (thing for thing in things_of(request) if bare(thing) and not contact_in(thing)), ""
    )


def name_of(request: str) -> str:
    """Return a short campaign name from the request, without figures."""
    theme = theme_of(request)
    if offers(request):
        theme = without_figures(theme)
    first = re.split(_JOINT, theme, flags=re.IGNORECASE)[0]
    words = [word for word in first.split() if plain(word) not in examples("no_subjects")["all"]]
    name = clause(" ".join(words), _NAME)
    return headline(name) if len(name) > _THING_WORDS else ""


def without_figures(theme: str) -> str:
    """Remove prices, discounts and their end dates from a theme."""
    return headline(trimmed(_FIGURE.sub("", _UNTIL.sub("", theme))))


def whole_clause(theme: str, limit: int) -> str:
    """Cut a theme to `limit` characters; an offer that would be cut is left out."""
    cut = clause(theme, limit)
    return cut if all(offer in cut for offer in offers(theme)) else clause(without_figures(theme), limit)


def as_asked_now(material: Material, theme: str) -> str:
    """Remove an offer that only an earlier request made."""
    now = plain(material.task.get("request", ""))
    stale = any(plain(offer) not in now for offer in offers(theme))
    return without_figures(theme) if stale else theme


def facts_for(material: Material, meaning: Meaning, thing: str, facts: Sequence[Fact]) -> list[Fact]:
    """Return the facts for a thing that the request names, nearest first."""
    contact = contact_in(thing)
    if contact:
        return [fact for fact in facts if (fact.phone if contact == "phone" else fact.link)]
    kind = fact_kind(Fact("", thing, ""))
    of_its_kind = [fact for fact in facts if kind and fact_kind(fact) == kind]
    return of_its_kind or about(material, meaning, thing, facts)


def missing_in(material: Material, meaning: Meaning, request: str) -> list[str]:
    """Return the things that a request names without a fact."""
    missing = []
    for thing in things_of(request):
        contact = contact_in(thing)
        # An invalid telephone number is left out of the text, but the fact exists.
        given = any(fact.contact == contact for fact in material.facts) if contact else False
        given = given or bool(contact == "phone" and phone_in(request))
        says_something = (
            content_words(thing)
            or contact
            or fact_kind(Fact("", thing, ""))
            or _DISCOUNT.search(plain(thing))
        )
        if says_something and not given and not facts_for(material, meaning, thing, material.facts):
            missing.append(thing)
    return missing


def _is_about_form(part: str) -> bool:
    """Return whether a part is about form instead of content."""
    words = set(re.findall(r"\w+", plain(part)))
    return bool(words & set(examples("no_subjects")["form"]))
