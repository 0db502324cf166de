"""Businesses that the offline model has never seen, in four languages."""

from __future__ import annotations

from datetime import UTC, date, datetime

from core.business import Business, Fact, Segment

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TODAY = date(2026, 11, 24)


def business(
    name: str,
    industry: str,
    voice: str,
    language: str,
    facts: dict[str, str],
    segment: Segment,
    banned: tuple[str, ...] = ("sensational",),
    timezone: str = "UTC",
) -> Business:
    """A business with one segment."""
    return Business(
        user_id="0" * 24,
        business_id="1" * 24,
        business_name=name,
        industry=industry,
        brand_voice=voice,
        language=language,
        timezone=timezone,
        facts=[Fact(key=key, value=value) for key, value in facts.items()],
        target_audience=[segment],
        banned_words=list(banned),
        primary_goals=["Lead Generation", "Engagement"],
        created_at=NOW,
        updated_at=NOW,
    )


GYM = business(
    "Ali's Fitness Studio",
    "Fitness",
    "Professional but motivational",
    "en",
    {
        "membership": "from $29/month",
        "opening hours": "Mon–Fri 6:00–22:00",
        "trial": "first session free in March",
    },
    Segment(segment_name="Young Professionals", age_range="22-35", interests=["Gym", "Wellness"]),
)
BAKERY = business(
    "Boulangerie Lumière",
    "Boulangerie",
    "chaleureux et simple",
    "fr",
    {"horaires": "du mardi au dimanche, 7 h 00 – 13 h 30", "brioche": "4,50 € la pièce"},
    Segment(segment_name="Familles du quartier", interests=["petit-déjeuner", "goûter"]),
    timezone="Europe/Paris",
)
LAW_FIRM = business(
    "Hartley & Moss LLP",
    "Law firm",
    "Calm, factual, discreet",
    "en",
    {
        "first consultation": "45 minutes, £90, credited if you instruct us",
        "guarantee policy": "We guarantee nothing",
        "phone": "+44 20 7946 0123",
    },
    Segment(segment_name="Employees in a dispute", interests=["employment contracts", "severance"]),
    ("guarantee", "calm"),
    "Europe/London",
)
GROOMER = business(
    "Pfotenglück",
    "Hundesalon",
    "herzlich und verspielt",
    "de",
    {"Erstbesuch": "45 € inklusive Beratung", "Buchung": "https://pfotenglueck.example/termin"},
    Segment(segment_name="Welpenbesitzer", interests=["Fellpflege", "Erziehung"]),
    timezone="Europe/Berlin",
)
CAFE = business(
    "Café Luna",
    "Cafetería",
    "cercano y divertido",
    "es",
    {"desayuno": "café y tostada por 3,80 €", "horario": "de lunes a viernes, 8:00–18:00"},
    Segment(segment_name="Gente del barrio", interests=["café", "desayunos"]),
    timezone="Europe/Madrid",
)
ALL = (GYM, BAKERY, LAW_FIRM, GROOMER, CAFE)
