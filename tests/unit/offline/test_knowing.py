"""What the copilot knows, and what it says it does not know."""

from __future__ import annotations

import pytest

from core.business import Business, Fact
from tests.unit.offline.businesses import BAKERY, CAFE, GROOMER, LAW_FIRM
from tests.unit.offline.desk import Desk, asked, words_of
from tests.unit.offline.test_answering import decision

UNKNOWN = ("could not find", "ne le trouve pas", "steht nicht", "No lo he encontrado")


def knowing(business: Business, **facts: str) -> Business:
    told = [Fact(key=key.replace("_", " "), value=value) for key, value in facts.items()]
    return business.model_copy(update={"facts": told})


BREAD = knowing(
    BAKERY,
    baguette_tradition="1,30 €",
    brioche="4,50 € la pièce",
    croissant_aux_amandes="2,40 €",
    horaires="du mardi au dimanche, 7 h 00 – 13 h 30",
    téléphone="04 78 00 11 22",
    tarifs="voir en boutique",
)
CLAWS = knowing(
    GROOMER,
    Krallenpflege="12 €",
    Haarschnitt="48 € für kleine Hunde",
    Welpentermin="35 €",
    Adresse="Lindenweg 4",
    Öffnungszeiten="Mo–Fr 9–18 Uhr",
)
WILLS = knowing(
    LAW_FIRM,
    first_consultation="45 minutes, £90",
    conveyancing_fee="from £950 plus VAT",
    simple_will="£250",
    mirror_wills="£400 for a couple",
    phone="+44 20 7946 0123",
    website="hartley.example",
)
MENU = knowing(CAFE, menú_del_día="11,50 €", tostada_con_tomate="2,20 €", horario="8:00–18:00")


@pytest.mark.parametrize(
    ("business", "question"),
    [
        (BREAD, "Combien coûte un éclair au chocolat ?"),
        (BREAD, "Avez-vous une terrasse ?"),
        (CLAWS, "Was kostet Zahnpflege?"),
        (WILLS, "What does a divorce consultation cost?"),
        (WILLS, "What did I ask you first?"),
        (MENU, "¿Cuánto cuesta el menú infantil?"),
    ],
)
async def test_a_question_whose_answer_is_in_no_fact_gets_no_other_things_fact(
    desk: Desk, business: Business, question: str
) -> None:
    answer = await desk.ask("copilot/answer", asked(business, question))
    assert any(word in answer for word in UNKNOWN), answer


@pytest.mark.parametrize(
    ("business", "question", "expected"),
    [
        (BREAD, "Combien coûte la baguette tradition ?", "1,30 €"),
        (BREAD, "À quelle heure ouvrez-vous le mardi ?", "7 h 00"),
        (CLAWS, "Wie viel kostet die Krallenpflege?", "12 €"),
        (CLAWS, "Was kostet ein Haarschnitt für kleine Hunde?", "48 €"),
        (WILLS, "How much is a first consultation?", "£90"),
        (WILLS, "How can people reach us by phone?", "+44 20 7946 0123"),
        (MENU, "¿Cuánto cuesta el menú del día?", "11,50 €"),
        (MENU, "What time do we open?", "8:00–18:00"),
    ],
)
async def test_a_question_about_a_thing_of_the_facts_is_answered_with_that_fact(
    desk: Desk, business: Business, question: str, expected: str
) -> None:
    assert expected in await desk.ask("copilot/answer", asked(business, question))


async def test_a_fact_comes_before_what_is_remembered(desk: Desk) -> None:
    memory = decision("2026-11-24: “Écris un SMS avec le téléphone”. Drafts: Numéro de téléphone")
    inputs = asked(BREAD, "Quel est notre numéro de téléphone ?", memories=[memory])
    assert "04 78 00 11 22" in await desk.ask("copilot/answer", inputs)


async def test_the_title_of_a_draft_is_no_knowledge(desk: Desk) -> None:
    memories = [
        decision("Brioche aux pralines: Brioche aux pralines."),
        decision("2026-11-24: “Post über Brioche”. Drafts: Brioche aux pralines"),
    ]
    for question in ("Was kostet die Baguette tradition?", "Was kostet Brioche aux pralines?"):
        answer = await desk.ask("copilot/answer", asked(CLAWS, question, memories=memories))
        assert "steht nicht" in answer


async def test_a_decision_about_something_else_is_not_told(desk: Desk) -> None:
    memory = decision("2026-11-24: “Schreib eine SMS zum Welpentermin”. Drafts: Welpentermin")
    inputs = asked(CLAWS, "Was haben wir zum Sommerfest beschlossen?", memories=[memory])
    assert "steht nicht" in await desk.ask("copilot/answer", inputs)


@pytest.mark.parametrize(
    ("business", "request_text", "theme", "never"),
    [
        (knowing(BAKERY, baguette="1,30 €"), "Écris un post sur le croissant", "Croissant", "1,30"),
        (
            knowing(GROOMER, Krallenpflege="12 €"),
            "Schreib einen Post über die Zahnpflege",
            "Zahnpflege",
            "12",
        ),
    ],
)
async def test_a_draft_has_no_price_of_a_thing_that_is_only_alike(
    desk: Desk, business: Business, request_text: str, theme: str, never: str
) -> None:
    fields, _ = await desk.draft(business, "instagram", theme=theme, request=request_text)
    assert never not in words_of(fields)
    inputs = asked(business, request_text, drafts=[("instagram", "", 0)])
    assert theme in await desk.ask("copilot/answer", inputs)
