"""What a copywriter wrote becomes content, tidied up and not reworded; its prompts stay short."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.copywriter import (
    Email,
    LinkedEmail,
    Post,
    Sms,
    note_of,
    specialist_for,
    to_arguments,
    to_fields,
    to_text,
    with_known_link,
)
from agents.tokens import TokenCounter
from core.business import Fact
from core.campaign import PLATFORMS, Platform
from core.content import Content
from prompts.library import PromptLibrary
from tests.unit.offline.businesses import GYM, NOW
from tests.unit.offline.desk import inputs_for_draft


def test_hashtags_lose_sign_blanks_and_doubles() -> None:
    post = Post(
        caption="Hello", hashtags=["#Gym", "young professionals", "gym", "##a #b", " ", "tag,"], cta=""
    )
    assert to_text(post)[1].hashtags == ["Gym", "youngprofessionals", "ab", "tag"]


def test_hashtags_at_the_end_of_a_caption_belong_to_the_list() -> None:
    post = Post(caption="We are #1 in town.\n\n#gym #spring", hashtags=["Spring"], cta=" Come\nin ")
    text = to_text(post)[1]
    assert (text.caption, text.cta) == ("We are #1 in town.", "Come in")
    assert text.hashtags == ["Spring", "gym"]


def test_a_subject_is_one_line() -> None:
    email = Email(subject="A\r\nBcc: all", preheader="b\nc", body="\nHello\n\nyou ", cta="Go")
    title, text = to_text(email)
    assert title == "A Bcc: all"
    assert (text.preheader, text.body, text.caption) == ("b c", "Hello\n\nyou", "")


@pytest.mark.parametrize(
    ("platform", "value"),
    [
        ("instagram", Post(caption="Hello", hashtags=["a", "b"], cta="Go")),
        ("email", Email(subject="S", preheader="P", body="B", cta="C")),
        ("email", LinkedEmail(subject="S", preheader="P", body="B", cta="C", cta_url="https://a.example/b")),
        ("sms", Sms(text="Hi")),
    ],
)
def test_a_saved_draft_is_shown_as_it_was_written(platform: Platform, value: Post | Email | Sms) -> None:
    fields = to_fields(value, "en")
    content = Content(
        **dict(fields),
        business_id="1" * 24,
        campaign_id="2" * 24,
        platform=platform,
        created_at=NOW,
        updated_at=NOW,
    )
    assert to_arguments(content) == value.model_dump(exclude={"note_to_owner"})


BOOKING = Fact(key="booking", value="Online at https://gym.example/book, or call us")


def test_an_email_has_a_link_for_its_next_step_only_if_the_facts_have_one() -> None:
    assert specialist_for("email", [BOOKING]).output is LinkedEmail
    assert specialist_for("email", GYM.facts).output is Email
    prompts = [
        PromptLibrary().render("copywriter/email", inputs_for_draft(GYM, "email", {}, facts=facts)).user
        for facts in ([*GYM.facts, BOOKING], GYM.facts)
    ]
    assert ["cta_url" in prompt for prompt in prompts] == [True, False]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("https://gym.example/book", "https://gym.example/book"),
        ("https://gym.example/offers", ""),
        ("javascript:alert(1)", ""),
        ("Book now", ""),
    ],
)
def test_a_link_that_no_fact_has_is_left_out(written: str, kept: str) -> None:
    fields = to_fields(LinkedEmail(subject="S", body="B", cta_url=written), "en")
    assert with_known_link(fields, [BOOKING]).text_content.cta_url == kept


def test_a_link_that_the_draft_had_stays_in_a_change() -> None:
    old = "https://gym.example/spring"
    fields = to_fields(LinkedEmail(subject="S", body="B", cta_url=old), "en")
    assert with_known_link(fields, [], before=old).text_content.cta_url == old


def test_a_note_to_the_owner_is_one_line_and_no_part_of_the_text() -> None:
    sms = Sms(text="Hi", note_to_owner="I had no price\nfor the trial. " * 20)
    note = note_of(sms)
    assert note.startswith("I had no price for the trial.")
    assert len(note) <= 200
    assert note not in to_text(sms)[1].caption


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_small_model_can_take_the_prompt(
    platform: Platform, tmp_path_factory: pytest.TempPathFactory
) -> None:
    counter = TokenCounter(Path(tmp_path_factory.getbasetemp()) / "tokens")
    counter.load()
    task = {"theme": "March membership drive: how it begins", "local_time": "2027-03-01T12:00"}
    inputs = inputs_for_draft(
        GYM,
        platform,
        task,
        request="Plan a two-week Instagram and e-mail push for my March membership drive",
        findings=["“500” is not in your facts."],
        previous="Hello. " * 40,
    )
    rendered = PromptLibrary().render(specialist_for(platform).prompt, inputs)
    assert counter.count(rendered.system) < 500
    assert counter.count(rendered.system) + counter.count(rendered.user) < 1_300
    assert "<findings>\ndraft: Hello." in rendered.user
