"""The specialist that answers the person, and its inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from agents.inputs import history_input, shared_inputs, task_inputs
from agents.specialist import Specialist
from core.actions import Intent
from core.business import Business, Fact, Memory
from core.campaign import Campaign

CANNOT: Mapping[str, str] = {
    "analyse": "reading results",
    "reply": "answering customers",
    "poster": "making a poster",
    "video": "writing a video script",
}
"""What may be asked for and is not done yet, in the words of the answer's prompt."""

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
    known: Mapping[str, Any] | None = None,
    rearranged: Sequence[str] = (),
    too_late: int = 0,
    offered: Sequence[int] = (),
    changed: Sequence[str] = (),
    unchanged: Sequence[str] = (),
    overtaken: Sequence[str] = (),
    notes: Sequence[str] = (),
    failed: int = 0,
    over: int = 0,
    cannot: Sequence[Intent] = (),
    left: int = 0,
    asks: str = "",
    disputed: Sequence[tuple[str, str]] = (),
    proposed: Sequence[tuple[str, Sequence[str], bool]] = (),
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
        known: The drafts and slots that the person may ask about.
        rearranged: What was done to which slots of the calendar.
        too_late: Changes of the calendar that were left out since their time is over.
        offered: How many alternatives each request for some got.
        changed: Titles of drafts that were changed.
        unchanged: Titles of drafts that were to be changed and are as they were.
        overtaken: Titles of drafts that a person changed meanwhile.
        notes: What writers tell the person, each with the title of its draft.
        failed: Pieces that could not be written.
        over: Pieces that were asked for beyond what one request writes.
        cannot: What the person asked for and cannot be done yet.
        left: Slots that wait for a draft.
        asks: What the person has to be asked first: the request of which it is not clear what it is about.
        disputed: What the person said against a fact, each with the fact.
        proposed: Decisions that wait for the person: operation, titles, and whether there is a button.
    """
    titles = "; ".join(f"{platform}: {title}" for platform, title, _ in drafts)
    flagged = sum(failures > 0 for _, _, failures in drafts)
    done = [f"new campaign: {campaign.name}"] if opened and campaign else []
    done += [f"calendar slots planned: {planned}"] if planned else []
    done += [f"calendar entries changed: {len(rearranged)} ({'; '.join(rearranged)})"] if rearranged else []
    done += [f"alternatives offered: {sum(offered)}"] if sum(offered) else []
    done += [f"drafts changed: {len(changed)} ({'; '.join(changed)})"] if changed else []
    done += [f"drafts written: {len(drafts)} ({titles})"] if drafts else []
    counts = {
        "drafts with failed checks": flagged,
        "pieces that failed": failed,
        "pieces more than one request writes": over,
        "slots without a draft": left,
        "calendar changes to a time that is over": too_late,
    }
    task = {
        **task_inputs(business, language, today, request),
        "done": done,
        "notes": list(notes),
        "left": [
            *(f"{name}: {count}" for name, count in counts.items() if count),
            *(["not changed, it is as it was: no alternative was found"] if 0 in offered else []),
            *(f"not changed, it is as it was: {title}" for title in unchanged),
            *(f"not changed, since the person has changed it meanwhile: {title}" for title in overtaken),
            *(f"cannot do yet: {CANNOT[intent]}" for intent in dict.fromkeys(cannot)),
            *([f"ask which one is meant: {asks}"] if asks else []),
            *(
                f"ask which is right: the person said “{said}”, the facts say “{fact}”"
                for said, fact in disputed
            ),
            *(_waiting(*one) for one in proposed),
        ],
    }
    shared = shared_inputs(business, facts, memories, campaign)
    lists = known or {"drafts": [], "slots": []}
    return {**shared, **lists, "history": history_input(history), "task": task}


def _waiting(operation: str, titles: Sequence[str], available: bool) -> str:
    how = "only the person may, by the button below" if available else "not built yet, only the person may"
    return f"{how}: {operation} {'; '.join(titles)}"
