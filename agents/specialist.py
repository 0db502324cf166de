"""Specialists: definition, tool adapter and runner."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar, cast

import orjson
from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain.agents.structured_output import ProviderStrategy, StructuredOutputValidationError
from langchain.tools import ToolRuntime
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import BaseTool, StructuredTool
from langgraph.errors import GraphBubbleUp
from langgraph.graph.state import CompiledStateGraph
from langgraph.prebuilt.tool_node import ToolCallRequest
from langgraph.types import Command
from pydantic import BaseModel, ValidationError

from agents.calls import Call, TextSink, calling, current_call
from agents.gateway import Gateway, Tier
from agents.schemas import strict_schema
from core.content import PromptId
from core.errors import MarqueeError, UnusableAnswer
from core.rules.echoes import EchoFilter
from prompts.library import PromptLibrary, Rendered, flat
from tools.context import RunContext
from tools.registry import ToolSpec

_log = logging.getLogger(__name__)

T = TypeVar("T")

TOOL_ROUNDS = 4
"""Limit of rounds of tool calls."""

_TRIES = 2
_SHOWN_PROBLEMS = 5

Graph = CompiledStateGraph[Any, RunContext, Any, Any]


@dataclass(frozen=True)
class Specialist(Generic[T]):
    """A role of the model: its prompt, output type (None: free text) and tools."""

    name: str
    prompt: str
    output: type[T] | None
    tier: Tier = "writer"
    tools: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer(Generic[T]):
    """A specialist's output, with model, prompt and the instructions that it must not repeat."""

    value: T
    model: str
    prompt: PromptId
    simulated: bool
    instructions: str


class Agents:
    """Runs specialists; builds each graph at its first use."""

    def __init__(self, gateway: Gateway, library: PromptLibrary, registry: Mapping[str, ToolSpec]) -> None:
        self._gateway = gateway
        self._library = library
        self._registry = registry
        self._graphs: dict[tuple[Specialist[Any], bool], Graph] = {}

    async def run(
        self,
        specialist: Specialist[T],
        inputs: Mapping[str, Any],
        *,
        call: Call,
        context: RunContext,
        repair: str | None = None,
    ) -> Answer[T]:
        """Run a specialist.

        Args:
            specialist: The specialist.
            inputs: The inputs of its prompt.
            call: Budget and sink; agent, prompt and limits are set here.
            context: The context of its tools.
            repair: Findings on its previous output, one per line.

        Raises:
            UnusableAnswer: The answer did not fit its type, also when asked again.
            ModelFailed: The model could not be reached, was busy, or refused.
            QuotaExhausted: The business has no tokens left.
        """
        prompt = self._library.get(specialist.prompt)
        rendered = prompt.render(inputs)
        hints = prompt.front.model
        filtered = None
        if specialist.output is None and call.sink is not None:
            filtered = EchoFilteringSink(call.sink, rendered.instructions)
        call = replace(
            call,
            sink=filtered or call.sink,
            agent=specialist.name,
            prompt=rendered.id,
            max_output=call.max_output or hints.max_output,
            temperature=hints.temperature if call.temperature is None else call.temperature,
        )
        with calling(call):
            with_tools = bool(specialist.tools) and await self._gateway.tools_work()
            graph = self._graph(specialist, with_tools)
            problem = ""
            for _ in range(_TRIES):
                if problem and call.sink is not None:
                    call.sink.restart()
                try:
                    state = await graph.ainvoke(_messages(rendered, repair, problem), context=context)
                    value, model = _result(specialist, state)
                    if filtered is not None:
                        filtered.end()
                except (UnusableAnswer, StructuredOutputValidationError, ValidationError) as error:
                    problem = _problem(error)
                    _log.warning("%s gave an unusable answer: %s", specialist.name, problem)
                    continue
                simulated = self._gateway.info.simulated
                return Answer(value, model, rendered.id, simulated, rendered.instructions)
        raise UnusableAnswer(problem, agent=specialist.name)

    def count(self, text: str) -> int:
        """Return the number of tokens in a text."""
        return self._gateway.count(text)

    def _graph(self, specialist: Specialist[Any], with_tools: bool) -> Graph:
        key = (specialist, with_tools)
        if key not in self._graphs:
            self._graphs[key] = self._build(specialist, with_tools)
        return self._graphs[key]

    def _build(self, specialist: Specialist[Any], with_tools: bool) -> Graph:
        tools = [adapt(self._registry[name]) for name in specialist.tools] if with_tools else []
        output = specialist.output
        answer_format: ProviderStrategy[Any] | None = None
        if output is not None:
            answer_format = ProviderStrategy(
                strict_schema(_model(output), self._gateway.longest_text), strict=True
            )
        graph = create_agent(
            self._gateway.model(specialist.tier),
            tools=tools,
            middleware=[ToolRounds(typed=output is not None)] if tools else [],
            response_format=answer_format,
            context_schema=RunContext,
            # A specialist is one step of a run: it is repeated, never resumed.
            checkpointer=False,
            name=specialist.name,
        )
        return cast("Graph", graph)


