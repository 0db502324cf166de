"""What was concluded, as memories: fields for people, and one text for prompts and for the search.

The person's own words are in “quotation marks” in the text: of a conclusion only they are a source
(`services/checks.py`).
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from core.content import Content
from services.recall import Remembered

_TITLE = 60


def said(
    kind: Literal["decision", "style"],
    day: date,
    *,
    key: str,
    run_id: str,
    said_by: str,
    subject: str,
    decision: str,
    reason: str,
) -> Remembered:
    """Return a decision, or a wish on style, that a person stated.

    Args:
        kind: Which of the two.
        day: The day where the business is.
        key: Unique in the business; the same again replaces it.
        run_id: The run that it comes from.
        said_by: The user.
        subject: What it is about.
        decision: What was decided or wished, in the person's words.
        reason: Why, in the person's words.
    """
    words = ": ".join(filter(None, (subject, decision))) + (f" ({reason})" if reason else "")
    text = f"{day}: “{words}”" if kind == "decision" else f"Wish for every text, {day}: “{decision}”"
    return Remembered(
        kind,
        key,
        text,
        run_id,
        run_id=run_id,
        subject=subject,
        decision=decision,
        reason=reason,
        said_by=said_by,
    )


def done(
    day: date, *, key: str, run_id: str, said_by: str, subject: str, decision: str, words: str
) -> Remembered:
    """Return what a run did that the person had decided, such as a planned calendar.

    Args:
        day: The day where the business is.
        key: Unique in the business; the same again replaces it.
        run_id: The run.
        said_by: The user who asked for it.
        subject: The name of what was changed.
        decision: What was done, in our words.
        words: The person's own words.
    """
    text = f"{day}: “{words or '…'}”. {subject}, {decision}"
    return Remembered(
        "decision",
        key,
        text,
        run_id,
        run_id=run_id,
        subject=subject,
        decision=decision,
        reason=words,
        said_by=said_by,
    )


def taken_back(day: date, content: Content, *, said_by: str) -> Remembered | None:
    """Return that a person takes back what a run did to a draft; None if a person wrote its words.

    Args:
        day: The day where the business is.
        content: The draft with the words that go.
        said_by: The user.
    """
    by = content.authorship
    if by is None or by.run_id is None or not by.reason:
        return None
    title = content.title or content.text_content.caption[:_TITLE]
    return Remembered(
        "rejected",
        f"taken back:{content.id}:{content.revision}",
        f"{day}: a change of “{title}” was taken back: {by.reason}",
        content.id,
        subject=title,
        decision=by.reason,
        said_by=said_by,
    )
