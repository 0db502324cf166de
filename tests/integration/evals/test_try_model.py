"""The page of `make try-model`, written on the offline model through the real graph."""

from __future__ import annotations

import re
from pathlib import Path

from core.rules.findings import Check, Span
from evals.cases import businesses
from evals.try_model import talks, try_model
from evals.try_page import compared, marked
from memory.embedded import StoreUrls
from tests.stored import settings_on


def test_twelve_requests_of_three_businesses_are_prepared() -> None:
    assert len(talks()) == 3
    assert len([asked for talk in talks() for asked in talk.requests]) == 12
    assert {talk.business for talk in talks()} <= businesses().keys()


async def test_the_page_shows_what_became_of_every_request(store_urls: StoreUrls, tmp_path: Path) -> None:
    settings = settings_on(store_urls, tmp_path, openai_api_key=None, openai_base_url="")
    (talk,) = [talk for talk in talks() if talk.business == "boulangerie"]
    page, good = await try_model(settings, [talk])
    assert good
    assert "the demo model answered" in page
    assert "says nothing about quality" in page
    for asked in talk.requests:
        assert asked.text.replace("'", "&#39;") in page
    # The post is there, with the alternatives to its opening and the place of the translation.
    assert page.count("<article") == len(talk.requests)
    assert "Instagram · fr" in page
    assert "To choose from" in page
    assert "38" in page
    # Nothing is loaded from anywhere.
    assert re.findall(r'(?:src|href)\s*=\s*"?(?![#"])\S+|url\(|@import', page) == []


async def test_a_model_that_does_not_answer_is_shown_as_an_error(
    store_urls: StoreUrls, tmp_path: Path
) -> None:
    nobody = "http://127.0.0.1:9/v1"
    settings = settings_on(
        store_urls, tmp_path, openai_api_key=None, openai_base_url=nobody, model="none", model_attempts=1
    )
    talk = talks()[2]
    first = talk.model_copy(update={"requests": talk.requests[:1]})
    page, good = await try_model(settings, [first])
    assert not good
    assert 'class="error"' in page
    assert "demo model answered" not in page


def test_findings_are_marked_where_they_are_and_words_are_compared() -> None:
    check = Check(name="figures.sourced", passed=False, severity="block", message="Not £15", spans=[])
    span = Span(field="caption", start=7, end=10, text="£15")
    assert marked("It is <£15>.", [(span, check)]) == [
        ("", "", "It is <"),
        ("block", "Not £15", "£15"),
        ("", "", ">."),
    ]
    assert compared("one two three", "one three") == [
        ("", "", "one "),
        ("del", "", "two "),
        ("", "", "three"),
    ]