class EchoFilteringSink:
    """Removes repeated instructions from a model's answer to a person."""

    def __init__(self, sink: TextSink, instructions: str) -> None:
        self._sink = sink
        self._instructions = instructions
        self._filter = EchoFilter(instructions)

    def write(self, delta: str) -> None:
        """Filter and forward the next delta."""
        if text := self._filter.feed(delta):
            self._sink.write(text)

    def restart(self) -> None:
        """Reset: the model is called again."""
        self._filter = EchoFilter(self._instructions)
        self._sink.restart()

    def end(self) -> None:
        """Forward the text that was held back.

        Raises:
            UnusableAnswer: Most of the text repeated the instructions.
        """
        if text := self._filter.finish():
            self._sink.write(text)
        if self._filter.mostly_echo:
            raise UnusableAnswer("The answer repeated its instructions.")


class _Tool(StructuredTool):
    """A structured tool that is given its context also when it has no arguments, which LangChain drops."""

    def _to_args_and_kwargs(
        self, tool_input: str | dict[str, Any], tool_call_id: str | None
    ) -> tuple[tuple[str, ...], dict[str, Any]]:
        given = tool_input if isinstance(tool_input, dict) else {}
        positional, named = super()._to_args_and_kwargs(tool_input, tool_call_id)
        return positional, named or {name: value for name, value in given.items() if name == "runtime"}


def adapt(spec: ToolSpec) -> BaseTool:
    """Adapt a tool to the agent framework; the tenant comes from the run's trusted context."""

    async def call(runtime: ToolRuntime[RunContext], **arguments: Any) -> str:
        result = await spec.run(runtime.context, spec.args.model_validate(arguments))
        return orjson.dumps(result, default=_plain).decode()

    return _Tool.from_function(
        coroutine=call, name=spec.name, description=spec.description, args_schema=spec.args
    )


class ToolRounds(AgentMiddleware[Any, RunContext]):
    """Limits tool rounds, and reports a tool's failure to the model instead of ending the run."""

    def __init__(self, *, typed: bool) -> None:
        super().__init__()
        self._typed = typed

    async def awrap_model_call(
        self,
        request: ModelRequest[RunContext],
        handler: Callable[[ModelRequest[RunContext]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any]:
        """Call the model without tools after the last round."""
        rounds = sum(isinstance(message, AIMessage) for message in request.messages)
        over = rounds >= TOOL_ROUNDS
        response = await handler(request.override(tools=[]) if over else request)
        answer = response.result[0]
        if isinstance(answer, AIMessage) and answer.tool_calls:
            if over:
                raise UnusableAnswer("The model asked for tools without end.")
            self._forget(answer)
        return response

    def _forget(self, answer: AIMessage) -> None:
        # Text beside tool calls is not part of a typed answer.
        sink = current_call().sink
        if self._typed and answer.text and sink is not None:
            sink.restart()

    async def awrap_tool_call(
        self,
        request: ToolCallRequest,
        handler: Callable[[ToolCallRequest], Awaitable[ToolMessage | Command[Any]]],
    ) -> ToolMessage | Command[Any]:
        """Answer the model with a sentence when the tool raises."""
        try:
            return await handler(request)
        except GraphBubbleUp:
            raise
        except Exception as error:
            name = request.tool_call["name"]
            _log.error("tool %s failed", name, exc_info=error)
            told = error.detail if isinstance(error, MarqueeError) else "It failed; go on without it."
            return ToolMessage(content=told, tool_call_id=request.tool_call["id"], name=name, status="error")


def _model(output: type[Any]) -> type[BaseModel]:
    if not issubclass(output, BaseModel):
        raise TypeError(f"a specialist answers in free text or a pydantic model, not {output.__name__}")
    return output


def _messages(rendered: Rendered, repair: str | None, problem: str) -> dict[str, Any]:
    # One user message: some chat templates reject two in a row.
    user = rendered.user
    if repair:
        findings = "\n".join(flat(line) for line in repair.splitlines())
        user = f"{user}\n\n<findings>\n{findings}\n</findings>"
    if problem:
        user = f"{user}\n\nYour last answer could not be used. {flat(problem)} Answer once more, as asked."
    return {"messages": [SystemMessage(rendered.system), HumanMessage(user)]}


def _result(specialist: Specialist[T], state: Mapping[str, Any]) -> tuple[T, str]:
    last = state["messages"][-1]
    name = last.response_metadata.get("model_name", "")
    if specialist.output is None:
        return cast("T", last.text), name
    # Where a server does not keep to the schema, a model adds fields of its own.
    value = _model(specialist.output).model_validate(state.get("structured_response"), extra="ignore")
    return cast("T", value), name


def _problem(error: Exception) -> str:
    if isinstance(error, ValidationError):
        wrong = [
            f"{'.'.join(str(part) for part in item['loc']) or 'answer'}: {item['msg']}"
            for item in error.errors(include_url=False, include_input=False)[:_SHOWN_PROBLEMS]
        ]
        return f"{'; '.join(wrong)}."
    if isinstance(error, UnusableAnswer):
        return error.detail
    return "The answer was not a JSON object of the schema."


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    return str(value)
