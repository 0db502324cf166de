"""The eval command's work on real graphs and stores: every case passes, every rule has its grader."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from core.settings import Settings
from evals.__main__ import run_suite
from evals.cases import DATASETS, RULES_DATASET, CaseSet, businesses, load
from evals.economy import LEAST_SHARED, economy_table, least_share, measure
from evals.passed import load_recorded, worse
from evals.report import suite_table
from evals.routing import DATASETS as ROUTING
from evals.routing import load_requests, passed, route_all, table
from evals.rules import PROMPTS, check_rules
from evals.solver import Bench, open_bench
from memory.embedded import StoreUrls
from prompts.library import PromptLibrary
from tests.stored import settings_on
from tests.tenancy import TenantListener

KNOWN = businesses()


@pytest.fixture
def tenant_listener() -> TenantListener:
    return TenantListener()


@pytest.fixture
def settings(store_urls: StoreUrls, tmp_path: Path) -> Settings:
    return settings_on(store_urls, tmp_path, openai_api_key=None, openai_base_url="")


@pytest_asyncio.fixture
async def bench(settings: Settings, tenant_listener: TenantListener) -> AsyncIterator[Bench]:
    async with open_bench(settings, [tenant_listener]) as opened:
        yield opened
    assert tenant_listener.leaks == []


@pytest.mark.parametrize("name", ["plan", "write"])
async def test_every_case_passes_every_grader_on_the_offline_model(bench: Bench, name: str) -> None:
    report = await run_suite(bench, load(name, KNOWN), KNOWN, parallel=8)
    assert report.failures(must=True) + report.failures(must=False) == []
    assert len(report.cases) >= 12
    assert report.simulated
    assert report.model == "offline-demo"
    assert all(case.repairs == 0 for case in report.cases)
    assert {"copywriter/post@2", "strategy/calendar@2"} <= {made.name for made in report.prompts}


@pytest.mark.parametrize("name", DATASETS[2:])
async def test_every_recorded_case_still_passes_on_the_offline_model(bench: Bench, name: str) -> None:
    report = await run_suite(bench, load(name, KNOWN), KNOWN, parallel=8)
    assert worse(report, load_recorded()) == [], suite_table(report)


async def test_requests_are_taken_for_what_they_ask_and_nothing_else_is_done(bench: Bench) -> None:
    for path in ROUTING:
        rows = await route_all(bench, load_requests(path))
        assert len(rows) >= 90
        assert passed(rows), table(rows, show=True)


async def test_the_writers_of_a_run_share_the_beginning_of_their_prompts(bench: Bench) -> None:
    found = await measure(bench)
    assert [one.name for one in found].count("copywriter/post@2") > 1
    assert least_share(found) >= LEAST_SHARED, economy_table(found)


async def test_each_rule_taken_out_fails_its_own_grader_and_no_other(bench: Bench) -> None:
    # Half of the languages, to be quick; `make evals` takes all.
    suite = load(RULES_DATASET, KNOWN)
    cases = [case for case in suite.cases.cases if str(case.name).endswith(("-en", "-de"))]
    assert len(cases) == 4
    rows = await check_rules(bench, replace(suite, cases=CaseSet(name=suite.name, cases=cases)), KNOWN)
    library = PromptLibrary()
    assert [(row.prompt, row.rule) for row in rows] == [
        (prompt, rule) for prompt in PROMPTS for rule in library.rules(prompt)
    ]
    assert [(row.prompt, row.rule, row.failed, row.said) for row in rows if not row.proven] == []
