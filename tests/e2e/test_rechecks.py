"""A changed fact reaches the drafts that were written before, without anybody asking."""

from __future__ import annotations

from typing import Any

from core.ids import new_id
from tests.e2e.world import PLAN, World, eventually, working


async def test_a_changed_fact_reaches_saved_drafts(here: World) -> None:
    async def drafts() -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await here.client.get("/content")).json()["items"]
        return items

    async with working(here.settings):
        await here.say(PLAN, thread=new_id())
        assert not any(draft["checks_stale"] for draft in await drafts())
        business = f"/business/{here.business_id}"
        told = await here.client.put(business, json={"banned_words": ["spring"]})
        assert told.status_code == 200, told.text
        assert all(draft["checks_stale"] for draft in await drafts())

        async def fresh() -> list[dict[str, Any]] | None:
            found = await drafts()
            return None if any(draft["checks_stale"] for draft in found) else found

        checked = await eventually(fresh)
    banned = [
        check["passed"]
        for draft in checked
        for check in draft["ai_metadata"]["checks"]
        if check["name"] == "wording.banned-words"
    ]
    assert len(banned) == len(checked)
    assert not all(banned)
