"""Find the facts that answer a question: those with all of its content words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agents.offline.reading import Fact, Material, Meaning
from agents.offline.speech import examples, fact_kind, plain
from agents.offline.subjects import contradicts

_SAME_WORD = 0.78
"""Similarity from which two words of different languages count as the same."""
_SHORT = 3
_MONEY = re.compile(r"[$€£]|\b(?:USD|EUR|GBP|CHF)\b")
_NUMBER = ("number", "numero", "nummer")
_WHERE = re.compile(r"\W*(?:where|wo|où|dónde)\b", re.IGNORECASE)
_TIME_WORDS = ("time", "all")


def answering(material: Material, meaning: Meaning, question: str) -> list[Fact]:
    """Return the facts with all content words of the question, nearest first."""
    kind, words = _asked(question)
    trade = _words(f"{material.business} {next(iter(material.brand.get('industry', [])), '')}")
    own = [word for word in words if not (is_in(word, trade) or _means_one_of(meaning, word, trade))]
    of_kind = [fact for fact in material.facts if kind and kind in (fact_kind(fact), fact.contact)]
    if not own and of_kind:
        return of_kind
    wanted = own or words
    named = [fact for fact in material.facts if wanted and _holds(meaning, fact.text, wanted)]
    if not words:
        # "What are our prices?" has only a general word, which has to be in the fact's key.
        spoken = [word for word in _words(question) if not _is_small(word)]
        general = [word for word in spoken if _starts(word, "general_words", "all")]
        named = [fact for fact in material.facts if general and _holds(meaning, fact.key, general)]
    found = [fact for fact in named if not contradicts(question, fact.text)]
    scores = dict(zip(found, meaning.nearness(question, found), strict=True))
    return sorted(found, key=lambda fact: -scores[fact])


def prices(material: Material, question: str) -> list[Fact]:
    """The facts with a price, if a question asks for prices and names no thing."""
    kind, words = _asked(question)
    return [fact for fact in material.facts if kind == "price" and not words and _MONEY.search(fact.value)]


def tells_of(meaning: Meaning, text: str, question: str) -> bool:
    """Return whether a remembered text has a content word of the question, if there is one."""
    words = [word for word in _words(question) if not _is_small(word)]
    others = _words(text)
    return not words or any(is_in(word, others) or _means_one_of(meaning, word, others) for word in words)


def is_in(word: str, others: Sequence[str]) -> bool:
    """Return whether one of the others shares its stem or is its prefix; `Zahnpflege` is not `Pflege`."""
    if len(word) <= _SHORT:
        return word in others
    stem = word[: max(4, len(word) - 2)]
    return any(
        other.startswith(stem)
        or word[:-1] in other
        or (word.startswith(other[:-1]) and _SHORT < len(other) >= len(word) - _SHORT)
        for other in others
    )


def _asked(question: str) -> tuple[str, list[str]]:
    """Return the kind of fact that a question asks for, if named, and its content words."""
    words = [word for word in _words(question) if not _is_small(word)]
    spoken = _words(question)
    kinds = [
        kind
        for word in spoken
        for kind in examples("question_kinds")
        if _starts(word, "question_kinds", kind)
    ]
    found = next(iter(kinds), "")
    if not found and _WHERE.match(question):
        found = "address"
    return found, [
        word
        for word in words
        if not (found and _starts(word, "question_kinds", found))
        and not (found == "phone" and word in _NUMBER)
        and not _starts(word, "general_words", "all")
        and not any({word, word[:-1]} & set(examples("no_subjects")[group]) for group in _TIME_WORDS)
    ]


def _holds(meaning: Meaning, text: str, wanted: Sequence[str]) -> bool:
    words = _words(text)
    return all(is_in(word, words) or _means_one_of(meaning, word, words) for word in wanted)


def _means_one_of(meaning: Meaning, word: str, others: Sequence[str]) -> bool:
    return len(word) > 3 and max(meaning.similarities(word, others), default=0) >= _SAME_WORD


def _is_small(word: str) -> bool:
    return word in examples("question_words")["whole"] or _starts(word, "question_words", "beginnings")


def _starts(word: str, group: str, label: str) -> bool:
    stems = examples(group)[label]
    return any(word in (stem, f"{stem}s") if len(stem) < 4 else word.startswith(stem) for stem in stems)


def _words(text: str) -> list[str]:
    return [word for word in re.findall(r"[^\W\d_]+", plain(text)) if len(word) > 2]
