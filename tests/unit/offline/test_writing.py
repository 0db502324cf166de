"""Drafts and answers of businesses that nobody prepared."""

from __future__ import annotations

import re

import pytest

from core.business import Business, Fact
from core.campaign import PLATFORMS, Platform
from tests.unit.offline.businesses import ALL, BAKERY, CAFE, GROOMER, GYM, LAW_FIRM
from tests.unit.offline.desk import Desk, asked, words_of

GROOMER_BY_SIZE = GROOMER.model_copy(
    update={"facts": [Fact(key="Waschen und Schneiden", value="ab 48 € für kleine Hunde")]}
)
CAFE_WITH_MENU = CAFE.model_copy(update={"facts": [Fact(key="menú del día", value="11,50 €")]})


def names(business: Business) -> str:
    return business.business_name


@pytest.mark.parametrize("business", ALL, ids=names)
@pytest.mark.parametrize("platform", PLATFORMS)
async def test_a_draft_passes_every_check_and_uses_the_business(
    desk: Desk, business: Business, platform: Platform
) -> None:
    theme = business.facts[0].key
    fields, failed = await desk.draft(business, platform, theme=theme)
    assert failed == []
    words = words_of(fields)
    assert business.business_name in words or platform in {"instagram", "linkedin"}
    # An SMS has plain dashes: others make it longer to send.
    assert business.facts[0].value.replace("–", "-") in words.replace("–", "-")
    strangers = [
        fact.value for other in ALL if other is not business for fact in other.facts if fact.value in words
    ]
    assert strangers == []


async def test_the_same_prompt_gets_the_same_draft(desk: Desk) -> None:
    first, _ = await desk.draft(GYM, "instagram", theme="Membership")
    again, _ = await desk.draft(GYM, "instagram", theme="Membership")
    assert first == again


async def test_a_banned_word_keeps_a_fact_and_a_pattern_out(desk: Desk) -> None:
    for place in range(1, 7):
        fields, failed = await desk.draft(LAW_FIRM, "linkedin", theme="Our guarantee", place=place)
        assert failed == []
        assert "guarantee" not in words_of(fields).lower()
        assert "calm" not in words_of(fields).lower()


FORMS = {
    "de": (r"\b(?:[Dd]u|[Dd]ir|[Dd]ich|[Dd]ein\w*)\b", r"\b(?:Sie|Ihnen|Ihre?)\b"),
    "fr": (r"(?i)\b(?:tu|toi|te|ton|ta|tes)\b|\bt’", r"(?i)\b(?:vous|votre|vos|(?!chez|assez)\w+ez)\b"),
    "es": (r"(?i)\b(?:tú|tu|ti|te|quieres)\b", r"(?i)\b(?:usted|su|quiera?)\b"),
}


@pytest.mark.parametrize(
    ("business", "industry", "voice", "formal"),
    [
        (BAKERY, "Boulangerie", "chaleureux, tutoiement", False),
        (BAKERY, "Boulangerie", "ton du quartier", True),
        (GROOMER, "Hundesalon", "Freundlich, mit Sie", True),
        (GROOMER, "Hundesalon", "wir duzen", False),
        (CAFE, "Cafetería", "cercano, tutea", False),
        (CAFE, "Cafetería", "serio, de usted", True),
    ],
)
async def test_a_text_keeps_to_the_form_of_address_that_the_voice_names(
    desk: Desk, business: Business, industry: str, voice: str, formal: bool
) -> None:
    changed = business.model_copy(update={"industry": industry, "brand_voice": voice, "banned_words": []})
    found = ""
    for place, stage in enumerate(["awareness", "consideration", "conversion", "retention"]):
        for platform in ("instagram", "email"):
            fields, _ = await desk.draft(changed, platform, theme="", place=place + 1, funnel_stage=stage)
            found += words_of(fields)
    informal_words, formal_words = (re.findall(form, found) for form in FORMS[business.language])
    wanted, other = (formal_words, informal_words) if formal else (informal_words, formal_words)
    assert other == []
    assert wanted


