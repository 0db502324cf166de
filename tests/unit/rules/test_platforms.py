"""Platform limits and how each platform counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rules.findings import Check, DraftText, Platform
from core.rules.platforms import check_limits, count, limits_for, published_text, sms_parts

PLATFORMS: list[Platform] = ["instagram", "linkedin", "email", "sms"]


def draft(platform: Platform, *, hashtags: list[str] | None = None, **fields: str) -> DraftText:
    return DraftText(platform=platform, language="en", fields=fields, hashtags=hashtags or [])


def named(text: DraftText, name: str) -> Check:
    return next(check for check in check_limits(text) if check.name == name)


@pytest.mark.parametrize(
    ("text", "encoding", "units", "parts"),
    [
        ("", "gsm7", 0, 0),
        ("a" * 160, "gsm7", 160, 1),
        ("a" * 161, "gsm7", 161, 2),
        ("a" * 307, "gsm7", 307, 3),
        ("€" * 80, "gsm7", 160, 1),
        ("a" * 152 + "€" * 8, "gsm7", 168, 2),
        ("a" * 152 + "€" + "a" * 152, "gsm7", 306, 3),
        ("Grüße é à ñ [x]\r\n", "gsm7", 19, 1),
        ("ç", "ucs2", 1, 1),
        ("a" * 68 + "🙂", "ucs2", 70, 1),
        ("a" * 69 + "🙂", "ucs2", 71, 2),
    ],
)
def test_sms_parts(text: str, encoding: str, units: int, parts: int) -> None:
    counted = sms_parts(text)
    assert (counted.encoding, counted.units, counted.parts) == (encoding, units, parts)


@given(st.text(max_size=400))
def test_sms_parts_hold_what_they_must(text: str) -> None:
    counted = sms_parts(text)
    single, several = (160, 153) if counted.encoding == "gsm7" else (70, 67)
    assert (counted.parts <= 1) == (counted.units <= single)
    assert (
        counted.parts <= 1 or (counted.parts - 1) * (several - 1) < counted.units <= counted.parts * several
    )


@pytest.mark.parametrize(
    ("platform", "text", "expected"),
    [
        ("instagram", "a🙂", 3),
        ("linkedin", "a(b)_🙂", 10),
        ("email", "👨‍👩‍👧é", 2),
        ("email", "e\u0301", 1),
        ("sms", "€", 2),
    ],
)
def test_each_platform_counts_its_way(platform: Platform, text: str, expected: int) -> None:
    assert count(platform, text) == expected


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_limit_says_where_it_comes_from(platform: Platform) -> None:
    limits = limits_for(platform)
    assert limits.version
    assert all(limit.source and limit.checked_at for limit in limits.limits)
    names = [check.name for check in check_limits(draft(platform, caption="x", body="x", title="x"))]
    more = ["limits.opt-out"] if platform == "sms" else []
    assert names == [f"limits.{limit.name}" for limit in limits.limits] + more


def test_maximum_of_a_named_limit() -> None:
    assert limits_for("instagram").maximum("caption-length") == 2200
    assert limits_for("instagram").maximum("nothing") is None


def test_the_hashtags_and_the_call_to_action_count_too() -> None:
    text = draft("instagram", caption="a" * 2190, cta="Join", hashtags=["fit", "#gym"])
    assert published_text(text) == "a" * 2190 + "\n\nJoin\n\n#fit #gym"
    assert not named(text, "limits.caption-length").passed
    assert named(draft("instagram", caption="a" * 2200), "limits.caption-length").passed


def test_the_sixth_hashtag_is_marked_wherever_it_stands() -> None:
    check = named(draft("instagram", caption="#a #b", hashtags=["c", "d", "e", "f"]), "limits.hashtags")
    assert not check.passed
    assert check.severity == "block"
    assert [(span.field, span.text) for span in check.spans] == [("hashtags.3", "f")]


def test_linkedin_counts_what_it_escapes() -> None:
    assert named(draft("linkedin", caption="a" * 3000), "limits.caption-length").passed
    check = named(draft("linkedin", caption="(" * 1501), "limits.caption-length")
    assert not check.passed
    assert check.message == "The text has 3,002 characters as LinkedIn counts (at most 3,000)."


@pytest.mark.parametrize("newline", ["\n", "\r", "\r\n", "\u2028", "\x85"])
def test_a_subject_is_one_line(newline: str) -> None:
    check = named(draft("email", title=f"Hello{newline}Bcc: x", body="x"), "limits.subject-newline")
    assert not check.passed
    assert check.severity == "block"


def test_a_long_subject_warns_where_it_is_cut() -> None:
    check = named(draft("email", title="a" * 60, body="x"), "limits.subject-length")
    assert (check.passed, check.severity) == (False, "warn")
    assert [(span.field, span.start, span.end) for span in check.spans] == [("title", 50, 60)]


def test_what_only_a_real_send_needs_warns() -> None:
    media = named(draft("instagram", caption="x"), "limits.media")
    address = named(draft("email", title="x", body="x"), "limits.postal-address")
    assert {(check.passed, check.stage, check.severity) for check in (media, address)} == {
        (False, "send", "warn")
    }
    ready = DraftText(platform="instagram", language="en", fields={"caption": "x"}, has_media=True)
    assert named(ready, "limits.media").passed


def test_a_long_text_message_is_blocked() -> None:
    assert named(draft("sms", body="a" * 1600), "limits.sms-length").passed
    assert not named(draft("sms", body="a" * 1601), "limits.sms-length").passed
    assert not named(draft("sms", body="ç" * 700), "limits.sms-parts").passed
