"""The demo workspace: its sign-in and its content."""

from __future__ import annotations

from core.business import BrandAssets, Profile, Segment
from core.campaign import CampaignFields, Kpis

DEMO_EMAIL = "demo@marquee.example"
DEMO_PASSWORD = "march-fitness-drive"  # noqa: S105  # printed on purpose: it opens the demo workspace only
DEMO_NAME = "Ali Haddad"
DEMO_FACTS = (("membership", "from $29/month"),)


def demo_profile() -> Profile:
    """A small gym."""
    return Profile(
        business_name="Ali's Fitness Studio",
        industry="Fitness",
        brand_voice="Professional but motivational",
        primary_goals=["Lead Generation", "Engagement"],
        target_audience=[
            Segment(segment_name="Young Professionals", age_range="22-35", interests=["Gym", "Wellness"])
        ],
        brand_assets=BrandAssets(brand_colors=["#000000", "#FF5733"], fonts=["Poppins"]),
        timezone="America/Chicago",
        language="en",
        country="US",
    )


def demo_campaign() -> CampaignFields:
    """Its membership drive."""
    return CampaignFields(
        name="March Fitness Drive",
        goal="Increase membership signups",
        kpis=Kpis(engagement_rate=5, leads_target=200),
        status="active",
    )
