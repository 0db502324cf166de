"""Read and rename threads and their message tree."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from core.actions import Action
from core.campaign import Campaign
from core.content import Content
from core.conversation import ENDED, Message, Run, Thread
from core.errors import NotFound
from core.events import Snapshot
from core.ids import is_id
from core.scope import Scope
from core.views import CampaignSummary, DraftState
from memory.database import Database
from memory.pages import Page

LONGEST_BRANCH = 400
"""Limit of messages of a branch for a model or a snapshot, the newest; clients page for others."""

NEWEST_DRAFTS = 20
"""Limit of drafts in a campaign's state besides those of the calendar."""

_PAGE = 200


def _path(messages: Mapping[str, Message], head_id: str) -> list[Message]:
    """Return the known messages that lead to `head_id`, itself last."""
    path: list[Message] = []
    current = messages.get(head_id)
    while current is not None and len(path) < LONGEST_BRANCH:
        path.append(current)
        current = messages.get(current.parent_id or "")
    return path[::-1]


class Threads:
    """Threads belong to the user who opened them and do not exist for others."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, scope: Scope, user_id: str, reference: str) -> Thread:
        """Find a thread by its id or the client's id."""
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
        """Return the user's threads in one business, newest first."""
        return await self._database.threads.page(scope, {"user_id": user_id}, limit, cursor)

    async def of_runs(self, scope: Scope, user_id: str, run_ids: Sequence[str]) -> dict[str, str]:
        """Return the thread of each run that is of one of the user's own threads."""
        runs = await self._database.runs.all(scope, {"_id": {"$in": list(run_ids)}})
        return {run.id: run.thread_id for run in runs if run.user_id == user_id}

    async def rename(self, scope: Scope, thread: Thread, version: int, title: str) -> Thread:
        """Rename a thread."""
        return await self._database.threads.change_at(scope, thread.id, version, {"title": title})

    async def messages(
        self, scope: Scope, thread_id: str, limit: int, cursor: str | None = None
    ) -> Page[Message]:
        """Return a thread's messages of all branches, newest first."""
        return await self._database.messages.page(scope, {"thread_id": thread_id}, limit, cursor)

    async def branch(self, scope: Scope, thread_id: str, head_id: str) -> list[Message]:
        """Return the branch that ends in `head_id`, oldest first, limited to its newest messages."""
        head = await self._database.messages.find(scope, {"_id": head_id})
        if head is None:
            return []
        known = {head.id: head}
        cursor: str | None = None
        while True:
            path = _path(known, head_id)
            if path[0].parent_id is None or len(path) == LONGEST_BRANCH:
                return path
            page = await self.messages(scope, thread_id, _PAGE, cursor)
            known |= {message.id: message for message in page.items}
            if page.next_cursor is None:
                return _path(known, head_id)
            cursor = page.next_cursor

    async def active_run(self, scope: Scope, thread: Thread) -> Run | None:
        """Return the active run."""
        if thread.last_run_id is None:
            return None
        run = await self._database.runs.find(scope, {"_id": thread.last_run_id})
        return None if run is None or run.status in ENDED else run

    async def drafts_written(self, scope: Scope, thread_id: str) -> int:
        """Return the number of existing drafts by runs of the thread; they stay when it is deleted."""
        run_ids = await self._database.runs.ids(scope, {"thread_id": thread_id})
        return len(await self._database.content.ids(scope, {"written_by.run_id": {"$in": run_ids}}))

    async def check_targets(self, scope: Scope, focus: str | None, actions: Sequence[Action]) -> None:
        """NotFound unless the open draft and every target of a pressed button are the business's own."""
        named = {target for action in actions for target in action.targets} | ({focus} if focus else set())
        if not named:
            return
        missing = named - set(await self._database.content.ids(scope, {"_id": {"$in": list(named)}}))
        if focus in missing:
            raise NotFound("content")
        if missing:
            where = {"calendar.slot_id": {"$in": list(missing)}}
            campaigns = await self._database.campaigns.all(scope, where)
            missing -= {slot.slot_id for campaign in campaigns for slot in campaign.calendar}
        if missing:
            raise NotFound("target")

    async def open_drafts(self, scope: Scope, campaign: Campaign | None, focus: str | None) -> list[Content]:
        """The drafts that a request may be about: the open one first, then the newest.

        Of the campaign, or, where there is none, of the business.
        """
        where = {} if campaign is None else {"campaign_id": campaign.id}
        page = await self._database.content.page(scope, where, NEWEST_DRAFTS)
        found = {one.id: one for one in page.items}
        if focus is not None and (open_one := await self._database.content.find(scope, {"_id": focus})):
            found = {focus: open_one, **found}
        return list(found.values())

    async def state(self, scope: Scope, campaign_id: str | None) -> Snapshot:
        """Return the open artefacts of a campaign, for STATE_SNAPSHOT and `GET /threads/{id}`.

        Includes all drafts of the calendar and the newest others of the campaign.
        """
        if campaign_id is None:
            return Snapshot()
        campaign = await self._database.campaigns.find(scope, {"_id": campaign_id})
        if campaign is None:
            return Snapshot()
        planned = [slot.content_id for slot in campaign.calendar if slot.content_id]
        content = self._database.content
        drafts, newest = await asyncio.gather(
            content.all(scope, {"_id": {"$in": planned}, "campaign_id": campaign_id}),
            content.page(scope, {"campaign_id": campaign_id}, NEWEST_DRAFTS),
        )
        return Snapshot(
            campaign=CampaignSummary.of(campaign),
            calendar=campaign.calendar,
            drafts={one.id: DraftState.of(one) for one in (*drafts, *newest.items)},
        )
