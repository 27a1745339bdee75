"""Aircraft are centred in what no panel covers of the map, and only those in it count as shown."""

import math

import pytest
from playwright.async_api import expect

from tests.page.map_page import MapPage
from tests.page.monitor import Monitor
from tests.page.recorded_sky import RecordedSky

pytestmark = [pytest.mark.real_browser, pytest.mark.asyncio(loop_scope="session")]

LABEL_PX = 60
"""How far a label lies from its aircraft, with what the aircraft flies in the meantime."""


async def test_an_aircraft_of_the_table_is_centred_in_the_visible_part(
    desktop: MapPage, sky: RecordedSky
) -> None:
    """Above the time bar, which lies on the table, and left of the details."""
    await desktop.open("table=open")
    await desktop.page.get_by_role("searchbox", name="Filter rows").fill(sky.climbing)
    await expect(desktop.text("table")).to_contain_text("1 of ")
    await desktop.page.get_by_role("row", name=sky.climbing).click()
    await expect(desktop.text("callsign")).to_have_text(sky.climbing)
    await desktop.has_profile()
    await desktop.keep("visible-part-table")
    x, y = await desktop.place_of_label()
    middle = await desktop.middle()
    assert math.hypot(x - middle[0], y - middle[1]) < LABEL_PX
    footer = await desktop.text("footer").bounding_box()
    assert footer is not None
    assert y < footer["y"]


async def test_only_aircraft_in_the_visible_part_have_rows(
    desktop: MapPage, monitor: Monitor, sky: RecordedSky
) -> None:
    """An aircraft in the middle has one, until the table lies over it."""
    icao24 = sky.icao24(sky.lonely)
    [state] = await monitor.states(f"icao24={icao24}")
    await desktop.open(f"at={state['latitude']},{state['longitude']},8&glide=off")
    before = await desktop.middle()
    await desktop.tool("Table").click()
    await desktop.page.get_by_label("Only aircraft in the map view").check()
    count = desktop.page.locator("#table-count")
    await expect(count).to_contain_text(" of ")
    middle = await desktop.middle()
    assert middle[1] < before[1] - 100
    footer = await desktop.text("footer").bounding_box()
    assert footer is not None
    assert footer["y"] < before[1]
    await expect(desktop.page.get_by_role("row", name=sky.lonely)).to_be_hidden()


async def test_a_panel_of_a_phone_is_never_beneath_the_table(phone: MapPage) -> None:
    """The panel closes the table, and the table the panel."""
    await phone.open()
    for tool, title in {"Filters": "Filters", "Flights": "Past flights"}.items():
        await phone.tool("Table").tap()
        await expect(phone.text("table")).to_be_in_viewport(ratio=0.9)
        await phone.tool(tool).tap()
        await expect(phone.text("table")).to_be_hidden()
        await expect(phone.panel(title)).to_be_in_viewport(ratio=0.9)
    await phone.tool("Table").tap()
    await expect(phone.text("table")).to_be_in_viewport(ratio=0.9)
    await expect(phone.panel("Past flights")).to_be_hidden()
