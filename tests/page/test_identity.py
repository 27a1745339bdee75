"""Which aircraft it is: in the details, the table, the search, the filters and the watch list."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import expect

from tests.page.map_page import MapPage
from tests.page.monitor import Monitor, State

pytestmark = [pytest.mark.real_browser, pytest.mark.asyncio(loop_scope="session")]

FIELDS = "callsign,registration,type,operator,operator_icao,military"


async def known(monitor: Monitor) -> list[State]:
    """Return aircraft whose registration and operator the server knows, by callsign."""
    found: list[State] = []
    async with asyncio.timeout(20):
        while not found:  # the server looks them up soon after it has received them
            states = await monitor.states(f"fields={FIELDS}&on_ground=false")
            found = [state for state in states if state["registration"] and state["operator"]]
            await asyncio.sleep(0.2)
    return sorted(found, key=lambda state: str(state["callsign"]))


async def test_details_say_which_aircraft_it_is(desktop: MapPage, monitor: Monitor) -> None:
    """As REST does; photos are a link that gives nothing away, and contacts nothing by itself."""
    [state, *_] = await known(monitor)
    answer: dict[str, Any] = await monitor.answer(f"/api/aircraft/{state['icao24']}")
    identity = answer["identity"]
    requested: list[str] = []
    await desktop.open(f"aircraft={state['icao24']}")
    desktop.page.on("request", lambda request: requested.append(request.url))
    rows = desktop.text("identity")
    await expect(rows).to_contain_text(identity["registration"])
    await expect(rows).to_contain_text(identity["operator"])
    await expect(desktop.text("identity-line")).to_contain_text(identity["registration"])
    link = rows.get_by_role("link", name="at jetphotos.com")
    await expect(link).to_have_attribute("target", "_blank")
    await expect(link).to_have_attribute("rel", "noopener noreferrer")
    address = await link.get_attribute("href")
    assert address == f"https://www.jetphotos.com/registration/{identity['registration']}"
    await desktop.has_profile()
    await desktop.keep("identity-desk")
    assert not [url for url in requested if not url.startswith(monitor.url)]


async def test_columns_request_it_when_they_are_shown(desktop: MapPage, monitor: Monitor) -> None:
    """The stream stays as small as it is; what is known is requested once, by REST."""
    [state, *_] = await known(monitor)
    requested: list[str] = []
    await desktop.open("table=open")
    desktop.page.on("request", lambda request: requested.append(request.url))
    await expect(desktop.text("table-count")).to_contain_text("aircraft")
    assert not [url for url in requested if "registration" in url]
    await desktop.button("Columns").click()
    for name in ("registration", "type", "operator"):
        await desktop.page.get_by_role("checkbox", name=name).check()
    await desktop.button("Columns").click()
    await desktop.page.get_by_role("searchbox", name="Filter rows").fill(state["registration"])
    row = desktop.page.get_by_role("row", name=state["callsign"])
    await expect(row.locator("[data-field=registration]")).to_have_text(state["registration"])
    await expect(row.locator("[data-field=operator]")).to_have_text(state["operator"])
    await desktop.keep("identity-table")
    assert desktop.streams == ["format=delta"]
    assert "columns=callsign,icao24,registration,type,operator" in desktop.page.url


async def test_search_finds_by_registration_and_operator(
    desktop: MapPage, monitor: Monitor
) -> None:
    """The exact registration comes first."""
    [state, *_] = await known(monitor)
    await desktop.open()
    await desktop.has_aircraft()
    found = await desktop.search(state["registration"])
    await expect(found.first).to_contain_text(state["callsign"])
    await expect(found.first).to_contain_text(state["registration"])
    await desktop.keep("identity-search")
    await desktop.page.get_by_role("combobox", name="Search").fill(state["operator"])
    await expect(found.first).to_contain_text(state["operator"])
    await desktop.page.keyboard.press("Enter")
    await expect(desktop.text("identity")).to_contain_text(state["operator"])


async def test_identity_filters_the_stream(desktop: MapPage, monitor: Monitor) -> None:
    """An operator by its letters leaves as many as REST has."""
    [state, *_] = await known(monitor)
    wanted = state["operator_icao"]
    count = len(await monitor.states(f"operator={wanted}"))
    assert count > 0
    await desktop.open("panel=filters")
    field = desktop.page.get_by_role("textbox", name="Operator")
    await field.fill(wanted)
    await field.press("Enter")
    await desktop.shows(count)
    await expect(desktop.text("chips")).to_contain_text(f"operator {wanted}")
    military = desktop.page.get_by_role("group", name="Military or civil")
    await military.get_by_role("radio", name="military").check(force=True)
    await desktop.shows(len(await monitor.states(f"operator={wanted}&military=true")))
    await desktop.keep("identity-filters")


async def test_a_registration_is_watched(desktop: MapPage, monitor: Monitor) -> None:
    """By the beginning of it; the notice names the aircraft and what it matches."""
    [state, *_] = await known(monitor)
    pattern = f"{state['registration'][:-1]}*"
    await desktop.open("panel=watch")
    await desktop.page.get_by_label("What to watch").select_option("registration")
    field = desktop.page.get_by_label("Value to watch for")
    await field.fill(pattern)
    await field.press("Enter")
    await expect(desktop.text("watched")).to_contain_text(f"registration {pattern}")


async def test_identity_fits_a_phone(phone: MapPage, monitor: Monitor) -> None:
    """It is below the callsign, and the photos can be pressed."""
    [state, *_] = await known(monitor)
    await phone.open(f"aircraft={state['icao24']}")
    await expect(phone.text("identity-line")).to_be_in_viewport(ratio=1)
    await phone.has_profile()
    await phone.keep("identity-phone")
    link = phone.text("identity").get_by_role("link")
    await link.scroll_into_view_if_needed()
    box = await link.bounding_box()
    assert box is not None
    assert round(box["height"]) >= 40
