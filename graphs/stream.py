"""Convert the work of graph nodes to run events: answer, artefacts, steps and state."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any, Literal, Protocol

from pydantic import BaseModel

from core.conversation import Artefact, Clarification, Message, ProposedAction, Step
from core.events import (
    AgentStep,
    ArtefactIdentity,
    Clarify,
    ModelBadge,
    Snapshot,
    Unsourced,
    call_end,
    call_result,
    call_start,
    custom,
    messages_snapshot,
    state_delta,
    state_snapshot,
    step_finished,
    step_started,
    text_end,
    text_start,
)
from core.rules.links import JsonLinkFilter, LinkFilter, LinkPolicy


class EventSink(Protocol):
    """The destination of events: a run's log, or a list in evals."""

    def append(self, event: bytes, *, now: bool = False) -> object:
        """Append one event."""
        ...

    def delta(self, lane: Literal["text", "args"], item_id: str, text: str) -> None:
        """Add text to an open message or call."""
        ...


class AnswerLane:
    """The copilot's answer: one text message, opened by its first delta."""

    def __init__(self, sink: EventSink, message_id: str, policy: LinkPolicy) -> None:
        self._sink = sink
        self._message_id = message_id
        self._policy = policy
        self._filter = LinkFilter(policy)
        self._open = False
        self.text = ""

    def write(self, delta: str) -> None:
        """Filter a delta of the model's text and emit the result."""
        self._send(self._filter.feed(delta))

    def restart(self) -> None:
        """Continue in the same message after a retry of the model."""
        self._send(self._filter.finish())
        self._filter = LinkFilter(self._policy)

    def end(self) -> None:
        """Close the message."""
        self._send(self._filter.finish())
        if self._open:
            self._sink.append(text_end(self._message_id), now=True)
            self._open = False

    def _send(self, text: str) -> None:
        if not text:
            return
        if not self._open:
            self._sink.append(text_start(self._message_id))
            self._open = True
        self.text += text
        self._sink.delta("text", self._message_id, text)


class ArtefactLane:
    """A specialist's typed output, streamed as the arguments of a tool call.

    Text before the opening brace is dropped. A retry opens a new call, which the result of the first one
    names.
    """

    def __init__(self, stream: RunStream, name: str, identity: ArtefactIdentity, policy: LinkPolicy) -> None:
        self._stream = stream
        self._name = name
        self._identity = identity
        self._policy = policy
        self._base = identity.tool_call_id
        self._tries = 0
        self._state: Literal["waiting", "writing", "written"] = "waiting"
        self._filter = JsonLinkFilter(policy)
        self._announce(self._base)

    @property
    def call_id(self) -> str:
        """The id of the open call."""
        return self._identity.tool_call_id

    def write(self, delta: str) -> None:
        """Filter a delta of the model's JSON and emit the result."""
        if self._state == "waiting":
            start = delta.find("{")
            if start < 0:
                return
            delta = delta[start:]
            self._open()
        if self._state == "writing":
            self._stream.sink.delta("args", self.call_id, self._filter.feed(delta))

    def restart(self) -> None:
        """End the call as superseded and open a new one."""
        if self._state == "waiting":
            return
        self.end()
        self._tries += 1
        following = f"{self._base}.{self._tries + 1}"
        self._stream.sink.append(call_result(self.call_id, {"superseded_by": following}))
        self._announce(following)
        self._state = "waiting"
        self._filter = JsonLinkFilter(self._policy)

    def end(self) -> None:
        """End the arguments; a result follows when the draft is checked and saved."""
        if self._state == "waiting":
            self._open()
        if self._state == "writing":
            self._stream.sink.delta("args", self.call_id, self._filter.finish())
            self._stream.sink.append(call_end(self.call_id))
            self._state = "written"

    def replay(self, text: str) -> None:
        """Emit an output that an earlier attempt finished."""
        self.write(text)
        self.end()

    def result(self, result: dict[str, Any], args: BaseModel | dict[str, Any]) -> None:
        """Emit the result: the saved document, its checks and sources."""
        self.end()
        self._stream.sink.append(call_result(self.call_id, result), now=True)
        self._stream.artefacts.append(
            Artefact(
                tool_call_id=self.call_id,
                name=self._name,
                identity=self._identity.model_dump(mode="json", exclude_none=True),
                args=args if isinstance(args, dict) else args.model_dump(mode="json"),
                result=result,
            )
        )

    def fail(self, problem: dict[str, Any]) -> None:
        """Emit the result of a failure: nothing was saved."""
        if self._state != "waiting":
            self.end()
            self._stream.sink.append(call_result(self.call_id, {"problem": problem}), now=True)

    def _announce(self, call_id: str) -> None:
        self._identity = self._identity.model_copy(update={"tool_call_id": call_id})
        self._stream.sink.append(custom(self._identity))

    def _open(self) -> None:
        self._stream.sink.append(call_start(self.call_id, self._name, self._stream.answer_id))
        self._state = "writing"


