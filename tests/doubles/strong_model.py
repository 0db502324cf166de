"""A strong model that plays written conversations: it knows its turn, and tells its calls apart by agent."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import orjson
import yaml
from pydantic import BaseModel, ConfigDict, Field

from tests.doubles.routes import action, option
from tests.doubles.wire import Reply, fitting, prompt_of, schema_of

FOLDER = Path(__file__).parent / "conversations"
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_AGENT = re.compile(r"\nagent: (\w+)\n")


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Proposal(_Written):
    """A decision that is offered as a button."""

    operation: str
    targets: list[str]
    at: str | None = None
    available: bool = False


class Then(_Written):
    """What holds after a turn, beside what its answers say: everything else is as it was.

    Attributes:
        kept: Drafts whose answer must not be saved.
        saved: Which of several answers is saved, counted from 0; without it the last one.
        campaigns: How many campaigns are new.
        slots: The changed fields of named slots.
        added: Slots that are new, by the name they get, with fields that they have.
        proposed: The decisions that are offered.
        asks: The labels of the buttons of a question; None: nothing is asked.
        offered: How many alternatives are offered.
        blocked: Drafts that a check stops from being approved, each with a part of what the check says.
        doubted: Drafts with statements that the owner is asked to confirm: a part of each.
        told: What the prompts of an agent say.
        untold: What they do not say.
        error: The code of the error that ends the run.
    """

    kept: list[str] = Field(default_factory=list)
    saved: dict[str, int] = Field(default_factory=dict)
    campaigns: int = 0
    slots: dict[str, dict[str, Any]] = Field(default_factory=dict)
    added: dict[str, dict[str, Any]] = Field(default_factory=dict)
    proposed: list[Proposal] = Field(default_factory=list)
    asks: list[str] | None = None
    offered: int = 0
    blocked: dict[str, str] = Field(default_factory=dict)
    doubted: dict[str, str] = Field(default_factory=dict)
    told: dict[str, list[str]] = Field(default_factory=dict)
    untold: dict[str, list[str]] = Field(default_factory=dict)
    error: str = ""


class Text(_Written):
    """A text for a writer: words of the task that tell it apart, its slot, and one answer a call."""

    task: str
    slot: str | None = None
    answers: list[Any]


class Turn(_Written):
    """What the person does by hand, says or presses, what the model answers, and what holds then.

    Attributes:
        by_hand: What the person does first: `{edit: draft, ...fields}`, `{restore: draft, revision}`,
            `{delete: draft}`, `{fact: key, value}`.
        meanwhile: The same, while the first editor works.
        says: The words; of a pressed button those that the page sends.
        press: The label of the button of the last question that is pressed.
        choose: The number of the last alternatives that is chosen, counted from 1.
        focus: The draft that is open.
        thread: In which conversation.
        route: The router's actions, with names of drafts and slots as targets.
        language: The language that the router says is asked for.
        conclusions: What it says holds beyond the message.
        plan: The strategist's slots by name.
        write: The writers' texts, by the names that the drafts get.
        edit: The editor's answers for each draft, one a call; a text is an answer that is no JSON.
        variants: The alternatives.
        answer: What the copilot says; None: it is not asked.
        then: What holds afterwards.
    """

    by_hand: list[dict[str, Any]] = Field(default_factory=list)
    meanwhile: dict[str, Any] | None = None
    says: str
    press: str | None = None
    choose: int | None = None
    focus: str | None = None
    thread: str = "first"
    route: list[dict[str, Any]] = Field(default_factory=list)
    language: str | None = None
    conclusions: list[dict[str, Any]] = Field(default_factory=list)
    plan: dict[str, dict[str, Any]] = Field(default_factory=dict)
    write: dict[str, Text] = Field(default_factory=dict)
    edit: dict[str, list[Any]] = Field(default_factory=dict)
    variants: dict[str, Any] | None = None
    answer: str | None
    then: Then = Field(default_factory=Then)


class Conversation(_Written):
    """Eight turns with the owner of one business."""

    about: str
    business: str
    turns: list[Turn] = Field(min_length=8, max_length=8)


def load(name: str, today: date) -> Conversation:
    """A written conversation; `@mon1` to `@sun1` are days of the week after next, `@mon2` a week later."""
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    first = today + timedelta(days=14 - today.weekday())
    for number in range(14):
        mark = f"@{_DAYS[number % 7]}{'2' if number > 6 else '1'}"
        text = text.replace(mark, (first + timedelta(days=number)).isoformat())
    return Conversation.model_validate(yaml.safe_load(text))


def business(name: str) -> dict[str, Any]:
    """A business as its owner registers it."""
    found: dict[str, Any] = yaml.safe_load((FOLDER / "businesses.yaml").read_text(encoding="utf-8"))[name]
    return found


@dataclass
class StrongModel:
    """Answers the calls of one turn, each planned answer once; what was not planned is noted.

    `titles` says under which letter and title a prompt lists each draft and slot, `drafts` holds the drafts
    as the editor must be given them.
    """

    turn: Turn
    titles: Mapping[str, tuple[str, str]]
    drafts: Mapping[str, dict[str, Any]]
    meanwhile: Callable[[], Awaitable[None]] | None = None
    prompts: list[tuple[str, str]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    used: dict[str, int] = field(default_factory=dict)

    async def __call__(self, body: dict[str, Any]) -> Reply:
        """The answer of whoever is asked."""
        prompt = prompt_of(body)
        found = _AGENT.findall(str(body["messages"][-1]["content"]))
        agent = found[-1] if found else ""
        self.prompts.append((agent, prompt))
        match agent:
            case "router":
                return self._counted("route", self._route(prompt))
            case "strategy":
                slots = [_planned(slot) for slot in self.turn.plan.values()]
                return self._counted("plan", {"summary": "The plan.", "slots": slots} if slots else None)
            case "copywriter":
                return self._write(prompt)
            case "editor":
                return await self._edit(prompt)
            case "variants":
                return self._counted("variants", self.turn.variants)
            case "copilot":
                return self._counted("answer", self.turn.answer)
        return Reply(_nothing(schema_of(body)))

    def left(self) -> list[str]:
        """The planned answers that nobody asked for."""
        turn = self.turn
        planned = {"route": bool(turn.route), "plan": bool(turn.plan), "variants": bool(turn.variants)}
        planned |= {"answer": turn.answer is not None}
        numbers = {name: int(there) for name, there in planned.items()}
        numbers |= {name: len(text.answers) for name, text in turn.write.items()}
        numbers |= {name: len(answers) for name, answers in turn.edit.items()}
        return [name for name, number in numbers.items() if self.used.get(name, 0) < number]

    def _route(self, prompt: str) -> dict[str, Any] | None:
        actions = []
        for one in self.turn.route:
            options = [
                option(choice["label"], **self._step(choice["then"], prompt))
                for choice in one.get("options", ())
            ]
            actions.append(action(**self._step(one, prompt) | {"options": options}))
        said = {"language": self.turn.language, "conclusions": self.turn.conclusions}
        return {"actions": actions, **said} if actions else None

    def _step(self, one: Mapping[str, Any], prompt: str) -> dict[str, Any]:
        return {**one, "targets": self._handles(one, prompt)}

    def _handles(self, one: Mapping[str, Any], prompt: str) -> list[str]:
        """The handles under which the prompt lists what is meant, as a model would read them."""
        found = []
        for name in one.get("targets", ()):
            if name not in self.titles:
                # A handle that the model makes up.
                found.append(name)
                continue
            letter, title = self.titles[name]
            handles = re.findall(rf"^- \[({letter}\d+)\] .*\| {re.escape(title)}", prompt, re.MULTILINE)
            if len(handles) != 1:
                self.wrong.append(f"{name} is listed {len(handles)} times as “{title}” in\n{prompt}")
            found += handles[:1]
        return found

    def _write(self, prompt: str) -> Reply:
        task = prompt.rpartition("<task>")[2].partition("</task>")[0]
        names = [name for name, text in self.turn.write.items() if text.task in task]
        if len(names) != 1:
            return self._unplanned(f"{names or 'no text'} for this task:\n{task}")
        (name,) = names
        return self._next(name, self.turn.write[name].answers, prompt)

    async def _edit(self, prompt: str) -> Reply:
        if self.meanwhile is not None:
            act, self.meanwhile = self.meanwhile, None
            await act()
        shown = re.search(r"<draft>\n(\{.*\})\n</draft>", prompt)
        given = orjson.loads(shown[1]) if shown else {}
        for name, answers in self.turn.edit.items():
            if self.drafts[name].items() <= given.items():
                return self._next(name, answers, prompt)
        return self._unplanned(f"no change of this draft is planned: {given}")

    def _next(self, name: str, answers: list[Any], prompt: str) -> Reply:
        number = self.used.get(name, 0)
        if number == len(answers):
            return self._unplanned(f"{name} was asked for once more:\n{prompt}")
        self.used[name] = number + 1
        return _reply(answers[number])

    def _counted(self, name: str, answer: Any) -> Reply:
        if answer is None or self.used.get(name):
            return self._unplanned(f"{name} was not planned, or once")
        self.used[name] = 1
        return _reply(answer)

    def _unplanned(self, why: str) -> Reply:
        self.wrong.append(why)
        return Reply("Nobody planned this.")


def _planned(slot: dict[str, Any]) -> dict[str, Any]:
    usual = {"local_time": "12:00", "type": "text", "segment": "", "funnel_stage": "awareness"}
    return {**usual, **slot}


def _reply(answer: Any) -> Reply:
    return Reply(answer if isinstance(answer, str) else orjson.dumps(answer).decode())


def _nothing(schema: dict[str, Any] | None) -> str:
    """What an agent that the conversations do not know finds: nothing."""
    if schema is None:
        return "Nothing."
    value = orjson.loads(fitting(schema))
    return orjson.dumps({name: [] if isinstance(one, list) else one for name, one in value.items()}).decode()