@pytest.mark.parametrize(
    ("business", "theme", "never"),
    [
        (GROOMER_BY_SIZE, "Preise für große Hunde", "48"),
        (CAFE_WITH_MENU, "Desayuno y su precio", "11,50"),
        (CAFE_WITH_MENU, "30 % de descuento en los cruasanes", "11,50"),
    ],
)
async def test_a_price_of_something_else_is_no_answer_and_the_copilot_says_what_is_missing(
    desk: Desk, business: Business, theme: str, never: str
) -> None:
    verb = {"de": "Schreib eine E-Mail über", "es": "Escribe un correo sobre"}[business.language]
    request = f"{verb} {theme}"
    fields, failed = await desk.draft(business, "email", theme=theme, request=request)
    assert failed == []
    assert never not in words_of(fields)
    answer = await desk.ask("copilot/answer", asked(business, request, drafts=[("email", "One", 0)]))
    assert {"de": "keinen Fakt gefunden", "es": "ningún dato sobre"}[business.language] in answer


async def test_the_persons_own_offer_and_number_are_quoted(desk: Desk) -> None:
    request = "Write an e-mail about 50% off until 3 May, call 020 7946 0999"
    fields, failed = await desk.draft(GYM, "email", theme="50% off until 3 May", request=request)
    assert failed == []
    assert "50% off until 3 May" in (fields.text_content.body or "")
    assert fields.text_content.cta == "Call us: 020 7946 0999"


@pytest.mark.parametrize("business", ALL, ids=names)
async def test_no_reader_is_called_by_the_name_of_a_segment_or_a_campaign(
    desk: Desk, business: Business
) -> None:
    segment = business.target_audience[0].segment_name
    for place in range(1, 5):
        fields, _ = await desk.draft(business, "email", theme="", place=place)
        assert segment.lower() not in words_of(fields).lower()


def with_facts(business: Business, facts: dict[str, str]) -> Business:
    return business.model_copy(update={"facts": [Fact(key=key, value=value) for key, value in facts.items()]})


@pytest.mark.parametrize(
    ("business", "request_text", "theme", "said"),
    [
        (
            with_facts(GROOMER, {"Neukundenrabatt": "10 € beim ersten Besuch", "Telefon": "040 123 45 67"}),
            "SMS mit Telefonnummer und dem Neukundenrabatt",
            "Neukundenrabatt",
            ["10 € beim ersten Besuch", "040 123 45 67"],
        ),
        (
            LAW_FIRM,
            "Write a text about the first consultation with our phone number",
            "First consultation",
            ["45 minutes, £90", "+44 20 7946 0123"],
        ),
        (
            with_facts(BAKERY, {"galette des rois": "24 € pour six", "téléphone": "04 65 71 12 34"}),
            "Écris un texte pour la galette des rois avec le numéro de téléphone",
            "Galette des rois",
            ["24 € pour six", "04 65 71 12 34"],
        ),
        (
            with_facts(
                CAFE, {"menú del día": "11,50 €", "terraza": "abierta todo el año", "web": "https://a.es"}
            ),
            "Escribe un texto sobre el menú del día y la terraza con el enlace",
            "Menú del día y la terraza",
            ["11,50 €", "abierta todo el año", "https://a.es"],
        ),
    ],
    ids=["de", "en", "fr", "es"],
)
async def test_every_fact_that_the_request_names_is_in_the_draft(
    desk: Desk, business: Business, request_text: str, theme: str, said: list[str]
) -> None:
    fields, failed = await desk.draft(business, "email", theme=theme, request=request_text)
    assert failed == []
    for value in said:
        assert value in words_of(fields)
    answer = await desk.ask("copilot/answer", asked(business, request_text, drafts=[("email", "One", 0)]))
    assert not any(word in answer for word in ("no fact", "aucun fait", "keinen Fakt", "ningún dato"))
