"""A worker's places: nobody takes them all, whatever the others have begun."""

from __future__ import annotations

from collections import Counter
from contextlib import AbstractContextManager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.places import Places


class Holder:
    """Takes places and gives them back in any order."""

    def __init__(self, count: int, of_business: int) -> None:
        self.places = Places(count, of_business)
        self.held: list[tuple[str, str, AbstractContextManager[bool]]] = []

    def take(self, business: str, user: str) -> bool:
        block = self.places.take(business, user)
        if not block.__enter__():
            block.__exit__(None, None, None)
            return False
        self.held.append((business, user, block))
        return True

    def give_back(self, number: int) -> None:
        self.held.pop(number % len(self.held))[2].__exit__(None, None, None)


@pytest.mark.parametrize("businesses", [1, 5, 40])
def test_one_user_takes_at_most_half_however_many_businesses_they_have(businesses: int) -> None:
    holder = Holder(256, 64)
    taken = sum(holder.take(f"business {number % businesses}", "one") for number in range(600))
    assert taken == min(64 * businesses, 128)
    assert holder.take("another's business", "another")


def test_users_who_want_everything_share_equally_and_leave_room_for_the_next() -> None:
    holder = Holder(256, 64)
    for number in range(5 * 256):
        user = f"user {number % 5}"
        holder.take(f"business {number % 50} of {user}", user)
    shares = Counter(user for _, user, _ in holder.held)
    assert max(shares.values()) - min(shares.values()) <= 1
    assert 200 < sum(shares.values()) < 256
    assert holder.take("a new business", "a new user")


def test_work_that_no_user_asked_for_counts_for_its_business() -> None:
    holder = Holder(4, 1)
    assert holder.take("one", "")
    assert not holder.take("one", "")
    assert holder.take("two", "")


@given(
    count=st.integers(1, 12),
    of_business=st.integers(1, 4),
    steps=st.lists(st.tuples(st.booleans(), st.integers(0, 4), st.integers(0, 2)), max_size=60),
)
def test_places_are_never_overdrawn_and_come_back(
    count: int, of_business: int, steps: list[tuple[bool, int, int]]
) -> None:
    holder = Holder(count, of_business)
    for taking, user, business in steps:
        if taking:
            holder.take(f"{user}/{business}", f"user {user}")
        elif holder.held:
            holder.give_back(user)
        assert len(holder.held) <= count
        assert all(n <= of_business for n in Counter(business for business, _, _ in holder.held).values())
        if len(holder.held) < count:
            assert holder.take("new", "nobody so far")
            holder.give_back(-1)
    while holder.held:
        holder.give_back(0)
    assert holder.take("0/0", "user 0")
