"""A phone: one column, the canvas as a sheet, everything within a thumb's reach; and stillness on request."""

from __future__ import annotations

from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import Opener
from tests.browser.people import PHONE, PLAN
from tests.browser.watch import accessible

TOUCHED = "button, a, input, textarea:not([aria-hidden])"
TOO_SMALL = """(touched) => [...document.querySelectorAll(touched)].flatMap((each) => {
  const box = each.getBoundingClientRect();
  const after = getComputedStyle(each, "::after");
  const grown = after.position === "absolute" ? parseFloat(after.height) || 0 : 0;
  const height = Math.max(box.height, grown);
  const inText = getComputedStyle(each).display === "inline";
  const unseen = box.width === 0 || getComputedStyle(each).opacity === "0" || each.closest("label");
  return unseen || inText || height >= 43.5 ? [] : [`${each.outerHTML.slice(0, 120)} is ${height} high`];
})"""


async def assert_fits(page: Page) -> None:
    """Nothing is wider than the screen, and everything can be hit with a thumb."""
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    assert await page.evaluate(TOO_SMALL, TOUCHED) == []


async def pull(page: Page, head: Locator, by: int) -> None:
    """Drag the head of a sheet down."""
    box = await head.bounding_box()
    assert box is not None
    x, y = box["x"] + 20, box["y"] + 10
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x, y + by, steps=4)
    await page.mouse.up()


async def test_the_whole_on_a_phone(own: Opener) -> None:
    options = {
        "size": PHONE,
        "has_touch": True,
        "is_mobile": True,
        "reduced_motion": "reduce",
        "color_scheme": "dark",
    }
    async with own(**options) as person:
        page = person.page
        await person.go()
        await expect(page.get_by_role("heading", name="What should")).to_be_visible()
        await assert_fits(page)
        await accessible(page)
        await person.say(PLAN)
        await expect(person.live).to_contain_text("Copywriter is writing")
        await accessible(page)
        await person.until_ended()
        assert (await person.seen())["moving"] == 0
        await assert_fits(page)

        sheet = page.locator(".sheet")
        await person.chips.first.tap()
        await expect(sheet.locator("article.card")).to_have_count(1)
        await expect(sheet).to_contain_text("1 of 4")
        await assert_fits(page)
        await accessible(page)
        await sheet.get_by_role("button", name="Next").tap()
        await expect(sheet).to_contain_text("2 of 4")
        await sheet.get_by_role("button", name="Previous").tap()
        await expect(sheet).to_contain_text("1 of 4")
        await expect(person.composer).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(sheet).to_have_count(0)

        # Back closes what was opened and stays in the conversation; a pull on the head does, too.
        address = page.url
        await person.chips.first.tap()
        await expect(sheet).to_have_count(1)
        await page.go_back()
        await expect(sheet).to_have_count(0)
        assert page.url == address
        await expect(page.locator(".ask")).to_have_text(PLAN)
        await person.chips.first.tap()
        await pull(page, sheet.locator("h2"), 40)
        await expect(sheet).to_have_count(1)
        await pull(page, sheet.locator("h2"), 300)
        await expect(sheet).to_have_count(0)
        assert page.url == address

        await page.locator(".answer .chip").first.tap()
        await expect(sheet.get_by_role("listitem")).to_have_count(6)
        await accessible(page)
        await sheet.get_by_role("button", name="Close").tap()
        await page.get_by_role("navigation").get_by_role("button", name="Facts").tap()
        await expect(sheet).to_contain_text("12 Quay Street")
        await assert_fits(page)
        await accessible(page)
        await page.get_by_role("navigation").get_by_role("button", name="Copilot").tap()
        await expect(sheet).to_have_count(0)
        await person.assert_all_there()
