"""Phrases of one language in the voice and form of address of a business."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from agents.offline.reading import Fact, Material, Meaning, number_from

LANGUAGES = ("en", "fr", "de", "es")
STAGES = ("awareness", "consideration", "conversion", "retention")

_WORD = re.compile(r"[^\W\d_]+")
_ADDRESS = re.compile(r"\[\[([^|\]]*)\|([^\]]*)\]\]")
_ADDRESSED = {
    "informal": {
        "any": r"(?i:\bduz|\btutoy|\btutoi|\btute)",
        "de": r"(?i:\b(?:du|dich|ihr-form)\b)",
        "fr": r"(?i:\b(?:tu|toi)\b)",
        "es": r"(?i:\bt[uú]\b)",
    },
    "formal": {
        "any": r"(?i:\bsiez|\bvouvo|\bustede)",
        "de": r"\b(?:Sie|(?i:per|mit|das) sie)\b",
        "fr": r"(?i:\bvous\b)",
        "es": r"(?i:\busted\b)",
    },
}
_NOT = re.compile(
    r"\b(?:kein\w*|nicht|nie|ohne|statt|pas (?:de|d['’])|jamais|sans|no|nunca|sin|never|not|without)"
    r"\s*(?:de |das |le |il |se )?$",
    re.IGNORECASE,
)
_SIE_TRADE = re.compile(
    r"recht|anwalt|notar|kanzlei|steuer|finan[zc]|\bbank|versicher|arzt|praxis|klinik|medi[zc]|therap|apothe"
    r"|\blaw|legal|attorney|solicitor|\btax|account|insur|dent(?:al|ist)|doctor|clinic|pharmac|avocat"
    r"|comptab|abogad|asesor"
)
_FRENCH_BEFORE = re.compile(r" ([:;!?»])")
_NEAR_VOICE = 0.08
_STATED = {
    "playful": re.compile(
        r"play|fun|witt|cheek|humou?r|verspielt|frech|lustig|witzig|locker|espiegl|drol|ludi|divert|gracios|jovial"
    ),
    "motivational": re.compile(r"motiv|energ|inspir|dynam"),
    "warm": re.compile(
        r"warm|friend|kind|herz|freund|chaleur|conviv|amical|cercan|calid|amab|familia|gemutlich|cos[yi]"
    ),
}
_SOBER = re.compile(
    r"calm|preci|profess|factual|serious|seri|discre|formal|compet|sachlich|seri|ruhig|praz|diskret|sobr|posé|rigour"
    r"|tranquil|clear|klar"
)
_LIGHT = "~ "
_AMOUNT = r"(?:[€£$]\s?\d|\d[\d.,\s]{0,20}(?:€|£|\$|euro|dollar|CHF))"
_PRICE = re.compile(rf"(from |ab |à partir de |dès |desde |a partir de )?{_AMOUNT}", re.IGNORECASE)
_PRICE_KEY = re.compile(r"pri[cx]|tarif|preis|cost|kost|fee|from|ab ", re.IGNORECASE)
_PRICE_WORDS = 8
_SENTENCE_WORDS = 5
_SHORT_WORD = 3


@cache
def _data(name: str) -> Mapping[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((Path(__file__).parent / name).read_text(encoding="utf-8"))
    return loaded


def examples(group: str) -> Mapping[str, Sequence[str]]:
    """Labelled examples of a group: intents, kinds or voices."""
    found: Mapping[str, Sequence[str]] = _data("examples.yaml")[group]
    return found


def plain(text: str) -> str:
    """Remove case and accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def guess_language(text: str, default: str) -> str:
    """Return the supported language whose function words the text uses most."""
    words = [word.casefold() for word in _WORD.findall(text)]
    scores = {code: sum(word in small for word in words) for code, small in examples("small_words").items()}
    best = max(scores, key=lambda code: (scores[code], code == default))
    return best if scores[best] >= 2 else default


