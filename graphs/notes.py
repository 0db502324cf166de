"""What a writer is told about a failed draft, and what it tells the owner."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from agents.copywriter import note_of
from agents.specialist import Answer
from core.rules.claims import Source
from core.rules.echoes import EchoFilter
from core.rules.findings import Check, DraftText
from core.rules.sentences import sentences
from graphs.context import GraphContext

_MOST_STATEMENTS = 5


def findings_of(draft: DraftText, failed: Iterable[Check]) -> list[str]:
    """Return what failed checks say, each with the whole sentences that it is about."""
    texts = dict(draft.texts())
    found = []
    for check in failed:
        about = [
            texts[span.field][start:end]
            for span in check.spans[:_MOST_STATEMENTS]
            for start, end in sentences(texts.get(span.field, ""))
            if start < span.end and span.start < end
        ]
        quoted = [f"“{statement}”" for statement in dict.fromkeys(about)]
        found.append(" ".join([check.message, *(["In:", *quoted] if quoted else [])]))
    return found


async def note_to_owner(
    context: GraphContext, answer: Answer[Any], sources: Sequence[Source], language: str
) -> str:
    """Return the writer's note; nothing if it repeats instructions, or has a figure that no source has."""
    run = context.run
    echoes = EchoFilter(answer.instructions)
    note = (echoes.feed(note_of(answer.value)) + echoes.finish()).strip()
    if not note or echoes.mostly_echo:
        return ""
    unknown = await context.checker.unsourced(run.business.id, note, sources, run.today, language)
    return "" if unknown else note
