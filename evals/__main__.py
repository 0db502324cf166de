"""Command line: `python -m evals [cases|rules|routing|claims|economy]`."""

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
from evals.claims import marked_by_code, reached
from evals.claims import measure as measure_claims
from evals.claims import rows as claims_rows
from evals.claims import table as claims_table
from evals.economy import LEAST_SHARED, economy_table, least_share, measure
from evals.graders import Graded
from evals.passed import load_recorded, record, summary, worse
from evals.report import SuiteReport, as_json, rules_table, suite_report, suite_table, texts
from evals.routing import DATASETS as ROUTING
from evals.routing import load_requests, passed, route_all, table
from evals.rules import RuleRow, check_rules
from evals.solver import Bench, open_bench
from services.businesses import BusinessDraft

OFFLINE_PARALLEL, REAL_PARALLEL = 8, 4
_WHAT = ("all", "cases", "rules", "routing", "claims", "economy")


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


async def _route(settings: Settings, paths: Sequence[Path], *, show: bool) -> bool:
    """Print what the labelled requests were taken for; return whether that is good enough."""
    good = True
    async with open_bench(settings) as bench:
        for path in paths:
            routed = await route_all(bench, load_requests(path))
            print(f"routing · {path.stem}", table(routed, show=show), sep="\n", end="\n\n")
            good = passed(routed) and good
    return good


async def _run(options: argparse.Namespace, settings: Settings) -> bool:
    if options.what == "economy":
        async with open_bench(settings) as bench:
            found = await measure(bench)
        print(economy_table(found))
        return least_share(found) >= LEAST_SHARED
    known = businesses()
    started = time.monotonic()
    everything = options.what == "all" and not options.case and not options.dataset
    reports: list[SuiteReport] = []
    rows: list[RuleRow] = []
    good = True
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
        recorded = load_recorded()
        if options.record:
            recorded = record(reports, recorded)
        print(summary(reports, recorded), end="\n\n")
        good = bool(reports) and not any(worse(report, recorded) for report in reports)
    if options.what == "routing" or everything:
        good = await _route(settings, [options.file] if options.file else ROUTING, show=options.show) and good
    if options.what == "claims" or everything:
        marks = measure_claims(marked_by_code, claims_rows())
        print(claims_table("claims, code alone", marks), end="\n\n")
        good = reached(marks) and good
    if options.what == "rules" or (everything and settings.offline):
        # Only the offline model breaks missing rules in a defined way.
        offline = settings.model_copy(update={"openai_api_key": None, "openai_base_url": "", "offline": True})
        async with open_bench(offline) as bench:
            rows = await check_rules(bench, load(RULES_DATASET, known), known)
        print(rules_table(rows), end="\n\n")
        good = all(row.proven for row in rows) and good
    if options.json is not None:
        options.json.write_bytes(orjson.dumps(as_json(reports, rows), option=orjson.OPT_INDENT_2))
    print(f"{'passed' if good else 'FAILED'} in {time.monotonic() - started:.0f} s")
    return good


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 1 when a recorded case failed, a target was missed or a rule is not proven."""
    parser = argparse.ArgumentParser(prog="python -m evals", description=__doc__)
    parser.add_argument("what", nargs="?", choices=_WHAT, default="all")
    parser.add_argument("--dataset", choices=DATASETS, help="one dataset only")
    parser.add_argument("--case", metavar="PART", help="only cases whose name contains this")
    parser.add_argument("--record", action="store_true", help="record the passed cases of this model")
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
