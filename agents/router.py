"""Decide which specialists work, on what and when."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from agents.inputs import history_input, shared_inputs, task_inputs
from agents.mix import NUMBERS, SPANS, at_most, mix_named, platforms_asked, platforms_named
from agents.schemas import held_to
from agents.specialist import Specialist
from core.business import Business, Memory
from core.campaign import PLATFORMS, Campaign, Platform

SpecialistName = Literal["strategy", "copywriter"]
Intent = Literal["change", "delete", "send"]
"""An operation on a written draft that the chat cannot do: a card can, except for sending."""

_LANGUAGE_WORDS = {
    "en": r"english|anglais|englisch|inglés",
    "fr": r"french|français|französisch|francés",
    "de": r"german|allemand|deutsch|alemán",
    "es": r"spanish|espagnol|spanisch|español",
    "it": r"italian|italien|italienisch|italiano",
    "pt": r"portuguese|portugais|portugiesisch|portugués",
    "nl": r"dutch|néerlandais|niederländisch|neerlandés",
}
_IN_LANGUAGE = {
    code: re.compile(rf"\b(?:in|en|auf|into|vers l['’]) ?(?:{words})\b", re.IGNORECASE)
    for code, words in _LANGUAGE_WORDS.items()
}
_POLITELY = r"^\W*(?:please |bitte |por favor,? )?(?:(?:can|could) you )?"
_ASKS_TO_PLAN = re.compile(
    rf"{_POLITELY}"
    r"(?:plan(?:e|ifie[rz]?|ifica)?|organi[sz]e[rz]?|prepare|prépare[rz]?|launch|lance[rz]?|erstelle)\b"
    r"|\b(?:campaign|campagne|kampagne|campaña|content calendar|calendrier|redaktionsplan|calendario)\b",
    re.IGNORECASE,
)
_ASKS_TO_WRITE = re.compile(
    rf"{_POLITELY}"
    r"(?:write|draft|rewrite|écri[st]|écrivez|rédige[rz]?|schreibe?|verfasse|formuliere|escribe|redacta)\b",
    re.IGNORECASE,
)
_ASKS_TO_GO_ON = re.compile(
    r"\W*(?:please |bitte |por favor,? )?(?:continue|go on|carry on|keep going|next|the next ones?|weiter"
    r"|mach weiter|fahr fort|die nächsten|continue[rz]|la suite|les suivants|continúa|sigue|adelante"
    r"|los siguientes)"
    r"(?:,? please|,? bitte|,? s'il (?:te|vous) plaît|,? por favor)?\W*",
    re.IGNORECASE,
)
_PIECE = (
    r"(?:e-?mails?|mails?|newsletters?|posts?|sms|texts?|captions?|drafts?|courriels?|texte|brouillon|beitrag"
    r"|nachricht|entwurf|correo|mensaje|texto|publicación|borrador)"
)
_ASKS_TO_CHANGE = re.compile(
    rf"{_POLITELY}(?:"
    # A verb that only applies to an existing text, or "make the … shorter".
    r"(?:shorten|lengthen|rewrite|rephrase|translate|correct|edit|change|fix|improve|raccourci[st]|rallonge"
    r"|réécri[st]|reformule|traduis|corrige[rz]?|modifie[rz]?|améliore|kürze|verlängere|überarbeite|übersetze"
    r"|korrigiere|ändere|verbessere|acorta|alarga|reescribe|traduce|modifica|cambia|mejora)\b[^.?!\n]{0,40}"
    rf"(?:\b{_PIECE}\b|\b(?:it|this|that|ça|es|ihn|sie|das|lo)\W*(?:$|(?:in|into|en|auf)\b)|-l[ea]\b)"
    rf"|(?:make|mach|rends?|haz)\s+(?:the|this|that|my|den|die|das|le|la|l['’]|ce|cette|el|este|esta)\b"
    rf"[^.?!\n]{{0,40}}\b{_PIECE}\s+(?:\w+er|more|less|too|plus|moins|más|menos|in|en|auf)\b"
    r"|(?:make|mach|rends?|haz)[\s-](?:it|this|that|es|ihn|sie|le|la|lo|ça)\s"
    r"(?:\w+er|more|less|plus|moins|más|menos)\b)",
    re.IGNORECASE,
)
_CERTAIN = (
    r"(?:the|this|that|my|these|all|it|them|le|la|les|ce|cet|cette|mon|mes|tous?|den|die|das|diese[nrs]?|meine?n?"
    r"|alle|es|sie|el|los|las|este|esta|mi|mis|todos?|todas?)"
)
# "Send all my customers an e-mail" asks for a new draft.
_NO_NEW = r"(?:(?!\b(?:an?|une?|eine?n?|una)\b)[^.?!\n]){0,40}"
_ASKS_TO_DELETE = re.compile(
    rf"{_POLITELY}"
    r"(?:delete|remove|discard|supprime[rz]?|efface[rz]?|lösche|entferne|borra|elimina)"
    rf"\s+(?:{_CERTAIN}\b|l['’]){_NO_NEW}(?:\b{_PIECE}\b|\b(?:it|them|es|sie)\b)",
    re.IGNORECASE,
)
_ASKS_TO_SEND = re.compile(
    rf"{_POLITELY}"
    r"(?:send|publish|schedule|approve|post|envoie[rz]?|publie[rz]?|programme[rz]?|approuve[rz]?|sende|schicke?"
    r"|versende|veröffentliche|genehmige|envía|publica|programa|aprueba)"
    rf"\s+(?:{_CERTAIN}\b|l['’]){_NO_NEW}(?:\b{_PIECE}\b|\b(?:it|them|es|sie)\b)",
    re.IGNORECASE,
)
_ASKS_TO_KNOW = re.compile(
    r"^\W*(?:(?:what|which)(?! (?:can|could|should|shall|would))|when|where|who|why"
    r"|how (?:much|many|long|often)|quel(?:le)?s?|combien|quand|où|pourquoi|was|welche[nmrs]?|wann|wo|wer"
    r"|warum|wie ?(?:viele?|lange|oft)|qué|cuál(?:es)?|cuándo|cuánt[oa]s?|dónde|por qué|quién)\b[^?]*\?\W*$",
    re.IGNORECASE,
)
_SPAN_OF_TIME = re.compile(rf"\b(?:\d+|{NUMBERS})[ -](?:{SPANS})\b", re.IGNORECASE)
_EMPTY_NAMES = {"", "null", "none", "string", "n/a", "unknown", "campaign", "theme", "goal", "campaign_name"}
# Two letters only: a weak model answers "sms", which is a language code.
_TAG = re.compile(r"[a-z]{2}(?:-[A-Za-z0-9]{2,8})*")
_NAME_CHARACTERS, _THEME_CHARACTERS, _GOAL_CHARACTERS = 80, 120, 300
_DEFAULT_DAYS, _MOST_DAYS, _FURTHEST_DAYS = 14, 92, 366
_MOST_PIECES = 24
_DEFAULT_PLATFORMS: list[Platform] = ["instagram", "email"]


class Understanding(BaseModel):
    """The router's output; without a specialist the copilot only answers."""

    model_config = ConfigDict(extra="forbid")

    specialists: Annotated[list[SpecialistName], Field(max_length=2)] = Field(default_factory=list)
    platforms: Annotated[list[Platform], Field(max_length=4)] = Field(default_factory=list)
    start_date: Annotated[str, Field(max_length=40, json_schema_extra=held_to(10))] | None = None
    days: int | None = None
    campaign_name: Annotated[str, Field(max_length=2_000, json_schema_extra=held_to(80))] = ""
    goal: Annotated[str, Field(max_length=2_000, json_schema_extra=held_to(120))] = ""
    pieces: int | None = None
    language: Annotated[str, Field(max_length=40, json_schema_extra=held_to(12))] | None = None
    theme: Annotated[str, Field(max_length=2_000, json_schema_extra=held_to(80))] = ""


