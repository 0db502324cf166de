"""What of an order may be seen by readers."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from agents.offline import times
from agents.offline.ordering import bare
from agents.offline.speech import LANGUAGES, STAGES
from agents.offline.subjects import offers
from core.business import Business
from core.campaign import Campaign, Platform
from tests.unit.offline.businesses import BAKERY, CAFE, GROOMER, GYM, LAW_FIRM, NOW, TODAY
from tests.unit.offline.desk import Desk, asked, words_of
from tests.unit.offline.test_planning import plan
from tests.unit.offline.test_writing import with_facts

PHRASES = Path(times.__file__).parent / "phrases"


@pytest.mark.parametrize(
    ("topic", "left"),
    [
        ("Zwei Wochen für Instagram und E-Mail", ""),
        ("Deux semaines pour la rentrée", "rentrée"),
        ("Two weeks of Instagram posts for the spring sale", "spring sale"),
        ("dos semanas en Instagram para el menú de otoño", "menú de otoño"),
        ("Fellwechsel: zwei Wochen", "Fellwechsel"),
        ("Welpentermin und schreib alles", "Welpentermin"),
        ("Our newsletter", ""),
        ("Halbzeit nach drei Monaten", "Halbzeit"),
        ("Numéro de téléphone", ""),
        ("Our phone number and website", ""),
        ("Post-workout smoothies", "Post-workout smoothies"),
        ("New website", "New website"),
    ],
)
def test_the_words_of_an_order_are_no_subject(topic: str, left: str) -> None:
    assert bare(topic) == left


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_trades_own_ideas_have_no_words_of_an_order(language: str) -> None:
    kinds = yaml.safe_load((PHRASES / f"{language}.yaml").read_text(encoding="utf-8"))["kinds"]
    themes = [theme for kind in kinds.values() for stage in STAGES for theme, _ in kind[stage]]
    assert [bare(theme) for theme in themes] == themes


@pytest.mark.parametrize(
    ("business", "request_text", "theme", "never"),
    [
        (
            GROOMER,
            "Plane zwei Wochen für Instagram und E-Mail",
            "Zwei Wochen für Instagram und E-Mail",
            "Wochen",
        ),
        (BAKERY, "Fais deux semaines pour la rentrée", "Deux semaines pour la rentrée", "semaines"),
        (
            GROOMER,
            "Plane den Welpentermin und schreib alles",
            "Welpentermin und schreib alles",
            "schreib alles",
        ),
        (BAKERY, "Écris un SMS avec notre numéro de téléphone", "Numéro de téléphone", "Numéro de téléphone"),
        (GYM, "Write an SMS with our phone number", "Phone number", "Phone number"),
    ],
)
async def test_no_order_becomes_a_subject_a_text_or_a_hashtag(
    desk: Desk, business: Business, request_text: str, theme: str, never: str
) -> None:
    _, settled = await desk.understand(business, request_text)
    for one in {theme, settled.theme}:
        for platform in ("instagram", "email", "sms"):
            for place in (1, 2):
                fields, failed = await desk.draft(
                    business, platform, theme=one, request=request_text, place=place, funnel_stage="awareness"
                )
                assert failed == []
                assert never.lower() not in words_of(fields).lower()
                tags = {tag.lower() for tag in fields.text_content.hashtags}
                assert not tags & {
                    "deux",
                    "zwei",
                    "instagram",
                    "schreib",
                    "alles",
                    "phone",
                    "number",
                    "numéro",
                }
    calendar = await desk.calendar(
        business, plan(business, ["instagram"]).model_copy(update={"theme": theme, "campaign_name": theme})
    )
    assert not [slot.theme for slot in calendar.slots if never.lower() in slot.theme.lower()]


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("SMS: 15% off until Friday 4 December", ["15% off until Friday 4 December"]),
        ("20% off until Friday and write it funny", ["20% off until Friday"]),
        ("10 % de remise jusqu'au vendredi 4 décembre", ["10 % de remise jusqu'au vendredi 4 décembre"]),
        ("20 % Rabatt bis Freitag, den 4. Dezember", ["20 % Rabatt bis Freitag, den 4. Dezember"]),
        ("20 % Rabatt auf alles bis zum 24.12.", ["20 % Rabatt auf alles bis zum 24.12"]),
        (
            "20 % de descuento hasta el viernes 4 de diciembre",
            ["20 % de descuento hasta el viernes 4 de diciembre"],
        ),
        ("10% off this week", ["10% off this week"]),
        ("15% off wills until Friday 4 December", ["15% off wills until Friday 4 December"]),
        ("20% discount for new clients until 3 May", ["20% discount for new clients until 3 May"]),
        ("15% off. Valid until stocks last", []),
        ("15% off until stocks last", []),
        ("15% off from 1 to 5 December", []),
    ],
)
def test_an_offer_is_told_with_its_whole_date_or_not_at_all(text: str, whole: list[str]) -> None:
    assert offers(text) == whole


@pytest.mark.parametrize(
    "subject",
    [
        "15% off wills until Friday 4 December",
        "15% off mirror wills for couples until Friday 4 December",
        "probate with 15% off for all our clients until Friday 4 December 2026",
        "15% off wills as long as stocks last, until we close",
    ],
)
@pytest.mark.parametrize("platform", ["instagram", "email", "sms"])
async def test_an_offer_is_in_no_draft_without_its_end(desk: Desk, subject: str, platform: Platform) -> None:
    request = f"Write an e-mail about {subject}"
    _, settled = await desk.understand(LAW_FIRM, request)
    fields, failed = await desk.draft(LAW_FIRM, platform, theme=settled.theme, request=request)
    assert failed == []
    said = (fields.title or "", *words_of(fields).split("\n"))
    assert not [line for line in said if "15%" in line and "until Friday 4 December" not in line]


async def test_the_date_of_an_offer_stands_whole_in_a_text_message(desk: Desk) -> None:
    request = "Write an SMS: 15% off until Friday 4 December"
    _, settled = await desk.understand(GYM, request)
    fields, failed = await desk.draft(GYM, "sms", theme=settled.theme, request=request)
    assert failed == []
    assert "15% off until Friday 4 December." in words_of(fields)


@pytest.mark.parametrize(
    ("business", "request_text", "facts"),
    [
        (
            GYM,
            "Write an SMS with our phone number and the website",
            {"Phone": "xxxx", "Website": "gym.example"},
        ),
        (
            GROOMER,
            "SMS mit Telefonnummer und der Webseite",
            {"Telefon": "xxxx", "Webseite": "www.hund.example"},
        ),
        (
            BAKERY,
            "Écris un SMS avec le téléphone et le site web",
            {"téléphone": "xxxx", "site web": "pain.example"},
        ),
        (CAFE, "Escribe un SMS con el teléfono y la web", {"teléfono": "xxxx", "web": "luna.example"}),
    ],
)
async def test_a_contact_fact_that_is_there_is_never_called_missing(
    desk: Desk, business: Business, request_text: str, facts: dict[str, str]
) -> None:
    known = with_facts(business, facts)
    fields, failed = await desk.draft(known, "sms", theme="", request=request_text)
    assert failed == []
    assert ".example" in words_of(fields)
    assert "xxxx" not in words_of(fields)
    answer = await desk.ask("copilot/answer", asked(known, request_text, drafts=[("sms", "", 0)]))
    assert not any(word in answer for word in ("no fact", "aucun fait", "keinen Fakt", "ningún dato"))


async def test_an_offer_of_an_earlier_request_is_in_no_later_draft(desk: Desk) -> None:
    for platform in ("instagram", "email", "sms"):
        fields, _ = await desk.draft(
            GYM, platform, theme="20% off until 3 May", request="Write something about our trial, please"
        )
        assert "20" not in words_of(fields)
    campaign = Campaign(
        business_id="1" * 24,
        name="20% off the membership",
        goal="",
        start_date=TODAY,
        end_date=TODAY,
        created_at=NOW,
        updated_at=NOW,
    )
    wanted = plan(GYM, ["instagram"]).model_copy(update={"theme": "", "campaign_name": campaign.name})
    assert not [slot.theme for slot in (await desk.calendar(GYM, wanted)).slots if "20" in slot.theme]
