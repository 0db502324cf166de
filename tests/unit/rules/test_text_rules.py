"""Each row of evals/datasets/text-rules.jsonl: a notation, a banned word, a merge tag, a length."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from core.business import Profile
from core.rules.claims import Source
from core.rules.findings import Check, DraftText, Platform
from core.rules.form import check_form
from core.rules.links import LinkPolicy, filter_text
from core.rules.matching import Setting
from core.rules.platforms import check_limits, sms_parts
from core.rules.verdicts import check_claims
from core.rules.wording import check_banned_words, check_placeholders
from services.meaning import understand

ROWS: list[dict[str, Any]] = [
    json.loads(line)
    for line in Path("evals/datasets/text-rules.jsonl").read_text(encoding="utf-8").splitlines()
]
TODAY = dt.date(2026, 11, 27)
COUNTRIES = {"fr": "FR", "de": "DE", "en": "US", "es": "ES", "it": "IT"}
SMS = {
    "sms-01": "this is a " + "]" * 75 + "😘",
    "sms-02": "".join("|{^"[n % 3] for n in range(69)) + "∞",
    "sms-04": "e" + "\u0301" * 3 + "a" * 69,
    "sms-05": "Testing Hand " + "🤟🏻" * 14 + " " + "🤟🏻",
    "sms-07": "a" * 80 + "\r\n" + "a" * 79,
    "sms-08": "e\u0301" * 70,
    "sms-09": '"' * 160,
}


def draft(
    text: str, language: str = "en", platform: Platform = "instagram", tags: Sequence[str] = ()
) -> DraftText:
    return DraftText(platform=platform, language=language, fields={"caption": text}, hashtags=list(tags))


def of(prefix: str) -> list[Any]:
    rows = [row for row in ROWS if row["id"].startswith(prefix)]
    return [pytest.param(row, id=f"{row['id']} {row['kind']}") for row in rows]


def named(checks: Sequence[Check], name: str) -> Check:
    return next(check for check in checks if check.name == name)


FIGURES = [row for prefix in ("price", "pct", "time", "date", "phone", "offer") for row in of(prefix)]
FIGURES += [row for row in of("link") if "facts" in row.values[0]["input"]]


@pytest.mark.parametrize("row", FIGURES)
def test_figures_are_read_in_every_notation(row: dict[str, Any]) -> None:
    given = row["input"]
    sources = [Source(kind="fact", ref=str(n), text=fact) for n, fact in enumerate(given["facts"])]
    setting = Setting(TODAY, given["language"], COUNTRIES.get(given["language"]))
    checks, claims = check_claims(draft(given["text"], given["language"]), sources, setting, understand)
    flagged = [span.text for check in checks for span in check.spans]
    said = [(claim.figure.kind, claim.figure.text, claim.verdict, claim.derived) for claim in claims]
    assert bool(flagged) == row["right"].startswith("flag"), said


@pytest.mark.xfail(reason="a link within a run of letters of another script is removed whole", strict=True)
def test_a_full_stop_of_another_script_ends_a_link() -> None:
    (row,) = [row for row in ROWS if row["kind"] == "chat link filter"]
    assert filter_text(row["input"]["text"], LinkPolicy.from_texts(row["input"]["allowed"])) == row["right"]


@pytest.mark.parametrize("row", of("ban"))
def test_banned_words(row: dict[str, Any]) -> None:
    given = row["input"]
    check = check_banned_words(
        draft(given["text"], given["language"], tags=given["hashtags"]), given["banned"]
    )
    assert (not check.passed) == (row["right"] == "found"), check.message


@pytest.mark.parametrize("row", of("fill"))
def test_what_is_left_to_fill_in(row: dict[str, Any]) -> None:
    assert not check_placeholders(draft(row["input"]["text"])).passed


@pytest.mark.parametrize("row", [row for row in of("sms") if row.values[0]["id"] in SMS])
def test_lengths_of_text_messages(row: dict[str, Any]) -> None:
    counted = sms_parts(SMS[row["id"]])
    assert f"{counted.encoding}, {counted.units} units, {counted.parts} parts" == row["right"]


def test_one_character_that_makes_a_text_message_longer_is_named() -> None:
    checks = check_limits(draft("a" * 150 + "’", platform="sms"))
    (long,) = [check for check in checks if "’" in check.message]
    assert "3" in long.message


@pytest.mark.parametrize("row", of("tag"))
def test_hashtags_are_counted(row: dict[str, Any]) -> None:
    given = row["input"]
    check = named(check_limits(draft(given["caption"], tags=given["hashtags"])), "limits.hashtags")
    assert row["right"].split()[0] in check.message


@pytest.mark.parametrize(
    "text", [row["input"]["what"] for row in ROWS if row["id"] in {"http-01", "http-02", "http-04"}]
)
def test_what_a_model_wraps_a_text_in_is_a_finding(text: str) -> None:
    assert not check_form(draft(text)).passed


def test_a_newline_in_a_subject_is_a_finding() -> None:
    mail = DraftText(
        platform="email", language="en", fields={"title": "Hi\r\nBcc: x@y.example", "body": "Hi"}
    )
    assert any(
        not check.passed and check.spans and check.spans[0].field == "title" for check in check_limits(mail)
    )


def test_a_newline_in_the_name_of_a_business_is_refused_or_gone() -> None:
    try:
        name = Profile(business_name="Perrache\r\nBcc: x@y.example", industry="Gym").business_name
    except ValidationError:
        return
    assert "\n" not in name
    assert "\r" not in name


def test_an_emoji_of_seven_code_points_counts_as_what_the_platform_counts() -> None:
    check = named(check_limits(draft("a" * 2_199 + "👨‍👩‍👧‍👦")), "limits.caption-length")
    assert not check.passed
    assert "2,210" in check.message


def test_a_marketing_text_message_without_a_way_to_stop_is_a_finding() -> None:
    checks = check_limits(draft("Perrache: class $29", platform="sms"))
    assert any(not check.passed and check.stage == "send" and "STOP" in check.message for check in checks)
