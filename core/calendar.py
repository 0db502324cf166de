"""Change named slots of a calendar; every other slot stays as it is."""

from __future__ import annotations

from collections.abc import Sequence

from core.actions import CalendarOperation
from core.campaign import Platform, Slot
from core.clock import LocalTime, Timezone, to_instant
from core.document import PublicValue


class SlotChange(PublicValue):
    """One change: `add` makes the slot, `swap` and `move` give it a time, `retheme` a theme and its brief."""

    operation: CalendarOperation
    slot_id: str
    local_time: LocalTime | None = None
    theme: str | None = None
    brief: str | None = None
    platform: Platform | None = None


def rearranged(
    calendar: Sequence[Slot], changes: Sequence[SlotChange], timezone: Timezone, run_id: str
) -> list[Slot]:
    """Return the calendar with the changes made, in the order of time.

    A slot that the run has changed already is left alone, so that a second attempt changes nothing twice.
    What is written for a slot moves with it.
    """
    slots = {slot.slot_id: slot for slot in calendar}
    done = {slot.slot_id for slot in calendar if slot.changed_by == run_id}
    for change in changes:
        if change.slot_id in done:
            continue
        slot = slots.get(change.slot_id)
        if change.operation == "add":
            if slot is None and change.local_time and change.platform:
                slots[change.slot_id] = Slot(
                    slot_id=change.slot_id,
                    local_time=change.local_time,
                    timezone=timezone,
                    platform=change.platform,
                    theme=change.theme or "",
                    brief=change.brief or "",
                    state="planned",
                    run_id=run_id,
                    changed_by=run_id,
                )
        elif slot is not None and slot.state != "dropped":
            # What the owner arranges is decided, and no longer a proposal.
            state = "dropped" if change.operation == "drop" else "drafted" if slot.content_id else "planned"
            values = {"local_time": change.local_time, "theme": change.theme}
            given = {name: value for name, value in values.items() if value}
            if change.theme:
                # What the strategist had in mind belonged to the old theme.
                given |= {"brief": change.brief or "", "media_idea": ""}
            slots[slot.slot_id] = slot.model_copy(update={**given, "state": state, "changed_by": run_id})
    return sorted(slots.values(), key=lambda slot: (to_instant(slot.local_time, slot.timezone), slot.slot_id))
