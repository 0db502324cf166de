"""Reshape stored documents of earlier releases; each function is a migration and may run again."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from itertools import pairwise
from typing import Any

from pymongo import DeleteOne, UpdateOne

from core.content import Content, ContentFields, content_digest
from core.email_address import normalise_email
from core.ids import derived_id
from memory.mongo import SYSTEM_SCAN, DuplicateKeyError, Mongo, Stored

_BATCH = 200
_KEPT = tuple(name for name in ContentFields.model_fields if name != "language")
"""The fields of a kept version of the first release."""


async def number_revisions(mongo: Mongo) -> None:
    """Give drafts their revision, digest and authorship, and number their kept versions 1, 2, 3.

    The first release numbered a kept version by the draft's `version`, and stored on it who had replaced it;
    that field stays, so that an interrupted reshape gives the same result when repeated.
    """
    # A process of the earlier release may write meanwhile: its drafts are converted in the next round.
    while await _number_drafts(mongo):
        pass


async def normalise_addresses(mongo: Mongo) -> None:
    """Normalise the e-mail addresses of accounts.

    Two accounts with the same normal form are not merged: the one stored in normal form signs in.
    """
    users = mongo.collection("users")
    async for user in users.find({}, {"email": 1}):
        address = normalise_email(user["email"])
        if address != user["email"]:
            with suppress(DuplicateKeyError):
                await users.update_one({"_id": user["_id"]}, {"$set": {"email": address}})


async def give_seats(mongo: Mongo) -> None:
    """Give every business a seat of its creator, in order of creation."""
    taken: Counter[str] = Counter()
    found = mongo.collection("businesses").find({}, {"user_id": 1, "created_at": 1}, comment=SYSTEM_SCAN)
    async for business in found.sort("created_at", 1):
        user_id = business["user_id"]
        seat = derived_id("business-seat", user_id, str(taken[user_id]))
        taken[user_id] += 1
        values = {
            "schema": 1,
            "version": 1,
            "user_id": user_id,
            "business_id": business["_id"],
            "previous_id": None,
            "created_at": business["created_at"],
            "updated_at": business["created_at"],
        }
        await mongo.collection("business_seats").update_one(
            {"_id": seat}, {"$setOnInsert": values}, upsert=True
        )


async def _number_drafts(mongo: Mongo) -> int:
    """Number unnumbered drafts; return how many."""
    content = mongo.collection("content")
    found = 0
    updates: list[UpdateOne] = []
    async for draft in content.find({"revision": {"$exists": False}}, comment=SYSTEM_SCAN):
        kept = await _renumber(mongo, draft) if draft["version"] > 1 else []
        values = {
            "revision": len(kept) + 1,
            "content_digest": content_digest({**dict.fromkeys(Content.model_fields), **draft}),
            "authorship": _authorships(draft, kept)[-1],
            "edited_by": next((one["edited_by"] for one in reversed(kept) if one["edited_by"]), None),
            # The sweep ties drafts whose worker died; tied ones are not changed.
            "awaits_slot": draft["slot_id"] is not None,
        }
        updates.append(UpdateOne({"_id": draft["_id"], "version": draft["version"]}, {"$set": values}))
        found += 1
        if len(updates) == _BATCH:
            await content.bulk_write(updates, ordered=False, comment=SYSTEM_SCAN)
            updates = []
    if updates:
        await content.bulk_write(updates, ordered=False, comment=SYSTEM_SCAN)
    return found


async def _renumber(mongo: Mongo, draft: Stored) -> list[Stored]:
    """Number the kept versions of a draft; remove those of an edit that lost its compare-and-set."""
    versions = mongo.collection("content_versions")
    of_draft = {"business_id": draft["business_id"], "content_id": draft["_id"]}
    found = [one async for one in versions.find(of_draft).sort("number", 1)]
    kept = [
        one for one, after in pairwise([*found, draft]) if any(one[name] != after[name] for name in _KEPT)
    ]
    ids = {one["_id"] for one in kept}
    changes: list[DeleteOne | UpdateOne] = [
        DeleteOne({"_id": one["_id"], **of_draft}) for one in found if one["_id"] not in ids
    ]
    authorships = _authorships(draft, kept)
    for number, (one, authorship) in enumerate(zip(kept, authorships, strict=False), start=1):
        values = {"number": number, "language": draft["language"], "authorship": authorship}
        changes.append(UpdateOne({"_id": one["_id"], **of_draft}, {"$set": values}))
    if changes:
        await versions.bulk_write(changes)
    return kept


def _authorships(draft: Stored, kept: list[Stored]) -> list[dict[str, Any]]:
    """Return the authors of the kept revisions and of the current one."""
    written_by = draft.get("written_by") or {}
    first = {"person_id": None, "run_id": written_by.get("run_id"), "at": draft["created_at"], "reason": ""}
    edits = [
        {"person_id": one["edited_by"], "run_id": None, "at": one["created_at"], "reason": ""} for one in kept
    ]
    return [first, *edits]
