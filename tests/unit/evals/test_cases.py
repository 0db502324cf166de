"""The datasets: enough cases, in every language, about businesses and facts that exist."""

from __future__ import annotations

from collections import Counter

import pytest

from core.campaign import PLATFORMS
from evals.cases import DATASETS, NOW, RULES_DATASET, Expected, Suite, businesses, load
from evals.graders import GRADER_OF_RULE, GRADERS
from evals.rules import PROMPTS
from prompts.library import PromptLibrary

KNOWN = businesses()
SUITES = {name: load(name, KNOWN) for name in (*DATASETS, RULES_DATASET)}


def expectations(suite: Suite) -> list[Expected]:
    return [case.metadata.expected for case in suite.cases.cases if case.metadata is not None]


@pytest.mark.parametrize("name", DATASETS)
def test_each_agent_has_enough_cases_in_every_language(name: str) -> None:
    suite = SUITES[name]
    assert len(suite.cases.cases) >= 12
    languages = Counter(expected.language.split("-")[0] for expected in expectations(suite))
    assert languages.keys() == {"en", "fr", "de", "es"}
    assert min(languages.values()) >= 2
    assert {platform for expected in expectations(suite) for platform in expected.platforms} == set(PLATFORMS)


def test_no_prepared_business_is_unused() -> None:
    assert {case.inputs.business for suite in SUITES.values() for case in suite.cases.cases} == KNOWN.keys()


def test_the_rule_check_covers_every_prompt_in_every_language() -> None:
    pieces, calendars = [
        [expected for expected in expectations(SUITES[RULES_DATASET]) if expected.agents == [agent]]
        for agent in ("copywriter", "strategy")
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
    for expected in expectations(SUITES["strategy"]):
        assert expected.start is not None
        assert expected.end is not None
        assert NOW.date() < expected.start < expected.end


def test_another_business_makes_another_digest() -> None:
    changed = dict(KNOWN)
    changed["plumber"] = KNOWN["plumber"].model_copy(update={"brand_voice": "Cheerful"})
    assert load("copywriter", changed).digest != SUITES["copywriter"].digest
    assert load("copywriter", KNOWN).digest == SUITES["copywriter"].digest


def test_a_case_about_an_unknown_business_is_refused() -> None:
    without = {name: draft for name, draft in KNOWN.items() if name != "cafe"}
    with pytest.raises(ValueError, match="cafe"):
        load("copywriter", without)


def test_a_case_about_an_unknown_fact_is_refused() -> None:
    poor = {**KNOWN, "yoga": KNOWN["yoga"].model_copy(update={"facts": []})}
    with pytest.raises(ValueError, match="trial week"):
        load("copywriter", poor)