class Plan(BaseModel):
    """The validated plan of a run.

    `end` is the last day; `mix` is the number of drafts per platform, if named; `at_most` limits platforms of
    which one draft was asked for; `beyond` counts requested drafts above the limit of a calendar.
    """

    specialists: list[SpecialistName]
    platforms: list[Platform]
    start: date
    end: date
    pieces: int | None
    mix: dict[Platform, int] = Field(default_factory=dict)
    at_most: dict[Platform, int] = Field(default_factory=dict)
    beyond: int = 0
    campaign_name: str
    goal: str
    language: str
    theme: str

    @property
    def days(self) -> int:
        """The length of the plan."""
        return (self.end - self.start).days + 1


ROUTER: Specialist[Understanding] = Specialist(
    name="copilot", prompt="router/understand", output=Understanding, tier="router"
)


def router_inputs(
    *,
    business: Business,
    campaign: Campaign | None,
    memories: Sequence[Memory],
    history: Sequence[tuple[str, str]],
    request: str,
    today: date,
) -> dict[str, Any]:
    """Return the inputs of the router; it needs no facts."""
    shared = shared_inputs(business, (), memories, campaign)
    task = task_inputs(business, business.language, today, request)
    return {**shared, "history": history_input(history), "task": task}


def asks_to_go_on(text: str) -> bool:
    """Return whether the person only asks to continue."""
    return _ASKS_TO_GO_ON.fullmatch(text) is not None


