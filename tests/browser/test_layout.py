"""The screen at every width, on paper, and in the customer's own colours and name."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from tests.browser.conftest import Opener
from tests.browser.watch import accessible

LONG = "Zahnarztpraxis Dr. Müller-Lüdenscheidt und Partner für Kieferorthopädie"
PLAN = "Plan three weeks of Instagram, LinkedIn, SMS and e-mail for our spring offer"
WIDTHS = ((1024, 768), (1440, 900), (1920, 1080), (2560, 1300))

COLUMNS = """() => [...document.querySelectorAll(".posts .col")].map((column) => {
  const heights = [...column.children].map((card) => card.getBoundingClientRect().height);
  const { width, height } = column.getBoundingClientRect();
  return { width, height, tallest: Math.max(...heights) };
})"""
OUTSIDE = """() => [...document.querySelectorAll(".slot")].flatMap((slot) => {
  const box = slot.getBoundingClientRect();
  return [...slot.querySelectorAll("*")]
    .map((part) => part.getBoundingClientRect())
    .filter((part) => part.width > 0 && (part.left < box.left - .5 || part.right > box.right + .5))
    .map((part) => `${slot.ariaLabel}: ${part.left}-${part.right} in ${box.left}-${box.right}`);
})"""
CLIPPED = """() => [".mono", ".ava", ".pv-h b", ".mail-band"].flatMap((name) =>
  [...document.querySelectorAll(name)].flatMap((part) => {
    const box = part.getBoundingClientRect();
    const card = (part.closest(".card") ?? document.body).getBoundingClientRect();
    const square = name === ".mono" || name === ".ava";
    const bad = box.right > card.right || part.scrollWidth > part.clientWidth + 1 && part.clientWidth > 0;
    const squeezed = square && Math.abs(box.width - box.height) > 1;
    return bad || squeezed ? [`${name} ${box.width}x${box.height}`] : [];
  }),
)"""
POSTERS = """() => [...document.querySelectorAll(".poster")].map((poster) => {
  const text = poster.querySelector(".ph");
  const node = text.firstChild;
  const broken = [...node.data.matchAll(/\\S+/g)].filter(({ 0: word, index }) => {
    const range = new Range();
    range.setStart(node, index);
    range.setEnd(node, index + word.length);
    return new Set([...range.getClientRects()].map((each) => Math.round(each.top))).size > 1;
  });
  const colors = [getComputedStyle(text).color, getComputedStyle(poster).backgroundColor];
  const light = colors.map((color) => {
    const parts = color.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255);
    const [r, g, b] = parts.map((part) => part <= .04045 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  }).sort((a, b) => b - a);
  return {
    overlap: text.getBoundingClientRect().bottom - poster.querySelector(".disc").getBoundingClientRect().top,
    cut: text.getBoundingClientRect().bottom - poster.getBoundingClientRect().bottom,
    contrast: (light[0] + .05) / (light[1] + .05),
    broken: broken.map((each) => each[0]),
  };
})"""


async def assert_posters(page: Page) -> None:
    """Every headline stands whole on its ground."""
    posters = await page.evaluate(POSTERS)
    assert posters
    for poster in posters:
        assert poster["overlap"] <= 0.5, poster
        assert poster["cut"] <= 0, poster
        assert poster["contrast"] >= 4.5, poster
        assert poster["broken"] == [], poster


async def test_columns_slots_names_and_posters_at_every_width_and_on_paper(own: Opener) -> None:
    async with own(business={"business_name": LONG}) as person:
        page = person.page
        await person.go()
        await person.say(PLAN)
        await person.until_ended()
        assert await page.locator(".slot").count() > 1
        for width, height in WIDTHS:
            await page.set_viewport_size({"width": width, "height": height})
            await expect(page.locator(".posts .col").first).to_be_visible()
            columns = await page.evaluate(COLUMNS)
            widths = [column["width"] for column in columns]
            assert max(widths) - min(widths) <= 1, widths
            assert min(widths) >= 240, widths
            assert max(widths) <= 400, widths
            heights = [column["height"] for column in columns]
            tallest = max(column["tallest"] for column in columns)
            assert max(heights) - min(heights) <= tallest, columns
            assert await page.evaluate(OUTSIDE) == []
            assert await page.evaluate(CLIPPED) == []
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            await assert_posters(page)
            if width >= 1920:
                await accessible(page)

        # On paper: the calendar and every card whole, on as many pages as they need.
        await page.emulate_media(media="print")
        await expect(page.get_by_role("region", name="Chat")).to_be_hidden()
        assert await page.locator("#canvas").evaluate(
            "canvas => canvas.scrollHeight <= canvas.clientHeight + 1"
        )
        await expect(page.locator(".more")).to_have_count(0)
        pdf = await page.pdf(format="A4")
        assert len(re.findall(rb"/Type\s*/Page\b", pdf)) > 1
        await page.emulate_media(media="screen")


async def test_a_headline_is_never_broken_within_a_word(own: Opener) -> None:
    colors = {"brand_assets": {"brand_colors": ["#FFFFFF", "#FFE600"]}}
    async with own(business=colors) as person:
        page = person.page
        await person.go()
        await person.say("Write an Instagram post about the trial week")
        await person.until_ended()
        (draft,) = await person.drafts()
        for title in (
            "Appointments",
            "Donaudampfschifffahrtsgesellschaft",
            "Small signs that it is time for appointments, and what to tell us before we begin",
        ):
            await person.put(f"/content/{draft['id']}", {"title": title})
            await page.reload()
            await expect(page.locator(".poster .ph")).to_have_text(title)
            await assert_posters(page)
