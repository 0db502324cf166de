"""In and out: sign in, register, a business of one's own in its own language, sign out."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.browser.conftest import Opener
from tests.browser.people import PASSWORD, Person
from tests.browser.watch import accessible


async def test_a_wrong_password_is_said_in_its_place(visit: Opener) -> None:
    async with visit() as person:
        person.watch.allow("status of 401", "answered 401: .*/auth/login")
        page = person.page
        await person.go()
        await expect(page).to_have_url(re.compile("/app/sign-in$"))
        await page.get_by_label("E-mail").fill("nobody@example.com")
        await page.get_by_label("Password", exact=True).fill("not the right one")
        await page.get_by_role("button", name="Sign in", exact=True).click()
        await expect(page.get_by_role("alert")).to_have_text("Wrong e-mail or password.")
        # The button says what it does, not also that it is pressed.
        await page.get_by_role("button", name="Show password").click()
        await expect(page.get_by_role("button", name="Hide password")).not_to_have_attribute(
            "aria-pressed", re.compile("")
        )
        await expect(page.get_by_label("Password", exact=True)).to_have_attribute("type", "text")
        await accessible(page)


async def test_sign_out_ends_the_session_here_and_after_a_reload(own: Opener) -> None:
    async with own() as person:
        page = person.page
        await person.go()
        await page.get_by_role("button", name="Kim Lee, account").click()
        await accessible(page)
        await page.get_by_role("menuitem", name="Sign out").click()
        await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        await person.go()
        await expect(page).to_have_url(re.compile("/app/sign-in$"))


ENDED = "Your session has ended. Sign in again: what you typed is kept, and you come back to where you were."


async def end_session(person: Person) -> None:
    """What another window does that signs out; this one finds out with its next request."""
    await person.page.wait_for_load_state("networkidle")
    signed_out = await person.context.request.post(f"{person.url}/auth/logout", headers=person.headers)
    assert signed_out.ok, await signed_out.text()
    person.watch.allow("status of 401", "answered 401")


async def sign_in(person: Person, email: str) -> None:
    """Fill in the form and send it."""
    page = person.page
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()


async def test_a_session_that_ends_loses_neither_the_place_nor_the_sentence(own: Opener) -> None:
    async with own() as person:
        page = person.page
        me = (await person.get("/auth/me"))["email"]
        await person.go()
        await expect(person.composer).to_be_visible()
        await end_session(person)
        await person.say("Who are you?")
        await expect(page.locator("form > p").first).to_have_text(ENDED)
        await accessible(page)
        await page.reload()
        await expect(page.locator("form > p").first).to_have_text(ENDED)
        await sign_in(person, me)
        await expect(person.composer).to_have_value("Who are you?")
        await page.get_by_role("button", name="Send").click()
        await person.until_ended()

        await person.take_token(me, PASSWORD)
        address = page.url.partition("?")[0] + "?show=facts"
        await page.goto(address)
        await expect(page.locator(".ask")).to_be_visible()
        await end_session(person)
        await person.say("And what do you know?")
        await expect(page.locator("form > p").first).to_have_text(ENDED)
        await sign_in(person, me)
        await expect(page).to_have_url(address)
        await expect(page.locator(".ask")).to_have_text("Who are you?")
        await expect(person.composer).to_have_value("And what do you know?")

        # Who signs out leaves nothing behind, and nobody finds what another one left.
        await page.get_by_role("button", name="Kim Lee, account").click()
        await page.get_by_role("menuitem", name="Sign out").click()
        await expect(page.get_by_role("heading", name="Sign in to Marquee")).to_be_visible()
        await expect(page.get_by_text(ENDED)).to_have_count(0)
        assert "And what" not in str(await page.evaluate("({...sessionStorage})"))
        await sign_in(person, me)
        await expect(person.composer).to_have_value("")
        await person.composer.fill("For my eyes only")
        await person.take_token(me, PASSWORD)
        await end_session(person)
        await page.get_by_role("button", name="Send").click()
        await expect(page.locator("form > p").first).to_have_text(ENDED)
        await page.get_by_role("button", name="Look around the demo workspace").click()
        await expect(person.composer).to_have_value("")
        await expect(page).to_have_url(re.compile("/app/$"))
        assert "my eyes" not in str(await page.evaluate("({...sessionStorage})"))


async def test_the_theme_is_remembered(own: Opener) -> None:
    async with own(color_scheme="light") as person:
        page = person.page
        await person.go()
        light = await page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
        await page.get_by_role("button", name="Kim Lee, account").click()
        await expect(page.get_by_role("menuitemradio")).to_have_text(["System", "Light", "Dark"])
        await page.get_by_role("menuitemradio", name="Dark").click()
        await page.reload()
        await expect(page.locator("body")).not_to_have_css("background-color", light)
        await expect(page.get_by_role("heading", name="What should")).to_be_visible()
        await accessible(page)


async def test_a_bakery_opens_and_says_its_first_sentence_in_french(visit: Opener) -> None:
    async with visit(locale="fr-FR", timezone_id="Europe/Paris") as person:
        page = person.page
        await person.go()
        await accessible(page)
        await page.get_by_role("link", name="Create account").click()
        await expect(page.get_by_text("Already have an account?")).to_be_visible()
        await page.get_by_label("Your name").fill("Camille Roux")
        await page.get_by_label("E-mail").fill("camille@fournil.example")
        await page.get_by_label("Password", exact=True).fill(PASSWORD)
        await accessible(page)
        await page.get_by_role("button", name="Create account").click()
        await expect(page.get_by_role("heading", name="Your business")).to_be_visible()
        await page.get_by_label("Name", exact=True).fill("Le Fournil de la Croix-Rousse")
        await page.get_by_label("Industry").fill("Boulangerie")
        await page.get_by_label("How you sound").fill("Chaleureux et simple")
        await page.get_by_label("One fact or offer").fill("Galette des rois à 18 €")
        await accessible(page)
        await page.get_by_role("button", name="Create business").click()
        await expect(page.get_by_role("heading", name="What should")).to_contain_text("Camille")
        await expect(page.locator(".welcome > p")).to_contain_text("Nothing is sent without you.")
        await expect(page.locator(".nexts b").first).to_have_text(
            "Plan a campaign around “Galette des rois à 18 €”"
        )
        await expect(page.locator(".nexts")).to_contain_text("Posts can’t mention it yet.")
        await accessible(page)

        await page.get_by_role("button", name="Add another fact").click()
        await page.get_by_label("Name of the fact").fill("Adresse")
        await page.get_by_label("The fact", exact=True).fill("12 rue des Tables-Claudiennes, Lyon")
        await accessible(page)
        await page.get_by_role("button", name="Save").click()
        row = page.locator(".factrow").filter(has_text="Adresse")
        await expect(row).to_contain_text("12 rue des Tables-Claudiennes")
        await page.get_by_role("button", name="Edit Adresse").click()
        await page.get_by_label("The fact", exact=True).fill("14 rue des Tables-Claudiennes, Lyon")
        await page.get_by_role("button", name="Save").click()
        await expect(row).to_contain_text("14 rue des Tables-Claudiennes")
        await page.get_by_role("button", name="Add Phone").click()
        await page.get_by_label("The fact", exact=True).fill("04 78 00 00 00")
        await page.keyboard.press("Enter")
        phone = page.locator(".factrow").filter(has_text="04 78 00 00 00")
        await expect(phone).to_be_visible()
        await page.get_by_role("button", name="Edit Phone").click()
        await page.get_by_role("button", name="Remove").click()
        await expect(phone).to_have_count(0)
        await expect(page.get_by_role("button", name="Add Phone")).to_be_visible()

        await person.say("Écris un post Instagram et un e-mail pour notre galette des rois")
        await person.until_ended()
        await person.take_token("camille@fournil.example", PASSWORD)
        drafts = await person.assert_all_there()
        assert {draft["platform"] for draft in drafts} == {"instagram", "email"}
        assert {draft["language"].partition("-")[0] for draft in drafts} == {"fr"}
        assert any("18 €" in str(draft["text_content"]).replace("\xa0", " ") for draft in drafts)
        businesses = (await person.get("/business/"))["items"]
        assert [each["timezone"] for each in businesses] == ["Europe/Paris"]
        assert sorted(fact["value"] for fact in businesses[0]["facts"]) == [
            "14 rue des Tables-Claudiennes, Lyon",
            "Galette des rois à 18 €",
        ]
