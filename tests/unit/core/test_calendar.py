"""Named slots change, and nothing else of a calendar does."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.calendar import SlotChange, rearranged
from core.campaign import Slot

TIMES = [f"2027-03-{day:02}T{hour:02}:00" for day in range(1, 20) for hour in (9, 12)]
SLOTS = st.lists(
    st.builds(
        lambda number, time, platform, state: Slot(
            slot_id=f"{number:024}",
            local_time=time,
            timezone="Europe/Paris",
            platform=platform,
            theme=f"Theme {number}",
            brief="Open with the dough",
            media_idea="Hands in flour",
            state=state,
            content_id=f"{number:024}" if state == "drafted" else None,
        ),
        st.integers(0, 50),
        st.sampled_from(TIMES),
        st.sampled_from(["instagram", "email"]),
        st.sampled_from(["proposed", "planned", "drafted"]),
    ),
    unique_by=lambda slot: slot.slot_id,
    max_size=8,
)


def change(operation: str, slot_id: str, **values: Any) -> SlotChange:
    return SlotChange.model_validate({"operation": operation, "slot_id": slot_id, **values})


@given(SLOTS, st.data())
def test_whatever_was_not_named_stays_as_it_is_and_drafts_move_with_their_slot(
    calendar: list[Slot], data: st.DataObject
) -> None:
    ids = [slot.slot_id for slot in calendar]
    named = data.draw(st.lists(st.sampled_from(ids), unique=True) if ids else st.just([]))
    changes = []
    for slot_id in named:
        operation = data.draw(st.sampled_from(["move", "drop", "retheme"]))
        given_values = {
            "move": {"local_time": data.draw(st.sampled_from(TIMES))},
            "retheme": {"theme": "New", "brief": "Open with the oven"},
        }
        changes.append(change(operation, slot_id, **given_values.get(operation, {})))
    changes.append(change("add", "f" * 24, local_time="2027-03-21T09:00", platform="sms", theme="Added"))
    after = rearranged(calendar, changes, "Europe/Paris", "run")
    by_id = {slot.slot_id: slot for slot in after}
    assert by_id.keys() == {*ids, "f" * 24}
    for slot in calendar:
        if slot.slot_id not in named:
            assert by_id[slot.slot_id] == slot
        assert by_id[slot.slot_id].content_id == slot.content_id
    assert [slot.local_time for slot in after] == sorted(slot.local_time for slot in after)
    for one in changes:
        now = by_id[one.slot_id]
        assert one.local_time in {None, now.local_time}
        assert one.theme in {None, now.theme}
        assert one.operation != "retheme" or (now.brief, now.media_idea) == ("Open with the oven", "")
        assert (now.state == "dropped") == (one.operation == "drop")
    assert rearranged(after, changes, "Europe/Paris", "run") == after


def test_a_swap_is_not_undone_by_a_second_attempt() -> None:
    one, two = (
        Slot(slot_id=name * 24, local_time=time, timezone="Europe/Paris", platform="email", theme=name)
        for name, time in (("a", "2027-03-01T09:00"), ("b", "2027-03-02T10:00"))
    )
    swap = [
        change("swap", one.slot_id, local_time=two.local_time),
        change("swap", two.slot_id, local_time=one.local_time),
    ]
    after = rearranged([one, two], swap, "Europe/Paris", "run")
    assert [(slot.theme, slot.local_time) for slot in after] == [
        ("b", "2027-03-01T09:00"),
        ("a", "2027-03-02T10:00"),
    ]
    back = [change("swap", slot.slot_id, local_time="2027-03-09T09:00") for slot in after]
    assert rearranged(after, back, "Europe/Paris", "run") == after
