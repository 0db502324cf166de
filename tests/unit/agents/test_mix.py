"""What a person asks for in so many words: platforms, and how many pieces of each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.mix import at_most, in_turns, mix_named, platforms_asked, platforms_named
from core.campaign import PLATFORMS, Platform


@pytest.mark.parametrize(
    ("text", "platforms"),
    [
        ("Plan an Instagram and e-mail push", ["instagram", "email"]),
        ("a newsletter, then LinkedIn", ["email", "linkedin"]),
        ("on Insta and by SMS", ["instagram", "sms"]),
        ("Linked In post", ["linkedin"]),
        ("LinkedIn, but no e-mail and not on Instagram", ["linkedin"]),
        ("not only Instagram but email", ["instagram", "email"]),
        ("un courriel et un post Insta, pas de SMS", ["email", "instagram"]),
        ("eine Rundmail und Kurznachrichten, ohne LinkedIn", ["email", "sms"]),
        ("un correo y un mensaje de texto, sin Instagram", ["email", "sms"]),
        ("ask ig@example.org or @instagram", []),
        ("a big mailbox", []),
        ("", []),
    ],
)
def test_platforms_are_named_in_four_languages(text: str, platforms: list[Platform]) -> None:
    assert platforms_named(text) == platforms


@pytest.mark.parametrize(
    ("text", "mix"),
    [
        ("Write two posts and one e-mail", {"instagram": 2, "email": 1}),
        ("Write two posts for LinkedIn and an e-mail", {"linkedin": 2, "email": 1}),
        ("4 Instagram posts, 2 e-mails and an SMS", {"instagram": 4, "email": 2, "sms": 1}),
        ("five posts on Instagram and LinkedIn", {"instagram": 3, "linkedin": 2}),
        (
            "two posts, one e-mail, one SMS and one LinkedIn post",
            {"instagram": 2, "email": 1, "sms": 1, "linkedin": 1},
        ),
        ("three pieces by e-mail", {"email": 3}),
        ("3 text messages", {"sms": 3}),
        ("deux posts Instagram et un e-mail", {"instagram": 2, "email": 1}),
        ("vier Beiträge und eine Rundmail", {"instagram": 4, "email": 1}),
        ("cinco correos", {"email": 5}),
        ("write three short, warm posts", {}),
        ("a post", {}),
        ("an e-mail", {}),
        ("two weeks of posts", {}),
        ("a two-week Instagram and e-mail push", {}),
        ("deux semaines de posts Instagram et un e-mail", {}),
        ("two e-mails and something for LinkedIn", {}),
        ("an e-mail campaign with 2 posts", {}),
        ("", {}),
    ],
)
def test_how_many_of_what_is_read_in_four_languages(text: str, mix: dict[Platform, int]) -> None:
    assert mix_named(text) == mix


def test_posts_go_where_the_campaign_goes() -> None:
    assert mix_named("Write two posts and one e-mail", ["email", "linkedin"]) == {"linkedin": 2, "email": 1}


@given(st.dictionaries(st.sampled_from(PLATFORMS), st.integers(1, 6), min_size=1))
def test_a_mix_one_by_one_has_every_piece_once(mix: dict[Platform, int]) -> None:
    order = in_turns(mix)
    assert set(order[: len(mix)]) == set(mix)
    assert {platform: order.count(platform) for platform in mix} == mix


@pytest.mark.parametrize(
    ("text", "platforms"),
    [
        ("Write one post and one e-mail about wills", ["instagram", "email"]),
        ("Écris un post et un e-mail sur la brioche", ["instagram", "email"]),
        ("Plane drei Wochen Posts und E-Mails", ["instagram", "email"]),
        ("a post for LinkedIn and an e-mail", ["linkedin", "email"]),
        ("an e-mail about our post office", ["email"]),
        ("Write a post", []),
    ],
)
def test_posts_beside_another_platform_are_asked_for_too(text: str, platforms: list[Platform]) -> None:
    assert platforms_asked(text) == platforms


@pytest.mark.parametrize(
    "text",
    [
        "deux semaines de posts Instagram et un e-mail pour nos matins",
        "Zwei Wochen Instagram-Posts und eine E-Mail zur Krallenpflege",
        "Plan two weeks of Instagram posts and one e-mail",
    ],
)
def test_a_single_piece_is_a_single_piece(text: str) -> None:
    assert at_most(text) == {"email": 1}
    assert at_most("a two-week Instagram and e-mail push, or an e-mail campaign") == {}
