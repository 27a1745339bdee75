"""Filters narrow the stream itself: the server sends what passes, and nothing else."""

import pytest
from playwright.async_api import expect

from tests.page.map_page import MapPage
from tests.page.monitor import Monitor

pytestmark = [pytest.mark.real_browser, pytest.mark.asyncio(loop_scope="session")]

WHOLE = "format=delta"


async def test_a_country_narrows_the_stream(desktop: MapPage, monitor: Monitor) -> None:
    """As many are left as REST gives for the same filter; without the chip all are back."""
    await desktop.open()
    assert desktop.streams == [WHOLE]
    n_all = len(await monitor.states())
    germans = len(await monitor.states("country=Germany"))
    assert 0 < germans < n_all
    await desktop.tool("Filters").click()
    country = desktop.page.get_by_role("combobox", name="Country")
    await country.fill("germ")
    await expect(desktop.page.get_by_role("option", name="Germany")).to_be_visible()
    await country.press("Enter")
    await desktop.shows(germans)
    assert desktop.streams[-1].startswith("country=Germany&format=row&fields=")
    await desktop.says(lambda query: query.get("country") == "Germany")
    await expect(desktop.panel("Filters").get_by_role("status").first).to_have_text(
        f"{germans} aircraft"
    )
    await desktop.keep("filters")
    await desktop.page.get_by_role("button", name="Germany: remove").click()
    await desktop.shows(n_all)
    assert desktop.streams[-1] == WHOLE


async def test_filters_add_up(desktop: MapPage, monitor: Monitor) -> None:
    """A country and an altitude in the units of the user, which the server gets in its own."""
    await desktop.open("country=United States&units=nautical")
    await desktop.tool("Filters").click()
    await desktop.page.get_by_role("textbox", name="Altitude from").fill("30000")
    await desktop.says(lambda query: "min_altitude" in query)
    assert float(desktop.query()["min_altitude"]) == pytest.approx(9144, abs=1)
    same = f"country=United States&min_altitude={desktop.query()['min_altitude']}"
    high = len(await monitor.states(same))
    assert high > 0
    await desktop.shows(high, give=2)
    await desktop.button("Clear all").click()
    await desktop.shows(len(await monitor.states()))


async def test_what_is_selected_passes_every_filter(desktop: MapPage, monitor: Monitor) -> None:
    """The stream keeps it, beside those that the filter lets pass."""
    [state, *_] = await monitor.states("country=China")
    await desktop.open(f"aircraft={state['icao24']}&country=Germany")
    await desktop.shows(len(await monitor.states("country=Germany")) + 1)
    assert f"pinned={state['icao24']}" in desktop.streams[-1]


async def test_a_wrong_value_is_reported(desktop: MapPage) -> None:
    """The message is at the field, and the view stays as it was."""
    await desktop.open("panel=filters")
    field = desktop.page.get_by_role("textbox", name="icao24", exact=True)
    await field.fill("xyz")
    await field.press("Enter")
    await expect(field).to_have_attribute("aria-invalid", "true")
    assert "icao24" not in desktop.query()
    assert desktop.streams == [WHOLE]


async def test_an_area_is_drawn(desktop: MapPage, monitor: Monitor) -> None:
    """Two corners of a box on the map: what flies in it stays."""
    await desktop.open("at=48,10,4&panel=filters")
    await desktop.button("Draw on the map").click()
    await desktop.page.mouse.move(700, 250)
    await desktop.page.mouse.down()
    await desktop.page.mouse.move(1000, 550, steps=4)
    await desktop.page.mouse.up()
    await desktop.says(lambda query: "bbox" in query)
    inside = await monitor.states(f"bbox={desktop.query()['bbox']}")
    assert inside
    await desktop.shows(len(inside), give=2)
