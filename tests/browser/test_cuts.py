"""Whatever is cut in the middle of a run: nothing is lost, and a cut is never shown as an end."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.conftest import Opener
from tests.browser.group import Group
from tests.browser.people import PLAN, Person

CUT = "ERR_(INTERNET_DISCONNECTED|CONNECTION_|INCOMPLETE_CHUNKED_ENCODING|EMPTY_RESPONSE)"


async def writing(person: Person) -> None:
    """Somebody asked, and the first draft is being written."""
    await person.go()
    await person.say(PLAN)
    await expect(person.card("Being written").first).to_be_visible()


async def assert_whole(person: Person) -> None:
    """The run ended well, once, and the page tells what the documents tell, now and after a reload."""
    await person.until_ended()
    seen = await person.seen()
    assert seen["answer"] == ["live", "over"]
    await expect(person.page.locator(".answer .say")).to_contain_text("I planned")
    thread = await person.thread()
    assert thread["active_run"] is None
    assert [message["role"] for message in thread["messages"]] == ["user", "assistant"]
    assert thread["messages"][-1]["status"] == "complete"
    drafts = await person.assert_all_there()
    assert drafts == await person.drafts()
    assert len({draft["slot_id"] for draft in drafts}) == len(drafts) == 4
    await person.page.reload()
    assert await person.assert_all_there() == drafts


async def test_a_reload_in_the_middle(own: Opener, group: Group) -> None:
    async with own() as person:
        await writing(person)
        address = person.page.url
        with group.paused("worker"):
            await person.page.reload()
            await expect(person.live).to_be_visible()
        assert person.page.url == address
        await expect(person.page.locator(".ask")).to_have_text(PLAN)
        await assert_whole(person)


async def test_a_network_cut_in_the_middle(own: Opener, group: Group) -> None:
    async with own() as person:
        person.watch.allow(CUT)
        await writing(person)
        with group.paused("worker"):
            await person.context.set_offline(True)
            await expect(person.live).to_have_text("Reconnecting, nothing is lost")
            await expect(person.page.get_by_role("button", name="Stop")).to_be_visible()
        # What was there stays there.
        assert await person.page.locator(".slot").count() > 0
        assert await person.cards.count() > 0
        await person.context.set_offline(False)
        await assert_whole(person)


async def test_the_api_is_killed_in_the_middle(own: Opener, group: Group) -> None:
    async with own() as person:
        person.watch.allow(CUT)
        await writing(person)
        with group.paused("worker"):
            group.kill_one("api")
            await expect(person.live).to_have_text("Reconnecting, nothing is lost")
        await assert_whole(person)


async def test_everything_is_killed_in_the_middle_and_started_again(own: Opener, group: Group) -> None:
    async with own() as person:
        person.watch.allow(CUT)
        await writing(person)
        address = person.page.url
        await group.kill()
        await expect(person.live).to_have_text("Reconnecting, nothing is lost")
        await group.start()
        assert person.page.url.startswith(group.url)
        await assert_whole(person)
        assert person.page.url.partition("?")[0] == address.partition("?")[0]


async def test_stop_stops_and_stays_stopped(own: Opener, group: Group) -> None:
    async with own() as person:
        page = person.page
        await writing(person)
        with group.paused("worker"):
            await page.get_by_role("button", name="Stop").click()
            await expect(person.live).to_contain_text("Stopping")
        await person.until_ended()
        stopped = page.locator(".stopped")
        await expect(stopped).to_contain_text("Stopped by you")
        thread = await person.thread()
        assert thread["active_run"] is None
        assert thread["messages"][-1]["status"] == "stopped"
        run = await person.get(f"/runs/{thread['messages'][-1]['run_id']}")
        assert run["status"] == "cancelled"
        await expect(person.card("Being written")).to_have_count(0)
        saved = len(await person.drafts())
        told = [each["name"] for each in thread["messages"][-1]["artefacts"] if each["result"]]
        done = len(told) - told.count("plan_calendar")
        assert done <= saved
        count = f" after {done} of 4" if done else ""
        await expect(stopped).to_contain_text(f"Stopped by you{count}.")
        usage = await person.get(f"/business/{person.business_id}/usage")
        assert usage["reserved"] == 0
        await page.reload()
        await expect(stopped).to_contain_text(f"Stopped by you{count}.")
        assert await person.get(f"/business/{person.business_id}/usage") == usage
        assert len(await person.drafts()) == saved
        await stopped.get_by_role("button", name="Continue").click()
        await expect(person.live).to_be_visible()
        await person.until_ended()
        drafts = await person.drafts()
        assert len({draft["slot_id"] for draft in drafts}) == len(drafts) > max(saved, 3)
