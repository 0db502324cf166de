"""What the copilot says in the chat."""

from __future__ import annotations

import pytest

from core.business import Business, Memory
from tests.unit.offline.businesses import BAKERY, CAFE, GROOMER, GYM, NOW
from tests.unit.offline.desk import Desk, asked


@pytest.mark.parametrize(
    ("business", "question", "expected"),
    [
        (GYM, "What are our opening hours?", "Mon–Fri 6:00–22:00"),
        (GYM, "¿Cuánto cuesta la membresía de nuestro estudio?", "$29/month"),
        (BAKERY, "Combien coûte la brioche ?", "4,50 €"),
        (GROOMER, "Was kostet der Erstbesuch?", "45 €"),
        (CAFE, "¿A qué hora abrimos?", "8:00–18:00"),
        (GYM, "Do we have parking?", "could not find"),
        (GROOMER, "Habt ihr Parkplätze?", "steht nicht"),
        (BAKERY, "Bonjour", "Ravi de vous lire"),
    ],
)
async def test_a_question_is_answered_from_the_facts_or_not_at_all(
    desk: Desk, business: Business, question: str, expected: str
) -> None:
    assert expected in await desk.ask("copilot/answer", asked(business, question))


async def test_the_answer_counts_what_was_done_and_what_is_left(desk: Desk) -> None:
    work = {"planned": 6, "drafts": [("instagram", "One", 0), ("email", "Two", 1)], "left": 4, "failed": 1}
    answer = await desk.ask("copilot/answer", asked(GYM, "Plan a two-week push for us", **work))
    assert answer.startswith("Done: 6 entries in the calendar and 2 drafts written.")
    assert "one draft with a failed check, one piece that did not work out and 4 entries" in answer
    german = await desk.ask("copilot/answer", asked(GROOMER, "Plane eine Kampagne für uns", planned=4))
    assert german == "Erledigt: 4 Termine im Kalender. Soll ich als Nächstes die Texte dazu schreiben?"


async def test_the_answers_rules_have_their_habits(desk: Desk) -> None:
    inputs = asked(GYM, "What are our opening hours?")
    figures = desk.library.without_rule("copilot/answer", "figures-from-facts")
    assert "new customers" in await desk.ask("copilot/answer", inputs, figures)
    language = desk.library.without_rule("copilot/answer", "language")
    assert "Voici ce que je sais" in await desk.ask("copilot/answer", inputs, language)


def decision(text: str) -> Memory:
    return Memory(
        business_id="1" * 24,
        kind="decision",
        ref="run:1",
        dedupe_key="run:1",
        text=text,
        created_at=NOW,
        updated_at=NOW,
    )


@pytest.mark.parametrize(
    ("business", "question", "memory", "expected"),
    [
        (
            GYM,
            "What did we decide about March?",
            "2026-11-24: “write two posts”. March Drive. Drafts: Fitness; Fitness; Hours",
            (
                "On 24 November 2026 you asked, for the campaign “March Drive”: “write two posts”."
                " It gave the drafts “Fitness” and “Hours”."
            ),
        ),
        (
            BAKERY,
            "Qu’avons-nous décidé pour la galette ?",
            "2026-12-01: “Prépare la galette”. Campaign: Galette, 4 slots planned. Drafts: Galette des rois",
            (
                "Le 1er décembre 2026, vous avez demandé pour la campagne «\u00a0Galette\u00a0»\u00a0:"
                " «\u00a0Prépare la galette\u00a0». Il en est sorti\u00a0: 4 dates au calendrier et"
                " le brouillon «\u00a0Galette des rois\u00a0»."
            ),
        ),
        (
            GROOMER,
            "Was haben wir zum Frühling beschlossen?",
            "2026-11-24: “Plane den Frühling”. Campaign: Frühling, 6 slots planned",
            (
                "Am 24. November 2026 war dein Auftrag für die Kampagne „Frühling“: „Plane den Frühling“."
                " Daraus wurde: 6 Termine im Kalender."
            ),
        ),
        (
            CAFE,
            "¿Qué decidimos sobre el otoño?",
            "2026-11-24: “Escribe sobre el otoño”. Drafts: Otoño; Menú de otoño",
            (
                "El 24 de noviembre de 2026 pediste: «Escribe sobre el otoño»."
                " De ahí salió: los borradores «Otoño» y «Menú de otoño»."
            ),
        ),
    ],
)
async def test_a_remembered_decision_is_told_in_a_sentence(
    desk: Desk, business: Business, question: str, memory: str, expected: str
) -> None:
    inputs = asked(business, question, memories=[decision(memory)])
    assert await desk.ask("copilot/answer", inputs) == expected


