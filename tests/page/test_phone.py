"""In a hand, 390 x 844: everything can be reached, read and closed with a thumb."""

import pytest
from playwright.async_api import expect

from tests.page.map_page import MapPage
from tests.page.recorded_sky import RecordedSky

pytestmark = [pytest.mark.real_browser, pytest.mark.asyncio(loop_scope="session")]

PANELS = {
    "Filters": "Filters",
    "Statistics": "Statistics",
    "Flights": "Past flights",
    "Watch": "Watch list",
    "Settings": "Settings",
}


async def test_panels_open_and_close_by_touch(phone: MapPage) -> None:
    """One at a time, above the tabs; each has a cross."""
    await phone.open()
    for tool, title in PANELS.items():
        await phone.tool(tool).tap()
        panel = phone.panel(title)
        await expect(panel).to_be_in_viewport(ratio=0.9)
        await panel.get_by_role("button", name="Close").tap()
        await expect(panel).to_be_hidden()


async def test_an_aircraft_is_found_and_its_details_fit(phone: MapPage, sky: RecordedSky) -> None:
    """Below it, so that the map still shows where it is; a tap on the cross lets go."""
    await phone.open()
    await phone.has_aircraft()
    await phone.keep("phone-map")
    await phone.tool("Search").tap()
    await phone.page.get_by_role("combobox", name="Search").fill(sky.climbing)
    await phone.found().first.tap()
    details = phone.text("details")
    await expect(details).to_be_in_viewport(ratio=0.9)
    await phone.has_profile()
    await expect(phone.text("selected-label")).to_be_in_viewport()
    _, y = await phone.place_of_label()
    box = await details.bounding_box()
    assert box is not None
    assert y < box["y"]
    await phone.keep("phone-details")
    await phone.button("Close details").tap()
    await expect(details).to_be_hidden()


async def test_the_table_fills_the_screen(phone: MapPage) -> None:
    """Callsign and altitude are side by side; the tab closes it."""
    await phone.open()
    await phone.tool("Table").tap()
    table = phone.text("table")
    await expect(table).to_be_in_viewport(ratio=0.95)
    for field in ("callsign", "baro_altitude"):
        cell = table.locator(f"[role=gridcell][data-field={field}]:visible").first
        await expect(cell).to_be_in_viewport(ratio=1)
    await phone.keep("phone-table")
    await phone.tool("Table").tap()
    await expect(table).to_be_hidden()


async def test_it_is_scaled_for_the_hand_and_can_be_zoomed(phone: MapPage) -> None:
    """By the element that phones read, which forbids nothing."""
    await phone.open()
    viewport = phone.page.locator("meta[name=viewport]")
    content = await viewport.get_attribute("content") or ""
    assert "width=device-width" in content
    assert "user-scalable=no" not in content
    assert "maximum-scale" not in content
