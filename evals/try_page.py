"""The page of `python -m evals.try_model`: requests, what was made of them, findings, tokens and cost."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import BaseModel

from agents.gateway import ModelInfo
from core.business import Business
from core.content import Content
from core.rules.findings import Check, Span
from evals.cases import Sentence
from evals.record import RunRecord

_HERE = Path(__file__).parent
_PLATFORMS = {"instagram": "Instagram", "linkedin": "LinkedIn", "email": "E-mail", "sms": "SMS"}
_WORDS = re.compile(r"\s+|\S+")

Segment = tuple[str, str, str]
"""Text with how it is marked (empty: not at all) and why."""


class Asked(BaseModel):
    """One request, what a person should look at, and whether the newest draft is open."""

    kind: str
    text: Sentence
    judge: str
    focus: bool = False


class Talk(BaseModel):
    """One conversation of a business."""

    business: str
    requests: list[Asked]


@dataclass(frozen=True)
class Tried:
    """A request with its run; `error` where it ended badly."""

    asked: Asked
    record: RunRecord | None
    error: str
    cost: int | None

    @property
    def drafts(self) -> list[ShownDraft]:
        """What was made or changed."""
        record = self.record
        return [ShownDraft(one, record) for one in record.drafts] if record else []

    @property
    def findings(self) -> list[Check]:
        """The failed checks of all drafts."""
        return [check for draft in self.drafts for check in draft.findings]

    @property
    def slots(self) -> list[tuple[str, Any]]:
        """The calendar with what became of each slot, where anything did."""
        if self.record is None or self.record.campaign is None:
            return []
        old = {slot.slot_id: slot for slot in self.record.before.slots}
        rows = []
        for slot in self.record.campaign.calendar:
            was = old.get(slot.slot_id)
            if was is None:
                rows.append(("new", slot))
            elif slot.state == "dropped" != was.state:
                rows.append(("dropped", slot))
            elif (slot.local_time, slot.theme) != (was.local_time, was.theme):
                rows.append((f"was {_day(was.local_time)}, {was.theme}", slot))
            else:
                rows.append(("", slot))
        return rows if any(word for word, _ in rows) else []

    @property
    def alternatives(self) -> list[dict[str, str]]:
        """The texts to choose from."""
        made = [one for one in self.record.artefacts if one.name == "suggest_variants"] if self.record else []
        return [text for one in made for text in (one.result or {}).get("alternatives", [])]


@dataclass(frozen=True)
class ShownDraft:
    """A draft of a run, with its findings marked in its text."""

    content: Content
    record: RunRecord

    @property
    def findings(self) -> list[Check]:
        """The failed checks."""
        return [check for check in self.content.ai_metadata.checks if not check.passed]

    def parts(self) -> Iterator[tuple[str, list[Segment]]]:
        """Yield the name and the marked text of every part."""
        spans = [(span, check) for check in self.findings for span in check.spans]
        for name, text in self.content.draft_text(self.content.platform).texts():
            yield name, marked(text, [pair for pair in spans if pair[0].field == name])

    @property
    def changes(self) -> list[Segment]:
        """What differs from the draft before the run, if there was one."""
        old = self.record.before.drafts.get(self.content.id)
        return compared(_whole(old), _whole(self.content)) if old else []


def marked(text: str, spans: Sequence[tuple[Span, Check]]) -> list[Segment]:
    """Return the text with its findings marked; where two overlap, the first keeps the place."""
    done = 0
    parts: list[Segment] = []
    for span, check in sorted(spans, key=lambda pair: pair[0].start):
        if span.start >= done:
            parts.append(("", "", text[done : span.start]))
            parts.append((check.severity, check.message, text[span.start : span.end]))
            done = span.end
    return [*parts, ("", "", text[done:])]


def compared(old: str, new: str) -> list[Segment]:
    """Return the new text with what went (`del`) and what came (`ins`), word by word."""
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    parts: list[Segment] = []
    for kind, i, j, k, m in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            parts.append(("", "", "".join(after[k:m])))
        else:
            parts += [("del", "", "".join(before[i:j])), ("ins", "", "".join(after[k:m]))]
    return [part for part in parts if part[2]]


def _whole(content: Content) -> str:
    text = content.draft_text(content.platform)
    return "\n\n".join([*text.fields.values(), " ".join(f"#{tag}" for tag in text.hashtags)]).strip()


def render(model: ModelInfo, done: Sequence[tuple[Business, Sequence[Tried]]], seconds: float) -> str:
    """Return the page."""
    tried = [one for _, listed in done for one in listed]
    uses = [use for one in tried if one.record for use in one.record.usage]
    costs = [one.cost for one in tried]
    total = {
        "requests": len(tried),
        "errors": sum(bool(one.error) for one in tried),
        "drafts": sum(len(one.drafts) for one in tried),
        "stopping": sum(check.stops_approval for one in tried for check in one.findings),
        "findings": sum(len(one.findings) for one in tried),
        "read": sum(use.input_tokens for use in uses),
        "cached": sum(use.cached_input_tokens for use in uses),
        "written": sum(use.output_tokens for use in uses),
        "cost": None if None in costs else sum(cost or 0 for cost in costs),
        "seconds": seconds,
    }
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"usd": _usd, "day": _day}
    environment.globals["platforms"] = _PLATFORMS
    return environment.get_template("try_page.html").render(model=model, done=done, total=total)


def _usd(micro: int | None) -> str:
    return "unknown" if micro is None else f"${micro / 1_000_000:.4f}" if micro else "$0"


def _day(local_time: str) -> str:
    return f"{datetime.fromisoformat(local_time):%a %-d %b, %H:%M}"
