"""What of an order may be seen by readers."""

from __future__ import annotations

import pytest

from core.business import Business
from core.campaign import PLATFORMS, Platform
from tests.unit.offline.businesses import BAKERY, CAFE, GROOMER, GYM, LAW_FIRM
from tests.unit.offline.desk import Desk, asked, words_of
from tests.unit.offline.test_planning import plan
from tests.unit.offline.test_writing import with_facts


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
        (GYM, "Write an SMS with our phone number", "Phone number", "Phone number"),
    ],
)
async def test_no_order_becomes_a_subject_a_text_or_a_hashtag(
    desk: Desk, business: Business, request_text: str, theme: str, never: str
) -> None:
    (settled, *_) = await desk.understand(business, request_text)
    for one in {theme, settled.theme}:
        for platform in PLATFORMS:
            fields, failed = await desk.draft(business, platform, theme=one, request=request_text)
            assert failed == []
            assert never.lower() not in words_of(fields).lower()
    calendar = await desk.calendar(
        business, plan(business, ["instagram"]).model_copy(update={"theme": theme})
    )
    assert not [slot.theme for slot in calendar.slots if never.lower() in slot.theme.lower()]


@pytest.mark.parametrize(
    "subject",
    [
        "15% off wills until Friday 4 December",
        "15% off wills as long as stocks last, until we close",
    ],
)
@pytest.mark.parametrize("platform", ["email", "sms"])
async def test_an_offer_is_in_no_draft_without_its_end(desk: Desk, subject: str, platform: Platform) -> None:
    request = f"Write an e-mail about {subject}"
    (settled, *_) = await desk.understand(LAW_FIRM, request)
    fields, failed = await desk.draft(LAW_FIRM, platform, theme=settled.theme, request=request)
    assert failed == []
    said = (fields.title or "", *words_of(fields).split("\n"))
    assert not [line for line in said if "15%" in line and "until Friday 4 December" not in line]


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