def unsupported_intent(text: str) -> Intent | None:
    """Return the operation on a written draft that the person asks for, if any."""
    if _ASKS_TO_DELETE.search(text):
        return "delete"
    if _ASKS_TO_SEND.search(text):
        return "send"
    return "change" if _ASKS_TO_CHANGE.search(text) else None


def means_another(understanding: Understanding, text: str, campaign: Campaign, turns: Sequence[str]) -> bool:
    """Return whether the person names another campaign, with no word in common with this one."""
    said = "\n".join([text, *turns]).casefold()
    name = _own(_phrase(understanding.campaign_name, text, _NAME_CHARACTERS), said)
    if not name or "strategy" not in _specialists(understanding, text):
        return False
    words = [set(re.findall(r"\w{4,}", one.casefold())) for one in (name, f"{campaign.name} {campaign.goal}")]
    return bool(words[0]) and not words[0] & words[1]


def resolve_plan(
    understanding: Understanding,
    text: str,
    campaign: Campaign | None,
    today: date,
    business: Business,
    turns: Sequence[str] = (),
) -> Plan:
    """Validate the router's output; what the person named takes precedence.

    Args:
        understanding: The router's output.
        text: The person's message.
        campaign: The campaign it is about, if there is one.
        today: The day where the business is.
        business: The business.
        turns: Earlier messages; a name or a theme may come from them.
    """
    specialists = _specialists(understanding, text)
    start, end = _window(understanding, campaign, today)
    said = "\n".join([text, *turns]).casefold()
    theme = _own(_phrase(understanding.theme, text, _THEME_CHARACTERS), said)
    if campaign is not None and _same(theme, campaign.name):
        # The campaign's name is not a theme: its open slots have their own.
        theme = ""
    name = _own(_phrase(understanding.campaign_name, text, _NAME_CHARACTERS), said)
    fallback = campaign.name if campaign else theme or business.business_name
    mix = mix_named(text, [slot.platform for slot in campaign.calendar] if campaign else ())
    pieces = sum(mix.values()) or understanding.pieces
    return Plan(
        specialists=specialists,
        platforms=list(mix) or _platforms(understanding, text, campaign, planning="strategy" in specialists),
        start=start,
        end=end,
        pieces=None if pieces is None else min(max(pieces, 1), _MOST_PIECES),
        mix=mix,
        at_most=at_most(text),
        beyond=max((pieces or 0) - _MOST_PIECES, 0),
        campaign_name=(name or fallback)[:_NAME_CHARACTERS],
        goal=_phrase(understanding.goal, text, _GOAL_CHARACTERS) or (campaign.goal if campaign else ""),
        language=_language(understanding, text, business),
        theme=theme,
    )


