"""What a model understood becomes a plan that can be carried out, whatever the model said."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.router import Plan, Understanding, asks_to_go_on, means_another, resolve_plan, unsupported_intent
from core.campaign import PLATFORMS, Campaign
from tests.unit.offline.businesses import BAKERY, GYM, NOW, TODAY


def settled(text: str, campaign: Campaign | None = None, **understood: object) -> Plan:
    understanding = Understanding.model_validate(understood)
    return resolve_plan(understanding, text, campaign, TODAY, GYM)


def campaign(name: str = "March Fitness Drive", **fields: object) -> Campaign:
    values = {"name": name, "business_id": "1" * 24, "created_at": NOW, "updated_at": NOW, **fields}
    return Campaign.model_validate(values)


def test_what_the_person_named_wins_over_the_model() -> None:
    plan = settled("Plan two weeks on LinkedIn", specialists=["strategy"], platforms=["sms", "email"])
    assert plan.platforms == ["linkedin"]


def test_a_model_that_names_every_platform_has_not_understood() -> None:
    assert settled("Plan it", specialists=["strategy"], platforms=list(PLATFORMS)).platforms == [
        "instagram",
        "email",
    ]
    assert settled("Write it", specialists=["copywriter"]).platforms == []


def test_the_campaigns_window_counts_when_nothing_is_said() -> None:
    running = campaign(start_date=date(2026, 11, 20), end_date=date(2026, 12, 3))
    plan = settled("Plan more", running, specialists=["strategy"])
    assert (plan.start, plan.end) == (TODAY, date(2026, 12, 3))
    over = campaign(start_date=date(2026, 10, 1), end_date=date(2026, 10, 31))
    assert settled("Plan more", over, specialists=["strategy"]).start == date(2026, 11, 30)


def test_next_monday_for_two_weeks_is_the_default() -> None:
    plan = settled("Plan something", specialists=["strategy"])
    assert (plan.start, plan.days) == (date(2026, 11, 30), 14)


@given(
    start=st.one_of(st.none(), st.dates().map(str), st.text(max_size=12)),
    days=st.one_of(st.none(), st.integers()),
    pieces=st.one_of(st.none(), st.integers()),
    phrases=st.tuples(st.text(max_size=200), st.text(max_size=200), st.text(max_size=400)),
    text=st.text(max_size=200),
)
def test_any_nonsense_gives_a_plan_that_can_be_carried_out(
    start: str | None, days: int | None, pieces: int | None, phrases: tuple[str, str, str], text: str
) -> None:
    name, theme, goal = phrases
    plan = settled(
        text,
        specialists=["copywriter", "copywriter"],
        start_date=start,
        days=days,
        pieces=pieces,
        campaign_name=name,
        theme=theme,
        goal=goal,
    )
    assert plan.specialists == ["copywriter"]
    assert TODAY <= plan.start <= TODAY + timedelta(days=366)
    assert 1 <= plan.days <= 92
    assert plan.pieces is None or 1 <= plan.pieces <= 24
    assert 1 <= len(plan.campaign_name) <= 80
    assert plan.campaign_name == plan.campaign_name.strip()
    assert len(plan.theme) <= 120
    assert Plan.model_validate(plan.model_dump(mode="json")) == plan


@pytest.mark.parametrize(
    "name", ["", "  ", "null", "string", "<campaign>", "Save 50% now", "***", "Campaign"]
)
def test_an_empty_echoed_or_invented_name_is_not_taken(name: str) -> None:
    assert (
        settled("Plan a push", specialists=["strategy"], campaign_name=name).campaign_name
        == GYM.business_name
    )


@pytest.mark.parametrize(
    "name",
    [
        "Lionel",
        "Write a post about spring",
        "Plan a push for our",
        "Spring Spring Spring party",
    ],
)
def test_a_name_that_nobody_said_an_echo_or_a_loop_is_not_taken(name: str) -> None:
    text = "Plan a push for our spring party on Instagram"
    plan = settled(text, specialists=["strategy"], campaign_name=name, theme=name)
    assert (plan.campaign_name, plan.theme) == (GYM.business_name, "")


def test_a_name_from_earlier_in_the_conversation_is_taken() -> None:
    understanding = Understanding(specialists=["strategy"], campaign_name="Autumn kick-off")
    assert resolve_plan(understanding, "Yes", None, TODAY, GYM).campaign_name == GYM.business_name
    earlier = ["Shall I plan the autumn kick-off?"]
    assert resolve_plan(understanding, "Yes", None, TODAY, GYM, earlier).campaign_name == "Autumn kick-off"


def test_a_plain_question_gets_an_answer_whatever_the_model_thinks() -> None:
    both = ["strategy", "copywriter"]
    for text in ("What does a membership cost?", "Quels sont nos horaires ?", "Wann haben wir offen?"):
        assert settled(text, specialists=both).specialists == []
    for text in ("What could we post for Easter?", "How can I fill my gym?", "What about LinkedIn?"):
        assert settled(text, specialists=both).specialists == both


def test_a_figure_of_the_persons_own_may_stand_in_the_name() -> None:
    plan = settled("Plan our 10 year party", specialists=["strategy"], campaign_name="10 year party")
    assert plan.campaign_name == "10 year party"


def test_the_campaign_itself_is_no_theme() -> None:
    plan = settled("Write drafts for my fitness drive", campaign(), theme="Fitness Drive")
    assert (plan.theme, plan.campaign_name) == ("", "March Fitness Drive")


def test_a_model_without_an_idea_is_helped_by_the_verb() -> None:
    assert settled("Write a LinkedIn post about rest days").specialists == ["copywriter"]
    assert settled("Schreib eine E-Mail").specialists == ["copywriter"]
    assert settled("Plan a campaign on Instagram").specialists == ["strategy", "copywriter"]
    assert settled("Which campaign runs on Instagram?").specialists == []
    assert settled("Thank you").specialists == []


def test_who_says_write_gets_no_calendar_unless_a_time_is_named() -> None:
    for text in ("Write a LinkedIn post on rest days", "Rédige un e-mail", "Bitte schreib eine SMS"):
        assert settled(text, specialists=["strategy"]).specialists == ["copywriter"]
    for text in ("Write two weeks of Instagram posts", "Write a LinkedIn campaign", "Write something"):
        assert settled(text, specialists=["strategy"]).specialists == ["strategy"]


@pytest.mark.parametrize(
    ("text", "guess", "language"),
    [
        ("Write it in French", None, "fr"),
        ("Écris un post en anglais", "fr", "en"),
        ("Écris un post", "en", "fr"),
        ("Write it in Polish", "pl", "pl"),
        ("Write it", "nonsense!", "fr"),
        ("Write it", "sms", "fr"),
    ],
)
def test_the_businesss_language_unless_another_is_named(text: str, guess: str | None, language: str) -> None:
    understanding = Understanding(specialists=["copywriter"], language=guess)
    assert resolve_plan(understanding, text, None, TODAY, BAKERY).language == language


@pytest.mark.parametrize(
    "text", ["continue", "Go on, please", "weiter!", "Mach weiter bitte", "Continuez", "continúa", "La suite"]
)
def test_who_says_no_more_than_go_on_means_the_next_pieces(text: str) -> None:
    assert asks_to_go_on(text)


@pytest.mark.parametrize("text", ["Continue the story of our oven", "next week we close", "Weiterbildung"])
def test_a_sentence_that_only_begins_so_means_something_else(text: str) -> None:
    assert not asks_to_go_on(text)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("make the second e-mail shorter", "change"),
        ("Make the post more playful", "change"),
        ("Please shorten it", "change"),
        ("Make it shorter", "change"),
        ("translate the first e-mail into French", "change"),
        ("Rewrite the LinkedIn post", "change"),
        ("Raccourcis le deuxième e-mail", "change"),
        ("Raccourcis-le", "change"),
        ("Kürze die zweite E-Mail", "change"),
        ("Mach den Post kürzer", "change"),
        ("Traduce el primer correo", "change"),
        ("Delete the last draft", "delete"),
        ("Lösche den letzten Entwurf", "delete"),
        ("Supprime le dernier brouillon", "delete"),
        ("Send the SMS to all my customers now", "send"),
        ("Envoie le SMS maintenant", "send"),
        ("Publish the last post on Monday at 9", "send"),
        ("Veröffentliche den letzten Post jetzt", "send"),
        ("Make an Instagram post", None),
        ("make the posts for March", None),
        ("Write a shorter e-mail about spring", None),
        ("Send an e-mail about our spring offer", None),
        ("Send all my customers an e-mail about spring", None),
        ("Change my opening hours", None),
        ("Change le prix de la baguette à 1,40 €", None),
        ("What should I change?", None),
        ("Mach weiter", None),
        ("Translate my menu for tourists", None),
    ],
)
def test_what_is_to_be_done_with_a_written_piece_is_no_order_for_another(
    text: str, intent: str | None
) -> None:
    assert unsupported_intent(text) == intent


@pytest.mark.parametrize(
    ("name", "another"), [("summer challenge", True), ("March membership drive", False), ("", False)]
)
def test_another_campaign_is_one_that_has_no_word_in_common(name: str, another: bool) -> None:
    text = f"Plan two weeks of Instagram for our {name}"
    understanding = Understanding(specialists=["strategy", "copywriter"], campaign_name=name)
    assert means_another(understanding, text, campaign(), []) == another


def test_more_pieces_than_a_calendar_takes_are_counted() -> None:
    plan = settled("Write 50 posts", specialists=["strategy", "copywriter"])
    assert (plan.pieces, plan.beyond, plan.mix) == (24, 26, {"instagram": 50})
