"""What is remembered is listed under the facts: searched by meaning, opened in its chat, and forgotten."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from playwright.async_api import expect

from core.business import Memory, MemoryKind
from core.ids import new_id
from core.scope import Scope
from memory.database import Database
from tests.browser.conftest import Opener
from tests.browser.people import PLAN
from tests.browser.watch import accessible
from tests.e2e.world import eventually

EARLIER = datetime(2026, 3, 1, tzinfo=UTC)
SAID: list[tuple[MemoryKind, str, str]] = [
    ("decision", "students pay 15 % less in September", "we have room then"),
    ("style", "always sign with Ali", ""),
]


async def test_what_is_remembered_is_searched_opened_and_forgotten(own: Opener, database: Database) -> None:
    async with own() as person:
        page, scope = person.page, Scope.of(person.business_id)
        for kind, text, reason in SAID:
            memory = Memory(
                business_id=person.business_id,
                kind=kind,
                text=text,
                decision=text,
                reason=reason,
                ref=new_id(),
                dedupe_key=text,
                created_at=EARLIER,
                updated_at=EARLIER,
            )
            await database.memories.insert(scope, memory)
        await person.go()
        await page.get_by_role("navigation").get_by_role("button", name="Facts").click()
        section = page.get_by_role("region", name="What Marquee remembers")
        rows = section.get_by_role("listitem")
        await expect(rows).to_have_count(2)
        await accessible(page)

        async def indexed() -> bool:
            return not await database.memories.any(scope, {"indexed": False})

        await eventually(indexed)
        await section.get_by_role("searchbox").fill("remise pour les étudiants")
        await expect(rows).to_have_count(1)
        await expect(rows).to_contain_text("students pay 15 % less in September")
        await expect(rows).to_contain_text("we have room then")
        await section.get_by_role("searchbox").fill("")
        await section.get_by_role("radiogroup").get_by_text("Wishes").click()
        await expect(rows).to_have_text(re.compile("^Wish.*always sign with Ali"))

        forget = section.get_by_role("button", name="Forget “always sign with Ali”")
        await forget.click()
        await expect(rows).to_have_count(0)
        await page.get_by_role("button", name="Undo").click()
        await forget.click()
        await page.get_by_role("button", name="Dismiss").click()
        await expect(section.get_by_role("status")).to_have_text("Nothing like that is remembered.")
        await expect(page.locator(".toast")).to_have_count(0)

        async def forgotten() -> bool:
            return not await database.memories.any(scope, {"kind": "style"})

        await eventually(forgotten)
        await section.get_by_role("radiogroup").get_by_text("All").click()
        await person.say(PLAN)
        planned = rows.filter(has_text="slots planned")
        await expect(planned).to_contain_text(PLAN)
        await expect(planned.get_by_role("link")).to_have_attribute(
            "href", re.compile(f"/app/t/{re.escape(person.thread_id)}")
        )
        await accessible(page)
