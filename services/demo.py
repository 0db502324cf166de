"""Load the demo workspace."""

from __future__ import annotations

from contextlib import suppress

from core.account import Membership
from core.business import Business, Fact
from core.campaign import Campaign
from core.clock import Clock
from core.demo import DEMO_EMAIL, DEMO_FACTS, DEMO_NAME, DEMO_PASSWORD, demo_campaign, demo_profile
from core.errors import EmailTaken
from core.ids import derived_id
from core.scope import Scope
from memory.collections import AlreadyThere
from memory.database import Database
from services.accounts import Accounts
from services.recall import Recall

DEMO_BUSINESS_ID = derived_id("demo", "business")


class Demo:
    """The workspace of a small gym, marked as demo; loading is idempotent."""

    def __init__(self, database: Database, accounts: Accounts, recall: Recall, clock: Clock) -> None:
        self._database = database
        self._accounts = accounts
        self._recall = recall
        self._clock = clock

    async def load(self) -> None:
        """Create what is missing; ids are derived from names, so a retry completes an interrupted load."""
        try:
            user_id = (await self._accounts.create(DEMO_EMAIL, DEMO_PASSWORD, DEMO_NAME)).id
        except EmailTaken:
            found = await self._database.users.find({"email": DEMO_EMAIL})
            if found is None:
                return
            user_id = found.id
        now = self._clock.now()
        stamps = {"created_at": now, "updated_at": now}
        scope = Scope.of(DEMO_BUSINESS_ID)
        business = Business(
            **demo_profile().model_dump(),
            id=DEMO_BUSINESS_ID,
            business_id=DEMO_BUSINESS_ID,
            user_id=user_id,
            facts=[
                Fact(id=derived_id("demo", key), key=key, value=value, source="demo", updated_at=now)
                for key, value in DEMO_FACTS
            ],
            is_demo=True,
            **stamps,
        )
        campaign = Campaign(
            **demo_campaign().model_dump(),
            id=derived_id("demo", "campaign"),
            business_id=DEMO_BUSINESS_ID,
            is_demo=True,
            **stamps,
        )
        membership = Membership(
            id=derived_id("demo", "membership"),
            business_id=DEMO_BUSINESS_ID,
            user_id=user_id,
            role="owner",
            **stamps,
        )
        if await self._database.memberships.find({"_id": membership.id}) is not None:
            return
        with suppress(AlreadyThere):
            await self._database.businesses.insert(scope, business)
        with suppress(AlreadyThere):
            await self._database.campaigns.insert(scope, campaign)
        await self._recall.remember_facts(scope, business)
        # The membership makes the rest visible, so it is written last.
        await self._database.memberships.insert(membership)
