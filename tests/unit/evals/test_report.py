"""What the tables and the file say, and which failures count."""

from __future__ import annotations

from evals.report import CaseLine, SuiteReport, as_json, rules_table, suite_table
from evals.rules import RuleRow


def a_report(**grades: str | None) -> SuiteReport:
    return SuiteReport(
        dataset="copywriter",
        dataset_digest="0" * 64,
        model="offline-demo",
        simulated=True,
        now="2027-02-15T09:00:00+00:00",
        cases=[
            CaseLine(name="a-case", grades={"route": None, "figures": None, "window": None}),
            CaseLine(name="another", grades={"route": None, **grades}),
        ],
    )


def test_the_table_marks_what_passed_what_failed_and_what_does_not_apply() -> None:
    table = suite_table(a_report(figures="sms: “570” has no source"))
    lines = {line.split()[0]: line.split()[1:] for line in table.splitlines() if line.strip()}
    assert lines["a-case"] == ["·", "·", "·"]
    assert lines["another"] == ["·", "✗"]
    assert lines["pass"] == ["2", "1", "1"]
    assert lines["fail"] == ["0", "1", "0"]
    assert "failed: another · figures: sms: “570” has no source" in table


def test_the_label_says_that_a_simulation_measures_no_quality() -> None:
    assert "simulated: says nothing about quality" in suite_table(a_report())


def test_only_graders_that_must_pass_count_as_failures() -> None:
    report = a_report(figures="no source", cliches="a worn phrase")
    assert report.failures(must=True) == [("another", "figures", "no source")]
    assert report.failures(must=False) == [("another", "cliches", "a worn phrase")]


def test_a_rule_is_proven_when_every_text_fails_its_grader_and_no_other() -> None:
    assert RuleRow("copywriter/sms", "length", 4, {"limits": 4}).proven
    assert not RuleRow("copywriter/sms", "length", 4, {"limits": 3}).proven
    assert not RuleRow("copywriter/sms", "length", 4, {"limits": 4, "shape": 1}).proven
    assert not RuleRow("copywriter/sms", "length").proven


def test_the_table_of_rules_says_which_are_not_proven_and_why() -> None:
    rows = [
        RuleRow("copywriter/sms", "length", 4, {"limits": 4}),
        RuleRow("copywriter/sms", "cliches", 4, {"cliches": 4, "shape": 1}, ["cafe: shape: sms: no STOP"]),
        RuleRow("copywriter/sms", "language", 4, {"language": 2}),
    ]
    table = rules_table(rows)
    assert "1 of 3 rules are noticed" in table
    assert "cliches · cafe: shape: sms: no STOP" in table
    assert "language · seen in 2 of 4 texts" in table


def test_the_file_has_what_a_later_run_is_compared_by() -> None:
    written = as_json([a_report()], [RuleRow("copywriter/sms", "length", 4, {"limits": 4})])
    (suite,) = written["suites"]
    assert suite.keys() >= {"dataset", "dataset_digest", "model", "simulated", "prompts", "cases"}
    (rule,) = written["rules"]
    assert rule["proven"]
