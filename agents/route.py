"""A message to typed actions on named targets: the router's form, and what code makes of it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from agents.conclusions import Conclusions
from agents.inputs import language_input, phrase, shared_inputs, spoken
from agents.schemas import held_to
from agents.specialist import Specialist
from core.actions import (
    BRIEF,
    LABEL,
    MOST_ACTIONS,
    MOST_OPTIONS,
    NAME,
    QUESTION,
    THEME,
    CalendarOperation,
    Decision,
    Intent,
    Option,
    RoutedAction,
)
from core.business import Business, Memory
from core.campaign import PLATFORMS, Campaign, ContentType, Platform, Slot
from core.content import Content

_TITLE, _FINDINGS, _TEXT = 60, 300, 2_000
_MOST_SLOTS = 40
_HISTORY_TURNS, _HISTORY_CHARACTERS = 8, 600
_MOST_COUNT, _MOST_PLATFORMS = 100, 40
_CALENDAR, _DECISIONS = get_args(CalendarOperation), get_args(Decision)


def _ours(value: object) -> object:
    """Without platforms that are not ours, which a model may name since people do."""
    return [one for one in value if one in PLATFORMS] if isinstance(value, list) else value


_Handle = Annotated[str, Field(max_length=200, json_schema_extra=held_to(8))]
_Brief = Annotated[str, Field(max_length=4_000, json_schema_extra=held_to(BRIEF))]
_Short = Annotated[str, Field(max_length=2_000, json_schema_extra=held_to(NAME))]


class Step(BaseModel):
    """One action as a model names it, with handles as targets."""

    model_config = ConfigDict(extra="forbid")

    intent: Intent
    operation: CalendarOperation | Decision | None = None
    targets: Annotated[list[_Handle], Field(max_length=100, json_schema_extra={"maxItems": _MOST_SLOTS})] = (
        Field(default_factory=list)
    )
    platforms: Annotated[
        list[Platform], BeforeValidator(_ours), Field(max_length=60, json_schema_extra={"maxItems": 24})
    ] = Field(default_factory=list)
    type: ContentType = "text"
    count: int | None = None
    when: Annotated[str, Field(max_length=80, json_schema_extra=held_to(40))] | None = None
    segment: _Short = ""
    theme: Annotated[str, Field(max_length=2_000, json_schema_extra=held_to(THEME))] = ""
    campaign: _Short = ""
    with_drafts: bool = True
    brief: _Brief = ""


class Choice(BaseModel):
    """A possible answer to a question, and what it would ask for."""

    model_config = ConfigDict(extra="forbid")

    label: Annotated[str, Field(max_length=2_000, json_schema_extra=held_to(LABEL))]
    then: Step


class Asked(Step):
    """An action; one that has to ask first has a question and its possible answers."""

    question: Annotated[str, Field(max_length=2_000, json_schema_extra=held_to(QUESTION))] = ""
    options: Annotated[list[Choice], Field(max_length=12, json_schema_extra={"maxItems": MOST_OPTIONS})] = (
        Field(default_factory=list)
    )


class Route(BaseModel):
    """What a message asks for, and what it says that is to be remembered.

    `language` only if texts are wanted in another than usual.
    """

    model_config = ConfigDict(extra="forbid")

    actions: Annotated[
        list[Asked], Field(min_length=1, max_length=12, json_schema_extra={"maxItems": MOST_ACTIONS})
    ]
    language: Annotated[str, Field(max_length=80, json_schema_extra=held_to(12))] | None = None
    remember: Conclusions = Field(default_factory=list)


ROUTER: Specialist[Route] = Specialist(
    name="copilot", prompt="router/understand", output=Route, tier="router"
)


@dataclass(frozen=True)
class Listed:
    """A draft or a slot under its handle; `other` is the slot of a draft, or the draft of a slot."""

    handle: str
    id: str
    platform: str
    title: str
    status: str
    when: str = ""
    other: str | None = None
    findings: str = ""
    text: str = ""

    @property
    def is_slot(self) -> bool:
        """Whether it is a slot of the calendar."""
        return self.handle.startswith("S")


@dataclass(frozen=True)
class Handles:
    """What a message can mean: drafts (the open one first, then the newest), and slots in calendar order."""

    drafts: Sequence[Listed] = ()
    slots: Sequence[Listed] = ()
    focus: str | None = None

    @classmethod
    def of(cls, drafts: Sequence[Content], calendar: Sequence[Slot], focus: str | None) -> Handles:
        """The handles of documents."""
        by_id = {slot.slot_id: slot for slot in calendar}
        listed = [
            Listed(
                handle=f"D{number}",
                id=draft.id,
                platform=draft.platform,
                title=title_of(draft, by_id.get(draft.slot_id or "")),
                status=draft.status if draft.approval_state == "pending" else draft.approval_state,
                other=draft.slot_id,
                findings="; ".join(one.message for one in draft.ai_metadata.checks if not one.passed)[
                    :_FINDINGS
                ],
                text=" / ".join(text for _, text in draft.draft_text(draft.platform).texts())[:_TEXT],
            )
            for number, draft in enumerate(drafts, start=1)
        ]
        shown = [slot for slot in calendar if slot.state != "dropped"]
        slots = [
            Listed(
                handle=f"S{number}",
                id=slot.slot_id,
                platform=slot.platform,
                title=slot.theme,
                status="drafted" if slot.content_id else "open",
                when=slot.local_time,
                other=slot.content_id,
            )
            for number, slot in enumerate(shown, start=1)
        ]
        return cls(listed, slots, focus if any(draft.id == focus for draft in drafts) else None)

    def inputs(self, shown: Container[str] = ()) -> dict[str, Any]:
        """The lists as prompts show them; the drafts of the ids in `shown` with their whole text."""
        return {
            "drafts": [{**vars(one), "text": one.text if one.id in shown else ""} for one in self.drafts],
            "slots": [{**vars(one), "when": spoken(one.when)} for one in self.slots[:_MOST_SLOTS]],
        }

    def handle(self, document_id: str | None) -> str | None:
        """The handle of a document, if it has one."""
        return next((one.handle for one in (*self.drafts, *self.slots) if one.id == document_id), None)

    def named(self, handles: Iterable[str]) -> list[Listed]:
        """What known handles name, each once; unknown ones are left out."""
        known = {one.handle: one for one in (*self.drafts, *self.slots)}
        wanted = (handle.strip().strip("[]").upper() for handle in handles)
        return [known[handle] for handle in dict.fromkeys(wanted) if handle in known]


def title_of(draft: Content, slot: Slot | None) -> str:
    """What a draft is called: its subject, its slot's theme, or its first line."""
    words = draft.text_content
    first = (words.caption or words.body or "").strip().partition("\n")[0]
    title = draft.title or (slot.theme if slot else "") or first
    return title if len(title) <= _TITLE else f"{title[:_TITLE].rstrip()}…"


