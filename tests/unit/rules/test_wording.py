"""The words of a draft: banned, in the right language, neither worn, looping, unfinished nor missing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rules.findings import DraftText
from core.rules.wording import (
    check_banned_words,
    check_cliches,
    check_empty,
    check_language,
    check_placeholders,
    check_repetition,
)


def draft(caption: str, language: str = "en", hashtags: list[str] | None = None) -> DraftText:
    return DraftText(
        platform="instagram", language=language, fields={"caption": caption}, hashtags=hashtags or []
    )


@pytest.mark.parametrize(
    ("text", "banned", "language", "expected"),
    [
        (
            "We guarantee it, guaranteed. GUARANTEES!",
            "guarantee",
            "en",
            ["guarantee", "guaranteed", "GUARANTEES"],
        ),
        ("gua\u00adrantee, guar\u200bantee", "guarantee", "en", ["gua\u00adrantee", "guar\u200bantee"]),
        ("ｇｕａｒａｎｔｅｅ", "Guarantee", "en", ["ｇｕａｒａｎｔｅｅ"]),
        ("start smart art", "art", "en", ["art"]),
        ("risk\u00a0 free, risk-free", "risk free", "en", ["risk\u00a0 free", "risk-free"]),
        ("easiest, easily", "easy", "en", ["easiest", "easily"]),
        ("curing what cures", "cure", "en", ["curing", "cures"]),
        ("100% free, 100 members", "100%", "en", ["100%"]),
        ("Bestpreisgarantie", "Garantie", "de", ["Bestpreisgarantie"]),
        ("Das Artefakt", "Art", "de", []),
        ("le meilleur, la meilleure", "meilleur", "fr", ["meilleur", "meilleure"]),
        ("garantissons", "garantir", "fr", ["garantissons"]),
        ("garantizamos", "garantizar", "es", ["garantizamos"]),
        ("ELEGANT und élégante", "elegant", "fr", ["ELEGANT", "élégante"]),
        ("#GuaranteedResults", "guarantee", "en", ["Guarantee"]),
    ],
)
def test_banned_words(text: str, banned: str, language: str, expected: list[str]) -> None:
    check = check_banned_words(draft(text, language), [banned])
    assert [span.text for span in check.spans] == expected
    assert check.passed == (not expected)
    assert (check.name, check.severity) == ("wording.banned-words", "block")


def test_banned_words_in_hashtags() -> None:
    check = check_banned_words(draft("x", hashtags=["#NoRiskFree", "yoga"]), ["risk free"])
    assert [(span.field, span.text) for span in check.spans] == [("hashtags.0", "RiskFree")]


def test_a_banned_term_with_a_dot_inside_is_found() -> None:
    assert not check_banned_words(draft("Only 0.0 beer tonight."), ["0.0"]).passed
    assert check_banned_words(draft("Only 0 0 beer, or 10.05 of it."), ["0.0"]).passed


@given(st.text(max_size=60), st.text(min_size=1, max_size=12))
def test_a_banned_word_standing_alone_is_found(around: str, word: str) -> None:
    check = check_banned_words(draft(f"{around} . {word} ."), [word])
    assert check.passed is False or not any(char.isalnum() for char in word)


LANGUAGES = {
    "en": "Come and train with us on Saturday morning, all levels are welcome at the studio.",
    "fr": "Venez nous voir samedi matin, le pain sort du four et le café est chaud.",
    "de": "Wir freuen uns auf euren Hund, bringt ihn am Samstag einfach bei uns vorbei.",
    "es": "Ven a entrenar con nosotros este sábado por la mañana, te esperamos en el estudio.",
}


@pytest.mark.parametrize("written", LANGUAGES)
@pytest.mark.parametrize("expected", LANGUAGES)
def test_language(written: str, expected: str) -> None:
    check = check_language(draft(LANGUAGES[written]), f"{expected}-XX")
    assert check.passed == (written == expected)
    assert bool(check.spans) == (not check.passed)


@pytest.mark.parametrize(
    "text", ["Yoga flow", "Brunch & Burger", "https://ali.example/join-us-now-this-is-english", ""]
)
def test_short_texts_and_links_have_no_language(text: str) -> None:
    assert check_language(draft(text), "de").passed


def test_names_have_no_language() -> None:
    text = "The Very Best Fitness Studio of the Whole Town: bis Samstag!"
    assert check_language(draft(text), "de", ["The Very Best Fitness Studio of the Whole Town"]).passed


def test_an_unknown_language_is_not_judged() -> None:
    assert check_language(draft(LANGUAGES["en"]), "xx").passed


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Unlock your potential!", "en", ["Unlock your potential"]),
        ("Take your Saturday morning to the next level", "en-GB", ["next level"]),
        ("Don’t miss out", "en", ["Don’t miss out"]),
        ("Éveillez vos papilles", "fr", ["Éveillez vos papilles"]),
        ("Worauf wartest du?", "de", ["Worauf wartest du"]),
        ("¡No te lo pierdas!", "es", ["No te lo pierdas"]),
        ("The oven opens at seven.", "en", []),
    ],
)
def test_cliches_warn(text: str, language: str, expected: list[str]) -> None:
    check = check_cliches(draft(text, language))
    assert set(expected) <= {span.text for span in check.spans}
    assert (check.passed, check.severity) == (not expected, "warn")


@pytest.mark.parametrize(
    ("text", "passed"),
    [
        ("Join us now today. Hi. Join us now today! Ho. Join us now today.", False),
        ("train hard " * 6, False),
        ("so coooooooool and loooooooooooong", False),
        ("Train. Eat. Sleep. Train again, eat again, sleep again.", True),
        ("Monday: yoga at noon. Tuesday: yoga at noon. Friday: yoga at noon.", True),
        ("———————— ✨✨✨✨✨✨✨✨✨✨", True),
    ],
)
def test_loops_are_blocked(text: str, passed: bool) -> None:
    check = check_repetition(draft(text))
    assert (check.passed, check.severity) == (passed, "block")


def test_an_echo_of_the_instructions_is_blocked() -> None:
    told = "Write one Instagram caption for the business below and keep it under one hundred words."
    assert not check_repetition(draft(f"Sure. {told}"), told).passed
    assert check_repetition(draft("One hundred words about bread."), told).passed


@pytest.mark.parametrize(
    "text",
    [
        "Hi [Name]",
        "Hi [Your City],",
        "{{first_name}}",
        "{name}",
        "<insert link>",
        "<NAME>",
        "Lorem ipsum dolor",
        "[votre ville]",
        "As an AI language model, I",
        "Call XXX",
        "TODO: price",
        "Name: ____",
    ],
)
def test_placeholders_are_blocked(text: str) -> None:
    check = check_placeholders(draft(text))
    assert (check.passed, check.severity) == (False, "block")
    assert check.spans


@pytest.mark.parametrize(
    "text",
    [
        "[Anzeige] Neu",
        "[our page](https://a.example)",
        "<b>bold</b> <strong>x</strong>",
        "TODO INCLUIDO",
        "__bold__",
        "Size XXL",
        "5 < 6 > 4",
        "[ ] open",
        "[1]",
    ],
)
def test_what_only_looks_like_a_placeholder_passes(text: str) -> None:
    assert check_placeholders(draft(text)).passed


def test_nothing_to_publish_is_blocked() -> None:
    assert not check_empty(draft(" \u200b 🙂 ")).passed
    assert check_empty(draft("Hi")).passed
    mail = DraftText(platform="email", language="en", fields={"body": "Hello"})
    assert check_empty(mail).message == "The e-mail has no subject."
