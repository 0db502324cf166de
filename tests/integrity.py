"""What refers to something that is not there: whatever was deleted, and when, nothing does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core.scope import Scope
from memory.database import KEPT_FOR_ACCOUNTING, TENANT_COLLECTIONS
from memory.redis import run_log_key
from services.container import Services

_REFERENCES = {
    "content": {"campaign_id": "campaigns"},
    "content_versions": {"content_id": "content"},
    "threads": {"campaign_id": "campaigns"},
    "runs": {"thread_id": "threads"},
    "chat_messages": {"thread_id": "threads", "run_id": "runs"},
    "checkpoints": {"thread_id": "runs"},
    "checkpoint_writes": {"thread_id": "runs"},
}
"""Which field of which collection names a document of which other one."""


async def orphans(services: Services, business_id: str, run_ids: list[str]) -> list[str]:
    """What of a business is left without what it belongs to, in MongoDB, Chroma and Redis.

    Args:
        services: The stores.
        business_id: The business, which may be gone.
        run_ids: Runs that there were, and whose event logs may be left.
    """
    mongo = services.database.mongo
    stored: dict[str, dict[str, Any]] = {}
    for name in TENANT_COLLECTIONS - KEPT_FOR_ACCOUNTING:
        rows = await mongo.collection(name).find({"business_id": business_id}).to_list(None)
        stored[name] = {row["_id"]: row for row in rows}
    found = list(_orphaned_documents(stored))
    if not stored["businesses"]:
        found += [f"{name} of no business: {list(rows)}" for name, rows in stored.items() if rows]
        members = await services.database.memberships.all({"business_id": business_id})
        found += [f"membership of {member.user_id}" for member in members]
    indexed = await services.recall._vectors._ask(
        lambda collection: collection.get(where={"business_id": business_id}, include=[])
    )
    found += [f"vector {memory}" for memory in indexed["ids"] if memory not in stored["memories"]]
    for run_id in run_ids:
        log = await services.redis.xrange(run_log_key(Scope.of(business_id), run_id))
        if run_id not in stored["runs"] and any(b"RUN_ERROR" not in fields[b"event"] for _, fields in log):
            found.append(f"{len(log)} events of run {run_id}")
    return found


def _orphaned_documents(stored: dict[str, dict[str, Any]]) -> Iterator[str]:
    for name, references in _REFERENCES.items():
        for document_id, row in stored[name].items():
            for field, owners in references.items():
                if row.get(field) is not None and row[field] not in stored[owners]:
                    yield f"{name} {document_id}: no {field} {row[field]}"
    for name, rows in stored.items():
        yield from (
            f"{name} {document_id} is marked" for document_id in rows if "deleting_at" in rows[document_id]
        )
    for memory in stored["memories"].values():
        if memory["kind"] != "fact" and memory["ref"] not in stored["runs"].keys() | stored["content"].keys():
            yield f"memory of {memory['ref']}"
    for campaign in stored["campaigns"].values():
        for slot in campaign["calendar"]:
            if slot["content_id"] is not None and slot["content_id"] not in stored["content"]:
                yield f"slot {slot['slot_id']} of campaign {campaign['_id']}: no content"