class Speech:
    """The phrases for one prompt, chosen by the prompt's digest and draft number."""

    def __init__(self, material: Material, meaning: Meaning, language: str) -> None:
        self.language = language if language in LANGUAGES else "en"
        self.material = material
        self._phrases = _data(f"phrases/{self.language}.yaml")
        trade = f"{next(iter(material.brand.get('industry', [])), '')} {material.business}"
        kinds = meaning.labels(trade, examples("kinds"))
        self.kind = max(kinds, key=lambda kind: kinds[kind])
        wanted = next(iter(material.brand.get("voice", [])), "") or "warm"
        voices = meaning.labels(wanted, examples("voices"))
        best = max(voices.values())
        near = [voice for voice, score in voices.items() if score >= best - _NEAR_VOICE]
        self.sober = _SOBER.search(plain(wanted)) is not None
        fitting = [voice for voice in near if self._is_stated(voice, plain(wanted))]
        self._voices = sorted(fitting or ["professional"], key=lambda voice: -voices[voice])[:2]
        self.formal = self._is_formal(wanted, trade)
        self.piece = int(material.task.get("piece", "1").split()[0] or 1)
        self._base = " ".join(
            (material.business, material.campaign.get("name", ""), material.task.get("request", ""))
        )
        banned = material.banned if material.obeys("banned-words") else []
        self._banned = [_forms(word) for word in banned]

    def _is_stated(self, voice: str, wanted: str) -> bool:
        """Return whether the brand asks for a voice; a calm brand never gets a lively one."""
        pattern = _STATED.get(voice)
        return pattern is None or pattern.search(wanted) is not None or not (self.sober or voice == "playful")

    def _is_formal(self, voice: str, trade: str) -> bool:
        """Return whether the address is formal (Sie, vous, usted): as the voice says, else by trade."""
        informal, formal = (_ADDRESSED[how] for how in ("informal", "formal"))
        said = [
            (match.start(), is_formal != bool(_NOT.search(voice[: match.start()])))
            for is_formal, patterns in ((False, informal), (True, formal))
            for match in re.finditer(
                f"{patterns['any']}|{patterns.get(self.language, patterns['any'])}", voice
            )
        ]
        if said:
            return min(said)[1]
        return self.language == "fr" or (self.language == "de" and bool(_SIE_TRADE.search(plain(trade))))

    @property
    def voice(self) -> str:
        """The voice of this draft; two near ones alternate."""
        return self._voices[(self.piece - 1) % len(self._voices)]

    def allowed(self, text: str) -> bool:
        """Return whether a text has no banned word, if the prompt has the rule."""
        folded = plain(text)
        return not any(pattern.search(folded) for pattern in self._banned)

    def at(self, *path: str) -> Any:
        """Return the entry at a path of the phrase file."""
        found: Any = self._phrases
        for name in path:
            found = found[name]
        return found

    def lines(self, *path: str, **slots: str) -> list[str]:
        """Return the allowed phrases of a path, filled in."""
        found = self.at(*path)
        return self.fitting([found] if isinstance(found, str) else found, **slots)

    def fitting(self, templates: Sequence[str], **slots: str) -> list[str]:
        """Fill in templates, without those that have a banned word or do not fit the voice."""
        said = [line for line in templates if not (self.sober and line.startswith(_LIGHT))]
        filled = [self.fill(template.removeprefix(_LIGHT), **slots) for template in said]
        return [text for text in filled if self.allowed(text)]

    def pick(self, options: Sequence[str], salt: str) -> str:
        """Choose an option; consecutive drafts of a campaign get different ones."""
        if not options:
            return ""
        return options[(number_from(self._base, salt) + self.piece) % len(options)]

    def say(self, *path: str, **slots: str) -> str:
        """Choose one phrase of a path."""
        return self.pick(self.lines(*path, **slots), "/".join(path))

    def fill(self, template: str, **slots: str) -> str:
        """Resolve the form of address, fill the placeholders, and set the language's spaces."""
        text = self.typeset(_ADDRESS.sub(lambda match: match[2 if self.formal else 1], template))
        for name, value in {"business": self.material.business, **slots}.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    def typeset(self, text: str) -> str:
        """Set the language's non-breaking spaces."""
        if self.language != "fr":
            return text
        return _FRENCH_BEFORE.sub("\u00a0\\1", text).replace("« ", "«\u00a0")

    def listed(self, items: Sequence[str]) -> str:
        """`a, b and c`."""
        joint: str = self.at("and")
        return joint.join(filter(None, (", ".join(items[:-1]), items[-1]))) if items else ""

    def day(self, day: date) -> str:
        """Format a day for a sentence."""
        months: list[str] = self.at("months")
        number = "1er" if self.language == "fr" and day.day == 1 else str(day.day)
        return self.fill(self.at("date"), day=number, month=months[day.month - 1], year=str(day.year))

    def fact_sentence(self, fact: Fact) -> str:
        """Write a fact as a sentence; its value is kept verbatim."""
        value = fact.value.strip()
        if value[0].isupper() and len(value.split()) >= _SENTENCE_WORDS and value[-1] in ".!?":
            return value
        end = "" if value[-1] in ".!?" else "."
        form = self._form(fact)
        key = fact.key.replace("_", " ").strip()
        template = self.at("facts_said", form) if form else f"{{Key}}{self.at('colon')}{{value}}"
        small = key if self.language == "de" else _lowered(key, self.language == "en")
        return self.fill(f"{template}{end}", Key=headline(key), key=small, value=value)

    def is_natural(self, fact: Fact) -> bool:
        """Return whether a fact can be written as a clause instead of `Key: value`."""
        return bool(self._form(fact))

    def _form(self, fact: Fact) -> str:
        """Return the pattern for a fact: hours, address, email, price or from; empty for other keys."""
        kind, value = fact_kind(fact), fact.value.strip()
        if kind == "hours" and (value[0].isalpha() and value[0].isupper() and self.language in {"fr", "es"}):
            return ""
        if kind:
            return kind
        price = _PRICE.match(value)
        if not price or len(value.split()) > _PRICE_WORDS or _PRICE_KEY.search(fact.key):
            return ""
        form = "from" if price[1] else "price"
        several = self.language == "en" and fact.key.endswith("s") and not fact.key.endswith("ss")
        return f"{form}s" if several else form


