"""Drafts over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_asyncio

from core.campaign import Slot
from core.content import AiMetadata, Content, ContentFields, TextContent
from core.document import WrittenBy
from core.ids import new_id
from core.scope import Scope
from jobs.claimed import Driver
from jobs.tasks import TaskKind, task_handlers
from memory.leases import Scans
from services.check_basis import CheckBasis
from services.container import Services
from tests.integration.api.conftest import MovableClock, Person
from tests.integration.api.test_business import fields_of, found
from tests.stored import store_run


@pytest_asyncio.fixture
async def draft(ali: Person, services: Services) -> Content:
    """A draft in the slot of a campaign."""
    business = await services.businesses.get(Scope.of((made := await found(ali))["id"]), made["id"])
    scope = Scope.of(business.id)
    created = await ali.client.post("/campaign/", json={"business_id": business.id, "name": "Mai"})
    slot = Slot(local_time="2027-05-01T09:00", timezone="Europe/Paris", platform="instagram", theme="Muguet")
    campaign = await services.campaigns.save_calendar(scope, created.json()["id"], [slot], new_id())
    run = await store_run(services.database, business.id)
    return await services.drafting.save_draft(
        scope,
        business=business,
        campaign=campaign,
        slot=campaign.calendar[0],
        platform="instagram",
        fields=ContentFields(
            title="Muguet",
            text_content=TextContent(caption="La baguette à 1,30 €.", hashtags=["#lyon"]),
            language="fr",
        ),
        ai_metadata=AiMetadata(model="offline-demo", simulated=True),
        checked_against=CheckBasis(business, campaign, services.clock.now()).digest_for(
            campaign.calendar[0].slot_id
        ),
        written_by=WrittenBy(run_id=run.id, agent="copywriter", slot="1"),
    )


@pytest.mark.parametrize(
    "text",
    [
        ",".join(map(str, range(1, 61))),
        "12,5,13,5," * 40,
        "½" * 4_000,
        "a" * 20_000,
        "[" * 20_000,
        "\u200b" * 20_000,
        "1 € " * 5_000,
    ],
    ids=["numbers", "decimals", "fractions", "one word", "brackets", "nothing to see", "prices"],
)
async def test_a_text_made_to_cost_time_is_saved_with_its_checks(
    ali: Person, draft: Content, text: str
) -> None:
    answer = await ali.client.put(f"/content/{draft.id}", json={"text_content": {"caption": text}})
    assert answer.status_code == 200, answer.text
    names = [check["name"] for check in answer.json()["ai_metadata"]["checks"]]
    assert "figures.sourced" in names
    assert "checks.finished" not in names


async def test_a_draft_is_read_whole(ali: Person, draft: Content) -> None:
    answer = await ali.client.get(f"/content/{draft.id}")
    content = answer.json()
    assert content["text_content"]["caption"] == "La baguette à 1,30 €."
    assert (content["status"], content["approval_state"], content["approval"]) == ("draft", "pending", None)
    assert content["ai_metadata"]["simulated"] is True
    assert answer.headers["etag"] == f'"{draft.version}"'


async def test_an_edit_merges_and_checks_again(ali: Person, draft: Content, services: Services) -> None:
    url = f"/content/{draft.id}"
    answer = await ali.client.put(
        url,
        json={
            "text_content": {"caption": "La baguette à 1,30 €, 40 % de remise."},
            "media": {"alt_text": "Pain"},
        },
        headers={"If-Match": f'"{draft.version}"'},
    )
    assert answer.status_code == 200, answer.text
    content = answer.json()
    assert content["version"] == draft.version + 1
    assert content["text_content"]["hashtags"] == ["#lyon"]
    assert content["media"]["alt_text"] == "Pain"
    (figures,) = [check for check in content["ai_metadata"]["checks"] if check["name"] == "figures.sourced"]
    assert [span["text"] for span in figures["spans"]] == ["40 %"]
    sources = [claim["source"] and claim["source"]["kind"] for claim in content["ai_metadata"]["claims"]]
    assert sources == ["fact", None]
    (kept,) = await services.database.versions.all(Scope.of(draft.business_id), {"content_id": draft.id})
    assert (kept.number, kept.text_content, kept.authorship) == (1, draft.text_content, draft.authorship)
    assert (content["revision"], content["authorship"]["person_id"]) == (2, ali.id)
    stale = await ali.client.put(url, json={"title": "x"}, headers={"If-Match": f'"{draft.version}"'})
    assert stale.status_code == 412
    assert (await ali.client.get(url)).json() == content


@pytest.mark.parametrize(
    ("patch", "field"),
    [
        ({"status": "published"}, "status"),
        ({"approval": None}, "approval"),
        ({"ai_metadata": {"checks": []}}, "ai_metadata"),
        ({"business_id": "0" * 24}, "business_id"),
        ({"campaign_id": "0" * 24}, "campaign_id"),
        ({"platform": "sms"}, "platform"),
        ({"headline": "x"}, "headline"),
        ({"text_content": {"headline": "x"}}, "text_content.headline"),
        ({"text_content": {"hashtags": ["two words"]}}, "text_content.hashtags.0"),
        ({"media": {"image_url": "javascript:alert(1)"}}, "media.image_url"),
        ({"language": "très"}, "language"),
    ],
)
async def test_what_cannot_be_written_is_named(
    ali: Person, draft: Content, patch: dict[str, Any], field: str
) -> None:
    url = f"/content/{draft.id}"
    before = (await ali.client.get(url)).json()
    assert fields_of(await ali.client.put(url, json=patch)) == [field]
    assert (await ali.client.get(url)).json() == before


@pytest.mark.parametrize("body", [b'{"title": "\\ud800"}', b'{"\\ud800": 1}', b'{"media": {"\\ud800": 1}}'])
async def test_text_that_is_no_unicode_is_refused(ali: Person, draft: Content, body: bytes) -> None:
    answer = await ali.client.put(
        f"/content/{draft.id}", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in {400, 422}, answer.text


async def test_lists_are_filtered(ali: Person, draft: Content) -> None:
    async def ids(**params: str) -> list[str]:
        answer = await ali.client.get("/content", params=params)
        assert answer.status_code == 200, answer.text
        return [one["id"] for one in answer.json()["items"]]

    assert await ids() == [draft.id]
    assert await ids(campaign_id=draft.campaign_id, platform="instagram", status="draft") == [draft.id]
    assert await ids(business_id=draft.business_id, status="published") == []
    assert await ids(platform="sms") == []
    assert fields_of(await ali.client.get("/content", params={"platform": "fax"})) == ["platform"]


def unsourced(content: dict[str, Any]) -> list[str]:
    """The figures of a piece that its check names."""
    (check,) = [check for check in content["ai_metadata"]["checks"] if check["name"] == "figures.sourced"]
    return [span["text"] for span in check["spans"]]


async def test_a_change_of_facts_or_profile_makes_checks_stale_until_they_are_made_again(
    ali: Person, draft: Content, services: Services, clock: MovableClock
) -> None:
    url, business = f"/content/{draft.id}", f"/business/{draft.business_id}"

    async def read() -> dict[str, Any]:
        content: dict[str, Any] = (await ali.client.get(url)).json()
        (listed,) = (await ali.client.get("/content")).json()["items"]
        assert listed == content
        return content

    async def work() -> None:
        clock.pass_time(seconds=10)
        driver = Driver(TaskKind(services.tasks, task_handlers(services)), "worker", 10.0)
        for ref in await Scans(services.database.mongo).due_tasks(clock.now()):
            await driver(ref.business_id, ref.document_id)

    await ali.client.put(url, json={"text_content": {"caption": "La baguette à 1,30 €, bien cuite."}})
    before = await read()
    assert (before["checks_stale"], unsourced(before)) == (False, [])
    assert [source["label"] for source in before["ai_metadata"]["sources"]] == ["Baguette: 1,30 €"]
    facts = (await ali.client.get(f"{business}/facts")).json()["facts"]
    dearer = [{**fact, "value": fact["value"].replace("1,30", "1,40")} for fact in facts]
    assert (await ali.client.put(f"{business}/facts", json={"facts": dearer})).status_code == 200
    assert await read() == {**before, "checks_stale": True}
    await work()
    after = await read()
    assert (after["checks_stale"], unsourced(after)) == (False, ["1,30 €"])
    assert after["ai_metadata"]["sources"] == []
    await ali.client.put(business, json={"banned_words": ["cuite"]})
    assert (await read())["checks_stale"]
    await work()
    checks = (await read())["ai_metadata"]["checks"]
    failed = {check["name"] for check in checks if not check["passed"]}
    assert failed >= {"figures.sourced", "wording.banned-words"}


async def test_a_draft_that_changed_meanwhile_is_not_deleted_unseen(ali: Person, draft: Content) -> None:
    url, read = f"/content/{draft.id}", {"If-Match": f'"{draft.version}"'}
    await ali.client.put(url, json={"title": "Lilas"})
    assert (await ali.client.delete(url, headers=read)).status_code == 412
    assert (await ali.client.get(url)).json()["title"] == "Lilas"


async def test_a_deleted_draft_frees_its_slot(ali: Person, draft: Content) -> None:
    calendar = f"/calendar/{draft.campaign_id}"
    (slot,) = (await ali.client.get(calendar)).json()["slots"]
    assert slot["content"] == {
        "id": draft.id,
        "title": "Muguet",
        "status": "draft",
        "approval_state": "pending",
        "checks_failed": 0,
        "checks_stale": False,
    }
    refused = await ali.client.delete(f"/campaign/{draft.campaign_id}")
    assert (refused.status_code, refused.json()["slug"]) == (409, "not-empty")
    assert (await ali.client.delete(f"/content/{draft.id}")).status_code == 204
    (slot,) = (await ali.client.get(calendar)).json()["slots"]
    assert (slot["state"], slot["content"], slot["content_id"]) == ("planned", None, None)
    assert (await ali.client.get(f"/content/{draft.id}")).status_code == 404
    assert (await ali.client.delete(f"/campaign/{draft.campaign_id}")).status_code == 204
