"""What is opened lies beside the map, and leaves what it does not cover as it was."""

import pytest
from playwright.async_api import expect

from tests.page.map_page import MapPage

pytestmark = [pytest.mark.real_browser, pytest.mark.asyncio(loop_scope="session")]

EMPTY = "icao24=000000&at=48,10,4"
"""A view in which nothing moves."""


@pytest.mark.drawn
async def test_the_map_stays_beside_a_panel(desktop: MapPage) -> None:
    """To the last pixel: browsers may leave out what they take to be covered."""
    await desktop.open(EMPTY)
    before = await desktop.still_picture(around=(700, 240), reach=100)
    for name in ("Filters", "Statistics", "Table"):
        tool = desktop.tool(name)
        await tool.click()
        await expect(tool).to_have_attribute("aria-expanded", "true")
        assert await desktop.still_picture(around=(700, 240), reach=100) == before, name
        await tool.click()
        await expect(tool).to_have_attribute("aria-expanded", "false")


@pytest.mark.drawn
async def test_the_map_stays_above_a_panel(phone: MapPage) -> None:
    """On a phone too, where it is the upper half."""
    await phone.open(EMPTY)
    before = await phone.still_picture(around=(195, 240), reach=50)
    await phone.tool("Filters").tap()
    await expect(phone.panel("Filters")).to_be_visible()
    assert await phone.still_picture(around=(195, 240), reach=50) == before
