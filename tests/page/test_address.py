"""The address holds what is shown, the keyboard reaches all of it, and looks are chosen."""

import pytest
from playwright.async_api import expect

from tests.page.map_page import MapPage
from tests.page.recorded_sky import RecordedSky

pytestmark = [pytest.mark.real_browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_reload_shows_the_same(desktop: MapPage, sky: RecordedSky) -> None:
    """Place, aircraft, filters, units, theme, panel and table."""
    await desktop.open("at=47.4556,8.5695,5&country=United States")
    await desktop.select(sky.climbing)
    await desktop.page.keyboard.press("t")
    await desktop.tool("Settings").click()
    await desktop.page.get_by_label("Units").select_option("nautical")
    await desktop.page.get_by_label("Theme").select_option("light")
    await desktop.says(lambda query: "theme" in query and query["table"] == "open")
    before = desktop.query()
    assert before == before | {
        "aircraft": sky.icao24(sky.climbing),
        "country": "United States",
        "units": "nautical",
        "theme": "light",
        "panel": "settings",
    }
    await desktop.page.reload()
    await desktop.is_in("live")
    assert desktop.query() == before
    await expect(desktop.panel("Settings")).to_be_visible()
    await expect(desktop.text("table")).to_be_visible()
    await expect(desktop.text("callsign")).to_have_text(sky.climbing)
    await expect(desktop.text("baro-altitude")).to_contain_text("ft")
    await expect(desktop.page.locator("html")).to_have_attribute("data-theme", "light")
    await expect(desktop.page.get_by_label("Units")).to_have_value("nautical")


async def test_theme_follows_the_system(desktop: MapPage) -> None:
    """It does so until the user chooses one."""
    await desktop.open()
    html = desktop.page.locator("html")
    await desktop.has_aircraft()
    await expect(html).to_have_attribute("data-theme", "dark")
    await desktop.keep("world-dark")
    await desktop.page.emulate_media(color_scheme="light")
    await expect(html).to_have_attribute("data-theme", "light")
    await desktop.keep("world-light")
    await desktop.tool("Settings").click()
    await desktop.page.get_by_label("Theme").select_option("dark")
    await expect(html).to_have_attribute("data-theme", "dark")


async def test_tab_reaches_the_tools(desktop: MapPage) -> None:
    """A panel that is opened by a key has the focus; closed, it gives it back."""
    await desktop.open()
    tool = desktop.tool("Statistics")
    for _ in range(20):
        await desktop.page.keyboard.press("Tab")
        if await tool.evaluate("button => button === document.activeElement"):
            break
    await expect(tool).to_be_focused()
    await desktop.page.keyboard.press("Enter")
    panel = desktop.panel("Statistics")
    await expect(panel).to_be_visible()
    await expect(panel.get_by_role("heading", name="Statistics")).to_be_focused()
    await desktop.page.keyboard.press("Tab")
    await expect(desktop.button("Close statistics")).to_be_focused()
    await desktop.page.keyboard.press("Escape")
    await expect(panel).to_be_hidden()
    await expect(tool).to_be_focused()


async def test_no_tab_stop_is_an_overlay(desktop: MapPage) -> None:
    """Only the canvas of the map itself can have the focus, and it has a name."""
    await desktop.open()
    await desktop.has_aircraft()
    stops = desktop.page.locator("canvas[tabindex='0']")
    await expect(stops).to_have_count(1)
    await expect(stops).to_have_attribute("aria-label", "Map")


async def test_a_letter_opens_a_panel(desktop: MapPage) -> None:
    """Typing it again closes the panel; in a field it is a letter."""
    await desktop.open()
    for key, title in {"f": "Filters", "s": "Statistics"}.items():
        panel = desktop.panel(title)
        await desktop.page.keyboard.press(key)
        await expect(panel).to_be_visible()
        await desktop.page.keyboard.press(key)
        await expect(panel).to_be_hidden()
    await desktop.page.keyboard.press("p")
    await expect(desktop.page.get_by_label("What to search for")).to_be_focused()
    await desktop.page.keyboard.press("Escape")
    await expect(desktop.panel("Past flights")).to_be_hidden()
    await desktop.page.keyboard.press("/")
    await desktop.page.keyboard.type("fsp")
    await expect(desktop.page.get_by_role("combobox", name="Search")).to_have_value("fsp")
    await desktop.page.keyboard.press("Escape")
    await expect(desktop.panel("Filters")).to_be_hidden()


async def test_back_closes_what_was_opened(desktop: MapPage, sky: RecordedSky) -> None:
    """A panel, an aircraft and the table, one by one; what a cross has closed is no step."""
    await desktop.open()
    await desktop.has_aircraft()
    await desktop.page.keyboard.press("f")
    await desktop.button("Close filters").click()
    await desktop.page.keyboard.press("s")
    await expect(desktop.panel("Statistics")).to_be_visible()
    await desktop.select(sky.climbing)
    await desktop.page.keyboard.press("t")
    await expect(desktop.text("table")).to_be_visible()
    await desktop.page.go_back()
    await expect(desktop.text("table")).to_be_hidden()
    await desktop.page.go_back()
    await expect(desktop.text("details")).to_be_hidden()
    await desktop.page.go_back()
    await expect(desktop.panel("Statistics")).to_be_hidden()
    await expect(desktop.panel("Filters")).to_be_hidden()
    await desktop.page.go_forward()
    await expect(desktop.panel("Statistics")).to_be_visible()


async def test_statistics_lead_to_a_filter(desktop: MapPage) -> None:
    """What is flying where, and one press shows it alone."""
    await desktop.open("panel=statistics")
    panel = desktop.panel("Statistics")
    await expect(panel).to_contain_text("United States")
    await desktop.keep("statistics")
    await panel.get_by_role("button", name="United States").first.click()
    await desktop.says(lambda query: query.get("country") == "United States")
