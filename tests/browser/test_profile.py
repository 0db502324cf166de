"""A line of the profile that the server refuses says why at its row, and keeps what was typed."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Opener
from tests.browser.people import DESK, PHONE
from tests.browser.watch import accessible

LONG = "x" * 201
REFUSED = [
    ("Colours", "#1A4D5C, #12", "“#12” must be a colour such as #FF5733."),
    ("Time zone", "Mars/Olympus", "“Mars/Olympus” must be an IANA time zone such as Europe/Paris."),
    ("Words to avoid", f"cheap, {LONG}", f"“{LONG[:32]}…” takes at most 200 characters."),
    ("Audience", f"Early birds, 30–45\n{LONG}", f"“{LONG[:32]}…” takes at most 200 characters."),
    ("Name", " ", "It must not be empty."),
]


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
async def test_a_refused_line_says_why_and_keeps_what_was_typed(own: Opener, size: tuple[int, int]) -> None:
    async with own(size=size, is_mobile=size == PHONE, has_touch=size == PHONE) as person:
        page = person.page
        person.watch.allow("status of 422", "answered 422: .*/business/")
        await person.go()
        await page.get_by_role("navigation").get_by_role("button", name="Facts").click()
        row = page.locator(".factrow.editing")
        for label, typed, why in REFUSED:
            await page.get_by_role("button", name=re.compile(f"^(Edit|Add) {label}$")).click()
            field = row.get_by_label(label, exact=True)
            await field.fill(typed)
            await row.get_by_role("button", name="Save").click()
            await expect(row.get_by_role("alert")).to_have_text(why)
            await expect(field).to_have_value(typed)
            await expect(field).to_have_attribute("aria-invalid", "true")
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            await accessible(page)
            await row.get_by_role("button", name="Cancel").click()
        await page.get_by_role("button", name="Add Words to avoid").click()
        await expect(row.locator(".hint")).to_contain_text("Separate with commas")
        await row.get_by_label("Words to avoid").fill("bour, HARBOUR, cheap")
        await row.get_by_role("button", name="Save").click()
        await expect(page.locator("#fact-banned .hint")).to_have_text(
            "Your own name has “HARBOUR”; every signature would be marked."
        )
        await accessible(page)
        await (
            page.get_by_role("button", name="Edit Colours")
            .or_(page.get_by_role("button", name="Add Colours"))
            .click()
        )
        await row.get_by_label("Colours").fill("1a4d5c #F2B705")
        await row.get_by_role("button", name="Save").click()
        await expect(page.locator("#fact-colors")).to_contain_text("#1a4d5c")
        await expect(page.locator("#fact-colors .swatch")).to_have_count(2)
