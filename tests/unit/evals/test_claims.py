"""The labelled statements: how many of the untrue, and how few of the honest, the checks mark."""

from __future__ import annotations

import datetime as dt

import pytest

from core.rules.claims import Source
from core.rules.findings import DraftText
from core.rules.judging import Judgement, Unsupported, merge_judgement
from core.rules.matching import Setting
from core.rules.verdicts import check_claims
from evals.claims import marked_by_code, marked_with_judge, measure, rows
from services.meaning import understand

FACTS = {
    "Dog wash": "£25, 40 minutes, includes nail clipping",
    "Full groom": "£48, 90 minutes",
    "Opening hours": "Tuesday to Friday 9am to 6pm, Saturday 10am to 4pm, closed Sunday and Monday",
    "Puppy class": "every second Thursday of the month, 6pm to 7.30pm, £12, eight puppies at most",
    "Collection": "free within 3 miles for orders over £40",
    "Team": "Rosa Lind, head groomer; Amir Kahn, trainer",
}


def test_code_alone_marks_four_of_five_untrue_and_few_honest_statements() -> None:
    counts = measure(marked_by_code, rows()).counts
    assert counts["all"].found >= 0.8 * counts["all"].must
    assert counts["figures and offers"].found >= 0.9 * counts["figures and offers"].must
    assert counts["all"].wrongly <= 0.08 * counts["all"].honest


def test_with_a_judge_that_answers_from_the_labels_nothing_is_missed() -> None:
    counts = measure(marked_with_judge, rows()).counts
    assert counts["all"].found >= 0.99 * counts["all"].must


def verdicts(text: str, request: str = "") -> list[tuple[str, str]]:
    sources = [Source(kind="fact", ref=key, text=f"{key}: {value}") for key, value in FACTS.items()]
    sources += [Source(kind="request", ref="r", text=request)] if request else []
    draft = DraftText(platform="linkedin", language="en", fields={"caption": text})
    _, claims = check_claims(draft, sources, Setting(dt.date(2027, 3, 1), "en", "GB"), understand)
    return [
        (claim.figure.text.strip(" ."), claim.verdict or "")
        for claim in claims
        if claim.figure.kind != "statement"
    ]


@pytest.mark.parametrize(
    ("text", "request_", "expected"),
    [
        ("A full groom is £25.", "", ("£25", "wrong")),
        ("A full groom is forty-eight pounds.", "", ("forty-eight pounds", "supported")),
        ("A dog wash and a full groom come to £73 together.", "", ("£73", "supported")),
        ("A dog wash and a full groom come to £71 together.", "", ("£71", "wrong")),
        ("On Saturdays we are open until six.", "", ("until six", "wrong")),
        ("On Saturdays we are open until four.", "", ("until four", "supported")),
        ("The next puppy class is on Thursday 11 March.", "", ("Thursday 11 March", "supported")),
        ("The next puppy class is on Thursday 18 March.", "", ("Thursday 18 March", "wrong")),
        (
            "A full groom is 20% off in March: £38.40.",
            "20% off a full groom in March",
            ("£38.40", "supported"),
        ),
        ("A full groom is £40.", "A full groom costs £40", ("£40", "wrong")),
    ],
)
def test_a_figure_is_bound_to_what_it_is_about(text: str, request_: str, expected: tuple[str, str]) -> None:
    assert expected in verdicts(text, request_)


def test_a_judge_replaces_guesses_and_keeps_what_code_knows() -> None:
    fields = {"caption": "A full groom is £25. We won the county cup. Rosa sings to the dogs."}
    sources = [Source(kind="fact", ref="f", text="Full groom: £48, 90 minutes")]
    draft = DraftText(platform="linkedin", language="en", fields=fields)
    checks, claims = check_claims(draft, sources, Setting(dt.date(2027, 3, 1), "en"), understand)
    judged = Judgement(
        unsupported=[Unsupported(text="we won the “county” cup"), Unsupported(text="not there")]
    )
    merged, kept = merge_judgement(fields, checks, claims, judged)
    assert [(claim.figure.text, claim.verdict) for claim in kept] == [
        ("£25", "wrong"),
        ("We won the county cup", "unconfirmed"),
    ]
    assert [check.passed for check in merged] == [False, False]
