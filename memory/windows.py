"""Lists on the bundled server, which decodes every match of a find before it sorts and limits."""

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
"""Upper bound of sampled ids: one in 32 random hexadecimal ids is below `08`."""

MOST_CUTS = 512
"""Limit of cuts; of a longer list every second cut is kept, and so on."""

MOST_LISTS = 2_000
MOST_WINDOWS = 4


@dataclass(frozen=True)
class _Cuts:
    """Cuts of a list with about `every` documents in between.

    `fields` are the indexed conditions of the list.
    """

    fields: Sequence[str]
    every: int
    times: Sequence[datetime]


class SampledWindows:
    """Splits a list into windows at the times of a random sample, and reads windows until a page is full.

    Between neighbours of a 1-in-32 sample lie about 32 documents, whatever their distribution over time. Cuts
    are cached until a page shows that the list has changed much; outdated cuts cost time, not correctness.

    The server uses an index only for conditions on exactly its first fields: other conditions are applied
    here.
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
            ValueError: The condition joins others (`$or`): query each of them.
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
        # No index covers several businesses: read the newest of each and merge.
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
        """Read all documents of a selective condition, such as a list of ids."""
        # Only the server evaluates operators.
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
        """Sample the list by each matching index, and choose the one with the fewest documents."""
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
        # A partial index holds only a few of the documents.
        partial = (dict(one.get("partialFilterExpression", {})) for one in indexes)
        self._rare = [condition for condition in partial if condition]
        self._indexes = [tuple(name for name, _ in one["key"]) for one in indexes]

    def _prefixes(self, where: Mapping[str, Any]) -> set[tuple[str, ...]]:
        """Return the leading fields of each index that the condition has, up to one with an operator.

        The business is always among them: other tenants' documents are never read.
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
    """Return the documents that match `where` and follow a position."""
    return [
        one
        for one in stored
        if all(_has(one, name, value) for name, value in where.items())
        and (before is None or Position.of(one) < before)
    ]


def _has(stored: Any, name: str, value: object) -> bool:
    """Whether a field, which may be nested or in the parts of a list (`calendar.slot_id`), has a value."""
    first, _, rest = name.partition(".")
    if isinstance(stored, list):
        return any(_has(part, name, value) for part in stored)
    found = (stored or {}).get(first)
    return _has(found, rest, value) if rest else found == value
