"""What counts as worse than what was recorded."""

from __future__ import annotations

from evals.passed import Passed, Recorded, summary, worse
from evals.report import CaseLine, SuiteReport


def a_report(*, digest: str = "0" * 64, model: str = "a-model", **passed: bool) -> SuiteReport:
    cases = [CaseLine(name=name, grades={"route": None if good else "no"}) for name, good in passed.items()]
    return SuiteReport(
        dataset="edit",
        dataset_digest=digest,
        model=model,
        simulated=False,
        now="2027-02-15T09:00:00+00:00",
        cases=cases,
    )


RECORDED: Recorded = {"a-model": {"edit": Passed(dataset_digest="0" * 64, prompts={}, cases=["one", "two"])}}


def test_a_case_that_passed_and_fails_now_is_worse_and_one_that_never_passed_is_not() -> None:
    assert worse(a_report(one=True, two=False, three=False), RECORDED) == ["two"]
    assert worse(a_report(one=True, two=True, three=False), RECORDED) == []


def test_a_recorded_case_that_is_gone_is_worse_unless_only_some_cases_were_run() -> None:
    assert worse(a_report(one=True), RECORDED) == ["two"]
    assert worse(a_report(digest="", one=True), RECORDED) == []


def test_of_a_model_without_a_record_every_failed_case_counts() -> None:
    assert worse(a_report(model="another", one=True, two=False), RECORDED) == ["two"]


def test_the_summary_names_what_is_worse_and_what_is_better() -> None:
    line = summary([a_report(one=False, two=True, three=True)], RECORDED).splitlines()[1]
    assert line.split() == ["edit", "3", "2", "2", "−one", "+three"]
