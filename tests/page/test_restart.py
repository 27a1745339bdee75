"""When the server goes away the page says so, keeps what it has, and comes back by itself."""

import pytest
from playwright.async_api import expect

from testkit.browser import Chromium, Pages
from tests.page.map_page import MapPage
from tests.page.monitor import Monitor
from tests.page.recorded_sky import RecordedSky

pytestmark = [pytest.mark.real_browser, pytest.mark.asyncio(loop_scope="session")]


@pytest.mark.timeout(120)
async def test_a_restart_needs_no_reload(
    chromium: Chromium, monitor: Monitor, sky: RecordedSky
) -> None:
    """Aircraft stay, on a dimmed map; live again it has the same aircraft selected."""
    context = await chromium.context(is_drawn=False)
    page = MapPage(Pages(context), monitor)
    await page.open()
    n_all = len(await monitor.states())
    await page.shows(n_all)
    await page.select(sky.climbing)
    await page.evaluate("window.isSamePage = true")
    await monitor.stop()
    connection = page.text("connection")
    await expect(connection).to_contain_text("offline", timeout=40_000)
    await expect(connection).to_contain_text("the server does not answer")
    await page.shows(n_all)
    body = page.page.locator("body")
    await expect(body).to_have_attribute("data-connection", "offline")
    await expect(page.text("map")).to_have_css("filter", "saturate(0.35)")
    await monitor.start()
    await page.is_in("live", timeout_ms=60_000)
    await page.shows(n_all)
    assert await page.evaluate("window.isSamePage")
    await expect(page.text("callsign")).to_have_text(sky.climbing)
    await expect(page.text("map")).to_have_css("filter", "none")
    await context.close()
