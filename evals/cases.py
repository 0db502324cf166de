"""Typed datasets: prepared businesses, requests, expectations and provenance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import Field, StringConstraints, TypeAdapter
from pydantic_evals import Dataset

from core.business import Language
from core.campaign import CampaignFields, FunnelStage, Platform
from core.clock import LocalTime
from core.conversation import SpecialistName
from core.document import Value
from core.ids import digest
from evals.record import RunRecord
from services.businesses import BusinessDraft

NOW = datetime(2027, 2, 15, 9, 0, tzinfo=UTC)
"""The instant of every case, a Monday: dates in requests and expectations are relative to it."""

DATASETS = ("strategy", "copywriter")
RULES_DATASET = "rules"
_FOLDER = Path(__file__).parent / "datasets"

Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=400)]


class AskedSlot(Value):
    """A slot of the campaign before the run, to be drafted."""

    local_time: LocalTime
    platform: Platform
    theme: Sentence
    segment: str = ""
    funnel_stage: FunnelStage = "awareness"


class CaseInputs(Value):
    """The business, campaign and request; without `specialists` the router decides."""

    business: str
    request: Sentence
    campaign: CampaignFields | None = None
    slots: list[AskedSlot] = Field(default_factory=list)
    specialists: list[SpecialistName] | None = None


class Expected(Value):
    """The expected result; further expectations are the rules of the prompts.

    `uses` are keys of facts of which every draft must have one; empty means any fact or none.
    """

    agents: list[Literal["strategy", "copywriter"]]
    language: Language
    platforms: list[Platform]
    pieces: int | None = Field(default=None, ge=1)
    start: date | None = None
    end: date | None = None
    uses: list[str] = Field(default_factory=list)


class Notes(Value):
    """Origin and purpose of a case."""

    source: Literal["issue", "written", "found"]
    why: Sentence
    expected: Expected


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


def load(name: str, known: Mapping[str, BusinessDraft] | None = None) -> Suite:
    """Load one dataset.

    Raises:
        ValueError: A case names an unknown business or fact.
    """
    known = known or businesses()
    path = _FOLDER / f"{name}.yaml"
    cases = CaseSet.from_file(path)
    for case in cases.cases:
        _check(str(case.name), case.inputs, case.metadata, known)
    written = yaml.safe_load(path.read_text(encoding="utf-8"))
    drafts = {key: draft.model_dump(mode="json") for key, draft in known.items()}
    return Suite(name, digest([written, drafts, NOW.isoformat()]), cases)


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
