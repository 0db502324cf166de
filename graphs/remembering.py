"""What is remembered of a run: what the person said and holds beyond it, and what was done by their decision.

What a model read out of a message counts only as far as the person said it themselves in this message:
quotations and pasted text, drafts and customers teach nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from agents.conclusions import MOST_CONCLUSIONS, Conclusion
from agents.inputs import phrase
from core.actions import NAME
from core.campaign import Campaign
from core.ids import derived_id
from core.own_words import own_words
from core.rules.claims import Source
from graphs.context import GraphContext
from graphs.state import CopilotState, chosen
from services.conclusions import done, said
from services.recall import Remembered

SAME_MEANING = 0.6
"""Similarity to a part of the message from which a conclusion counts as said in it."""

_TEXT, _WORDS = 300, 400
_PART = re.compile(r"[.!?;,:\n]+\s")


async def remember_said(context: GraphContext, conclusions: Sequence[Conclusion]) -> None:
    """Keep the conclusions that the person's own words bear out."""
    run = context.run
    own = own_words(context.request.text)
    parts = [own, *filter(None, map(str.strip, _PART.split(own)))]
    kept: list[Remembered] = []
    for one in conclusions[:MOST_CONCLUSIONS] if own else ():
        decision = phrase(one.text, _TEXT)
        if await run.recall.likeness(decision, parts) < SAME_MEANING:
            continue
        reason = phrase(one.reason, _TEXT)
        if reason and await run.recall.likeness(reason, parts) < SAME_MEANING:
            reason = ""
        subject = phrase(one.subject, NAME)
        source = Source(kind="request", ref="0", text=own)
        text = "\n".join((subject, decision, reason))
        language = run.business.language
        if await context.checker.unsourced(run.business.id, text, [source], run.today, language):
            continue
        kept.append(
            said(
                one.kind,
                run.today,
                key=f"said:{derived_id(run.thread_id, one.kind, decision.casefold())}",
                run_id=run.root_run_id,
                said_by=run.user_id,
                subject=subject,
                decision=decision,
                reason=reason,
            )
        )
    if kept:
        await run.recall.remember(run.scope, kept)


async def remember_done(context: GraphContext, state: CopilotState, found: Campaign | None) -> None:
    """Keep what became of the calendar, and which alternative was chosen."""
    run, own = context.run, own_words(context.request.text)
    planned = state.get("planned", 0)
    results = [f"{planned} slots planned"] if planned else []
    results += state.get("rearranged", [])
    subject = found.name if found else ""
    for action in chosen(state, "edit"):
        for edit in state.get("edits", []):
            if action.replacement and edit["changed"] and edit["content_id"] in action.targets:
                subject = edit["title"]
                results += [f"chosen: {phrase(text, _TEXT)}" for text in action.replacement.values()]
    if not results:
        return
    memory = done(
        run.today,
        # The same request at the same place of the thread is a repeated one.
        key=f"done:{derived_id(run.thread_id, context.history[-1].id if context.history else '', own)}",
        run_id=run.root_run_id,
        said_by=run.user_id,
        subject=subject,
        decision="; ".join(results),
        words=own[:_WORDS],
    )
    await run.recall.remember(run.scope, [memory])
