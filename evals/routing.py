"""Labelled requests through the graph's routing node: what each was taken for, as a table."""

from __future__ import annotations

import asyncio
import datetime
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import orjson
from langgraph.runtime import Runtime
from pydantic import BaseModel, Field

from agents.route import Handles, Listed
from core.actions import RoutedAction
from core.conversation import Message, RunInput
from core.ids import new_id
from core.rules.links import LinkPolicy
from core.scope import Scope
from evals.solver import Bench, ListSink
from graphs.batch import Batch
from graphs.context import GraphContext
from graphs.routing import route
from graphs.stream import RunStream
from services.businesses import BusinessDraft
from tools.context import RunContext

DATASETS = [Path(__file__).parent / "datasets" / f"{name}.jsonl" for name in ("routing", "routing-own")]
LEAST_RIGHT = 0.85
_ACTS = frozenset({"plan", "write", "edit", "variants", "calendar", "decide"})
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NAMES = {"calendar_edit": "calendar", "video_script": "video"}
"""What the labels call intents otherwise."""


class Label(BaseModel):
    """One action as it is meant, with handles as targets."""

    intent: str
    targets: list[str] = Field(default_factory=list)
    operation: str | None = None
    when: str | None = None
    count: int | None = None
    platforms: list[str] = Field(default_factory=list)

    @property
    def act(self) -> tuple[str, str | None]:
        """Intent and operation, in our own words."""
        return _NAMES.get(self.intent, self.intent), self.operation


class LabelledRequest(BaseModel):
    """A request with what it is about, and the actions that it asks for."""

    id: str
    language: str
    business: str
    today: datetime.date
    state: dict[str, Any]
    history: list[tuple[Literal["user", "assistant"], str]]
    text: str
    expected: list[Label]
    why: str = ""


@dataclass(frozen=True)
class Routed:
    """A request with what it was taken for."""

    case: LabelledRequest
    found: list[Label]

    @property
    def intents_right(self) -> bool:
        """Whether exactly the intents that are meant were found."""
        return Counter(one.act[0] for one in self.found) == Counter(one.act[0] for one in self.case.expected)

    @property
    def targets_right(self) -> bool:
        """Whether each of them has the targets that are meant."""
        return _acts(self.found, targets=True) == _acts(self.case.expected, targets=True)

    @property
    def unasked(self) -> list[str]:
        """Actions that nobody asked for."""
        surplus = _acts(self.found) - _acts(self.case.expected)
        return [f"{intent} {operation or ''}".strip() for intent, operation, _ in surplus if intent in _ACTS]


def _acts(
    labels: Iterable[Label], *, targets: bool = False
) -> Counter[tuple[str, str | None, tuple[str, ...]]]:
    return Counter((*one.act, tuple(sorted(one.targets)) if targets else ()) for one in labels)


def load_requests(path: Path) -> list[LabelledRequest]:
    """The labelled requests of a file."""
    lines = path.read_bytes().splitlines()
    return [LabelledRequest.model_validate(orjson.loads(line)) for line in lines if line.strip()]


class _Stands:
    """A clock that stands at noon of a day."""

    def __init__(self, day: datetime.date) -> None:
        self._now = datetime.datetime.combine(day, datetime.time(12), datetime.UTC)

    def now(self) -> datetime.datetime:
        return self._now


async def route_all(bench: Bench, cases: Sequence[LabelledRequest]) -> list[Routed]:
    """Every request through the routing node, on the model of the settings."""
    async with bench.solver({}) as solver:
        return [await _routed(bench, solver.copilot, case) for case in cases]


async def _routed(bench: Bench, copilot: Any, case: LabelledRequest) -> Routed:
    draft = BusinessDraft(business_name=case.business.title(), industry="Shop", language=case.language)
    business = await bench.found(draft)
    handles = _handles(case)
    history = [
        Message(
            business_id=business.id,
            thread_id="t" * 24,
            role=role,
            content=text,
            created_at=_Stands(case.today).now(),
            updated_at=_Stands(case.today).now(),
        )
        for role, text in case.history
    ]
    parts = copilot.parts
    run_id = new_id()
    context = GraphContext(
        run=RunContext(
            scope=Scope.of(business.id),
            user_id="u" * 24,
            run_id=run_id,
            root_run_id=run_id,
            business=business,
            clock=_Stands(case.today),
            campaigns=parts.campaigns,
            drafting=parts.drafting,
            recall=parts.recall,
            words=[case.text],
        ),
        request=RunInput(message_id=new_id(), text=case.text, focus=handles.focus),
        history=history,
        agents=copilot.agents,
        stream=RunStream(ListSink(), run_id, 1, new_id(), LinkPolicy.from_texts([])),
        checker=parts.checker,
        campaign=None,
        remembered=_ready([]),
        handles=_ready(handles),
        repairs=0,
        batch=Batch(4, 60.0),
    )
    answer = await route({}, Runtime(context=context))
    return Routed(case, [_label(RoutedAction.model_validate(one), handles) for one in answer["actions"]])


