"""Typed datasets: prepared businesses and scenes, requests, labels and provenance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import Field, StringConstraints, TypeAdapter
from pydantic_evals import Dataset

from core.actions import Decision, Intent
from core.business import Language
from core.campaign import CampaignFields, FunnelStage, Platform
from core.clock import LocalTime
from core.content import TextContent
from core.conversation import SpecialistName
from core.document import Value
from core.ids import digest
from evals.record import RunRecord
from services.businesses import BusinessDraft

NOW = datetime(2027, 2, 15, 9, 0, tzinfo=UTC)
"""The instant of every case, a Monday: dates in requests and expectations are relative to it."""

DATASETS = ("plan", "write", "edit", "variants", "calendar", "answer", "clarify", "decide")
"""One for each intent that is built."""

RULES_DATASET = "rules"
_FOLDER = Path(__file__).parent / "datasets"

Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=400)]


class PreparedDraft(TextContent):
    """The words of a draft that is there before the request."""

    title: str = ""


class AskedSlot(Value):
    """A slot of the campaign before the run; one with a draft is drafted."""

    local_time: LocalTime
    platform: Platform
    theme: Sentence
    segment: str = ""
    funnel_stage: FunnelStage = "awareness"
    draft: PreparedDraft | None = None


class Scene(Value):
    """What a business has before a request: slots S1, S2 and so on, and their drafts D1, D2 in that order."""

    campaign: CampaignFields
    slots: list[AskedSlot]

    @property
    def drafts(self) -> int:
        """The number of drafts."""
        return sum(slot.draft is not None for slot in self.slots)


class Turn(Value):
    """An earlier turn of the conversation, with the drafts that were made in it."""

    said: Sentence
    answered: Sentence
    made: list[str] = Field(default_factory=list)


class CaseInputs(Value):
    """The business, what it has, and the request; without `specialists` the router decides.

    `scene` takes what the business has from `scenes.yaml`, and `focus` is the draft that is open. The `slots`
    of a campaign of the case's own are to be drafted.
    """

    business: str
    request: Sentence
    campaign: CampaignFields | None = None
    slots: list[AskedSlot] = Field(default_factory=list)
    specialists: list[SpecialistName] | None = None
    scene: bool = False
    focus: str | None = None
    turns: list[Turn] = Field(default_factory=list)

    @property
    def prepared(self) -> Scene | None:
        """Campaign, slots and drafts before the request."""
        if self.scene:
            return scenes()[self.business]
        return None if self.campaign is None else Scene(campaign=self.campaign, slots=self.slots)


class SlotLabel(Value):
    """What differs of a slot afterwards; `theme` is a part of the new one."""

    local_time: LocalTime | None = None
    platform: Platform | None = None
    theme: str | None = None
    dropped: bool = False


class Expected(Value):
    """The labels of a case; further expectations are the rules of the prompts.

    Attributes:
        did: What is done, and nothing else.
        language: The language of everything that is written.
        platforms: Of drafts and slots that are made.
        pieces: Their number; left out: as many as the window takes.
        start: The window of a calendar.
        end: Its last day.
        uses: Keys of facts of which every draft must have one; empty means any fact or none.
        targets: The drafts that are changed, varied or decided on.
        length: Of a changed draft, compared with what it was.
        keeps: Texts that a changed draft still has.
        lacks: Texts that nothing written may have.
        stays: Fields of a changed draft that are as they were.
        without_hashtags: A changed draft has none.
        count: The number of alternatives.
        field: What the alternatives are for, one of these.
        slots: All slots that differ afterwards; NEW was not there.
        says: The answer has one text of every list.
        options: Drafts that the question offers.
        operation: The proposed decision, one of these.
        when: The time that is proposed with it.
    """

    did: list[Intent]
    language: Language
    platforms: list[Platform] = Field(default_factory=list)
    pieces: int | None = Field(default=None, ge=1)
    start: date | None = None
    end: date | None = None
    uses: list[str] = Field(default_factory=list)
    targets: list[str] = Field(default_factory=list)
    length: Literal["shorter", "longer"] | None = None
    keeps: list[str] = Field(default_factory=list)
    lacks: list[str] = Field(default_factory=list)
    stays: list[Literal["title", "caption", "body", "cta", "hashtags"]] = Field(default_factory=list)
    without_hashtags: bool = False
    count: int | None = None
    field: list[str] = Field(default_factory=list)
    slots: dict[str, SlotLabel] = Field(default_factory=dict)
    says: list[list[str]] = Field(default_factory=list)
    options: list[str] = Field(default_factory=list)
    operation: list[Decision] = Field(default_factory=list)
    when: LocalTime | None = None


class Notes(Value):
    """Origin and purpose of a case.

    `demo` are the labels for the demo model, where only a real model can do what is asked: it says so.
    """

    source: Literal["issue", "written", "found"]
    why: Sentence
    expected: Expected
    demo: Expected | None = None

    def labels(self, *, simulated: bool) -> Expected:
        """The labels for a model."""
        return self.demo if simulated and self.demo else self.expected


CaseSet = Dataset[CaseInputs, RunRecord, Notes]


@dataclass(frozen=True)
class Suite:
    """One dataset with the digest of its files."""

    name: str
    digest: str
    cases: CaseSet


def businesses() -> dict[str, BusinessDraft]:
    """Load the prepared businesses by their short names."""
    loaded = yaml.safe_load((_FOLDER / "businesses.yaml").read_text(encoding="utf-8"))
    return TypeAdapter(dict[str, BusinessDraft]).validate_python(loaded)


@cache
def scenes() -> dict[str, Scene]:
    """Load the scenes by the short names of their businesses."""
    loaded = yaml.safe_load((_FOLDER / "scenes.yaml").read_text(encoding="utf-8"))
    return TypeAdapter(dict[str, Scene]).validate_python(loaded)


def load(name: str, known: Mapping[str, BusinessDraft] | None = None) -> Suite:
    """Load one dataset.

    Raises:
        ValueError: A case names an unknown business, fact, slot or draft.
    """
    known = known or businesses()
    path = _FOLDER / f"{name}.yaml"
    cases = CaseSet.from_file(path)
    for case in cases.cases:
        _check(str(case.name), case.inputs, case.metadata, known)
    written = yaml.safe_load(path.read_text(encoding="utf-8"))
    drafts = {key: draft.model_dump(mode="json") for key, draft in known.items()}
    staged = {key: scene.model_dump(mode="json") for key, scene in scenes().items()}
    return Suite(name, digest([written, drafts, staged, NOW.isoformat()]), cases)


def _check(name: str, inputs: CaseInputs, notes: Notes | None, known: Mapping[str, BusinessDraft]) -> None:
    if notes is None:
        raise ValueError(f"case {name} says nothing about where it comes from")
    if inputs.business not in known:
        raise ValueError(f"case {name} names the business {inputs.business!r}, which does not exist")
    unknown = set(notes.expected.uses) - {fact.key for fact in known[inputs.business].facts}
    if unknown:
        raise ValueError(f"case {name} names facts that {inputs.business} does not have: {sorted(unknown)}")
    if inputs.slots and inputs.campaign is None:
        raise ValueError(f"case {name} has slots without a campaign")
    scene = inputs.prepared
    numbers = {"S": len(scene.slots), "D": scene.drafts} if scene else {}
    handles = {f"{kind}{at}" for kind, number in numbers.items() for at in range(1, number + 1)}
    named = {one for turn in inputs.turns for one in turn.made} | ({inputs.focus} if inputs.focus else set())
    for expected in filter(None, (notes.expected, notes.demo)):
        named |= {*expected.targets, *expected.options, *(expected.slots.keys() - {"NEW"})}
    if named - handles:
        raise ValueError(f"case {name} names {sorted(named - handles)}, which its scene does not have")
