"""Check the words of a draft: banned words, language, cliches, loops, placeholders, emptiness."""

import functools
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib import resources
from itertools import islice
from typing import TYPE_CHECKING

from pydantic import BaseModel

from core.rules.findings import MOST_SPANS, Check, DraftText, Span, spoken_list
from core.rules.folding import Folded, fold

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_ENDINGS = {
    "en": "'s|s|es|d|ed|ing|ings|er|ers|est|ly|ingly|edly",
    "de": "s|es|e|en|er|ern|em|n|t|te|ten|test|end|ende|enden|ender|ung|ungen",
    "fr": "s|e|es|x|ent|ons|ez|er|ait|ant|ante|antes|ants|ions|iez|ee|ees|ement",
    "es": "s|es|n|r|a|o|as|os|mos|do|da|dos|das|ndo|ron|mente",
}
_SHORT_TERM = 4
_COMPOUND_TERM = 6
LANGUAGE_NAMES = {
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "it": "Italian",
    "nl": "Dutch",
    "pt": "Portuguese",
}
_FEW_LETTERS = 20
_MANY_LETTERS = 40
_LINKISH = re.compile(r"(?<!\S)\S+@\S+|\b(?:https?://|www\.)\S+|[#@]\w+|\{\{[^{}\n]{0,80}\}\}", re.IGNORECASE)
_HASHTAG = re.compile(r"#\w+")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_PHRASE = re.compile(rf"[.,!?]*{_WORD.pattern}(?:[.,!?]*[\s\-]+[.,!?]*{_WORD.pattern})*[.,!?]*")
_SENTENCE = re.compile(r"[^.!?\n]+")
# Chinese, Japanese and Thai put no space between words, Korean adds to their end, Arabic to their start.
_NO_SPACES = re.compile(r"[\u0e00-\u0e7f\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_PREFIXED = re.compile(r"[\u0600-\u06ff]")
_LOOKALIKES = str.maketrans("аеорсухіјѕԁһӏвкмнтαεορτυνικ", "aeopcyxijsdhlbkmhtaeoptuvik")
_RUN = 6
_TIMES = 3
_ECHO = 10
_STUCK = re.compile(r"([^\W\d_])\1{7,}")
_PLACEHOLDERS = re.compile(
    r"\{\{[^{}\n]{0,80}\}\}|\{%[^\n]{0,80}%\}|\$?\{[a-z_][\w .=|:-]{0,60}\}|\*\|[^|\n]{1,60}\|\*"
    r"|(?-i:%[A-Z][A-Z_]{2,40}%)|(?-i:\bX{2,}(?=\s?[€$£%])|(?<=[€$£])\s?X{2,}\b)"
    r"|<\s?(?:insert|your|enter|add|name|first.?name|company|business|brand|link|url|date|price|votre|nom|prénom"
    r"|prix|ins[eé]rer|ihr(?:e|en)?|dein(?:e|en)?|vorname|firma|preis|datum|einf[uü]gen|su|tu|nombre|empresa"
    r"|precio|fecha|insertar)\b[^<>\n]{0,60}>|(?-i:<[A-Z][A-Z_ ]{2,40}>)"
    r"|\[(?!(?:ads?|anzeige|werbung|publicité|publicidad|pub|sic|vid[eé]o|foto|photo|en|fr|de|es|x)\])"
    r"[^\W\d_][^\[\]\n]{0,60}\](?![(\[:])"
    r"|\blorem ipsum\b|(?-i:\bTBD\b|\bTODO:|\bFIXME\b|\bX{3,}\b|\b__[A-Z_]+__\b)|_{4,}"
    r"|\bas an ai(?: language)? model\b|\ben tant qu.ia\b|\bals ki-(?:sprach)?modell\b"
    r"|\bcomo modelo de lenguaje\b",
    re.IGNORECASE,
)


class _Cliches(BaseModel, frozen=True):
    version: str
    languages: dict[str, tuple[str, ...]]


def base_language(tag: str) -> str:
    """Return the language of a BCP 47 tag without region or script."""
    return tag.replace("_", "-").split("-")[0].lower()


def check_banned_words(draft: DraftText, banned: Sequence[str]) -> Check:
    """The check `wording.banned-words`.

    Case, accents and invisible characters do not matter, and usual endings in the draft's language count
    (`guarantee` finds `guaranteed`). A term starts at the start of a word, except that in German a term of
    six letters or more also counts inside a compound (`Bestpreisgarantie`), and that a hashtag is searched
    for terms of four letters or more without their spaces.
    """
    language = base_language(draft.language)
    spans: list[Span] = []
    hit_terms: list[str] = []
    terms = [(term, pattern) for term in banned if (pattern := _term_pattern(term, language)) is not None]
    for field, text in draft.texts():
        folded = without_lookalikes(fold(text))
        tags = [(m.start(), m[0]) for m in _HASHTAG.finditer(folded.text)]
        if field.startswith("hashtags.") and not tags:
            tags = [(0, folded.text)]
        for term, pattern in terms:
            found = [match.span() for match in pattern.finditer(folded.text)]
            found += _in_hashtags(term, tags, found, folded)
            spans += [_span(field, folded, start, end) for start, end in found[:MOST_SPANS]]
            hit_terms += [term] * bool(found)
    message = f"{spoken_list(hit_terms)} must not be used." if spans else "No banned words."
    ordered = sorted(spans, key=lambda span: (span.field, span.start))
    return Check(
        name="wording.banned-words", passed=not spans, severity="block", message=message, spans=ordered
    )


def without_lookalikes(folded: Folded) -> Folded:
    """The text with Cyrillic and Greek letters in Latin words as the Latin ones that they look like."""
    if folded.text.isascii():
        return folded
    text = _WORD.sub(
        lambda word: word[0].translate(_LOOKALIKES) if any(char in _LATIN for char in word[0]) else word[0],
        folded.text,
    )
    return Folded(text, folded.original, folded.origins, folded.ends)


_LATIN = frozenset("abcdefghijklmnopqrstuvwxyz")


@functools.lru_cache(maxsize=2048)
def _term_pattern(term: str, language: str) -> re.Pattern[str] | None:
    folded = " ".join(without_lookalikes(fold(term)).text.split())
    words = _WORD.findall(folded)
    if not _PHRASE.fullmatch(folded):
        return _literal_pattern(folded) if folded else None
    head = "".join(re.escape(word) + r"[\s\-.,!?]+" for word in words[:-1])
    last = words[-1]
    if _NO_SPACES.search(last):
        return re.compile(re.escape(folded))
    if _PREFIXED.search(last):
        return re.compile(rf"(?<![^\W_]){head}(?:و|ف)?(?:ال|بال|لل|كال|ب|ل|ك)?{re.escape(last)}\w{{0,4}}")
    if language == "de" and not head and len(last) >= _COMPOUND_TERM:
        stem = last[:-2] if last.endswith("en") and len(last) > _COMPOUND_TERM else last
        return re.compile(rf"(?<!\w)\w*{re.escape(stem)}\w*")
    return re.compile(rf"(?<![^\W_]){head}(?:{'|'.join(_forms(last, language))})(?![^\W\d_])")


def _literal_pattern(folded: str) -> re.Pattern[str]:
    """Compile a term with signs (`100%`) literally, allowing spaces between its parts."""
    parts = re.findall(r"\w+|[^\w\s]", folded)
    start = r"(?<![^\W_])" if parts[0][0].isalnum() else ""
    end = r"(?![^\W_])" if parts[-1][-1].isalnum() else ""
    return re.compile(start + r"\s*".join(re.escape(part) for part in parts) + end)


def _forms(word: str, language: str) -> Iterator[str]:
    """Yield patterns for a word and its usual inflections; short words only take a plural."""
    if len(word) < _SHORT_TERM or not word.isalpha():
        yield re.escape(word) + r"(?:'?s|es)?"
        return
    if language not in _ENDINGS and len(word) > _COMPOUND_TERM - 2:
        yield re.escape(word[:-1]) + r"\w{0,3}"
        return
    yield re.escape(word) + rf"(?:{_ENDINGS.get(language, 's|es')})?"
    if language == "en":
        if word[-1] == "e":
            yield re.escape(word[:-1]) + "(?:ing|ings|ingly)"
        elif word[-1] == "y":
            yield re.escape(word[:-1]) + "i(?:er|est|es|ed|ly)"
        elif word[-1] not in "aiouswx":
            yield re.escape(word + word[-1]) + "(?:ed|ing|er|ers|est)"
    elif language == "fr" and word[-2:] in {"er", "ir", "re"} and len(word) > _SHORT_TERM:
        yield (
            re.escape(word[:-1] if word[-2:] == "ir" else word[:-2]) + rf"(?:ss)?(?:{_ENDINGS['fr']}|t|is|it)"
        )
    elif language == "es" and word[-2:] in {"ar", "er", "ir"} and len(word) > _SHORT_TERM:
        yield re.escape(word[:-2]) + rf"[aei]?(?:{_ENDINGS['es']}|is|iendo|ido|idos)"
    elif language == "es" and word[-1] in "ao":
        yield re.escape(word[:-1]) + "(?:a|o|as|os|amente)"


def _in_hashtags(
    term: str, tags: list[tuple[int, str]], found: list[tuple[int, int]], folded: Folded
) -> Iterator[tuple[int, int]]:
    """Where a term is one of the words of a hashtag: at its start or end, or marked by capitals."""
    squashed = "".join(_WORD.findall(fold(term).text))
    if len(squashed) < _SHORT_TERM:
        return
    starts = [start for start, _ in found]
    for start, tag in tags:
        places = [place for place, char in enumerate(tag) if char.isalnum()]
        at = "".join(tag[place] for place in places).find(squashed)
        if at < 0:
            continue
        first, last = places[at] + start, places[at + len(squashed) - 1] + start + 1
        shown = folded.slice(first, first + 1)
        humps = any(folded.slice(start + place, start + place + 1).isupper() for place in places[1:])
        alone = at == 0 or at + len(squashed) == len(places)
        before = bisect_right(starts, first) - 1
        if (shown.isupper() or at == 0 if humps else alone) and (before < 0 or found[before][1] <= first):
            yield first, last


def _span(field: str, folded: Folded, start: int, end: int) -> Span:
    first, last = folded.span(start, end)
    return Span(field=field, start=first, end=last, text=folded.original[first:last])


def _identifier(expected: str) -> "LanguageIdentifier | None":
    return _identifier_of(frozenset({*LANGUAGE_NAMES, expected}))


@functools.cache
def _identifier_of(languages: frozenset[str]) -> "LanguageIdentifier | None":
    """Load the identifier for some languages; loading takes a second, so the known ones share it."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    if not languages.issubset(identifier.labels):
        return None
    identifier.set_languages(sorted(languages))
    return identifier


def check_language(draft: DraftText, expected: str, names: Sequence[str] = ()) -> Check:
    """The check `wording.language`: each longer field, and the whole, is in the expected language.

    Links, hashtags and the given names are ignored. Fewer than twenty letters pass.
    """
    language = base_language(expected)
    wrong: list[tuple[str, str]] = []
    cleaned = {field: _prose(text, names) for field, text in draft.fields.items()}
    for field, text in cleaned.items():
        if _letters(text) >= _MANY_LETTERS and (other := _other_language(text, language, 0.7)):
            wrong.append((field, other))
    if not wrong and (other := _other_language("\n".join(cleaned.values()), language, 0.9)):
        wrong = [(field, other) for field, text in cleaned.items() if _letters(text)]
    expected_name = LANGUAGE_NAMES.get(language, expected)
    message = f"The text is in {expected_name}."
    if wrong:
        found = " and ".join(sorted({LANGUAGE_NAMES.get(other, other) for _, other in wrong}))
        message = f"The text should be in {expected_name}; this reads like {found}."
    spans = [
        Span(field=field, start=0, end=len(draft.fields[field]), text=draft.fields[field])
        for field, _ in wrong
    ]
    return Check(name="wording.language", passed=not wrong, severity="block", message=message, spans=spans)


def _prose(text: str, names: Sequence[str]) -> str:
    text = _LINKISH.sub(" ", text)
    for name in sorted(filter(str.strip, names), key=len, reverse=True):
        text = re.sub(re.escape(name.strip()), " ", text, flags=re.IGNORECASE)
    return text


def _letters(text: str) -> int:
    return sum(char.isalpha() for char in text)


def _other_language(text: str, expected: str, sure: float) -> str | None:
    """Return the language that a text is in with confidence `sure`, if it is not the expected one."""
    identifier = _identifier(expected)
    if identifier is None or _letters(text) < _FEW_LETTERS:
        return None
    ranked: list[tuple[str, float]] = identifier.rank(text)
    best, chance = ranked[0]
    return best if best != expected and chance >= sure and dict(ranked)[expected] < 0.05 else None


@functools.cache
def _cliches(language: str) -> tuple[re.Pattern[str], ...]:
    text = resources.files("core.rules").joinpath("data/cliches.json").read_text(encoding="utf-8")
    phrases = _Cliches.model_validate_json(text).languages.get(language, ())
    return tuple(re.compile(_phrase(phrase)) for phrase in phrases)


def _phrase(phrase: str) -> str:
    anything = r"[^\W_]+(?:\s[^\W_]+)?"
    gap = r"\s+"
    words = [anything if word == "*" else re.escape(word) for word in fold(phrase).text.split()]
    return rf"(?<![^\W_]){gap.join(words)}(?![^\W_])"


def check_cliches(draft: DraftText, language: str | None = None) -> Check:
    """The check `wording.cliches`, a warning: worn phrases of the draft's language."""
    patterns = _cliches(base_language(language or draft.language))
    spans = [
        _span(field, folded, *match.span())
        for field, text in draft.fields.items()
        for folded in [fold(text)]
        for pattern in patterns
        for match in islice(pattern.finditer(folded.text), MOST_SPANS)
    ]
    spans.sort(key=lambda span: (span.field, span.start))
    message = f"Worn phrases: {spoken_list([span.text for span in spans])}." if spans else "No worn phrases."
    return Check(name="wording.cliches", passed=not spans, severity="warn", message=message, spans=spans)


def check_repetition(draft: DraftText, instructions: str = "") -> Check:
    """The check `wording.repetition`: no loops, and nothing that repeats the given instructions.

    A loop is the same sentence (three words or more) or six words three times, or one letter eight times or
    more in a row. An echo is ten words in a row that also occur in `instructions`.
    """
    told = _runs([word for word, _, _ in _words(fold(instructions))], _ECHO)
    echoed = {run for run, _ in told}
    spans: list[Span] = []
    sentences: Counter[str] = Counter()
    runs: Counter[tuple[str, ...]] = Counter()
    fields = [(field, fold(text)) for field, text in draft.fields.items()]
    for field, folded in fields:
        words = _words(folded)
        plain = [word for word, _, _ in words]
        for match in _SENTENCE.finditer(folded.text):
            key = " ".join(_WORD.findall(match[0]))
            sentences[key] += 1
            if sentences[key] == _TIMES and key.count(" ") >= 2:
                spans.append(_span(field, folded, *match.span()))
        for run, at in _runs(plain, _RUN):
            runs[run] += 1
            if runs[run] == _TIMES:
                spans.append(_span(field, folded, words[at][1], words[at + _RUN - 1][2]))
        again = (at for run, at in _runs(plain, _ECHO) if run in echoed)
        spans += [
            _span(field, folded, words[at][1], words[at + _ECHO - 1][2]) for at in islice(again, MOST_SPANS)
        ]
        stuck = islice(_STUCK.finditer(folded.text), MOST_SPANS)
        spans += [_span(field, folded, *match.span()) for match in stuck]
    message = "The text repeats itself or its instructions." if spans else "The text does not repeat itself."
    return Check(name="wording.repetition", passed=not spans, severity="block", message=message, spans=spans)


def _words(folded: Folded) -> list[tuple[str, int, int]]:
    return [(match[0], *match.span()) for match in _WORD.finditer(folded.text)]


def _runs(words: Sequence[str], length: int) -> Iterator[tuple[tuple[str, ...], int]]:
    return ((tuple(words[at : at + length]), at) for at in range(len(words) - length + 1))


def check_placeholders(draft: DraftText) -> Check:
    """The check `wording.placeholders`: no placeholder is left."""
    spans = [
        Span(field=field, start=match.start(), end=match.end(), text=match[0])
        for field, text in draft.texts()
        for match in islice(_PLACEHOLDERS.finditer(text), MOST_SPANS)
    ]
    message = (
        f"{spoken_list([span.text for span in spans])} is left to fill in." if spans else "No placeholders."
    )
    return Check(
        name="wording.placeholders", passed=not spans, severity="block", message=message, spans=spans
    )


def check_empty(draft: DraftText) -> Check:
    """The check `wording.empty`: there is something to publish, and an e-mail has a subject."""
    said = any(_letters(draft.fields.get(name, "")) for name in ("caption", "body"))
    subject = draft.platform != "email" or bool(_letters(draft.fields.get("title", "")))
    message = "There is a text."
    if not said:
        message = "There is no text to publish."
    elif not subject:
        message = "The e-mail has no subject."
    return Check(name="wording.empty", passed=said and subject, severity="block", message=message)
