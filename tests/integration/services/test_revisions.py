"""A person's edit and every replaced revision survive, however writers, edits and decisions interleave."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.business import Business
from core.campaign import Campaign
from core.content import AiMetadata, Approval, Content, ContentFields, Media, TextContent
from core.document import WrittenBy
from core.ids import new_id
from core.scope import Scope
from memory.database import Database
from services.campaigns import Campaigns
from services.checker import Checker
from services.content import Contents
from services.drafting import Drafting, draft_id
from services.rechecks import Rechecks
from services.tasks import Tasks
from tests.doubles.turns import SteppedCollection, Turns
from tests.stored import store_run

PERSON = "a" * 24
ATTEMPTS = 2
TO_THE_END = 20

Seen = tuple[str, TextContent]


def seen(content: Content) -> Seen:
    """What a reader of the draft sees, as far as these tests change it."""
    return content.title, content.text_content


class Desk:
    """One draft that attempts of a run, a person's edits and decisions write at once."""

    def __init__(self, database: Database, checker: Checker, business: Business, campaign: Campaign) -> None:
        self.database = database
        self.business = business
        self.campaign = campaign
        self.scope = Scope.of(business.id)
        self.run_id = new_id()
        self.content_id = draft_id(business.id, self.run_id, "1")
        self.turns = Turns()
        self.history: list[Content] = []
        clock = database.content.clock
        stepped = Database(database.mongo, clock)
        stepped.content = SteppedCollection(database.content, self.turns)
        stepped.versions = SteppedCollection(database.versions, self.turns)
        rechecks = Rechecks(stepped, Tasks(stepped, clock), checker, clock)
        self._content = stepped.content
        self._rechecks = rechecks
        self._contents = Contents(stepped, rechecks, clock)
        self._drafting = Drafting(stepped, Campaigns(stepped, rechecks, clock), rechecks, clock)

    async def attempt(self, caption: str) -> Content:
        """An attempt of the run saves what it wrote."""
        return await self._drafting.save_draft(
            self.scope,
            business=self.business,
            campaign=self.campaign,
            slot=None,
            platform="instagram",
            fields=ContentFields(title="Brioche", text_content=TextContent(caption=caption), language="fr"),
            ai_metadata=AiMetadata(),
            # A run that began before something changed.
            checked_against="stale",
            written_by=WrittenBy(run_id=self.run_id, agent="copywriter", slot="1"),
        )

    async def edit(self, patch: Mapping[str, Any]) -> Content:
        """A person changes the draft as soon as there is one."""
        await self._appeared()
        return await self._contents.change(self.scope, self.content_id, patch, edited_by=PERSON)

    async def decide(self, decision: str | None) -> None:
        """A person approves what they saw, or schedules it, or neither."""
        if decision is None:
            return
        content = await self._appeared()
        approval = Approval(
            decision="approved",
            by=PERSON,
            at=content.updated_at,
            digest=content.content_digest,
            revision=content.revision,
        )
        values = {"approval": approval} if decision == "approve" else {"status": "scheduled"}
        await self._content.change(self.scope, self.content_id, values, {"version": content.version})

    async def recheck(self) -> None:
        """The worker makes the checks again."""
        await self._appeared()
        await self._rechecks.refresh(self.scope, self.content_id)

    async def observe(self) -> None:
        """Note the draft whenever a write has changed it."""
        content = await self.database.content.find(self.scope, {"_id": self.content_id})
        if content is not None and content not in self.history[-1:]:
            self.history.append(content)

    async def _appeared(self) -> Content:
        while (content := await self._content.find(self.scope, {"_id": self.content_id})) is None:
            pass
        return content


