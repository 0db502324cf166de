"""Merge what a judge says of a draft with the claims that code found."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pydantic import BaseModel, Field

from core.rules.claims import Claim
from core.rules.figures import Figure
from core.rules.findings import Check
from core.rules.values import Key
from core.rules.verdicts import claims_check

MOST_JUDGED = 40
"""Statements of one draft that a judge may name."""


class Unsupported(BaseModel, frozen=True):
    """A part of the draft that no source supports, word for word, and why."""

    text: str = Field(min_length=3, max_length=600)
    why: str = Field(default="", max_length=300)


class Judgement(BaseModel, frozen=True):
    """What a judge answers: the unsupported statements of one draft."""

    unsupported: list[Unsupported] = Field(default_factory=list, max_length=MOST_JUDGED)


def merge_judgement(
    fields: Mapping[str, str], checks: Sequence[Check], claims: Sequence[Claim], judged: Judgement
) -> tuple[list[Check], list[Claim]]:
    """The checks and claims with a judge's findings in the place of the classifier's guesses.

    What code knows of figures stays: a judge adds to it and takes nothing away. A statement that is not
    in the draft is left out, since nothing could be shown for it.

    Args:
        fields: The texts of the draft by name.
        checks: The checks of the draft, `claims.confirmed` among them.
        claims: The claims that code found.
        judged: What the judge answered.
    """
    kept = [claim for claim in claims if claim.figure.kind != "statement"]
    for one in judged.unsupported:
        place = _place(fields, one.text)
        if place is not None:
            field, start, end = place
            text = fields[field][start:end]
            figure = Figure(
                kind="statement", text=text, field=field, start=start, end=end, value=Key(key="judged")
            )
            kept.append(Claim(figure=figure, verdict="unconfirmed"))
    merged = claims_check(kept)
    return [merged if check.name == merged.name else check for check in checks], kept


def _place(fields: Mapping[str, str], said: str) -> tuple[str, int, int] | None:
    """Where a statement is in the draft: any white space, quotes and case count as the same."""
    words = re.findall(r"\w+", said)
    if not words:
        return None
    pattern = re.compile(r"\W{1,12}".join(map(re.escape, words)), re.IGNORECASE)
    for field, text in fields.items():
        match = pattern.search(text)
        if match is not None:
            return field, match.start(), match.end()
    return None