def router_inputs(
    *,
    business: Business,
    campaign: Campaign | None,
    memories: Sequence[Memory],
    history: Sequence[tuple[str, str, Sequence[str]]],
    handles: Handles,
    request: str,
    today: date,
) -> dict[str, Any]:
    """The inputs of the router; facts do not matter for the route.

    Args:
        business: Whom the copilot works for.
        campaign: The campaign that the thread is about.
        memories: What is remembered about the request.
        history: The conversation before it: role, text, and the ids of what was made.
        handles: What the request may be about.
        request: The person's message.
        today: The day where the business is.
    """
    shared = shared_inputs(business, (), memories, campaign)
    turns = [
        {
            "role": role,
            "text": text[:_HISTORY_CHARACTERS],
            "made": " ".join(filter(None, map(handles.handle, made))),
        }
        for role, text, made in history[-_HISTORY_TURNS:]
    ]
    return {
        **shared,
        "history": turns,
        **handles.inputs(),
        "task": {
            "language": language_input(business.language),
            "today": f"{today.isoformat()} ({today:%A})",
            "timezone": business.timezone,
            "focus": handles.handle(handles.focus) or "",
            "request": request,
        },
    }


def resolve(route: Route, handles: Handles, request: str) -> list[RoutedAction]:
    """Make actions that can be carried out of what a model answered.

    Handles become ids and unknown ones are dropped; a target that is needed and missing becomes a question.
    """
    return [action for step in route.actions[:MOST_ACTIONS] for action in _resolved(step, handles, request)]


