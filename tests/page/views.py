"""A walk through everything that the page can show, one view after the other."""

from collections.abc import AsyncIterator

from playwright.async_api import expect

from tests.page.map_page import MapPage
from tests.page.recorded_sky import RecordedSky

TOOLS = ("Filters", "Table", "Statistics", "Flights", "Watch", "Settings")


async def views(page: MapPage, sky: RecordedSky, *, theme: str) -> AsyncIterator[str]:
    """Show one view after the other, and name it."""
    await page.open(f"country=Germany,United States&theme={theme}")
    await page.has_aircraft()
    yield "the map"
    for tool in TOOLS:
        await page.tool(tool).click()
        await expect(page.tool(tool)).to_have_attribute("aria-expanded", "true")
        yield tool
        await page.tool(tool).click()
    await page.search("United")
    yield "the palette"
    await page.page.keyboard.press("Escape")
    await page.select(sky.climbing)
    await page.has_profile()
    yield "the details"
