"""A real, tiny, bad model behind `OPENAI_BASE_URL`: runs end properly, and no false figure goes unseen."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any

import orjson
import pytest
import pytest_asyncio

from agents.copywriter import specialist_for, to_arguments
from core.campaign import PLATFORMS
from core.content import Content
from core.ids import new_id
from core.settings import Settings
from memory.embedded import StoreUrls
from tests.doubles.tiny_model import CONTEXT, tiny_model
from tests.e2e import grammar
from tests.e2e.conftest import quick
from tests.e2e.world import Town, World, newcomer, run_input, town, working
from tests.model.clients import CLIENTS, Client, Request
from tests.model.finder import known_words, marked, unknown, unknown_in

AT_ONCE = 2
LONGEST_RUN = 300.0
LONGEST_ALL = 600.0
# What a run may honestly end in when its model is bad: none of these is a fault of ours.
HONEST = {"unusable-answer", "context-overflow"}
NEEDED = {
    "instagram": ("caption",),
    "linkedin": ("caption",),
    "sms": ("caption",),
    "email": ("title", "body"),
}

pytestmark = pytest.mark.timeout(LONGEST_ALL + 120)


@dataclass
class Told:
    """One run and what came of it."""

    client: Client
    request: Request
    person: World
    run_id: str
    frames: list[grammar.Frame]
    seconds: float
    run: dict[str, Any] = field(default_factory=dict)
    drafts: list[Content] = field(default_factory=list)
    figures: Counter[str] = field(default_factory=Counter)

    @property
    def said(self) -> str:
        return grammar.text(self.frames)

    @property
    def error(self) -> str:
        last = self.frames[-1].event
        return f"{last['code']}: {last['message']}" if last["type"] == "RUN_ERROR" else ""

    @property
    def results(self) -> list[dict[str, Any]]:
        """What the artefact calls ended in."""
        found = [
            orjson.loads(frame.event["content"]) for frame in self.frames if frame.kind == "TOOL_CALL_RESULT"
        ]
        return [result for result in found if "superseded_by" not in result]

    @property
    def failures(self) -> list[str]:
        """Pieces that were given up while the run went on."""
        return [result["problem"]["slug"] for result in self.results if "problem" in result]

    async def sources(self) -> set[str]:
        """Everything that a figure of this run's drafts may come from, read from the documents."""
        scope, database = self.person.scope, self.person.services.database
        texts = [self.request.text, *_strings(self.client.profile)]
        for draft in self.drafts:
            campaign = await database.campaigns.get(scope, draft.campaign_id)
            texts += [f"{campaign.start_date} {campaign.end_date}"]
            texts += [slot.local_time for slot in campaign.calendar if slot.slot_id == draft.slot_id]
        return known_words(texts)


