"""Platform limits from the versioned data file, and how each platform counts."""

import functools
import re
from importlib import resources
from itertools import islice
from typing import Literal

import regex  # type: ignore[import-untyped]  # ships no type information
from pydantic import BaseModel

from core.rules.findings import MOST_SPANS, Check, DraftText, Platform, Severity, Span, Stage

Unit = Literal[
    "utf16",
    "escaped",
    "graphemes",
    "characters",
    "bytes",
    "parts",
    "hashtags",
    "mentions",
    "newlines",
    "media",
    "postal_address",
]

_GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENDED = frozenset("\f^{}\\[~]|€")
_LINKEDIN_RESERVED = re.compile(r"[\\|{}@\[\]()<>#*_~]")
_HASHTAG = re.compile(r"(?<![\w&/#])#(?:(?=\w*[^\W\d])\w+|[\u2600-\u27bf\U0001f000-\U0001faff])")
_STOP = re.compile(
    r"\b(?:stop|unsubscribe|opt.?out|abmelden|abbestellen|d[ée]sabonner|baja|cancelar)\b", re.IGNORECASE
)
_MENTION = re.compile(r"(?<![\w.+-])@\w[\w.]*")
_SUBJECT_BREAK = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
_SPOKEN: dict[str, tuple[str, str]] = {
    "hashtags": ("hashtag", "hashtags"),
    "mentions": ("mention", "mentions"),
    "parts": ("part", "parts"),
    "bytes": ("byte", "bytes"),
}


class Limit(BaseModel, frozen=True):
    """A limit of a platform, with its source and the date it was checked."""

    name: str
    unit: Unit
    minimum: int | None = None
    maximum: int | None = None
    severity: Severity
    stage: Stage = "approval"
    source: str
    checked_at: str


class PlatformLimits(BaseModel, frozen=True):
    """The limits of one platform and the version of the file they come from."""

    platform: Platform
    version: str
    limits: tuple[Limit, ...]

    def maximum(self, name: str) -> int | None:
        """Return the maximum of a named limit, if there is one."""
        return next((limit.maximum for limit in self.limits if limit.name == name), None)


class SmsCount(BaseModel, frozen=True):
    """Encoding, length (in units of the encoding) and parts of an SMS."""

    encoding: Literal["gsm7", "ucs2"]
    units: int
    parts: int


class _LimitsFile(BaseModel, frozen=True):
    version: str
    platforms: dict[Platform, tuple[Limit, ...]]


@functools.cache
def _limits_file() -> _LimitsFile:
    text = resources.files("core.rules").joinpath("data/limits.json").read_text(encoding="utf-8")
    return _LimitsFile.model_validate_json(text)


def limits_for(platform: Platform) -> PlatformLimits:
    """Return the limits of a platform."""
    file = _limits_file()
    return PlatformLimits(platform=platform, version=file.version, limits=file.platforms[platform])


def utf16_units(text: str) -> int:
    """Return the length in UTF-16 code units."""
    return len(text) + sum(char > "\uffff" for char in text)


def graphemes(text: str) -> int:
    """Return the length in grapheme clusters."""
    return len(text) if text.isascii() else len(regex.findall(r"\X", text))


def sms_parts(text: str) -> SmsCount:
    """Encoding, units and parts of an SMS; a character of two units never spans two parts."""
    plain = all(char in _GSM_BASIC or char in _GSM_EXTENDED for char in text)
    if plain:
        costs = [2 if char in _GSM_EXTENDED else 1 for char in text]
    else:
        costs = [2 if char > "\uffff" else 1 for char in text]
    single, several = (160, 153) if plain else (70, 67)
    units = sum(costs)
    parts = min(units, 1)
    if units > single:
        room = several
        for cost in costs:
            if cost > room:
                parts, room = parts + 1, several
            room -= cost
    return SmsCount(encoding="gsm7" if plain else "ucs2", units=units, parts=parts)


def count(platform: Platform, text: str) -> int:
    """Return the length of a text as the platform counts it."""
    match platform:
        case "instagram":
            return utf16_units(text)
        case "linkedin":
            return utf16_units(text) + len(_LINKEDIN_RESERVED.findall(text))
        case "email":
            return graphemes(text)
        case "sms":
            return sms_parts(text).units


def published_text(draft: DraftText) -> str:
    """Return the text that is posted or sent: text, call to action, hashtags."""
    tags = " ".join(f"#{tag.lstrip('#')}" for tag in draft.hashtags if tag.strip("# "))
    parts = [draft.fields.get(name, "").strip() for name in ("caption", "body", "cta")]
    return "\n\n".join(part for part in (*dict.fromkeys(parts), tags) if part)


def check_limits(draft: DraftText) -> list[Check]:
    """Check every limit of the draft's platform, as `limits.<name>`."""
    published = published_text(draft)
    checks = [_check(limit, draft, published) for limit in limits_for(draft.platform).limits]
    return [*checks, _opt_out(published)] if draft.platform == "sms" else checks


