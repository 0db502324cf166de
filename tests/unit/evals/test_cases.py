"""The datasets: enough cases, in every language, about businesses, facts and drafts that exist."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from core.campaign import PLATFORMS
from evals.cases import DATASETS, NOW, RULES_DATASET, Expected, Suite, businesses, load, scenes
from evals.graders import GRADER_OF_RULE, GRADERS
from evals.routing import DATASETS as ROUTING
from evals.rules import PROMPTS
from prompts.library import PromptLibrary

KNOWN = businesses()
OFFLINE = Path(__file__).parents[3] / "agents" / "offline"
SUITES = {name: load(name, KNOWN) for name in (*DATASETS, RULES_DATASET)}


def expectations(suite: Suite) -> list[Expected]:
    return [case.metadata.expected for case in suite.cases.cases if case.metadata is not None]


@pytest.mark.parametrize("name", DATASETS)
def test_each_intent_has_enough_cases_in_every_language(name: str) -> None:
    suite = SUITES[name]
    assert len(suite.cases.cases) >= 12
    languages = Counter(expected.language.split("-")[0] for expected in expectations(suite))
    assert languages.keys() == {"en", "fr", "de", "es"}
    assert min(languages.values()) >= 2
    assert all(name in expected.did for expected in expectations(suite))


@pytest.mark.parametrize("name", ["plan", "write"])
def test_every_platform_is_planned_and_written_for(name: str) -> None:
    named = {platform for expected in expectations(SUITES[name]) for platform in expected.platforms}
    assert named == set(PLATFORMS)


def test_no_request_is_one_that_the_demo_model_or_the_routing_set_has() -> None:
    theirs = [path.read_text(encoding="utf-8").casefold() for path in (*OFFLINE.glob("*.yaml"), *ROUTING)]
    for name in DATASETS[2:]:
        for case in SUITES[name].cases.cases:
            asked = case.inputs.request.casefold()
            # A few words are everybody's.
            assert len(asked.split()) < 3 or not any(asked in text for text in theirs), case.name


def test_no_prepared_business_is_unused() -> None:
    assert {case.inputs.business for suite in SUITES.values() for case in suite.cases.cases} == KNOWN.keys()


def test_the_rule_check_covers_every_prompt_in_every_language() -> None:
    pieces, calendars = [
        [expected for expected in expectations(SUITES[RULES_DATASET]) if expected.did == [intent]]
        for intent in ("write", "plan")
    ]
    for cases in (pieces, calendars):
        assert {expected.language for expected in cases} == {"en", "fr", "de", "es"}
    assert all(set(expected.platforms) == set(PLATFORMS) for expected in pieces)


def test_a_rule_of_every_specialist_prompt_has_its_grader() -> None:
    library = PromptLibrary()
    rules = {rule for prompt in PROMPTS for rule in library.rules(prompt)}
    assert rules == GRADER_OF_RULE.keys()
    assert set(GRADER_OF_RULE.values()) <= {grader.name for grader in GRADERS}
    # Changes and alternatives keep a writer's rules, which are proven on the writers' own prompts.
    own = {"copywriter/edit", "copywriter/variants"}
    assert {name for name in library.names() if name.startswith("copywriter/")} - own < set(PROMPTS)


def test_windows_lie_after_the_moment_of_the_cases() -> None:
    for expected in expectations(SUITES["plan"]):
        assert expected.start is not None
        assert expected.end is not None
        assert NOW.date() < expected.start < expected.end


def test_another_business_makes_another_digest() -> None:
    changed = dict(KNOWN)
    changed["plumber"] = KNOWN["plumber"].model_copy(update={"brand_voice": "Cheerful"})
    assert load("write", changed).digest != SUITES["write"].digest
    assert load("write", KNOWN).digest == SUITES["write"].digest


def test_a_case_about_an_unknown_business_is_refused() -> None:
    without = {name: draft for name, draft in KNOWN.items() if name != "cafe"}
    with pytest.raises(ValueError, match="cafe"):
        load("write", without)


def test_a_case_about_an_unknown_fact_is_refused() -> None:
    poor = {**KNOWN, "yoga": KNOWN["yoga"].model_copy(update={"facts": []})}
    with pytest.raises(ValueError, match="trial week"):
        load("write", poor)


def test_a_case_about_an_unknown_draft_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scene = scenes()["bookshop"]
    monkeypatch.setitem(scenes(), "bookshop", scene.model_copy(update={"slots": scene.slots[:1]}))
    with pytest.raises(ValueError, match="D2"):
        load("edit", KNOWN)
