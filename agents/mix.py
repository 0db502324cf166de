"""Extract platforms and numbers of drafts from a request."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from core.campaign import Platform

_NUMBER_WORDS: dict[str, int] = {
    **dict.fromkeys(
        ("a", "an", "one", "un", "une", "ein", "eine", "einen", "einem", "einer", "una", "uno"), 1
    ),
    **dict.fromkeys(("two", "deux", "zwei", "dos"), 2),
    **dict.fromkeys(("three", "trois", "drei", "tres"), 3),
    **dict.fromkeys(("four", "quatre", "vier", "cuatro"), 4),
    **dict.fromkeys(("five", "cinq", "fünf", "cinco"), 5),
    **dict.fromkeys(("six", "sechs", "seis"), 6),
    **dict.fromkeys(("seven", "sept", "sieben", "siete"), 7),
    **dict.fromkeys(("eight", "huit", "acht", "ocho"), 8),
    **dict.fromkeys(("nine", "neuf", "neun", "nueve"), 9),
    **dict.fromkeys(("ten", "dix", "zehn", "diez"), 10),
}

_PLATFORM_WORDS: dict[Platform, str] = {
    "instagram": r"insta(?:gram)?s?|ig",
    "linkedin": r"linked-?\s?in",
    "email": r"e-?mail(?:s|ing|ings|ed)?|mails?|newsletters?|courriels?|infolettres?"
    r"|courriers? électroniques?|rundmails?|correos?(?: electrónicos?)?|boletín|boletines",
    "sms": r"sms|text messages?|texto?s? sms|mensajes? de texto|kurznachrichten?|textnachrichten?",
}
_SOCIAL: tuple[Platform, ...] = ("instagram", "linkedin")
_NOT = r"(?:no|not|without|except|skip|pas d['’]|pas de|sans|sauf|kein\w*|ohne|nicht|außer|sin|menos|excepto)"
_LINKING = r"(?:on|by|via|per|an|any|the|auf|im|in|par|sur|en|por)"
_RULED_OUT = re.compile(rf"(?<!\w){_NOT}\s*(?:{_LINKING}\s)?$", re.IGNORECASE)
_POSTS = r"posts?|publications?|beitr[aä]ge?|publicaci(?:ón|on|ones)"
_PIECES = (
    r"pieces?|drafts?|captions?|texts?|contenus?|textes?|entw[uü]rfe?|textos?|messages?|nachrichten|mensajes?"
)
NUMBERS = "|".join(sorted(_NUMBER_WORDS, key=len, reverse=True))
"""Pattern of a number word from one to ten."""
SPANS = r"weeks?|days?|months?|semaines?|jours?|mois|wochen?|tage?n?|monate?n?|semanas?|días?|mes(?:es)?"
"""Pattern of the units of a span of time."""
_ANY = "|".join(_PLATFORM_WORDS.values())
_COUNTED = re.compile(
    rf"(?<![\w-])(?P<number>\d{{1,2}}|{NUMBERS})\s+"
    rf"(?P<what>(?:(?!(?:of|de|{SPANS})\b)[^\W\d_]+[ -]){{0,2}}"
    rf"(?:{_PLATFORM_WORDS['email']}|{_PLATFORM_WORDS['sms']}|{_POSTS}|{_PIECES})"
    rf"(?:\s+(?:(?:on|for|sur|pour|auf|für|en|para|by|per|par)\s+)?(?:{_ANY})"
    rf"(?:(?:,|\s+(?:and|et|und|y))\s+(?:{_ANY}))*)?)"
    # "An e-mail campaign" is not a draft.
    r"(?![\w-])(?!\s+(?:campaign|push|series|drive|campagne|série|kampagne|serie|campaña))",
    re.IGNORECASE,
)

_ASKS_FOR_POSTS = re.compile(
    r"(?<![\w-])(?:posts|publications|beiträge|publicaciones"
    rf"|(?:{NUMBERS})\s+(?:[^\W\d_]+\s+){{0,2}}(?:post|publication|beitrag|publicación))(?![\w-])",
    re.IGNORECASE,
)


def platforms_named(text: str) -> list[Platform]:
    """Return the platforms that a text names and does not exclude, in order of appearance."""
    found: dict[Platform, int] = {}
    for platform, words in _PLATFORM_WORDS.items():
        for match in re.finditer(rf"(?<![\w@.])(?:{words})(?![\w@])", text, re.IGNORECASE):
            before = text[: match.start()]
            if not _RULED_OUT.search(before):
                found.setdefault(platform, match.start())
                break
    return sorted(found, key=lambda platform: found[platform])


def platforms_asked(text: str, used: Sequence[Platform] = ()) -> list[Platform]:
    """Return the named platforms; if "posts" are also asked for, their social network too."""
    named = platforms_named(text)
    if not named or not _ASKS_FOR_POSTS.search(text) or any(name in _SOCIAL for name in named):
        return named
    return [_network(used), *named]


def _network(used: Sequence[Platform], but: Iterable[Platform] = ()) -> Platform:
    """Return the network for unspecified posts: the campaign's, else Instagram, except `but`."""
    others = [name for name in (*used, *_SOCIAL) if name in _SOCIAL and name not in but]
    return others[0] if others else "instagram"


def at_most(text: str) -> dict[Platform, int]:
    """Return the platforms for which one draft is asked for: "posts for two weeks and one e-mail"."""
    counted = [(platforms_named(match["what"]), match) for match in _COUNTED.finditer(text)]
    single = [own[0] for own, match in counted if len(own) == 1 and _number(match) == 1]
    return dict.fromkeys(single, 1)


def mix_named(text: str, used: Sequence[Platform] = ()) -> dict[Platform, int]:
    """Return the number of drafts asked for per platform; empty unless a number above one is named.

    "Two posts and one e-mail" are two for Instagram, or for the network that is named elsewhere or `used`
    so far, and one e-mail. A text that also names a platform without a number has no mix.
    """
    counted = [(platforms_named(match["what"]), match) for match in _COUNTED.finditer(text)]
    named = platforms_named(text)
    claimed = {name for own, _ in counted for name in own}
    free = [name for name in named if name in _SOCIAL and name not in claimed]
    mix: Counter[Platform] = Counter()
    most = 0
    for own, match in counted:
        number = _number(match)
        most = max(most, number)
        if not own:
            posts = re.search(_POSTS, match["what"], re.IGNORECASE)
            own = free or ([_network(used, claimed)] if posts or not named else named)
        mix.update(own[place % len(own)] for place in range(number))
    return dict(mix) if most > 1 and set(named) <= set(mix) else {}


def _number(match: re.Match[str]) -> int:
    return _NUMBER_WORDS.get(match["number"].casefold()) or int(match["number"])


def in_turns(mix: dict[Platform, int]) -> list[Platform]:
    """Order the drafts of a mix: one per platform, then the platform with most left, never twice in a row."""
    order: list[Platform] = [name for name, number in mix.items() if number > 0]
    left = Counter(mix) - Counter(order)
    while left.total():
        name = max(left, key=lambda one: (left[one], one not in order[-1:]))
        order.append(name)
        left[name] -= 1
    return order