def _specialists(understanding: Understanding, text: str) -> list[SpecialistName]:
    order: tuple[SpecialistName, ...] = ("strategy", "copywriter")
    chosen = [name for name in order if name in understanding.specialists]
    writing, planning = _ASKS_TO_WRITE.search(text), _ASKS_TO_PLAN.search(text)
    if writing and not planning and not _SPAN_OF_TIME.search(text) and platforms_named(text):
        return ["copywriter"]
    if _ASKS_TO_KNOW.search(text) and not planning and not platforms_named(text):
        return []
    if chosen:
        return chosen
    if writing:
        return ["copywriter"]
    if planning and platforms_named(text) and not text.rstrip().endswith("?"):
        return ["strategy", "copywriter"]
    return []


def _platforms(
    understanding: Understanding, text: str, campaign: Campaign | None, *, planning: bool
) -> list[Platform]:
    used = [slot.platform for slot in campaign.calendar] if campaign else []
    if asked := platforms_asked(text, used):
        return asked
    guessed = list(dict.fromkeys(understanding.platforms))
    if guessed and len(guessed) < len(PLATFORMS):
        return guessed
    if not planning:
        return []
    return list(dict.fromkeys(used)) or list(_DEFAULT_PLATFORMS)


def _window(understanding: Understanding, campaign: Campaign | None, today: date) -> tuple[date, date]:
    start = _day(understanding.start_date)
    if start is not None and not today <= start <= today + timedelta(days=_FURTHEST_DAYS):
        start = None
    days = understanding.days
    if days is not None and not 1 <= days <= _MOST_DAYS:
        days = None
    if start is None and campaign is not None and campaign.start_date is not None:
        ended = campaign.end_date is not None and campaign.end_date < today
        start = None if ended else max(campaign.start_date, today)
        if start and campaign.end_date and days is None:
            days = min((campaign.end_date - start).days + 1, _MOST_DAYS)
    start = start or today + timedelta(days=7 - today.weekday())
    return start, start + timedelta(days=(days or _DEFAULT_DAYS) - 1)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _phrase(value: str, text: str, limit: int) -> str:
    """Clean a model's short phrase; empty for an echo, a loop, or new figures."""
    phrase = " ".join(re.sub(r"[<>‹›\[\]{}`*_#]+", " ", value).split()).strip(" \"'“”.,;:")
    if phrase.casefold() in _EMPTY_NAMES or not any(char.isalpha() for char in phrase):
        return ""
    if set(re.findall(r"\d+", phrase)) - set(re.findall(r"\d+", text)):
        return ""
    words = Counter(re.findall(r"[^\W\d_]{4,}", phrase.casefold()))
    if words and max(words.values()) > 2:
        return ""
    repeats = text.casefold().startswith(phrase.casefold())
    if _ASKS_TO_WRITE.match(phrase) or (repeats and _ASKS_TO_PLAN.match(phrase)):
        return ""
    if len(phrase) <= limit:
        return phrase
    return phrase[: limit + 1].rsplit(" ", 1)[0][:limit].rstrip(" ,;:-–")


def _own(phrase: str, said: str) -> str:
    """Return the phrase if one of its words (first four letters) was said; weak models invent names."""
    words = re.findall(r"[^\W\d_]{4,}", phrase.casefold())
    return phrase if not words or any(word[:4] in said for word in words) else ""


def _same(theme: str, name: str) -> bool:
    return bool(theme) and (theme.casefold() in name.casefold() or name.casefold() in theme.casefold())


def _language(understanding: Understanding, text: str, business: Business) -> str:
    for code, pattern in _IN_LANGUAGE.items():
        if pattern.search(text):
            return business.language if business.language.startswith(code) else code
    guessed = (understanding.language or "").strip()
    # Weak models answer "en" to everything: a language of our table has to be named in the message.
    if _TAG.fullmatch(guessed) and guessed.split("-")[0] not in _LANGUAGE_WORDS:
        return guessed
    return business.language
