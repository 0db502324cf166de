"""The strategist: plan a calendar and make it valid."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, create_model

from agents.inputs import calendar_input, history_input, phrase, shared_inputs, task_inputs
from agents.route import window
from agents.schemas import held_to
from agents.specialist import Specialist
from core.actions import NAME, Action
from core.business import Business, Fact, Memory
from core.campaign import BRIEF, Campaign, ContentType, FunnelStage, Platform, Slot
from core.errors import UnusableAnswer

_TIME = re.compile(r"\D*(\d{1,2})(?:[:.h](\d\d))?")
_HOURS: dict[Platform, tuple[int, int]] = {
    "instagram": (7, 21),
    "linkedin": (7, 19),
    "email": (7, 19),
    "sms": (9, 19),
}
_USUAL_TIME: dict[Platform, time] = {
    "instagram": time(12, 0),
    "linkedin": time(8, 30),
    "email": time(9, 0),
    "sms": time(12, 30),
}
_QUARTER, _MOVE = 15, timedelta(hours=2)
_THEME_CHARACTERS, _MEDIA_CHARACTERS = 120, 200
_FEWEST, _MOST, _MOST_PLANNED = 4, 10, 24
_PER_WEEK = 1.5
_NAMED_DAYS = 21
"""Days of a window that are all named to the strategist; of a longer one, the first of each week."""

_DEFAULT_DAYS, _MOST_DAYS, _FURTHEST_DAYS = 14, 92, 366
_DEFAULT_PLATFORMS: list[Platform] = ["instagram", "email"]


class Plan(BaseModel):
    """A calendar that is going to be planned, after the code has looked at the action.

    `end` is the last day; `mix` says how many slots of each platform, if the person said so; `beyond` counts
    slots that were asked for and are more than one calendar takes.
    """

    platforms: list[Platform]
    start: date
    end: date
    pieces: int | None = None
    mix: dict[Platform, int] = Field(default_factory=dict)
    beyond: int = 0
    language: str
    theme: str = ""
    brief: str = ""
    type: ContentType = "text"

    @property
    def days(self) -> int:
        """The length of the window."""
        return (self.end - self.start).days + 1

    @property
    def most(self) -> int:
        """How many slots: as many as the person said, else at most the usual number."""
        return self.pieces or usual_pieces(self.days, len(self.platforms))


def usual_time(platform: Platform) -> str:
    """When a text of a platform goes out if nobody says: `HH:MM`."""
    return _USUAL_TIME[platform].strftime("%H:%M")


def resolve_plan(action: Action, campaign: Campaign | None, today: date, language: str) -> Plan:
    """Make a plan that can be carried out of what was asked for.

    Args:
        action: What was asked for.
        campaign: The campaign it is about, if there is one.
        today: The day where the business is.
        language: The language of the themes.
    """
    start, end = _window(action, campaign, today)
    used = [slot.platform for slot in campaign.calendar] if campaign else []
    platforms = action.platforms or used or _DEFAULT_PLATFORMS
    numbers = Counter(action.platforms)
    mix = dict(numbers) if max(numbers.values(), default=0) > 1 else {}
    wanted = sum(mix.values()) or action.count
    return Plan(
        platforms=list(dict.fromkeys(platforms)),
        start=start,
        end=end,
        pieces=None if wanted is None else min(wanted, _MOST_PLANNED),
        mix=mix,
        beyond=max((wanted or 0) - _MOST_PLANNED, 0),
        language=language,
        theme=action.theme,
        brief=action.brief,
        type=action.type,
    )


def campaign_name(action: Action, business: Business) -> str:
    """What a campaign that is opened for an action is called."""
    return action.campaign or phrase(action.theme, NAME) or business.business_name[:NAME]


def _window(action: Action, campaign: Campaign | None, today: date) -> tuple[date, date]:
    start, last = window(action.when)
    furthest = today + timedelta(days=_FURTHEST_DAYS)
    if start is not None and last is not None and start < today <= last:
        start = today
    if start is not None and not today <= start <= furthest:
        start = last = None
    days = (last - start).days + 1 if start and last else None
    if days is not None and not 1 <= days <= _MOST_DAYS:
        days = None
    if start is None and campaign is not None and campaign.start_date is not None:
        ended = campaign.end_date is not None and campaign.end_date < today
        start = None if ended else max(campaign.start_date, today)
        if start and campaign.end_date and days is None:
            days = min((campaign.end_date - start).days + 1, _MOST_DAYS)
    start = start or today + timedelta(days=7 - today.weekday())
    return start, start + timedelta(days=(days or _DEFAULT_DAYS) - 1)


class PlannedSlot(BaseModel):
    """A slot as the strategist plans it; day 1 is the first day of the plan."""

    model_config = ConfigDict(extra="forbid")

    day: Annotated[int, Field(ge=1)]
    local_time: Annotated[str, Field(max_length=40, json_schema_extra=held_to(5))]
    platform: Platform
    type: ContentType
    theme: Annotated[str, Field(max_length=300, json_schema_extra=held_to(120, 3))]
    brief: Annotated[str, Field(max_length=4_000, json_schema_extra=held_to(300))] = ""
    media_idea: Annotated[str, Field(max_length=1_000, json_schema_extra=held_to(100))] = ""
    segment: Annotated[str, Field(max_length=200, json_schema_extra=held_to(80))]
    funnel_stage: FunnelStage


class CalendarPlan(BaseModel):
    """A calendar with a summary."""

    model_config = ConfigDict(extra="forbid")

    summary: Annotated[str, Field(max_length=900, json_schema_extra=held_to(300))]
    slots: Annotated[list[PlannedSlot], Field(max_length=_MOST_PLANNED)]


STRATEGY: Specialist[CalendarPlan] = Specialist(
    name="strategy",
    prompt="strategy/calendar",
    output=CalendarPlan,
    tools=("search_facts", "search_memory", "read_calendar"),
)


@cache
def strategist(pieces: int) -> Specialist[CalendarPlan]:
    """Return the strategist for a number of slots, which servers that enforce schemas do not exceed.

    Longer answers are accepted and truncated later; an answer without any theme in words is retried.
    """
    length = Field(max_length=_MOST_PLANNED, json_schema_extra={"minItems": 1, "maxItems": pieces})
    slots = Annotated[list[PlannedSlot], length, AfterValidator(_with_a_theme)]
    return replace(STRATEGY, output=create_model("CalendarPlan", __base__=CalendarPlan, slots=(slots, ...)))


def _with_a_theme(slots: list[PlannedSlot]) -> list[PlannedSlot]:
    if not any(_theme(slot.theme) for slot in slots):
        message = "no slot has a theme in words"
        raise ValueError(message)
    return slots


def usual_pieces(days: int, platforms: int) -> int:
    """Return the default number of slots: about three in two weeks per platform."""
    wanted = round(days / 7 * _PER_WEEK * platforms)
    return min(max(wanted, _FEWEST), _MOST, max(days * platforms, 1))


def calendar_inputs(
    *,
    business: Business,
    facts: Sequence[Fact],
    memories: Sequence[Memory],
    campaign: Campaign | None,
    plan: Plan,
    today: date,
    history: Sequence[tuple[str, str]] = (),
    kept: Sequence[Slot] = (),
) -> dict[str, Any]:
    """The inputs of the strategist; `kept` are the slots that stay beside the plan."""
    task = {
        **task_inputs(business, plan.language, today, plan.brief),
        "start": plan.start.isoformat(),
        "days": plan.days,
        "window": _named_days(plan),
        "platforms": plan.platforms,
        "pieces": plan.pieces,
        "at_most": plan.most,
        "theme": plan.theme,
    }
    return {
        **shared_inputs(business, facts, memories, campaign),
        "history": history_input(history),
        "calendar": calendar_input(kept, {}, today),
        "task": task,
    }


def _named_days(plan: Plan) -> list[str]:
    """Days of the window by name: `day 1 = Mon 7 Dec`."""
    step = 1 if plan.days <= _NAMED_DAYS else 7
    days = [(number, plan.start + timedelta(days=number)) for number in range(0, plan.days, step)]
    return [f"day {number + 1} = {day:%a} {day.day} {day:%b}" for number, day in days]


def build_calendar(
    value: CalendarPlan,
    plan: Plan,
    business: Business,
    now: datetime,
    kept: Sequence[Slot] = (),
) -> list[Slot]:
    """Make valid slots: inside the plan's days, on requested platforms, no two at once, none in the past.

    A mix that the person asked for is kept to, as far as the themes go. Films and pictures are planned only
    where the plan is for them.

    Args:
        value: The strategist's answer.
        plan: The validated request.
        business: Source of time zone and segments.
        now: The instant before which nothing is planned.
        kept: Slots of the campaign that stay; their times are taken.

    Raises:
        UnusableAnswer: No slot has a theme, or every time is taken.
    """
    today = now.astimezone(ZoneInfo(business.timezone)).replace(tzinfo=None)
    taken = {(slot.platform, datetime.fromisoformat(slot.local_time).replace(minute=0)) for slot in kept}
    slots = []
    themes: set[str] = set()
    left = Counter(plan.mix)
    for index, planned in enumerate(value.slots):
        theme = _theme(planned.theme)
        if not theme or theme.casefold() in themes:
            continue
        platform = planned.platform
        if plan.platforms and platform not in plan.platforms:
            platform = plan.platforms[index % len(plan.platforms)]
        if plan.mix and not left[platform]:
            platform = left.most_common(1)[0][0]
        when = _free(_moment(planned, platform, plan, today), platform, taken)
        if when is None:
            continue
        themes.add(theme.casefold())
        left[platform] -= 1
        taken.add((platform, when.replace(minute=0)))
        slots.append(
            Slot(
                local_time=when.strftime("%Y-%m-%dT%H:%M"),
                timezone=business.timezone,
                platform=platform,
                type=planned.type if plan.type != "text" else "text",
                theme=theme,
                brief=phrase(planned.brief, BRIEF),
                media_idea=phrase(planned.media_idea, _MEDIA_CHARACTERS),
                segment=known_segment(planned.segment, business),
                funnel_stage=planned.funnel_stage,
            )
        )
        if len(slots) == plan.most:
            break
    if not slots:
        raise UnusableAnswer("The calendar had no usable slot.", agent="strategy")
    return sorted(slots, key=lambda slot: (slot.local_time, slot.platform))


def _theme(text: str) -> str:
    theme = " ".join(text.split()).strip(" \"“”'")
    if len(theme) > _THEME_CHARACTERS:
        theme = theme[: _THEME_CHARACTERS + 1].rsplit(" ", 1)[0][:_THEME_CHARACTERS].rstrip(" ,;:-–")
    return theme if any(char.isalpha() for char in theme) else ""


def known_segment(name: str, business: Business) -> str:
    """Return the segment of that name; empty for readers that the profile does not know."""
    known = [segment.segment_name for segment in business.target_audience]
    return next((segment for segment in known if segment.casefold() == name.strip().casefold()), "")


def _moment(planned: PlannedSlot, platform: Platform, plan: Plan, now: datetime) -> datetime:
    """Return day and time, clamped to the plan and the platform's hours, on a quarter hour, after now."""
    day = plan.start + timedelta(days=min(planned.day, plan.days) - 1)
    found = _TIME.match(planned.local_time)
    earliest, latest = _HOURS[platform]
    at = _USUAL_TIME[platform]
    if found and earliest <= int(found[1]) <= latest:
        at = time(int(found[1]), min(int(found[2] or 0), 59) // _QUARTER * _QUARTER)
    when = datetime.combine(day, at)
    while when <= now:
        when += timedelta(days=1)
    return when


def _free(when: datetime, platform: Platform, taken: set[tuple[Platform, datetime]]) -> datetime | None:
    """Return the nearest free hour of the same day on the platform, or None."""
    earliest, latest = _HOURS[platform]
    hours = sorted(range(earliest, latest + 1), key=lambda hour: (abs(hour - when.hour), hour))
    for hour in hours:
        candidate = when.replace(hour=hour)
        if (platform, candidate.replace(minute=0)) not in taken:
            return candidate
    return None
