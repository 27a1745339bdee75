"""The table beside the map: sorted by what is pressed, and it selects."""

import pytest
from playwright.async_api import Locator, expect

from tests.page.map_page import MapPage
from tests.page.monitor import Monitor
from tests.page.recorded_sky import RecordedSky

pytestmark = [pytest.mark.real_browser, pytest.mark.asyncio(loop_scope="session")]


def cells(desktop: MapPage, field: str) -> Locator:
    """Return what stands in a column, of the rows that are to be seen."""
    return desktop.page.locator(f"#table [role=gridcell][data-field={field}]:visible")


async def in_order(desktop: MapPage, field: str) -> list[str]:
    """Return the texts of a column from the top down: rows take turns, and are out of order."""
    return list(
        await desktop.evaluate(
            """field => [...document.querySelectorAll("#table [role=row]:not([hidden])")]
                .filter(row => row.ariaRowIndex > 1)
                .sort((one, other) => one.ariaRowIndex - other.ariaRowIndex)
                .map(row => row.querySelector(`[data-field=${field}]`).textContent)""",
            field,
        )
    )


async def test_the_table_sorts(desktop: MapPage, monitor: Monitor) -> None:
    """The highest first, then the lowest, and by callsign again."""
    await desktop.open("units=nautical")
    await desktop.tool("Table").click()
    states = await monitor.states()
    await expect(desktop.text("table")).to_contain_text(f"{len(states)} aircraft")
    header = desktop.page.get_by_role("columnheader", name="altitude")
    await header.get_by_role("button").click()
    await expect(header).to_have_attribute("aria-sort", "descending")
    highest = max(state["baro_altitude"] or 0 for state in states)
    await expect(cells(desktop, "baro_altitude").first).to_be_visible()
    heights = [int(text.replace(",", "")) for text in await in_order(desktop, "baro_altitude")]
    assert len(heights) > 5
    await desktop.keep("table")
    assert heights[:5] == sorted(heights[:5], reverse=True)
    assert heights[0] == pytest.approx(highest / 0.3048, abs=30)
    await header.get_by_role("button").click()
    await expect(header).to_have_attribute("aria-sort", "ascending")
    await header.get_by_role("button").click()
    await expect(header).to_have_attribute("aria-sort", "none")
    names = [text for text in await in_order(desktop, "callsign") if text.isalnum()]
    assert names[:5] == sorted(names[:5])


async def test_a_row_selects(desktop: MapPage, sky: RecordedSky) -> None:
    """A row that is filtered and clicked selects its aircraft on the map."""
    await desktop.open("table=open")
    filter_field = desktop.page.get_by_role("searchbox", name="Filter rows")
    await filter_field.fill(sky.climbing)
    await expect(desktop.text("table")).to_contain_text("1 of ")
    await cells(desktop, "callsign").first.click()
    await expect(desktop.text("callsign")).to_have_text(sky.climbing)
    row = desktop.page.get_by_role("row", name=sky.climbing)
    await expect(row).to_have_attribute("aria-selected", "true")


async def test_the_table_is_walked_by_keys(desktop: MapPage) -> None:
    """One stop of the tab key; arrows go from row to row, Enter selects."""
    await desktop.open("table=open")
    await expect(cells(desktop, "callsign").first).to_be_visible()
    await desktop.page.get_by_role("grid", name="Aircraft").focus()
    await desktop.page.keyboard.press("ArrowDown")
    await desktop.page.keyboard.press("ArrowDown")
    await desktop.page.keyboard.press("Enter")
    await expect(desktop.text("details")).to_be_visible()
    chosen = await desktop.text("icao24").inner_text()
    assert (await in_order(desktop, "icao24"))[2] == chosen
