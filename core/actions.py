"""What a request becomes: typed actions on named documents."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from core.business import Language
from core.campaign import BRIEF as BRIEF
from core.campaign import ContentType, Platform
from core.document import PublicValue

Intent = Literal[
    "plan",
    "write",
    "edit",
    "variants",
    "calendar",
    "answer",
    "clarify",
    "decide",
    "analyse",
    "reply",
    "poster",
    "video",
]
CalendarOperation = Literal["add", "move", "drop", "retheme", "swap"]
Decision = Literal["approve", "reject", "schedule", "publish", "send", "delete"]

MOST_ACTIONS, MOST_OPTIONS, MOST_TARGETS = 4, 4, 100
THEME, NAME, QUESTION, LABEL = 120, 80, 300, 80
"""Characters of the texts of an action."""

NamedId = Annotated[str, StringConstraints(max_length=64)]


class Action(PublicValue):
    """One thing to do; `targets` are ids of content or slots.

    `brief` restates the request for somebody who has not read the conversation, `theme` names its subject in
    a few words. `platforms` has one entry a draft where their numbers differ. `when` is an ISO date, a local
    date-time or `from/to`. `with_drafts` belongs to a plan, `operation` to `calendar` and `decide`, and
    `replacement` (whole fields by name) to an edit whose words a person has chosen. `language` belongs to an
    edit or variants in another language than the draft's. `campaign` names a new campaign.
    """

    intent: Intent
    brief: Annotated[str, StringConstraints(max_length=BRIEF)] = ""
    theme: Annotated[str, StringConstraints(max_length=THEME)] = ""
    targets: list[NamedId] = Field(default_factory=list, max_length=MOST_TARGETS)
    platforms: list[Platform] = Field(default_factory=list, max_length=40)
    type: ContentType = "text"
    count: int | None = Field(default=None, ge=1, le=100)
    when: Annotated[str, StringConstraints(max_length=40)] | None = None
    segment: Annotated[str, StringConstraints(max_length=NAME)] = ""
    operation: CalendarOperation | Decision | None = None
    campaign: Annotated[str, StringConstraints(max_length=NAME)] = ""
    with_drafts: bool = True
    replacement: dict[str, str] | None = None
    language: Language | None = None


class Option(PublicValue):
    """One answer to a question, as a button: pressing it asks for its actions."""

    label: Annotated[str, StringConstraints(max_length=LABEL)]
    actions: list[Action] = Field(max_length=MOST_ACTIONS)


class RoutedAction(Action):
    """An action of a message; one that has to ask first (`clarify`) has a question and its options."""

    question: Annotated[str, StringConstraints(max_length=QUESTION)] = ""
    options: list[Option] = Field(default_factory=list, max_length=MOST_OPTIONS)

    def bare(self) -> Action:
        """The action without a question, as a button sends it."""
        return Action.model_validate(self.model_dump(exclude={"question", "options"}))
