"""Watched aircraft are noticed at the top, quietly; the list is kept, and usable by keys."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Page, expect

from testkit.browser import Chromium, Device, Pages
from testkit.scripted_app import ScriptedApp
from testkit.state_vectors import START, state_vector
from tests.page.legibility import EVERY_RULE, faults, violations
from tests.page.map_page import PHONE, keep_picture, keeps_pictures

pytestmark = [pytest.mark.real_browser, pytest.mark.asyncio(loop_scope="session")]

DESK = Device(width=1440, height=900)


@pytest_asyncio.fixture(loop_scope="session")
async def app() -> AsyncIterator[ScriptedApp]:
    """Give an application that has received two aircraft and an emergency."""
    async with ScriptedApp() as app:
        app.publish(
            state_vector("aaaa01", longitude=8.0, latitude=47.0, callsign="SWR1"),
            state_vector("aaaa02", longitude=9.0, latitude=47.0, callsign="DLH2"),
            state_vector("aaaa03", longitude=7.0, latitude=47.0, callsign="TRBL7", squawk="7700"),
        )
        yield app


@pytest_asyncio.fixture(loop_scope="session")
async def context(chromium: Chromium) -> AsyncIterator[BrowserContext]:
    """Give the browser of one user."""
    context = await chromium.context(DESK, is_drawn=keeps_pictures())
    yield context
    await context.close()


async def opened(context: BrowserContext, app: ScriptedApp, query: str = "") -> Page:
    """Open the page, live."""
    page = await Pages(context).open(f"{app.url}/?at=47,8,6&{query}")
    await expect(page.locator("#connection")).to_have_text("live")
    return page


async def add(page: Page, kind: str, pattern: str) -> None:
    """Put an entry on the list in the open panel."""
    await page.get_by_label("What to watch").select_option(kind)
    field = page.get_by_label("Value to watch for")
    await field.fill(pattern)
    await field.press("Enter")


async def test_a_watched_aircraft_is_noticed(app: ScriptedApp, context: BrowserContext) -> None:
    """When it is there and when it comes; pressed, it is shown; dismissed, it stays away."""
    page = await opened(context, app)
    notices = page.locator("#watched")
    await page.keyboard.press("w")
    await expect(page.get_by_label("Value to watch for")).to_be_focused()
    await page.keyboard.type("swr*")
    await page.keyboard.press("Enter")
    panel = page.get_by_role("region", name="Watch list")
    await expect(panel.get_by_role("listitem")).to_contain_text("1 now")
    await expect(notices.get_by_role("button").first).to_have_text("SWR1 · callsign SWR*")
    app.publish(state_vector("aaaa04", START + 1, longitude=8, latitude=46, callsign="SWR4"))
    await expect(notices.get_by_role("button").first).to_have_text("SWR4 · callsign SWR*")
    await keep_picture(page, "watch-desk")
    await notices.get_by_role("button", name="List all 2").click()
    await expect(page.locator("#table-count")).to_have_text("2 aircraft")
    await page.keyboard.press("t")
    await notices.get_by_role("button").first.click()
    await expect(page.locator("#callsign")).to_have_text("SWR4")
    await page.get_by_role("button", name="icao24 aaaa04, aaaa01: remove").click()
    await notices.get_by_role("button", name="Dismiss watched aircraft").click()
    await expect(notices).to_be_hidden()
    app.publish(state_vector("aaaa05", START + 2, longitude=8, latitude=45, callsign="SWR5"))
    await expect(notices.get_by_role("button").first).to_have_text("SWR5 · callsign SWR*")
    await page.close()
    page = await opened(context, app)
    await expect(page.locator("#watched")).to_contain_text("SWR")
    assert "SWR" not in page.url


async def test_the_list_is_kept_by_keys(app: ScriptedApp, context: BrowserContext) -> None:
    """Entries come and go without a pointer; what cannot be watched is a sentence."""
    page = await opened(context, app, "panel=watch")
    panel = page.get_by_role("region", name="Watch list")
    await add(page, "squawk", "7700")
    await add(page, "icao24", "AAAA02")
    await add(page, "icao24", "nothing")
    await expect(panel.get_by_role("alert").first).to_contain_text("is not a valid icao24")
    items = panel.get_by_role("listitem")
    await expect(items).to_have_count(2)
    await page.get_by_label("Value to watch for").focus()
    for _ in range(2):
        await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Remove squawk 7700")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Remove icao24 aaaa02")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(items).to_have_count(0)
    await expect(page.get_by_label("Value to watch for")).to_be_focused()


async def test_details_put_an_aircraft_on_the_list(
    app: ScriptedApp, context: BrowserContext
) -> None:
    """A second press takes it off again."""
    page = await opened(context, app, "aircraft=aaaa02")
    button = page.get_by_role("button", name="Watch", exact=True).last
    await button.click()
    await expect(button).to_have_attribute("aria-pressed", "true")
    await expect(page.locator("#watched")).to_contain_text("DLH2")
    await button.click()
    await expect(button).to_have_attribute("aria-pressed", "false")
    await expect(page.locator("#watched")).to_be_hidden()


async def test_notifications_are_the_users_wish(app: ScriptedApp, context: BrowserContext) -> None:
    """Nothing is asked before; refused, a sentence says so; allowed, one names who comes."""
    await context.add_init_script(
        """window.shown = [];
        window.asked = 0;
        window.answer = "denied";
        class Fake extends EventTarget {
            static permission = "default";
            static async requestPermission() { asked += 1; return Fake.permission = answer; }
            constructor(title, options) { super(); shown.push([title, options]); }
        }
        window.Notification = Fake;
        document.hasFocus = () => false;"""
    )
    page = await opened(context, app, "panel=watch")
    await add(page, "callsign", "BAW*")
    assert await page.evaluate("() => asked") == 0
    switch = page.get_by_label("Show notifications of the browser")
    await switch.click()
    await expect(page.get_by_role("region", name="Watch list")).to_contain_text("was not allowed")
    await expect(switch).not_to_be_checked()
    await page.evaluate("() => { answer = 'granted'; }")
    await switch.check()
    app.publish(state_vector("bbbb01", START + 1, longitude=8, latitude=46, callsign="BAW1"))
    await page.wait_for_function("() => shown.length === 1")
    [[title, options]] = await page.evaluate("() => shown")
    assert title == "BAW1"
    assert options == {"body": "callsign BAW*", "silent": True, "tag": "flight-monitor-watch"}


async def test_watching_fits_every_screen(app: ScriptedApp, chromium: Chromium) -> None:
    """Nothing is covered or too small, and axe finds nothing, also beside an emergency."""
    found: list[str] = []
    for device in (DESK, PHONE):
        context = await chromium.context(device, is_drawn=keeps_pictures())
        page = await opened(context, app, "panel=watch&country=Switzerland")
        for pattern in ("SWR*", "DLH*", "TR*"):
            await add(page, "callsign", pattern)
        await expect(page.locator("#watched")).to_be_visible()
        name = "phone" if device is PHONE else "desk"
        await keep_picture(page, f"watch-panel-{name}")
        if device is PHONE:
            found += [f"{name}: {fault}" for fault in await faults(page)]
        found += [f"{name}: {each}" for each in await violations(page, EVERY_RULE)]
        await page.get_by_role("button", name="Close watch list").click()
        await keep_picture(page, f"watch-{name}")
        if device is PHONE:
            found += [f"{name}, map: {fault}" for fault in await faults(page)]
        await context.close()
    assert "\n".join(found) == ""
