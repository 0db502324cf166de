"""Threads and their message tree, as their user sees them."""

from __future__ import annotations

from collections.abc import Sequence

from core.conversation import ENDED, Message, Run, Thread
from core.errors import NotFound
from core.events import Snapshot
from core.ids import is_id
from core.scope import Scope
from core.views import CampaignSummary, DraftState
from memory.database import Database
from memory.pages import Page

LONGEST_BRANCH = 400


def branch(messages: Sequence[Message], head_id: str | None) -> list[Message]:
    """The messages from the root to `head_id`, root first."""
    by_id = {message.id: message for message in messages}
    path: list[Message] = []
    current = by_id.get(head_id or "")
    while current is not None and len(path) < LONGEST_BRANCH:
        path.append(current)
        current = by_id.get(current.parent_id or "")
    return path[::-1]


class Threads:
    """A thread belongs to the user who opened it; to anybody else it does not exist."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, scope: Scope, user_id: str, reference: str) -> Thread:
        """By our id or by the user's own name for it."""
        thread: Thread | None = None
        if is_id(reference):
            thread = await self._database.threads.find(scope, {"_id": reference, "user_id": user_id})
        if thread is None:
            where = {"dedupe_key": f"{user_id}:{reference}"}
            thread = await self._database.threads.find(scope, where)
        if thread is None:
            raise NotFound("thread")
        return thread

    async def page(self, scope: Scope, user_id: str, limit: int, cursor: str | None) -> Page[Thread]:
        """The user's threads in one business, newest first."""
        return await self._database.threads.page(scope, {"user_id": user_id}, limit, cursor)

    async def rename(self, scope: Scope, thread: Thread, version: int, title: str) -> Thread:
        """Give it another title."""
        return await self._database.threads.change_at(scope, thread.id, version, {"title": title})

    async def messages(self, scope: Scope, thread_id: str) -> list[Message]:
        """The whole tree, oldest first."""
        return await self._database.messages.all(scope, {"thread_id": thread_id}, limit=2_000)

    async def active_run(self, scope: Scope, thread: Thread) -> Run | None:
        """The run that is still going on."""
        if thread.last_run_id is None:
            return None
        run = await self._database.runs.find(scope, {"_id": thread.last_run_id})
        return None if run is None or run.status in ENDED else run

    async def drafts_written(self, scope: Scope, thread_id: str) -> int:
        """How many drafts its runs have written that are still there: they outlive the thread."""
        run_ids = await self._database.runs.ids(scope, {"thread_id": thread_id})
        return await self._database.content.count(scope, {"written_by.run_id": {"$in": run_ids}})

    async def state(self, scope: Scope, campaign_id: str | None) -> Snapshot:
        """The open artefacts of a campaign: what STATE_SNAPSHOT and `GET /threads/{id}` carry."""
        if campaign_id is None:
            return Snapshot()
        campaign = await self._database.campaigns.find(scope, {"_id": campaign_id})
        if campaign is None:
            return Snapshot()
        drafts = await self._database.content.all(scope, {"campaign_id": campaign_id}, limit=200)
        return Snapshot(
            campaign=CampaignSummary.of(campaign),
            calendar=campaign.calendar,
            drafts={content.id: DraftState.of(content) for content in drafts},
        )
