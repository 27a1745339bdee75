"""A walk through everything that the page can show, one view after the other."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from playwright.async_api import expect

from tests.page.map_page import MapPage
from tests.page.recorded_sky import RecordedSky

TOOLS = ("Filters", "Table", "Statistics", "Flights", "Watch", "Layers", "Settings")
REPLAY_SECONDS = 20


async def views(page: MapPage, sky: RecordedSky, *, theme: str) -> AsyncIterator[str]:
    """Show one view after the other, and name it; pictures of them are kept, if any are."""
    async for name in _all(page, sky, theme=theme):
        width = (page.page.viewport_size or {"width": 0})["width"]
        await page.keep(f"view-{name.replace(' ', '-')}-{width}-{theme}")
        yield name


async def _all(page: MapPage, sky: RecordedSky, *, theme: str) -> AsyncIterator[str]:
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
    selected = ",".join(sky.icao24(name) for name in (sky.climbing, sky.lonely, sky.in_trouble))
    await page.open(f"theme={theme}&aircraft={selected}&labels=callsign,altitude&at=40,0,3")
    await expect(page.text("selection")).to_be_visible()
    yield "several aircraft"
    await page.open(f"theme={theme}&airport=LSZH&at=47.46,8.55,9")
    await expect(page.text("airport").get_by_role("heading").first).to_be_visible()
    yield "an airport"
    moment = datetime.fromtimestamp(time.time() - REPLAY_SECONDS, UTC)
    await page.open(f"theme={theme}&time={moment:%Y-%m-%dT%H:%M:%SZ}", state="past")
    yield "the past"
