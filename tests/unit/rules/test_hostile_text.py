"""Every rule reads every hostile text in time that grows with its length (the whole matrix: tests/fuzz)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import numpy as np
import pytest
import pytest_asyncio
from numpy.typing import NDArray

from core.rules.binding import MOST_UNDERSTOOD
from core.rules.claims import MOST_FIGURES, Source
from core.rules.figures import MOST_NUMBERS, figures_in
from core.rules.findings import MOST_READ, MOST_SPANS, check_length, first_part
from core.rules.matching import Setting
from core.rules.verdicts import check_claims
from core.rules.wording import check_banned_words
from services.check_process import CheckProcess
from tests.fuzz.rules import MANY, NOW, RULES, draft, every_text, seconds

SETTING = Setting(NOW.date(), "en")
REPRESENTATIVE = ["'½'", "'12,5,13,5,'", "'[['", "'https://a@'", "' #a'"]


@pytest_asyncio.fixture(scope="module")
async def process() -> AsyncIterator[CheckProcess]:
    opened = CheckProcess(cpu_seconds=30)
    yield opened
    await opened.close()


@pytest.mark.parametrize("rule", RULES)
async def test_every_hostile_text_is_read_to_its_end(rule: str, process: CheckProcess) -> None:
    # What grows exponentially would take longer than any deadline at a tenth of this length.
    await process.call(every_text, rule, 150)


@pytest.mark.parametrize("rule", MANY)
async def test_the_time_of_a_rule_grows_no_faster_than_its_text(rule: str, process: CheckProcess) -> None:
    for text in REPRESENTATIVE:
        short = await process.call(seconds, rule, text, 2_000)
        # Four times the text: what is linear takes four times as long, what is quadratic sixteen times.
        assert await process.call(seconds, rule, text, 8_000) < 10 * short + 0.02, text


def test_figures_beyond_the_most_are_a_finding() -> None:
    text = " ".join(f"{number} €" for number in range(1, MOST_FIGURES + 2))
    (check, _), claims = check_claims(draft(text), [Source(kind="request", ref="r", text=text)], SETTING)
    assert (check.passed, len(claims)) == (False, MOST_FIGURES)
    assert {claim.source is None for claim in claims} == {False}
    assert "the text has more" in check.message


def test_rows_of_digits_beyond_the_most_are_a_finding() -> None:
    text = "1-" * (MOST_NUMBERS + 1)
    (check, _), _ = check_claims(draft(text), [], SETTING)
    assert not check.passed
    assert figures_in(f"{text} 12 €") == figures_in(text)


def test_clauses_beyond_the_most_are_named_in_the_message() -> None:
    def understand(texts: Sequence[str]) -> NDArray[np.float32]:
        return np.full((len(texts), 512), 512**-0.5, np.float32)

    def message(clauses: int) -> str:
        (_, check), _ = check_claims(draft("We bake bread. " * clauses), [], SETTING, understand)
        return check.message

    assert f"{MOST_UNDERSTOOD} clauses" in message(MOST_UNDERSTOOD + 1)
    assert "clauses" not in message(MOST_UNDERSTOOD)


def test_links_beyond_the_most_are_a_finding() -> None:
    (check, _), claims = check_claims(draft("a.com " * (MOST_NUMBERS + 1)), [], SETTING)
    assert (check.passed, len(claims)) == (False, MOST_FIGURES)
    assert "the text has more" in check.message


def test_a_draft_is_read_up_to_a_length_and_says_so() -> None:
    long = draft("a" * MOST_READ + "b")
    (check,) = check_length(long)
    assert check.stops_approval
    assert first_part(long).fields == {"caption": "a" * MOST_READ}
    assert check_length(first_part(long)) == []


def test_a_claim_keeps_the_words_around_its_figure_and_not_a_whole_conversation() -> None:
    said = f"{'We bake. ' * 800}The loaf is 4 € today. {'Come in. ' * 800}"
    _, (claim,) = check_claims(draft("Loaf: 4 €"), [Source(kind="request", ref="r", text=said)], SETTING)
    assert claim.source is not None
    assert "The loaf is 4 € today." in claim.source.text
    assert len(claim.source.text) < 600


def test_a_claim_keeps_no_whole_text_that_has_no_spaces() -> None:
    said = f"{'a-' * 2_000}4€{'-a' * 2_000}"
    _, (claim,) = check_claims(draft("Loaf: 4 €"), [Source(kind="request", ref="r", text=said)], SETTING)
    assert claim.source is not None
    assert "4€" in claim.source.text
    assert len(claim.source.text) < 600


def test_a_rule_shows_some_places_and_passes_none_of_the_others() -> None:
    check = check_banned_words(draft("cheap " * 5_000), ["cheap"])
    assert (check.passed, len(check.spans)) == (False, MOST_SPANS)
