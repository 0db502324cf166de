"""A workbench for model calls: a small prompt library, tools, and gateways on whatever a test brings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

import httpx2
from pydantic import BaseModel, Field

from agents.calls import Call, Meter
from agents.dialect import DialectKeeper
from agents.gateway import Gateway
from agents.specialist import Agents, Specialist
from agents.tokens import TokenCounter
from core.business import Business
from core.clock import SystemClock
from core.ids import new_id
from core.model_server import Dialect
from core.scope import Scope
from core.settings import Settings
from core.usage import LedgerEntry
from prompts.library import PromptLibrary
from tools.context import RunContext
from tools.registry import ToolSpec

BUSINESS_ID = "a" * 24


class Note(BaseModel):
    """What the test specialist answers."""

    title: str = Field(max_length=60)
    tags: list[str] = Field(min_length=1, max_length=5)
    mood: Literal["calm", "loud"] = "calm"
    day: int | None = Field(default=None, ge=1)


class Question(BaseModel):
    """The arguments of the test tool."""

    question: str = Field(max_length=200)


NOTE = Specialist("noter", "test/note", Note)
TALK = Specialist[str]("talker", "test/note", None)
NOTE_WITH_TOOLS = Specialist("asking noter", "test/note", Note, tools=("search_facts", "broken_tool"))

_PROMPT = """---
id: test/note
version: 1
description: A prompt of the tests.
inputs: {subject: text}
output: Note
model: {tier: writer, temperature: 0.5}
changelog: {1: First version.}
---
You write notes for the person who runs a small shop: short ones, true ones, and never more than asked.
=== user ===
<task>
subject: {{ subject }}
</task>
"""


def library(folder: Path) -> PromptLibrary:
    """A library of one prompt."""
    (folder / "test").mkdir(parents=True)
    (folder / "test" / "note@1.md").write_text(_PROMPT)
    (folder / "active.yaml").write_text("test/note: 1\n")
    return PromptLibrary(folder)


@dataclass
class Tools:
    """The test tools, and whom they were called for."""

    asked: list[tuple[str, str]] = field(default_factory=list)

    async def search(self, context: RunContext, args: Question) -> list[str]:
        """Answer with one fact."""
        self.asked.append((context.business.id, args.question))
        return ["membership: $29 a month"]

    async def fail(self, context: RunContext, args: Question) -> list[str]:
        """Raise, with something that a model must not read."""
        raise ValueError("password=hunter2")

    def registry(self) -> dict[str, ToolSpec]:
        """Both tools by name."""
        specs = [
            ToolSpec("search_facts", "Find facts.", Question, self.search),
            ToolSpec("broken_tool", "Fails.", Question, self.fail),
        ]
        return {spec.name: spec for spec in specs}


@dataclass
class Notes:
    """A sink that keeps what was written to it."""

    deltas: list[str] = field(default_factory=list)
    restarts: int = 0
    seen: Callable[[], None] = lambda: None

    @property
    def text(self) -> str:
        """What stands there now."""
        return "".join(self.deltas)

    def write(self, delta: str) -> None:
        """Take a delta."""
        self.deltas.append(delta)
        self.seen()

    def restart(self) -> None:
        """Begin anew."""
        self.deltas.clear()
        self.restarts += 1


@dataclass
class MeterBook:
    """A meter that only notes; the store's own is tested on a store."""

    open: dict[str, int] = field(default_factory=dict)
    entries: list[LedgerEntry] = field(default_factory=list)

    async def reserve(self, scope: Scope, tokens: int, run_id: str | None) -> str:
        """Note a reservation."""
        reservation = new_id()
        self.open[reservation] = tokens
        return reservation

    async def settle(self, scope: Scope, reservation_id: str, entry: LedgerEntry) -> None:
        """Note a settlement."""
        if self.open.pop(reservation_id, None) is not None:
            self.entries.append(entry)

    @property
    def outcomes(self) -> list[str]:
        """The outcomes of the attempts, in order."""
        return [entry.outcome for entry in self.entries]


@dataclass
class Kept:
    """Remembers dialects as long as the test lives."""

    dialects: dict[str, Dialect] = field(default_factory=dict)

    async def load(self) -> dict[str, Dialect]:
        """Everything."""
        return self.dialects

    async def keep(self, model: str, dialect: Dialect) -> None:
        """Remember it."""
        self.dialects[model] = dialect


def settings(**values: Any) -> Settings:
    """Settings with short waits, whatever the environment says."""
    base: dict[str, Any] = {
        "openai_base_url": "",
        "openai_api_key": None,
        "model": "",
        "model_fallback": "",
        "model_attempts": 2,
        "model_first_token_seconds": 0.5,
        "model_stall_seconds": 0.3,
        "model_tools": "on",
    }
    return Settings(_env_file=None, **{**base, **values})


def gateway(
    meter: Meter,
    counter: TokenCounter,
    *,
    url: str = "",
    transport: httpx2.AsyncBaseTransport | None = None,
    keeper: DialectKeeper | None = None,
    **values: Any,
) -> Gateway:
    """A gateway at an address, or at a transport in the offline model's place.

    Without a `keeper` its models are known not to think aloud, so that they are not listened to first.
    """
    offline = None if transport is None else lambda: transport
    chosen = settings(openai_base_url=url, **values)
    names = {"fault-model", chosen.model, chosen.model_router, chosen.model_fallback}
    keeper = keeper or Kept(dict.fromkeys(names, Dialect(bare_thoughts=False)))
    return Gateway(chosen, meter, counter, offline, keeper=keeper, backoff=0.01)


def context(business_id: str = BUSINESS_ID) -> RunContext:
    """A run's context whose tools need nothing but the business."""
    clock = SystemClock()
    now = clock.now()
    business = Business(
        id=business_id,
        business_id=business_id,
        user_id="c" * 24,
        business_name="Ali's",
        industry="Fitness",
        created_at=now,
        updated_at=now,
    )
    unused = cast("Any", None)
    return RunContext(
        scope=Scope.of(business_id),
        user_id="c" * 24,
        run_id="d" * 24,
        root_run_id="d" * 24,
        business=business,
        clock=clock,
        campaigns=unused,
        drafting=unused,
        recall=unused,
    )


def call(sink: Notes | None = None, business_id: str = BUSINESS_ID, max_output: int | None = None) -> Call:
    """A call on the account of one business."""
    return Call(Scope.of(business_id), "c" * 24, "d" * 24, sink=sink, max_output=max_output)


@dataclass
class Bench:
    """A gateway with its agents."""

    gateway: Gateway
    agents: Agents
    tools: Tools

    @classmethod
    async def on(cls, gateway: Gateway, prompts: PromptLibrary) -> Bench:
        """Open the gateway and build the agents."""
        tools = Tools()
        await gateway.open()
        return cls(gateway, Agents(gateway, prompts, tools.registry()), tools)

    async def note(self, sink: Notes | None = None, business_id: str = BUSINESS_ID) -> Note:
        """Let the plain specialist work."""
        who, where = call(sink, business_id), context(business_id)
        answer = await self.agents.run(NOTE, {"subject": "spring"}, call=who, context=where)
        return answer.value