@example(bursts=[(0, 1), (1, 2), (2, TO_THE_END)], dies=None, decision=None)
@example(bursts=[(0, 1), (1, 2), (4, TO_THE_END)], dies=None, decision="approve")
@given(
    bursts=st.lists(st.tuples(st.integers(0, 5), st.sampled_from([1, 2, 3, TO_THE_END])), max_size=10),
    dies=st.none() | st.tuples(st.integers(0, ATTEMPTS), st.integers(0, 6)),
    decision=st.sampled_from([None, "approve", "schedule"]),
)
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_no_interleaving_loses_an_edit_or_a_revision(
    database: Database,
    checker: Checker,
    bakery: Business,
    spring: Campaign,
    bursts: list[tuple[int, int]],
    dies: tuple[int, int] | None,
    decision: str | None,
) -> None:
    desk = Desk(database, checker, bakery, spring)
    await store_run(database, bakery.id, desk.run_id)
    work = [
        desk.attempt("Version A"),
        desk.attempt("Version B"),
        desk.edit({"title": "À moi"}),
        desk.edit({"text_content": {"cta": "Venez"}}),
        desk.decide(decision),
        desk.recheck(),
    ]
    results = await desk.turns.run(work, bursts, dict([dies] if dies else []), desk.observe)

    raised = [result for result in results if isinstance(result, BaseException)]
    assert all(isinstance(error, asyncio.CancelledError) for error in raised)
    final = desk.history[-1]
    if isinstance(results[2], Content):
        assert final.title == "À moi"
    if isinstance(results[3], Content):
        assert final.text_content.cta == "Venez"
    for before, after in pairwise(desk.history):
        new_words = seen(after) != seen(before)
        assert after.revision == before.revision + new_words
        assert after.version >= before.version + new_words
        assert after.content_digest == after.visible_digest()
        assert (after.content_digest != before.content_digest) == new_words
        assert after.authorship is not None
        if new_words and after.authorship.person_id is None:
            assert (before.edited_by, before.approval, before.status) == (None, None, "draft")
    kept = {one.number: one for one in await database.versions.all(desk.scope, {"content_id": final.id})}
    # The newest may have been kept by an edit that was then lost.
    assert sorted(kept) in (list(range(1, final.revision)), list(range(1, final.revision + 1)))
    for content in desk.history:
        if one := kept.get(content.revision):
            assert (one.title, one.text_content, one.authorship) == (*seen(content), content.authorship)


async def test_the_database_can_be_asked_what_is_approved(
    database: Database, contents: Contents, drafting: Drafting, bakery: Business, spring: Campaign
) -> None:
    scope = Scope.of(bakery.id)
    drafts = []
    for number in range(3):
        draft = await drafting.save_draft(
            scope,
            business=bakery,
            campaign=spring,
            slot=None,
            platform="instagram",
            fields=ContentFields(title=f"Pain {number}"),
            ai_metadata=AiMetadata(),
            checked_against="",
            written_by=WrittenBy(run_id=new_id(), agent="copywriter", slot="1"),
        )
        drafts.append(draft)
    for draft in drafts[:2]:
        approval = Approval(
            decision="approved",
            by=PERSON,
            at=draft.created_at,
            digest=draft.content_digest,
            revision=draft.revision,
        )
        await database.content.change(scope, draft.id, {"approval": approval})
    await contents.change(scope, drafts[0].id, {"title": "Brioche"}, edited_by=PERSON)
    holds = {"$expr": {"$eq": ["$approval.digest", "$content_digest"]}}
    approved = database.content.raw.find({**scope.filter(), "approval.decision": "approved", **holds})
    assert [one["_id"] async for one in approved] == [drafts[1].id]
    states = {one.id: one.approval_state for one in (await contents.page(scope, 10)).items}
    assert [states[draft.id] for draft in drafts] == ["pending", "approved", "pending"]


@pytest.mark.parametrize(
    ("values", "visible"),
    [
        ({"title": "Pain"}, True),
        ({"text_content": TextContent(caption="Bonjour", cta="Venez")}, True),
        ({"media": Media(alt_text="Pain")}, True),
        ({"language": "fr-CA"}, True),
        ({"platform": "linkedin"}, True),
        ({"text_content": TextContent(caption="Bonjour", body="", preheader=None)}, False),
        ({"status": "scheduled", "ai_metadata": AiMetadata(model="other"), "version": 7}, False),
    ],
)
def test_the_digest_is_of_what_readers_see(values: dict[str, Any], visible: bool) -> None:
    now = datetime.now(UTC)
    draft = Content(
        business_id=new_id(),
        campaign_id=new_id(),
        platform="instagram",
        text_content=TextContent(caption="Bonjour"),
        language="fr",
        created_at=now,
        updated_at=now,
    )
    assert (draft.model_copy(update=values).visible_digest() != draft.content_digest) == visible