class RunStream:
    """The events of one attempt of a run, and the record that is stored with the answer."""

    def __init__(
        self, sink: EventSink, run_id: str, attempt: int, answer_id: str, policy: LinkPolicy
    ) -> None:
        self.sink = sink
        self.answer_id = answer_id
        self.steps: list[Step] = []
        self.artefacts: list[Artefact] = []
        self.unsourced: list[str] = []
        self.clarify: Clarification | None = None
        self.proposed: list[ProposedAction] = []
        self.campaign_id: str | None = None
        self.answer = AnswerLane(sink, answer_id, policy)
        self.policy = policy
        self._prefix = f"{run_id}-{attempt}"
        self._names: dict[str, int] = {}
        self._calls = 0

    def begin(self, badge: ModelBadge, state: Snapshot, again: Iterable[Message] | None) -> None:
        """Emit the model and the current state.

        Args:
            badge: The model that answers.
            state: The open artefacts.
            again: For a later attempt, the messages before its answer; they replace the earlier attempt's
            partial answer.
        """
        if again is not None:
            self.sink.append(messages_snapshot(again))
        self.sink.append(custom(badge))
        self.sink.append(state_snapshot(state), now=True)

    def artefact(self, name: str, identity: dict[str, Any]) -> ArtefactLane:
        """Open a lane for the typed output of one call."""
        self._calls += 1
        call_id = f"{self._prefix}-{self._calls}"
        return ArtefactLane(
            self, name, ArtefactIdentity(tool_call_id=call_id, kind=name, **identity), self.policy
        )

    async def end_answer(self, unsourced: Callable[[str], Awaitable[list[str]]]) -> None:
        """Close the answer and emit its figures without a source."""
        self.answer.end()
        self.unsourced = await unsourced(self.answer.text)
        if self.unsourced:
            self.sink.append(custom(Unsourced(message_id=self.answer_id, figures=self.unsourced)))

    def ask(self, question: Clarification) -> None:
        """Ask the person, with the possible answers as buttons."""
        self.clarify = question
        self.sink.append(custom(Clarify(message_id=self.answer_id, **question.model_dump())), now=True)

    def propose(self, action: ProposedAction) -> None:
        """Offer what only a person may do."""
        self.proposed.append(action)
        self.sink.append(custom(action), now=True)

    def state(self, *operations: dict[str, Any]) -> None:
        """Change the shared state (JSON patch)."""
        self.sink.append(state_delta(list(operations)))

    @asynccontextmanager
    async def step(
        self, agent: str, task: str, index: int | None = None, of: int | None = None
    ) -> AsyncIterator[None]:
        """Emit a step while the block runs."""
        name = self._unique(f"{agent} {index}/{of}" if index is not None else agent)
        started = monotonic()
        self.sink.append(step_started(name))
        shown = AgentStep(id=name, agent=agent, status="started", task=task, index=index, of=of)
        self.sink.append(custom(shown), now=True)
        status: Literal["finished", "failed"] = "failed"
        try:
            yield
            status = "finished"
        finally:
            ms = int((monotonic() - started) * 1000)
            self.steps.append(Step(id=name, agent=agent, task=task, status=status, ms=ms))
            self.sink.append(custom(shown.model_copy(update={"status": status, "ms": ms})))
            self.sink.append(step_finished(name))

    def _unique(self, name: str) -> str:
        """Make a step name unique within the attempt: clients reject one that is open twice."""
        self._names[name] = self._names.get(name, 0) + 1
        return name if self._names[name] == 1 else f"{name} ({self._names[name]})"