@pytest.fixture(scope="module")
def small_settings(store_urls: StoreUrls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings for a model with little room, on two busy cores."""
    with tiny_model() as url:
        yield quick(
            store_urls,
            tmp_path_factory.mktemp("data"),
            openai_base_url=url,
            model_context=CONTEXT,
            model_max_output=500,
            model_first_token_seconds=120.0,
            model_stall_seconds=60.0,
            repairs=0,
            drafts_at_once=2,
            lease_seconds=60.0,
            sweep_seconds=2.0,
        )


@pytest_asyncio.fixture(scope="module")
async def told(small_settings: Settings) -> AsyncIterator[list[Told]]:
    """All requests, two at a time, each in a thread of its own."""
    turns = asyncio.Semaphore(AT_ONCE)
    async with AsyncExitStack() as stack:
        place = await stack.enter_async_context(town(small_settings))
        await stack.enter_async_context(working(small_settings))
        people = [await _move_in(stack, place, client) for client in CLIENTS]
        asked = [
            _ask(turns, person, client, request)
            for client, person in zip(CLIENTS, people, strict=True)
            for request in client.requests
        ]
        started = monotonic()
        async with asyncio.timeout(LONGEST_ALL):
            runs = await asyncio.gather(*asked)
        figures = sum([one.figures for one in runs], Counter[str]())
        _sum_up(runs, figures, monotonic() - started)
        yield runs


def _strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in _strings(item)]
    return [text for item in value for text in _strings(item)] if isinstance(value, list) else [str(value)]


async def _move_in(stack: AsyncExitStack, place: Town, client: Client) -> World:
    person = await stack.enter_async_context(newcomer(place))
    made = await person.client.post("/business/", json=client.profile)
    assert made.status_code == 201, made.text
    return replace(person, business_id=made.json()["id"])


async def _ask(turns: asyncio.Semaphore, person: World, client: Client, request: Request) -> Told:
    run_id = new_id()
    async with turns, asyncio.timeout(LONGEST_RUN):
        started = monotonic()
        chosen = {"specialists": list(request.specialists)} if request.specialists else {}
        body = run_input(new_id(), run_id, request.text, **chosen)
        async with person.stream("POST", person.copilot, json=body) as (response, frames):
            assert response.status_code == 200, await response.aread()
            seen = [frame async for frame in frames]
        one = Told(client, request, person, run_id, seen, monotonic() - started)
    one.run = await person.run(run_id)
    everything = await person.services.database.content.all(person.scope, {})
    one.drafts = [draft for draft in everything if draft.ai_metadata.run_id == one.run["id"]]
    one.figures = await _tell(one)
    return one


async def test_every_run_ends_properly(told: list[Told]) -> None:
    for one in told:
        grammar.check(frame.event for frame in one.frames)
        if one.error:
            assert (one.run["status"], one.run["problem"]["slug"]) == ("failed", one.frames[-1].event["code"])
            assert one.run["problem"]["slug"] in HONEST, one.error
        else:
            assert (one.run["status"], one.run["outcome"]) == ("completed", "success")
            assert one.said.strip() or one.results
        assert set(one.failures) <= HONEST


async def test_every_saved_draft_is_whole(told: list[Told]) -> None:
    for one in told:
        shown = {result["content_id"]: result for result in one.results if "content_id" in result}
        assert set(shown) == {draft.id for draft in one.drafts}
        for draft in one.drafts:
            assert draft.platform in (one.request.platforms or PLATFORMS)
            assert Content.model_validate(draft.model_dump(exclude={"approval_state"})) == draft
            written = specialist_for(draft.platform).output
            assert written is not None
            assert written.model_validate(to_arguments(draft))
            fields = draft.draft_text(draft.platform).fields
            assert all(fields.get(name, "").strip() for name in NEEDED[draft.platform])
            assert (draft.status, draft.approval_state) == ("draft", "pending")
            assert shown[draft.id]["checks"] == [c.model_dump(mode="json") for c in draft.ai_metadata.checks]
            assert draft.ai_metadata.prompt is not None
            assert (draft.ai_metadata.model, draft.ai_metadata.simulated) == ("smollm2-135m", False)


async def test_no_slot_says_drafted_without_its_draft(told: list[Told]) -> None:
    for person in {one.person.business_id: one.person for one in told}.values():
        drafts = {d.id for one in told if one.person is person for d in one.drafts}
        for campaign in await person.services.database.campaigns.all(person.scope, {}):
            assert campaign.name.strip()
            for slot in campaign.calendar:
                assert (slot.state == "drafted") == (slot.content_id is not None)
                assert slot.content_id is None or slot.content_id in drafts


async def test_nothing_of_another_business_is_said(told: list[Told]) -> None:
    for one in told:
        words = [text for draft in one.drafts for _, text in draft.draft_text(draft.platform).texts()]
        everything = "\n".join([one.said, *words]).casefold()
        for other in CLIENTS:
            if other is not one.client:
                assert other.profile["business_name"].casefold() not in everything
                assert not [f for f in other.profile["facts"] if f["value"].casefold() in everything]


async def test_every_invented_figure_is_marked(told: list[Told]) -> None:
    for one in told:
        known = await one.sources()
        for draft in one.drafts:
            missed = [found for found in unknown(draft, known) if not marked(draft, found)]
            assert not missed, (one.request.text, missed, draft.text_content)


async def test_the_quota_is_settled(told: list[Told]) -> None:
    for person in {one.person.business_id: one.person for one in told}.values():
        usage = await person.settled()
        rows = await person.services.database.ledger.all(person.scope, {})
        assert usage["used"] == sum(row.tokens for row in rows) > 0
        assert {row.run_id for row in rows} == {one.run["id"] for one in told if one.person is person}


async def _tell(one: Told) -> Counter[str]:
    """Print what one run did; how many figures it invented, where, and how many of them are marked."""
    known = await one.sources()
    invented = [(draft, found) for draft in one.drafts for found in unknown(draft, known)]
    seen = [found for draft, found in invented if marked(draft, found)]
    steps = [frame.event["value"] for frame in one.frames if frame.kind == "marquee.agent_step"]
    agents = "+".join(dict.fromkeys(str(step["agent"]) for step in steps))
    print(f"\n{one.seconds:6.1f} s  {one.client.profile['business_name']}: {one.request.text}")
    print(f"          {agents}; {len(one.drafts)} drafts; given up {one.failures}; {one.error or 'success'}")
    for draft in one.drafts:
        failed = [check.name for check in draft.ai_metadata.checks if not check.passed]
        print(f"          {draft.platform} [{draft.language}] failed {failed}")
        print(f"          {[found.text for d, found in invented if d is draft]} in {_short(draft)}")
    print(f"          said: {' '.join(one.said.split())[:300]}", flush=True)
    return Counter(found=len(invented), marked=len(seen), said=len(unknown_in(one.said, known)))


def _sum_up(runs: list[Told], figures: Counter[str], seconds: float) -> None:
    times = sorted(one.seconds for one in runs)
    print(
        f"\n{len(runs)} runs in {seconds:.0f} s; seconds a run: median {times[len(times) // 2]:.1f}, "
        f"longest {times[-1]:.1f}; drafts saved {sum(len(one.drafts) for one in runs)}, "
        f"pieces given up {[slug for one in runs for slug in one.failures]}; "
        f"invented figures in drafts {figures['found']}, marked {figures['marked']}; "
        f"figures without a source in answers {figures['said']}; "
        f"runs that ended in an error: {[one.error for one in runs if one.error]}"
    )


def _short(draft: Content) -> str:
    return " / ".join(" ".join(text.split()) for _, text in draft.draft_text(draft.platform).texts())[:600]