def _resolved(step: Step, handles: Handles, request: str) -> list[RoutedAction]:
    named = handles.named(step.targets)
    drafts = _ids(named, "D")
    slots = _ids(named, "S")
    match step.intent:
        case "write":
            # A slot that has its draft, or a draft itself, is not written anew: it is changed.
            empty = [one.id for one in named if one.is_slot and one.other is None]
            there = _ids([one for one in named if not (one.is_slot and one.other is None)], "D")
            actions = [_action(step, request, empty)] if empty or not there else []
            return [*actions, *([_action(step, request, there, intent="edit")] if there else [])]
        case "edit":
            return [_needing(step, request, drafts or _the_one(handles), handles.drafts)]
        case "variants":
            return [_action(step, request, drafts or ([handles.focus] if handles.focus else []))]
        case "decide":
            if step.operation not in _DECISIONS:
                return [_action(step, request, [], intent="clarify")]
            return [_needing(step, request, drafts or _the_one(handles), handles.drafts)]
        case "calendar":
            if step.operation == "add" and (step.theme or step.when):
                return [_action(step, request, [])]
            lacks_time = step.operation == "move" and moment(step.when) is None
            if step.operation not in _CALENDAR or step.operation == "add" or lacks_time:
                return [_action(step, request, [], intent="clarify")]
            return [_needing(step, request, slots, handles.slots)]
        case "clarify":
            return [_asking(step, request, handles)]
        case _:
            return [_action(step, request, [one.id for one in named])]


def _ids(named: Sequence[Listed], kind: str) -> list[str]:
    """The ids of what is of a kind; a draft stands for its slot, and a slot for its draft."""
    found = (one.id if one.handle.startswith(kind) else one.other for one in named)
    return list(dict.fromkeys(filter(None, found)))


def _the_one(handles: Handles) -> list[str]:
    """What is meant when nothing is named: the open draft, else the only one."""
    if handles.focus is not None:
        return [handles.focus]
    return [handles.drafts[0].id] if len(handles.drafts) == 1 else []


def _action(step: Step, request: str, targets: Sequence[str], intent: Intent | None = None) -> RoutedAction:
    operations = {"calendar": _CALENDAR, "decide": _DECISIONS}.get(intent or step.intent, ())
    return RoutedAction(
        intent=intent or step.intent,
        brief=" ".join((step.brief or request).split())[:BRIEF],
        theme=phrase(step.theme, THEME),
        targets=list(targets),
        platforms=step.platforms[:_MOST_PLATFORMS],
        type=step.type,
        count=None if step.count is None else min(max(step.count, 1), _MOST_COUNT),
        when=step.when if step.when and _is_time(step.when) else None,
        segment=phrase(step.segment, NAME),
        operation=step.operation if step.operation in operations else None,
        campaign=phrase(step.campaign, NAME),
        with_drafts=step.with_drafts,
    )


def _needing(step: Step, request: str, targets: Sequence[str], choices: Sequence[Listed]) -> RoutedAction:
    """The action, or, where nothing is named that it could work on, the question which one is meant."""
    action = _action(step, request, targets)
    if targets:
        return action
    options = [
        Option(
            label=one.title[:LABEL] or one.platform,
            actions=[action.bare().model_copy(update={"targets": [one.id]})],
        )
        for one in choices[:MOST_OPTIONS]
    ]
    return action.model_copy(update={"intent": "clarify", "operation": None, "options": options})


def _asking(step: Step, request: str, handles: Handles) -> RoutedAction:
    asked = step if isinstance(step, Asked) else None
    options = []
    for choice in asked.options[:MOST_OPTIONS] if asked else []:
        resolved = _resolved(choice.then, handles, request)
        actions = [one.bare() for one in resolved if one.intent != "clarify"]
        if actions and (label := phrase(choice.label, LABEL)):
            options.append(Option(label=label, actions=actions))
    question = phrase(asked.question, QUESTION) if asked else ""
    return _action(step, request, []).model_copy(update={"question": question, "options": options})


def moment(when: str | None) -> str | None:
    """A day or a local time of an action: `2027-03-01` or `2027-03-01T09:00`."""
    return when if when and "/" not in when and _is_time(when) else None


def window(when: str | None) -> tuple[date | None, date | None]:
    """First and last day of an action's time; a single day is a first one."""
    if not when or not _is_time(when):
        return None, None
    first, *last = (datetime.fromisoformat(part).date() for part in when.split("/"))
    return first, (last[0] if last else None)


def _is_time(when: str) -> bool:
    parts = when.split("/")
    try:
        return len(parts) <= 2 and all(datetime.fromisoformat(part).tzinfo is None for part in parts)
    except ValueError:
        return False
