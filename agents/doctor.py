"""Examine a model endpoint: what it can do, and which settings follow from it."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import BaseModel

from agents.calls import Call, calling
from agents.gateway import Gateway
from agents.metering import MeteredChatModel
from agents.schemas import strict_schema
from agents.tokens import TokenCounter
from core.errors import ContextOverflow, MarqueeError, ModelFailed
from core.ids import new_id
from core.scope import Scope
from core.settings import Settings
from core.usage import LedgerEntry

_CONTEXT_NAMES = ("max_model_len", "context_length", "context_window", "max_context_length", "n_ctx")
# As in: exceeds the available context size (4096 tokens).
_CONTEXT = re.compile(r"context\D{0,40}?(\d{3,8})", re.IGNORECASE)
# A prompt that is too long is refused at once; one that is read is not waited for.
_REFUSAL_SECONDS = 10.0
_OUTPUT = 400


class Place(BaseModel):
    """An answer that no model writes without being told its fields."""

    street_number: int
    quay: str
    open_days: list[str]


@dataclass
class Report:
    """The findings in order, and the advice that follows from them."""

    findings: list[tuple[str, str]] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """Return a plain table, then the advice."""
        width = max(len(name) for name, _ in self.findings)
        lines = [f"{name:{width}}  {found}" for name, found in self.findings]
        return "\n".join([*lines, "", *(self.advice or ["Nothing needs to be set."])])


class _Unmetered:
    """A meter for calls that belong to no business."""

    async def reserve(self, scope: Scope, tokens: int, run_id: str | None) -> str:
        return ""

    async def settle(self, scope: Scope, reservation_id: str, entry: LedgerEntry) -> None:
        pass


class _Pieces:
    """A sink that counts."""

    def __init__(self) -> None:
        self.count = 0
        self.first_at = 0.0

    def write(self, delta: str) -> None:
        self.first_at = self.first_at or time.monotonic()
        self.count += 1

    def restart(self) -> None:
        pass


async def examine(settings: Settings) -> Report:
    """Ask the endpoint of the settings for a sentence, a typed answer and a tool call.

    Raises:
        MarqueeError: The endpoint does not answer, or refuses the key or the model.
    """
    report = Report()
    if settings.offline:
        report.findings.append(("model", "the demo model"))
        report.advice.append("Set OPENAI_API_KEY, or OPENAI_BASE_URL for any other server of that protocol.")
        return report
    gateway = Gateway(settings, _Unmetered(), TokenCounter(settings.data_dir / "tokenizer"))
    await gateway.open()
    try:
        await _Examination(settings, gateway, report).run()
    finally:
        await gateway.close()
    return report


class _Examination:
    def __init__(self, settings: Settings, gateway: Gateway, report: Report) -> None:
        self._settings = settings
        self._gateway = gateway
        self._report = report
        self._call = Call(Scope.of(new_id()), agent="doctor", max_output=_OUTPUT, temperature=0.2)

    async def run(self) -> None:
        listed = await self._listed()
        await self._talk()
        name = self._gateway.writer_name
        await self._context(listed.get(name, {}))
        await self._schema(name)
        await self._tools()
        self._refused(name)

    def _found(self, name: str, found: str, advice: str = "") -> None:
        self._report.findings.append((name, found))
        if advice:
            self._report.advice.append(advice)

    async def _listed(self) -> dict[str, dict[str, Any]]:
        self._found("endpoint", self._settings.openai_base_url or "OpenAI")
        try:
            models = await self._gateway.listing()
        except ModelFailed as error:
            self._found("models", f"no list: {error.detail}")
            return {}
        names = ", ".join(list(models)[:5])
        self._found("models", f"{len(models)} listed: {names}{', …' if len(models) > 5 else ''}")
        return models

    async def _ask(self, model: MeteredChatModel | Any, prompt: str, sink: _Pieces) -> Any:
        with calling(replace(self._call, sink=sink)):
            return await model.ainvoke(prompt)

    async def _talk(self) -> None:
        model = self._gateway.model("writer")
        # What is not known of the server yet is learned from the first answer, which is held back for it.
        await self._ask(model, "Say good morning in one sentence.", _Pieces())
        sink, start = _Pieces(), time.monotonic()
        told = await self._ask(model, "Count from one to twenty in words, in one line.", sink)
        name = self._gateway.writer_name
        setting = "MARQUEE_MODEL"
        chosen = self._settings.model_writer or self._settings.model
        self._found("model", name, "" if chosen else f"Set {setting}={name} to keep this model.")
        first, whole = sink.first_at - start, time.monotonic() - start
        streams = sink.count > 1
        self._found(
            "streaming",
            f"yes, first word after {first:.1f} s" if streams else f"no, all at once after {whole:.1f} s",
            "" if streams else "Texts appear only when they are finished: turn streaming on at the server.",
        )
        slow = self._settings.model_first_token_seconds < 2 * (first if streams else whole)
        if slow:
            self._report.advice.append(f"Set MARQUEE_MODEL_FIRST_TOKEN_SECONDS={round(5 * whole) + 1}.")
        usage = not told.response_metadata.get("estimated")
        self._found("usage", "reported" if usage else "not reported: tokens are estimated")

    async def _context(self, entry: dict[str, Any]) -> None:
        ours = self._settings.model_context
        told = next((number for name in _CONTEXT_NAMES if type(number := entry.get(name)) is int), None)
        refused = told is None and await self._overflows(ours)
        if isinstance(refused, int) and refused > 1:
            told = refused
        if told is not None:
            advice = f"Set MARQUEE_MODEL_CONTEXT={told}." if told < ours else ""
            self._found("context", f"{told} tokens; MARQUEE_MODEL_CONTEXT is {ours}", advice)
        elif refused:
            self._found(
                "context", f"less than {ours} tokens", "Set MARQUEE_MODEL_CONTEXT to the server's context."
            )
        else:
            self._found("context", f"not told; {ours} tokens (MARQUEE_MODEL_CONTEXT) were not refused")

    async def _overflows(self, tokens: int) -> int:
        """Send so many tokens; return the limit that a refusal names (1 if it names none), 0 without one."""
        try:
            async with asyncio.timeout(_REFUSAL_SECONDS):
                await self._ask(self._gateway.model("writer"), "word " * tokens, _Pieces())
        except ContextOverflow as error:
            named = _CONTEXT.search(getattr(error.__cause__, "said", ""))
            return int(named[1]) if named else 1
        except (ModelFailed, TimeoutError):
            pass
        return 0

    async def _schema(self, name: str) -> None:
        schema = {"name": "Place", "schema": strict_schema(Place), "strict": True}
        form = {"type": "json_schema", "json_schema": schema}
        prompt = "The studio at 12 Quay Street is open on Monday and Friday. Answer with this place as JSON."
        found = ""
        for _ in range(2):
            try:
                told = await self._ask(
                    self._gateway.model("writer").bind(response_format=form), prompt, _Pieces()
                )
                Place.model_validate_json(told.text)
                break
            except (MarqueeError, ValueError) as error:
                found = getattr(error, "detail", "the answer does not fit")
        else:
            self._found("typed answers", f"no: {found}", "Drafts will often fail: choose a stronger model.")
            return
        dialect = self._gateway.dialect(name)
        kept = {"json_schema": "by schema", "json_object": "as JSON, schema in the prompt"}
        how = kept.get(dialect.answer_format, "schema in the prompt only")
        self._found("typed answers", f"{how}, which it does not keep to" if dialect.ignores_schema else how)

    async def _tools(self) -> None:
        if self._settings.model_tools != "auto":
            self._found("tools", f"not tried: MARQUEE_MODEL_TOOLS={self._settings.model_tools}")
            return
        with calling(self._call):
            works = await self._gateway.tools_work()
        self._found(
            "tools", "called" if works else "not called", "" if works else "Set MARQUEE_MODEL_TOOLS=off."
        )

    def _refused(self, name: str) -> None:
        dialect = self._gateway.dialect(name)
        self._found("not accepted", ", ".join(sorted(dialect.refused)) or "nothing was refused")
        if dialect.most_output:
            self._found("longest answer", f"{dialect.most_output} tokens")
        if dialect.bare_thoughts:
            self._found("thinking", "in its text, without an opening tag")
