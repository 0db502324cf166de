"""Three businesses and the twelve requests that are put to the tiny model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.campaign import Platform


@dataclass(frozen=True)
class Request:
    """What a person says, the platforms that it names, and who is to work if the page says so."""

    text: str
    platforms: frozenset[Platform] = frozenset()
    specialists: tuple[str, ...] = ()


@dataclass(frozen=True)
class Client:
    """A business and what is asked of it, in this order."""

    profile: dict[str, Any]
    requests: tuple[Request, ...]


GYM = Client(
    {
        "business_name": "Ali's Fitness Studio",
        "industry": "Fitness",
        "brand_voice": "Professional but motivational",
        "primary_goals": ["Lead Generation", "Engagement"],
        "language": "en",
        "timezone": "Europe/London",
        "target_audience": [
            {"segment_name": "Young Professionals", "age_range": "22-35", "interests": ["Gym", "Wellness"]}
        ],
        "facts": [
            {"key": "membership", "value": "from $29/month"},
            {"key": "opening hours", "value": "Mon–Fri 6:00–22:00"},
            {"key": "trial", "value": "first session free in March"},
        ],
    },
    (
        Request(
            "Plan a two-week e-mail push for my March membership drive",
            frozenset({"email"}),
            ("strategy", "copywriter"),
        ),
        Request("Write an Instagram post about the free first session", frozenset({"instagram"})),
        Request("Write an SMS about our opening hours", frozenset({"sms"})),
        Request("What does a membership cost?"),
    ),
)
BAKERY = Client(
    {
        "business_name": "Boulangerie Lumière",
        "industry": "Boulangerie",
        "brand_voice": "chaleureux et simple",
        "primary_goals": ["Fidélisation"],
        "language": "fr",
        "timezone": "Europe/Paris",
        "target_audience": [
            {"segment_name": "Familles du quartier", "interests": ["petit-déjeuner", "goûter"]}
        ],
        "facts": [
            {"key": "horaires", "value": "du mardi au dimanche, 7 h 00 – 13 h 30"},
            {"key": "brioche", "value": "4,50 € la pièce"},
            {"key": "commande", "value": "https://boulangerie-lumiere.example/commande"},
        ],
    },
    (
        Request("Écris un post Instagram sur la brioche du dimanche", frozenset({"instagram"})),
        Request("Rédige un e-mail pour les familles du quartier", frozenset({"email"})),
        Request("Planifie une campagne Instagram d’une semaine pour Noël", frozenset({"instagram"})),
        Request("Quels sont nos horaires ?"),
    ),
)
LAW_FIRM = Client(
    {
        "business_name": "Hartley & Moss LLP",
        "industry": "Law firm",
        "brand_voice": "Calm, factual, discreet",
        "primary_goals": ["Consultations"],
        "language": "en",
        "timezone": "Europe/London",
        "target_audience": [
            {"segment_name": "Employees in a dispute", "interests": ["employment contracts", "severance"]}
        ],
        "banned_words": ["guarantee"],
        "facts": [
            {"key": "first consultation", "value": "45 minutes, £90, credited if you instruct us"},
            {"key": "phone", "value": "+44 20 7946 0123"},
            {"key": "e-mail", "value": "clerk@hartleymoss.example"},
        ],
    },
    (
        Request("Write a LinkedIn post about severance agreements", frozenset({"linkedin"})),
        Request("Write an e-mail about the first consultation", frozenset({"email"})),
        Request("Write an SMS: check your contract before you sign", frozenset({"sms"})),
        Request("Can you guarantee that my client wins?"),
    ),
)
CLIENTS = (GYM, BAKERY, LAW_FIRM)