def _opt_out(published: str) -> Check:
    """The check `limits.opt-out`, a warning before a send: a marketing message says how to stop it."""
    said = bool(_STOP.search(published))
    message = (
        "It says how to stop." if said else "Say how to stop these messages, such as “Reply STOP to opt out”."
    )
    return Check(name="limits.opt-out", passed=said, severity="warn", stage="send", message=message)


def _costly(text: str) -> str:
    """What to change where a few characters outside GSM-7 make a text message longer."""
    odd = list(dict.fromkeys(char for char in text if char not in _GSM_BASIC | _GSM_EXTENDED))
    plain = sms_parts("".join(char for char in text if char in _GSM_BASIC | _GSM_EXTENDED))
    parts = sms_parts(text).parts
    if not odd or len(odd) > _FEW or plain.parts >= parts:
        return ""
    shown = ", ".join(f"“{char}”" for char in odd)
    return f" {shown} makes it {parts} parts; without it, {plain.parts}."


_FEW = 3


def _check(limit: Limit, draft: DraftText, published: str) -> Check:
    text = _measured(limit, draft, published)
    value = _measure(limit.unit, text, draft, published)
    low = limit.minimum is not None and value < limit.minimum
    high = limit.maximum is not None and value > limit.maximum
    return Check(
        name=f"limits.{limit.name}",
        passed=not (low or high),
        severity=limit.severity,
        stage=limit.stage,
        message=_message(limit, value, draft.platform, failed=low or high)
        + (_costly(text) if limit.unit == "parts" else ""),
        spans=_spans(limit, draft) if high else [],
    )


def _measured(limit: Limit, draft: DraftText, published: str) -> str:
    if limit.name.startswith("subject"):
        return draft.fields.get("title", "")
    if limit.name.startswith("preheader"):
        return draft.fields.get("preheader", "")
    return published


def _measure(unit: Unit, text: str, draft: DraftText, published: str) -> int:
    match unit:
        case "utf16":
            return utf16_units(text)
        case "escaped":
            return count("linkedin", text)
        case "graphemes":
            return graphemes(text)
        case "characters":
            return utf16_units(text)
        case "bytes":
            return len(text.encode("utf-8", "surrogatepass"))
        case "parts":
            return sms_parts(text).parts
        case "hashtags":
            return len(_HASHTAG.findall(published))
        case "mentions":
            return len(_MENTION.findall(published))
        case "newlines":
            return len(_SUBJECT_BREAK.findall(text))
        case "media":
            return int(draft.has_media)
        case "postal_address":
            return int(draft.has_postal_address)


def _message(limit: Limit, value: int, platform: Platform, *, failed: bool) -> str:
    match limit.unit:
        case "media":
            return "Instagram needs an image or a video." if failed else "There is an image or a video."
        case "postal_address":
            return "An e-mail needs a postal address." if failed else "There is a postal address."
        case "newlines":
            return "The subject must be one line." if failed else "The subject is one line."
    singular, plural = _SPOKEN.get(limit.unit, ("character", "characters"))
    what = {"subject": "The subject", "preheader": "The preview line"}.get(
        limit.name.split("-")[0], "The text"
    )
    bounds = (
        f"at most {limit.maximum:,}"
        if limit.minimum is None
        else f"{limit.minimum} to {limit.maximum} are best"
    )
    counted = " as LinkedIn counts" if platform == "linkedin" and limit.unit == "escaped" else ""
    return f"{what} has {value:,} {singular if value == 1 else plural}{counted} ({bounds})."


def _spans(limit: Limit, draft: DraftText) -> list[Span]:
    """Return the spans beyond a limit: extra hashtags or mentions, or the end of a long text."""
    pattern = {"hashtags": _HASHTAG, "mentions": _MENTION, "newlines": _SUBJECT_BREAK}.get(limit.unit)
    maximum = limit.maximum or 0
    most = maximum + MOST_SPANS
    if pattern is not None:
        names = ["title"] if limit.unit == "newlines" else ["caption", "body", "cta"]
        found = [
            Span(field=name, start=match.start(), end=match.end(), text=match[0])
            for name in names
            for match in islice(pattern.finditer(draft.fields.get(name, "")), most)
        ]
        if limit.unit == "hashtags":
            found += [
                Span(field=f"hashtags.{i}", start=0, end=len(tag), text=tag)
                for i, tag in enumerate(draft.hashtags)
            ]
        return found[maximum:most]
    names = {"subject": ["title"], "preheader": ["preheader"]}.get(
        limit.name.split("-")[0], ["caption", "body"]
    )
    field = next((name for name in names if draft.fields.get(name)), None)
    if field is None:
        return []
    text = draft.fields[field]
    return (
        [Span(field=field, start=maximum, end=len(text), text=text[maximum:])] if len(text) > maximum else []
    )