def trade_tags(material: Material, language: str, spoken: bool) -> list[str]:
    """Return hashtags of the trade in the language; unknown words only in the business's own language."""
    industry = next(iter(material.brand.get("industry", [])), "")
    found = []
    for part in re.split(r"[,/&;()]|\b(?:and|et|und|y)\b", industry):
        names = next((row for row in examples("trades").values() if _names(part, row)), None)
        if names is None:
            found += [part] * spoken
        else:
            here = names[LANGUAGES.index(language)]
            found.append(part if _names(part, [here]) else here)
    return found


def _names(part: str, trades: Sequence[str]) -> bool:
    return any(re.search(rf"\b{re.escape(plain(trade))}\b", plain(part)) for trade in trades)


def fact_kind(fact: Fact) -> str:
    """Return hours, address or email, if a fact's key names one in a supported language."""
    key = plain(fact.key.replace("_", " ").strip())
    kinds = examples("fact_keys")
    return next((kind for kind, keys in kinds.items() if key in map(plain, keys)), "")


def headline(text: str) -> str:
    """Capitalise the first letter and replace underscores by spaces."""
    words = text.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def shortened(text: str, limit: int) -> str:
    """Cut at a space to at most `limit` characters."""
    if len(text) <= limit:
        return text
    cut = text[: limit + 1]
    return (cut[: cut.rindex(" ")] if " " in cut else cut[:limit]).rstrip(" ,;:–-")


def _lowered(words: str, titles: bool) -> str:
    """Lower a whole title (`Young Professionals`), else the first word; keep abbreviations."""
    first, *others = words.split()
    if titles and all(word[:1].isupper() for word in others if len(word) > _SHORT_WORD):
        return " ".join(map(_small, (first, *others)))
    return " ".join((_small(first), *others))


def _small(word: str) -> str:
    return word if word[1:] != word[1:].lower() else word.lower()


def _forms(word: str) -> re.Pattern[str]:
    stem = re.escape(plain(word))
    ending = r"\w*" if len(word) > 3 else r"\b"
    return re.compile(rf"(?<!\w){stem}{ending}")
