"""Command line: `python -m evals [cases|rules|routing|economy]`."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import orjson

from core.errors import MarqueeError
from core.settings import Settings, load_settings
from evals.cases import DATASETS, RULES_DATASET, CaseSet, Suite, businesses, load
from evals.economy import LEAST_SHARED, economy_table, least_share, measure
from evals.graders import Graded
from evals.report import SuiteReport, as_json, rules_table, suite_report, suite_table, texts
from evals.routing import DATASET as ROUTING
from evals.routing import load_requests, passed, route_all, table
from evals.rules import RuleRow, check_rules
from evals.solver import Bench, open_bench
from services.businesses import BusinessDraft

OFFLINE_PARALLEL, REAL_PARALLEL = 8, 4


async def run_suite(
    bench: Bench, suite: Suite, known: dict[str, BusinessDraft], parallel: int
) -> SuiteReport:
    """Run all cases of one dataset on the configured model."""
    cases = CaseSet(name=suite.name, cases=suite.cases.cases, evaluators=[Graded(known)])
    async with bench.solver(known) as solver:
        report = await cases.evaluate(solver.solve, max_concurrency=parallel, progress=False)
        return suite_report(suite, report, solver.model)


def chosen(suite: Suite, wanted: str | None) -> Suite:
    """Filter cases by name; a partial dataset has no digest."""
    if wanted is None:
        return suite
    cases = [case for case in suite.cases.cases if wanted in str(case.name)]
    return Suite(suite.name, "", CaseSet(name=suite.name, cases=cases))


async def _run(options: argparse.Namespace, settings: Settings) -> bool:
    if options.what == "routing":
        async with open_bench(settings) as bench:
            routed = await route_all(bench, load_requests(options.file or ROUTING))
        print(table(routed, show=options.show))
        return passed(routed)
    if options.what == "economy":
        async with open_bench(settings) as bench:
            found = await measure(bench)
        print(economy_table(found))
        return least_share(found) >= LEAST_SHARED
    known = businesses()
    started = time.monotonic()
    reports: list[SuiteReport] = []
    rows: list[RuleRow] = []
    if options.what in {"all", "cases"}:
        async with open_bench(settings) as bench:
            for name in DATASETS:
                suite = chosen(load(name, known), options.case)
                if options.dataset in {None, name} and suite.cases.cases:
                    parallel = OFFLINE_PARALLEL if settings.offline else REAL_PARALLEL
                    report = await run_suite(bench, suite, known, parallel)
                    reports.append(report)
                    print(suite_table(report), end="\n\n")
                    if options.show:
                        print(*texts(report), sep="\n", end="\n\n")
    if options.what == "rules" or (options.what == "all" and settings.offline and not options.case):
        # Only the offline model breaks missing rules in a defined way.
        offline = settings.model_copy(update={"openai_api_key": None, "openai_base_url": "", "offline": True})
        async with open_bench(offline) as bench:
            rows = await check_rules(bench, load(RULES_DATASET, known), known)
        print(rules_table(rows), end="\n\n")
    if options.json is not None:
        options.json.write_bytes(orjson.dumps(as_json(reports, rows), option=orjson.OPT_INDENT_2))
    failed = [failure for report in reports for failure in report.failures(must=True)]
    good = not failed and all(row.proven for row in rows) and bool(reports or rows)
    print(f"{'passed' if good else 'FAILED'} in {time.monotonic() - started:.0f} s")
    return good


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 1 when a required grader failed, or a rule is not proven."""
    parser = argparse.ArgumentParser(prog="python -m evals", description=__doc__)
    parser.add_argument(
        "what", nargs="?", choices=("all", "cases", "rules", "routing", "economy"), default="all"
    )
    parser.add_argument("--dataset", choices=DATASETS, help="one dataset only")
    parser.add_argument("--case", metavar="PART", help="only cases whose name contains this")
    parser.add_argument("--show", action="store_true", help="print every text")
    parser.add_argument("--file", type=Path, metavar="FILE", help="labelled requests for `routing`")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything to a file")
    try:
        good = asyncio.run(_run(parser.parse_args(arguments), load_settings()))
    except MarqueeError as error:
        print(error.detail, file=sys.stderr)
        return 2
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
