"""Delete content, memories, campaigns, threads and businesses with what is theirs; for api and jobs only."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Protocol, TypeVar

from core.conversation import ACTIVE, Thread
from core.document import Document
from core.errors import Deleted, NotEmpty, NotFound, Unavailable, VersionMismatch
from core.events import run_error
from core.scope import Scope
from memory.collections import Collection
from memory.database import Database
from memory.log_erasure import LastAttempt, erase_logs
from memory.marks import Marks
from memory.mongo import ConnectionFailure
from memory.redis import RedisClient
from services.campaigns import Campaigns
from services.effects.withdrawal import Withdrawal
from services.idempotency import Idempotency

logger = logging.getLogger(__name__)

BATCH = 200

RESUME_AFTER = timedelta(seconds=30)
"""Age after which the sweep resumes a deletion, possibly beside a slow request."""

CASCADE = "deleting_cascade"
"""The stored field with the `cascade` of a deletion."""

D = TypeVar("D", bound=Document)
T = TypeVar("T")


class Forgetful(Protocol):
    """Removes memories (`services/recall.py`)."""

    async def forget(self, scope: Scope, refs: Sequence[str]) -> None:
        """Remove the memories of these runs or drafts."""
        ...

    async def unindex(self, scope: Scope, memory_ids: Sequence[str]) -> None:
        """Remove the vectors of these memories."""
        ...

    async def forget_business(self, scope: Scope) -> None:
        """Remove all memories of a business."""
        ...


class Erasure:
    """Deletions, each in three steps.

    1. Mark the document by compare-and-set: it is no longer found or changed. A concurrent writer that adds a
     dependent reads the mark afterwards and removes the dependent.
    2. Stop its runs; revoke the leases of those that do not stop.
    3. Remove its dependents, then the document.

    Every step is idempotent. After a crash or an outage, `resume` continues from the marks. The methods
    return whether everything is removed; if not, the document is hidden and the rest follows.
    """

    def __init__(
        self,
        database: Database,
        redis: RedisClient,
        campaigns: Campaigns,
        recall: Forgetful,
        idempotency: Idempotency,
        withdrawal: Withdrawal,
    ) -> None:
        self._database = database
        self._redis = redis
        self._campaigns = campaigns
        self._recall = recall
        self._idempotency = idempotency
        self._withdrawal = withdrawal
        self._content = Marks(database.content)
        self._campaign = Marks(database.campaigns)
        self._thread = Marks(database.threads)
        self._run = Marks(database.runs)
        self._memory = Marks(database.memories)
        self._business = Marks(database.businesses)

    async def erase_content(self, scope: Scope, content_id: str, version: int | None = None) -> bool:
        """Delete a draft with its revisions; its slot is planned again.

        Raises:
            VersionMismatch: The document is not at `version` (If-Match).
        """
        await self._mark(self._database.content, self._content, scope, content_id, version)
        return await _all_gone(self._finish_content(scope, content_id))

    async def erase_memory(self, scope: Scope, memory_id: str) -> bool:
        """Delete what was remembered; a fact is removed with the business's facts instead.

        Raises:
            NotFound: There is no such memory.
        """
        memory = await self._database.memories.get(scope, memory_id)
        if memory.kind == "fact":
            raise NotFound("memory")
        await self._mark(self._database.memories, self._memory, scope, memory_id, None)
        return await _all_gone(self._finish_memory(scope, memory_id))

    async def erase_campaign(
        self, scope: Scope, campaign_id: str, *, cascade: bool, version: int | None = None
    ) -> bool:
        """Delete a campaign, and its content if `cascade`. Its threads stay, without a campaign.

        Raises:
            NotEmpty: It has content, and `cascade` is false.
            VersionMismatch: The document is not at `version` (If-Match).
        """
        await self._database.campaigns.get(scope, campaign_id)
        await self._require_empty_campaign(scope, campaign_id, cascade)
        values = {CASCADE: cascade}
        await self._mark(self._database.campaigns, self._campaign, scope, campaign_id, version, values)
        return await _all_gone(self._finish_campaign(scope, campaign_id))

    async def erase_thread(self, scope: Scope, thread: Thread, version: int | None = None) -> bool:
        """Delete a thread with its runs, messages, graph state and memories; its drafts stay.

        Raises:
            VersionMismatch: The document is not at `version` (If-Match).
        """
        await self._mark(self._database.threads, self._thread, scope, thread.id, version)
        return await _all_gone(self._finish_thread(scope, thread.id))

    async def erase_business(
        self, scope: Scope, business_id: str, *, cascade: bool, version: int | None = None
    ) -> bool:
        """Delete a business with all that it owns, except its token accounting.

        Raises:
            NotEmpty: It has campaigns or content, and `cascade` is false.
            VersionMismatch: The document is not at `version` (If-Match).
        """
        scope = scope.only(business_id)
        await self._database.businesses.get(scope, business_id)
        await self._require_empty_business(scope, cascade)
        values = {CASCADE: cascade}
        await self._mark(self._database.businesses, self._business, scope, business_id, version, values)
        return await _all_gone(self._finish_business(scope, business_id))

    async def resume(self) -> None:
        """Complete interrupted deletions of all businesses."""
        before = self._database.businesses.clock.now() - RESUME_AFTER
        finishers: list[tuple[Marks, Callable[[Scope, str], Awaitable[None]]]] = [
            (self._business, self._finish_business),
            (self._campaign, self._finish_campaign),
            (self._thread, self._finish_thread),
            (self._content, self._finish_content),
            (self._memory, self._finish_memory),
        ]
        for marks, finish in finishers:
            for ref in await marks.left(before, BATCH):
                try:
                    await _all_gone(finish(Scope.of(ref.business_id), ref.document_id))
                except NotEmpty:
                    logger.info("erasure.not_empty", extra={"document_id": ref.document_id})
                except ConnectionFailure:
                    raise
                except Exception:
                    # A failure does not stop the others.
                    logger.exception("erasure.failed", extra={"document_id": ref.document_id})

    # -- step 1 -----------------------------------------------------------------------------------------

    async def _mark(
        self,
        collection: Collection[D],
        marks: Marks,
        scope: Scope,
        document_id: str,
        version: int | None,
        values: Mapping[str, Any] | None = None,
    ) -> None:
        while True:
            document = await collection.get(scope, document_id)
            if version is not None and document.version != version:
                raise VersionMismatch(
                    f"It is at version {document.version} now; read it again.",
                    current_version=document.version,
                )
            if await marks.mark(scope, document_id, document.version, values):
                return

    async def _require_empty_campaign(self, scope: Scope, campaign_id: str, cascade: bool) -> None:
        if not cascade and await self._database.content.any(scope, {"campaign_id": campaign_id}):
            raise NotEmpty("The campaign has content; cascade=true deletes it too.", holds=["content"])

    async def _require_empty_business(self, scope: Scope, cascade: bool) -> None:
        if cascade:
            return
        collections = (self._database.campaigns, self._database.content)
        if holds := [one.name for one in collections if await one.any(scope, {})]:
            raise NotEmpty(
                f"The business has {' and '.join(holds)}; cascade=true deletes them too.", holds=holds
            )

    # -- steps 2 and 3 ----------------------------------------------------------------------------------

    async def _finish_content(self, scope: Scope, content_id: str) -> None:
        fields = ("campaign_id", "slot_id", "written_by")
        for content in await self._content.find(scope, {"_id": content_id}, fields):
            await self._database.versions.delete(scope, {"content_id": content_id})
            await self._recall.forget(scope, [content_id])
            await self._idempotency.forget(content_id)
            if content.get("slot_id") is not None:
                await self._campaigns.release_slot(
                    scope, content["campaign_id"], content["slot_id"], content_id
                )
            written_by = content.get("written_by")
            if written_by is not None and await self._works(scope, written_by["run_id"]):
                # A later attempt of the run would write it again: the mark stays until the run ends.
                await self._content.strip(scope, content_id, {"written_by": written_by})
            else:
                await self._content.remove(scope, {"_id": content_id})

    async def _finish_memory(self, scope: Scope, memory_id: str) -> None:
        fields = ("ref", "dedupe_key")
        for memory in await self._memory.find(scope, {"_id": memory_id}, fields):
            await self._recall.unindex(scope, [memory_id])
            if await self._works(scope, memory["ref"]):
                # A later attempt of the run would remember it again: the mark stays until the run ends.
                await self._memory.strip(scope, memory_id, {name: memory[name] for name in fields})
            else:
                await self._memory.remove(scope, {"_id": memory_id})

    async def _works(self, scope: Scope, root_run_id: str) -> bool:
        where = {"root_run_id": root_run_id, "status": {"$in": ACTIVE}}
        return await self._database.runs.any(scope, where)

    async def _finish_campaign(self, scope: Scope, campaign_id: str) -> None:
        for campaign in await self._campaign.find(scope, {"_id": campaign_id}, (CASCADE, "written_by")):
            try:
                # Dependents added between the check and the mark are not deleted without `cascade`.
                await self._require_empty_campaign(scope, campaign_id, campaign[CASCADE])
            except NotEmpty:
                await self._campaign.unmark(scope, campaign_id)
                raise
            await self._content.mark_all(scope, {"campaign_id": campaign_id})
            await self._withdrawal.stop(scope, *await self._runs_on(scope, campaign_id, campaign))
            where = {"campaign_id": campaign_id}
            contents = await self._content.find(scope, where)
            for ids in _batches([content["_id"] for content in contents]):
                await self._database.versions.delete(scope, {"content_id": {"$in": ids}})
                await self._recall.forget(scope, ids)
                await self._content.remove(scope, {"_id": {"$in": ids}})
            await self._database.threads.change_all(scope, where, {"campaign_id": None})
            await self._database.tasks.delete(scope, {"subject": campaign_id})
            await self._idempotency.forget(campaign_id)
            await self._campaign.remove(scope, {"_id": campaign_id})

    async def _runs_on(
        self, scope: Scope, campaign_id: str, stored: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Return the conditions on the runs of a campaign: they name it, are of its threads, or made it."""
        threads = await self._database.threads.ids(scope, {"campaign_id": campaign_id})
        author = (stored.get("written_by") or {}).get("run_id")
        return [
            {"input.campaign_id": campaign_id},
            {"root_run_id": author},
            *({"thread_id": thread_id} for thread_id in threads),
        ]

    async def _finish_thread(self, scope: Scope, thread_id: str) -> None:
        where = {"thread_id": thread_id}
        await self._withdrawal.stop(scope, where)
        await self._withdrawal.withdraw(scope, where)
        await self._database.messages.delete(scope, where)
        await self._remove_runs(scope, where)
        await self._idempotency.forget(thread_id)
        await self._thread.remove(scope, {"_id": thread_id})

    async def _remove_runs(self, scope: Scope, where: Mapping[str, Any]) -> None:
        """Remove marked runs with their graph state, memories and event logs."""
        for runs in _batches(await self._run.find(scope, where, ("root_run_id", "attempt"))):
            roots = [run["root_run_id"] for run in runs]
            await self._database.erase_checkpoints(scope, roots)
            await self._recall.forget(scope, roots)
            last = [LastAttempt(run["_id"], run["attempt"]) for run in runs]
            await erase_logs(self._redis, scope, last, run_error(Deleted("run").problem()))
            await self._run.remove(scope, {"_id": {"$in": [run["_id"] for run in runs]}})

    async def _finish_business(self, scope: Scope, business_id: str) -> None:
        for business in await self._business.find(scope, {"_id": business_id}, (CASCADE,)):
            try:
                await self._require_empty_business(scope, business[CASCADE])
            except NotEmpty:
                await self._business.unmark(scope, business_id)
                raise
            database = self._database
            await database.memberships.delete({"business_id": business_id})
            for marks in (self._campaign, self._content, self._thread):
                await marks.mark_all(scope, {})
            await self._withdrawal.stop(scope, {})
            await self._withdrawal.withdraw(scope, {})
            await self._recall.forget_business(scope)
            await self._remove_runs(scope, {})
            await database.erase(scope)
            await self._idempotency.forget(business_id)
            await self._business.remove(scope, {"_id": business_id})


def _batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[start : start + BATCH] for start in range(0, len(items), BATCH))


async def _all_gone(finish: Awaitable[None]) -> bool:
    """Remove the dependents of a marked document; false when a store does not answer."""
    try:
        await finish
    except Unavailable as error:
        logger.warning("erasure.waits: %s", error)
        return False
    return True