def _ready(value: Any) -> asyncio.Future[Any]:
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    future.set_result(value)
    return future


def _handles(case: LabelledRequest) -> Handles:
    drafts = [
        Listed(one["handle"], one["handle"], one["platform"], one["title"], one["status"])
        for one in case.state.get("drafts", [])
    ]
    slots = [
        Listed(
            one["handle"],
            one["handle"],
            one["platform"],
            one["theme"],
            one["state"],
            when=_local_time(one["when"], case.today),
            other=_draft_of(one, drafts),
        )
        for one in case.state.get("slots", [])
    ]
    by_slot = {slot.other: slot.id for slot in slots if slot.other}
    return Handles(
        [replace(one, other=by_slot.get(one.id)) for one in drafts], slots, case.state.get("focus")
    )


def _draft_of(slot: dict[str, str], drafts: Sequence[Listed]) -> str | None:
    """The draft of a slot: the labels say only that it has one, and the titles which."""
    if slot["state"] == "open":
        return None
    same = [one for one in drafts if one.platform == slot["platform"]]
    titled = [one for one in same if one.title == slot["theme"]]
    return (titled or same or [Listed("", "?", "", "", "")])[0].id


def _local_time(when: str, today: datetime.date) -> str:
    day, month, time = when.split(" ")[1:]
    number = _MONTHS.index(month) + 1
    year = today.year + ((number, int(day)) < (today.month, today.day))
    return f"{year}-{number:02}-{int(day):02}T{time}"


def _label(action: RoutedAction, handles: Handles) -> Label:
    return Label(
        intent=action.intent,
        targets=action.targets,
        operation=action.operation,
        when=action.when,
        count=action.count,
        platforms=list(action.platforms),
    )


def passed(rows: Sequence[Routed]) -> bool:
    """Whether enough is right, and nothing is done that nobody asked for."""
    right = [row for row in rows if row.intents_right]
    targets = sum(row.targets_right for row in right)
    enough = len(right) >= LEAST_RIGHT * len(rows) and targets >= LEAST_RIGHT * len(right)
    return enough and not any(row.unasked for row in rows)


def table(rows: Sequence[Routed], *, show: bool = False) -> str:
    """The confusion table, the shares, and what went wrong."""
    pairs: Counter[tuple[str, str]] = Counter()
    for row in rows:
        meant, found = (Counter(one.act[0] for one in labels) for labels in (row.case.expected, row.found))
        pairs.update({(name, name): number for name, number in (meant & found).items()})
        missed, surplus = list((meant - found).elements()), list((found - meant).elements())
        for place in range(max(len(missed), len(surplus))):
            pairs[
                (
                    missed[place] if place < len(missed) else "-",
                    surplus[place] if place < len(surplus) else "-",
                )
            ] += 1
    names = sorted({name for pair in pairs for name in pair})
    lines = ["meant \\ found".ljust(14) + "".join(name[:9].rjust(10) for name in names)]
    lines += [
        meant.ljust(14) + "".join(str(pairs[(meant, found)] or ".").rjust(10) for found in names)
        for meant in names
        if any(pairs[(meant, found)] for found in names)
    ]
    right = [row for row in rows if row.intents_right]
    targets = [row for row in right if row.targets_right]
    unasked = [row for row in rows if row.unasked]
    lines += [
        f"intents right {len(right)} of {len(rows)} ({len(right) / len(rows):.0%})",
        f"targets right {len(targets)} of these ({len(targets) / max(len(right), 1):.0%})",
        f"requests with an action that nobody asked for: {len(unasked)}",
    ]
    lines += [f"  {row.case.id} {row.case.text!r}: {', '.join(row.unasked)}" for row in unasked]
    if show:
        lines += [
            f"{row.case.id} {row.case.text!r}\n"
            f"    meant {_said(row.case.expected)}\n    found {_said(row.found)}"
            for row in rows
            if not (row.intents_right and row.targets_right)
        ]
    return "\n".join(lines)


def _said(labels: Sequence[Label]) -> str:
    return "; ".join(f"{one.act[0]} {one.operation or ''} {one.targets} {one.when or ''}" for one in labels)
