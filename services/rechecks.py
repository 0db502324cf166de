"""Find stale checks, and recheck drafts in the background."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any

from core.clock import Clock
from core.content import Content
from core.errors import NotFound, VersionMismatch
from core.rules.version import RULES_VERSION
from core.scope import Scope
from core.task import Task
from memory.database import Database
from services.check_basis import UNSENT, CheckBasis
from services.checker import Checker
from services.edits import edit
from services.tasks import LONGEST_DELAY, Tasks

RECHECK = "recheck"
"""The kind of the task (`jobs/tasks.py`)."""

EXPIRY = "expiry"
"""The subject of the task that waits for the next fact to expire."""

PAGE = 25
MOST_IN_ONE_TASK = 1_000


class Rechecks:
    """Rechecks drafts after changes of facts, profile, campaigns and rules."""

    def __init__(self, database: Database, tasks: Tasks, checker: Checker, clock: Clock) -> None:
        self._businesses = database.businesses
        self._campaigns = database.campaigns
        self._content = database.content
        self._tasks = tasks
        self._checker = checker
        self._clock = clock

    @asynccontextmanager
    async def after_change(self, scope: Scope) -> AsyncIterator[None]:
        """Have the drafts of a business rechecked after the change inside the block.

        Also requested before the change, so that a crash right after it leaves no draft stale for good.
        """
        await self._tasks.request(scope, RECHECK, delay=LONGEST_DELAY)
        yield
        await self._tasks.request(scope, RECHECK)

    async def after_new_rules(self, scope: Scope) -> None:
        """Have the drafts of a business rechecked with the rules of this release."""
        await self._tasks.request(scope, RECHECK)
        await self._businesses.note(scope, scope.business_id, {"rules_version": RULES_VERSION})

    async def after_saving(self, content: Content) -> None:
        """Have a draft rechecked if the inputs of its checks have changed meanwhile."""
        scope = Scope.of(content.business_id)
        if await self.stale(scope, [content]):
            await self._tasks.request(scope, RECHECK)

    async def stale(self, scope: Scope, contents: Iterable[Content]) -> set[str]:
        """Return the ids of drafts with stale checks."""
        unsent = [content for content in contents if content.status in UNSENT]
        if not unsent:
            return set()
        businesses, campaigns = await asyncio.gather(
            self._businesses.all(scope, {"_id": {"$in": list({one.business_id for one in unsent})}}),
            self._campaigns.all(scope, {"_id": {"$in": list({one.campaign_id for one in unsent})}}),
        )
        by_id = {business.id: business for business in businesses}
        now = self._clock.now()
        bases = {
            campaign.id: CheckBasis(by_id[campaign.business_id], campaign, now)
            for campaign in campaigns
            if campaign.business_id in by_id
        }
        return {one.id for one in unsent if (basis := bases.get(one.campaign_id)) and basis.is_stale(one)}

    async def check(self, scope: Scope, content: Content) -> dict[str, Any]:
        """Check a draft that is not saved yet; return its `ai_metadata` and `checked_against`."""
        return await self._check(content, await self._basis(scope, content))

    async def refresh(self, scope: Scope, content_id: str) -> Content:
        """Recheck a draft if its checks are stale, and return it.

        An approval calls this first, then writes the decision if `version` and `checked_against` are
        unchanged.
        """
        content = await self._content.get(scope, content_id)
        narrow = scope.only(content.business_id)
        return await self._refresh(narrow, content_id, await self._basis(narrow, content))

    async def run(self, scope: Scope, _: Task) -> None:
        """Recheck the drafts of a business with stale checks (task handler)."""
        business = await self._businesses.find(scope, {"_id": scope.business_id})
        if business is None:
            return
        now = self._clock.now()
        bases: dict[str, CheckBasis | None] = {}
        done = 0
        async for content in self._unsent(scope):
            if content.campaign_id not in bases:
                campaign = await self._campaigns.find(scope, {"_id": content.campaign_id})
                bases[content.campaign_id] = CheckBasis(business, campaign, now) if campaign else None
            basis = bases[content.campaign_id]
            if basis is None or not basis.is_stale(content):
                continue
            if done == MOST_IN_ONE_TASK:
                await self._tasks.request(scope, RECHECK)
                return
            done += 1
            # Deleted meanwhile, or every retry met an edit, which checks the draft itself.
            with suppress(NotFound, VersionMismatch):
                await self._refresh(scope, content.id, basis)
        expiries = [fact.expires_at for fact in business.facts if fact.expires_at and fact.expires_at > now]
        if expiries:
            until = min(expiries) - now
            await self._tasks.request(scope, RECHECK, EXPIRY, delay=until, longest_delay=until)

    async def _unsent(self, scope: Scope) -> AsyncIterator[Content]:
        for status in UNSENT:
            cursor: str | None = None
            while True:
                page = await self._content.page(scope, {"status": status}, PAGE, cursor)
                for content in page.items:
                    yield content
                if (cursor := page.next_cursor) is None:
                    break

    async def _basis(self, scope: Scope, content: Content) -> CheckBasis:
        business, campaign = await asyncio.gather(
            self._businesses.get(scope, content.business_id),
            self._campaigns.get(scope, content.campaign_id),
        )
        return CheckBasis(business, campaign, self._clock.now())

    async def _check(self, content: Content, basis: CheckBasis) -> dict[str, Any]:
        checked = await self._checker.recheck(content, basis.business, basis.campaign, basis.now)
        return {"ai_metadata": checked, "checked_against": basis.digest_for(content.slot_id)}

    async def _refresh(self, scope: Scope, content_id: str, basis: CheckBasis) -> Content:
        async def changes(current: Content) -> dict[str, Any]:
            if not basis.is_stale(current):
                return {}
            values = await self._check(current, basis)
            same = values["ai_metadata"] == current.ai_metadata
            # The visible fields did not change: the version stays, so an open edit does not conflict.
            if same and await self._content.note(
                scope,
                content_id,
                {"checked_against": values["checked_against"]},
                {"version": current.version},
            ):
                return {}
            return values

        content = await edit(self._content, scope, content_id, changes)
        return content.model_copy(update={"checked_against": basis.digest_for(content.slot_id)})