@pytest.mark.parametrize(
    ("business", "request_text", "pencil"),
    [
        (GYM, "Make the second e-mail shorter", "pencil"),
        (BAKERY, "Traduis le premier e-mail en anglais", "crayon"),
        (GROOMER, "Mach die zweite E-Mail kürzer", "Stift"),
        (CAFE, "Haz más corto el segundo correo", "lápiz"),
    ],
)
async def test_changing_a_written_draft_is_left_to_the_pencil_on_its_card(
    desk: Desk, business: Business, request_text: str, pencil: str
) -> None:
    inputs = asked(business, request_text)
    inputs["task"]["left"] = ["changing a written draft in the chat: 1"]
    answer = await desk.ask("copilot/answer", inputs)
    assert pencil in answer
    assert "chat" in answer.lower()
    assert answer.count(".") == 1
    written = await desk.ask("copilot/answer", asked(business, request_text, drafts=[("email", "One", 0)]))
    assert pencil in written


@pytest.mark.parametrize(
    ("business", "request_text", "left", "expected"),
    [
        (GYM, "Delete the second draft", "deleting a draft", "the bin on its card"),
        (BAKERY, "Supprime le deuxième brouillon", "deleting a draft", "la corbeille de sa carte"),
        (GROOMER, "Lösch den zweiten Entwurf", "deleting a draft", "Papierkorb auf der Karte"),
        (CAFE, "Borra el segundo borrador", "deleting a draft", "la papelera de su tarjeta"),
        (GYM, "Send the e-mail to my customers", "sending or publishing", "nothing leaves the house"),
        (BAKERY, "Publie le post sur notre page", "sending or publishing", "rien ne sort de la maison"),
        (GROOMER, "Schick die E-Mail an die Kunden", "sending or publishing", "Nichts verlässt das Haus"),
        (CAFE, "Publica el texto para los clientes", "sending or publishing", "nada sale de casa"),
    ],
)
async def test_what_the_chat_cannot_do_is_said_with_where_it_is_done(
    desk: Desk, business: Business, request_text: str, left: str, expected: str
) -> None:
    inputs = asked(business, request_text)
    inputs["task"]["left"] = [f"{left} in the chat: 1"]
    answer = await desk.ask("copilot/answer", inputs)
    assert expected in answer
    assert answer.count(".") == 1


@pytest.mark.parametrize("nonsense", ["asdfghjkl", "qwertz", "blorf zug", "???"])
async def test_what_says_nothing_is_not_greeted(desk: Desk, nonsense: str) -> None:
    assert (await desk.ask("copilot/answer", asked(GYM, nonsense))).startswith("I am not sure I understood")


@pytest.mark.parametrize("greeting", ["hi", "Hello!", "good morning", "ok, thanks"])
async def test_a_greeting_is_greeted(desk: Desk, greeting: str) -> None:
    assert (await desk.ask("copilot/answer", asked(GYM, greeting))).startswith("Good to see you")


@pytest.mark.parametrize(
    ("business", "request_text", "missing"),
    [
        (
            GYM,
            "Write a post about the trial with our phone number and the sauna",
            "“Phone number” and “Sauna”",
        ),
        (
            BAKERY,
            "Écris un post sur la brioche avec le lien et la terrasse",
            "«\u00a0Lien\u00a0» et «\u00a0Terrasse\u00a0»",
        ),
        (GROOMER, "Schreib einen Beitrag über den Erstbesuch mit Telefonnummer", "„Telefonnummer“"),
        (CAFE, "Escribe un correo sobre el desayuno con el teléfono", "«Teléfono»"),
    ],
)
async def test_what_was_asked_for_and_is_no_fact_is_said_in_one_sentence(
    desk: Desk, business: Business, request_text: str, missing: str
) -> None:
    answer = await desk.ask("copilot/answer", asked(business, request_text, drafts=[("email", "One", 0)]))
    assert f" {missing}" in answer


@pytest.mark.parametrize(
    ("business", "request_text"),
    [
        (BAKERY, "Écris un post sur 40 % de réduction sur tout"),
        (GYM, "Write a post for April"),
        (GYM, "Write a post about Monday with emojis and a warm tone"),
        (GROOMER, "Schreib einen Beitrag über alles"),
        (CAFE, "Escribe una publicación sobre todo"),
    ],
)
async def test_a_month_a_weekday_and_everything_are_no_subjects(
    desk: Desk, business: Business, request_text: str
) -> None:
    answer = await desk.ask("copilot/answer", asked(business, request_text, drafts=[("email", "One", 0)]))
    assert not any(word in answer for word in ("no fact", "aucun fait", "keinen Fakt", "ningún dato"))
