"""Lists of the bundled server, which decodes all that a find spans before it sorts and cuts."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any

from memory.mongo import RawCollection, Stored
from memory.pages import NEWEST_FIRST, Position

EVERY = 32
SAMPLED = {"$lt": "08"}
"""Of ids, which are random hexadecimal digits, one in 32 is below `08`."""

MOST_CUTS = 512
"""Of a longer list only every second cut is kept, and so on."""

MOST_LISTS = 2_000
MOST_WINDOWS = 4


@dataclass(frozen=True)
class _Cuts:
    """Where a list may be cut so that about `every` of its documents lie in between.

    `fields` are the conditions of the list that an index answers.
    """

    fields: Sequence[str]
    every: int
    times: Sequence[datetime]


class SampledWindows:
    """Cuts a list at the times of a random sample of it, and reads from cut to cut until a page is full.

    Between two neighbours of a sample of one in 32 lie about 32 documents of the list, however they are
    spread over time: a burst within seconds is cut finely, and an empty year is one window. The cuts are
    remembered until a page shows that the list has changed much; old ones cost time, never correctness.

    The server takes an index only for conditions on exactly its first fields, so that it is sent no others:
    what is read is held to them here.
    """

    def __init__(self, collection: RawCollection) -> None:
        self._collection = collection
        self._indexes: list[tuple[str, ...]] = []
        self._rare: list[Mapping[str, Any]] = []
        self._one_each = False
        self._known: dict[tuple[tuple[str, Any], ...], _Cuts] = {}

    async def newest(self, where: Mapping[str, Any], before: Position | None, count: int) -> list[Stored]:
        """Return stored documents, newest first.

        Raises:
            ValueError: The condition joins others (`$or`): ask for each of them.
        """
        if any(name.startswith("$") for name in where):
            raise ValueError(f"a list is of fields and their values, not {sorted(where)}")
        if not self._indexes:
            await self._read_indexes()
        operators = {name for name in where if isinstance(where[name], Mapping)}
        if "_id" in where or operators - {"business_id"} or (operators and self._one_each):
            return await self._narrow(where, operators, before, count)
        if not operators:
            return await self._one_list(where, before, count)
        # No index gives the newest of several owners: take each one's, and of these the newest.
        each = [{**where, "business_id": owner} for owner in where["business_id"]["$in"]]
        lists = await asyncio.gather(*(self._one_list(one, before, count) for one in each))
        found = (stored for one in lists for stored in one)
        return sorted(found, key=Position.of, reverse=True)[:count]

    async def ids(self, where: Mapping[str, Any]) -> list[str]:
        """Return the ids of all documents under a condition."""
        return [one["_id"] for one in await self.newest(where, None, sys.maxsize)]

    async def _narrow(
        self, where: Mapping[str, Any], operators: set[str], before: Position | None, count: int
    ) -> list[Stored]:
        """Read all documents under a condition that leaves few, such as a list of ids."""
        # Only the server can judge an operator.
        fitting = [fields for fields in self._prefixes(where) if operators <= {*fields}]
        fields = ("_id", *where) if "_id" in where else max(fitting, key=len, default=tuple(where))
        found = await self._window({name: where[name] for name in fields})
        return _behind(before, {name: where[name] for name in where.keys() - operators}, found)[:count]

    async def _one_list(self, where: Mapping[str, Any], before: Position | None, count: int) -> list[Stored]:
        key = tuple(sorted(where.items()))
        cuts = self._known.get(key) or await self._cut(where)
        indexed = {name: where[name] for name in cuts.fields}
        upper = before.created_at if before else None
        times = [time for time in cuts.times if upper is None or time < upper]
        found: list[Stored] = []
        windows, changed = 0, False
        while True:
            step = ceil((count - len(found)) / cuts.every)
            lower = times[step - 1] if step <= len(times) else None
            read = _behind(before, where, await self._window(indexed, lower, upper))
            found += read
            windows += 1
            changed |= windows > MOST_WINDOWS or len(read) > 4 * step * cuts.every
            if lower is None or len(found) >= count:
                break
            upper, times = lower, times[step:]
        if len(self._known) >= MOST_LISTS:
            self._known.clear()
        self._known[key] = cuts
        if changed:
            del self._known[key]
        return found[:count]

    async def _cut(self, where: Mapping[str, Any]) -> _Cuts:
        """Sample the list by each index that fits it, and choose the one with the fewest documents."""
        for rare in self._rare:
            if rare.items() <= where.items():
                return _Cuts((*rare, *({"business_id"} & where.keys())), EVERY, ())
        prefixes = self._prefixes(where)
        listed = [fields for fields in prefixes if (*fields, "_id") in self._indexes]
        widest = [fields for fields in listed if not any({*fields} < {*other} for other in listed)]
        samples = await asyncio.gather(*(self._sample(fields, where) for fields in widest))
        if not samples:
            return _Cuts(max(prefixes, key=len, default=tuple(where)), EVERY, ())
        fields, sample = min(zip(widest, samples, strict=True), key=lambda pair: len(pair[1]))
        times = sorted({one["created_at"] for one in _behind(None, where, sample)}, reverse=True)
        every = EVERY
        while len(times) > MOST_CUTS:
            times, every = times[::2], every * 2
        return _Cuts(fields, every, times)

    async def _sample(self, fields: Sequence[str], where: Mapping[str, Any]) -> list[Stored]:
        condition = {**{name: where[name] for name in fields}, "_id": SAMPLED}
        shown = {"created_at": 1, **dict.fromkeys(where, 1)}
        return await self._collection.find(condition, shown, batch_size=MOST_CUTS).to_list(None)

    async def _window(
        self, indexed: Mapping[str, Any], lower: datetime | None = None, upper: datetime | None = None
    ) -> list[Stored]:
        bounds = {"$gt": lower, "$lte": upper}
        between = {name: bound for name, bound in bounds.items() if bound is not None}
        condition = {**indexed, "created_at": between} if between else dict(indexed)
        return await self._collection.find(condition, sort=NEWEST_FIRST, batch_size=MOST_CUTS).to_list(None)

    async def _read_indexes(self) -> None:
        indexes = (await self._collection.index_information()).values()
        self._one_each = any(one.get("unique") and one["key"] == [("business_id", 1)] for one in indexes)
        # A partial index is made for what few documents are, and holds no others.
        partial = (dict(one.get("partialFilterExpression", {})) for one in indexes)
        self._rare = [condition for condition in partial if condition]
        self._indexes = [tuple(name for name, _ in one["key"]) for one in indexes]

    def _prefixes(self, where: Mapping[str, Any]) -> set[tuple[str, ...]]:
        """Return the first fields of each index that the condition names, up to one with an operator.

        The business is always among them: no tenant's documents are read to be looked through here.
        """
        found = set()
        for index in self._indexes:
            fields: list[str] = []
            for name in index:
                if name not in where:
                    break
                fields.append(name)
                if isinstance(where[name], Mapping):
                    break
            if fields and ("business_id" in fields or "business_id" not in where):
                found.add(tuple(fields))
        return found


def _behind(before: Position | None, where: Mapping[str, Any], stored: Sequence[Stored]) -> list[Stored]:
    """Return what has the values of `where` and comes behind a position."""
    return [
        one
        for one in stored
        if all(_value(one, name) == value for name, value in where.items())
        and (before is None or Position.of(one) < before)
    ]


def _value(stored: Stored, name: str) -> Any:
    """Return the value of a field, which may be one of a field's (`input.campaign_id`)."""
    value: Any = stored
    for part in name.split("."):
        value = (value or {}).get(part)
    return value
