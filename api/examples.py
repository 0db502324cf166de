"""Examples of the API description, built from the views of the responses."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from core.business import BrandAssets, Fact, Segment
from core.campaign import Kpis, Slot
from core.content import AiMetadata, Cited, PromptId, TextContent
from core.views import BusinessView, CampaignView, ContentView, View
from services.campaigns import Calendar, CalendarSlot, SlotContent

_WHEN = datetime(2027, 2, 15, 9, 30, tzinfo=UTC)
_BUSINESS = "5f0c7a31b2d94e6688aa01cd"
_CAMPAIGN = "60aa19c2f1e84b07b5d3e7f1"
_CONTENT = "61bb2ad30295c318c6e4f802"
_SLOT = "62cc3be41306d429d7f50913"
_USER = "5e0b6920a1c83d5577990fbc"
_FACT = "63dd4cf52417e53ae8061a24"

BUSINESS = BusinessView(
    id=_BUSINESS,
    version=1,
    business_id=_BUSINESS,
    user_id=_USER,
    business_name="Harbour Bakery",
    industry="Bakery",
    brand_voice="Warm and plain",
    primary_goals=["More regulars"],
    target_audience=[Segment(segment_name="Neighbours", age_range="30-55", interests=["Bread"])],
    brand_assets=BrandAssets(brand_colors=["#AA5500"], fonts=["Lora"]),
    timezone="Europe/London",
    language="en-GB",
    country="GB",
    facts=[Fact(id=_FACT, key="Sourdough loaf", value="£4.20", updated_at=_WHEN)],
    created_at=_WHEN,
    updated_at=_WHEN,
)
SLOT = Slot(
    slot_id=_SLOT,
    local_time="2027-03-01T09:00",
    timezone="Europe/London",
    platform="instagram",
    theme="The first loaf of the day",
    segment="Neighbours",
    content_id=_CONTENT,
    state="drafted",
)
CAMPAIGN = CampaignView(
    id=_CAMPAIGN,
    version=1,
    business_id=_BUSINESS,
    name="March mornings",
    goal="More customers before nine",
    kpis=Kpis(engagement_rate=5, leads_target=200),
    start_date=datetime(2027, 3, 1, tzinfo=UTC).date(),
    end_date=datetime(2027, 3, 14, tzinfo=UTC).date(),
    status="active",
    calendar=[SLOT],
    created_at=_WHEN,
    updated_at=_WHEN,
)
CONTENT = ContentView(
    id=_CONTENT,
    version=1,
    business_id=_BUSINESS,
    campaign_id=_CAMPAIGN,
    slot_id=_SLOT,
    platform="instagram",
    approval_state="pending",
    title="The first loaf of the day",
    text_content=TextContent(
        caption="Warm from seven: our sourdough, £4.20.", hashtags=["#sourdough"], cta="Come by before work"
    ),
    language="en-GB",
    ai_metadata=AiMetadata(
        prompt_used="Plan two weeks of mornings for March",
        prompt=PromptId(name="copywriter/post@2", digest="0" * 64),
        model="offline-demo",
        sources=[Cited(kind="fact", ref=_FACT, label="Sourdough loaf: £4.20")],
    ),
    created_at=_WHEN,
    updated_at=_WHEN,
)
CALENDAR = Calendar(
    campaign_id=_CAMPAIGN,
    timezone="Europe/London",
    slots=[
        CalendarSlot(
            **SLOT.model_dump(),
            content=SlotContent(
                id=_CONTENT,
                title=CONTENT.title,
                status="draft",
                approval_state="pending",
                checks_failed=0,
            ),
        )
    ],
)


def answer(example: View | dict[str, Any], description: str = "Done.") -> dict[str, Any]:
    """Return the OpenAPI response with an `example`."""
    value = example.model_dump(mode="json") if isinstance(example, View) else example
    return {"description": description, "content": {"application/json": {"example": value}}}


def answer_list(example: View) -> dict[str, Any]:
    """Return the OpenAPI response of a page with one `example`."""
    return answer({"items": [example.model_dump(mode="json")], "next_cursor": None})
