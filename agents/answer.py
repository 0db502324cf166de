"""The specialist that answers the person, and its inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from agents.inputs import history_input, shared_inputs, task_inputs
from agents.router import Intent
from agents.specialist import Specialist
from core.business import Business, Fact, Memory
from core.campaign import Campaign

INTENTS: Mapping[Intent, str] = {
    "change": "changing a written draft in the chat",
    "delete": "deleting a draft in the chat",
    "send": "sending or publishing in the chat",
}

ANSWER: Specialist[str] = Specialist(name="copilot", prompt="copilot/answer", output=None)


def answer_inputs(
    *,
    business: Business,
    facts: Sequence[Fact],
    memories: Sequence[Memory],
    campaign: Campaign | None,
    history: Sequence[tuple[str, str]],
    request: str,
    language: str,
    today: date,
    opened: bool = False,
    planned: int = 0,
    drafts: Sequence[tuple[str, str, int]] = (),
    failed: int = 0,
    over: int = 0,
    intent: Intent | None = None,
    left: int = 0,
    complete: bool = False,
) -> dict[str, Any]:
    """The inputs of the answer.

    Args:
        business: Whom the copilot works for.
        facts: What may be said, nearest to the request first.
        memories: What is remembered about the request.
        campaign: The campaign that the run worked on.
        history: The conversation before the request.
        request: The person's message.
        language: The language to answer in, if the request does not show another.
        today: The day where the business is.
        opened: Whether the campaign was made in this run.
        planned: Calendar slots that were planned in this run.
        drafts: Platform, title and number of failed checks of each draft that was written.
        failed: Drafts that could not be written.
        over: Requested drafts beyond what one request writes.
        intent: An operation on a written draft that the person asks for and the chat cannot do.
        left: Slots that wait for a draft.
        complete: Whether the person asked to continue although every slot has its draft.
    """
    titles = "; ".join(f"{platform}: {title}" for platform, title, _ in drafts)
    flagged = sum(failures > 0 for _, _, failures in drafts)
    done = [f"new campaign: {campaign.name}"] if opened and campaign else []
    done += [f"calendar slots planned: {planned}"] if planned else []
    done += [f"drafts written: {len(drafts)} ({titles})"] if drafts else []
    counts = {
        "drafts with failed checks": flagged,
        "pieces that failed": failed,
        "pieces more than one request writes": over,
        **({INTENTS[intent]: 1} if intent else {}),
        "slots without a draft": left,
    }
    task = {
        **task_inputs(business, language, today, request),
        "done": done,
        "left": [
            *(f"{name}: {count}" for name, count in counts.items() if count),
            *(["slots without a draft: 0, all are written"] if complete else []),
        ],
    }
    shared = shared_inputs(business, facts, memories, campaign)
    return {**shared, "history": history_input(history), "task": task}
