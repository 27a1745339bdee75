"""Airports, cities and coordinates: found in the search, clicked on the map, and with a board."""

import json
import re
import time

import pytest
from playwright.async_api import Page, Route, expect

from tests.page.map_page import MapPage
from tests.page.monitor import Monitor

pytestmark = [
    pytest.mark.real_browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(120),
]

ZURICH = (47.4647, 8.5492)
REMOTE = ("FHSH", -15.9578, -5.6456)
"""The airport of Saint Helena, where no aircraft of the recording is."""

LONG_ENOUGH_S = 40
SLOW_MS = 60_000.0
"""For the data of the closer zoom levels, which a core cuts while another draws the map."""


async def _is_at(desktop: MapPage, latitude: float, longitude: float, *, give: float) -> None:
    """Wait until the address names a place, by which the map is there."""

    def holds(query: dict[str, str]) -> bool:
        north, east, _ = map(float, query["at"].split(","))
        return abs(north - latitude) < give and abs(east - longitude) < give

    await desktop.says(holds)


async def test_an_airport_is_found_by_its_code_and_shown(desktop: MapPage) -> None:
    """Enter goes there and opens its panel, with the elevation in the chosen units."""
    await desktop.open("units=nautical")
    found = await desktop.search("zrh")
    await expect(found.first).to_contain_text("Zürich Airport", timeout=SLOW_MS)
    await desktop.page.keyboard.press("Enter")
    panel = desktop.text("airport")
    await expect(panel.get_by_role("heading", name="Zürich Airport")).to_be_focused()
    for text in ("Zürich, Switzerland", "ZRH", "LSZH", "1,416 ft"):
        await expect(panel).to_contain_text(text)
    await desktop.says(lambda query: query.get("airport") == "LSZH")
    await _is_at(desktop, *ZURICH, give=0.05)
    await desktop.tool("Settings").click()
    await desktop.page.get_by_label("Units").select_option("metric")
    await expect(panel).to_contain_text("432 m")
    await desktop.keep("airport")


@pytest.mark.parametrize(
    ("text", "option", "latitude", "longitude"),
    [
        ("heathrow", "London Heathrow.*EGLL", 51.4706, -0.4619),
        ("olten", "Olten.*people", 47.3499, 7.9033),
        ("47.45 8.56", "Go to 47.4500° N, 8.5600° E", 47.45, 8.56),
        ("33°54'S 18°36'E", "Go to 33.9000° S, 18.6000° E", -33.9, 18.6),
    ],
)
async def test_a_place_is_found_and_gone_to(
    desktop: MapPage, text: str, option: str, latitude: float, longitude: float
) -> None:
    """By the name of an airport, a city, and coordinates as people write them."""
    await desktop.open()
    found = (await desktop.search(text)).filter(has_text=re.compile(option))
    await expect(found.first).to_be_visible(timeout=SLOW_MS)
    await found.first.click()
    await _is_at(desktop, latitude, longitude, give=0.1)


async def test_places_are_loaded_when_they_are_needed(desktop: MapPage) -> None:
    """The first view of the world loads neither them nor the fine ground; the search only them."""
    desktop.page = await _page_that_notes(desktop)
    loaded: list[str] = []
    desktop.page.context.on("request", lambda request: loaded.append(request.url))
    await desktop.open()
    await desktop.has_ground()
    assert not [url for url in loaded if url.endswith(".bin")]
    found = await desktop.search("zrh")
    await expect(found.first).to_contain_text("Zürich Airport", timeout=SLOW_MS)
    names = {re.sub(r".*/([a-z-]+)-[^/]*", r"\1", url) for url in loaded if url.endswith(".bin")}
    assert names == {"places-major", "places-minor"}


async def _page_that_notes(desktop: MapPage) -> Page:
    """Open the page once, so that its context is known."""
    await desktop.open("panel=settings")
    return desktop.page


async def test_an_airport_on_the_map_is_clicked(desktop: MapPage) -> None:
    """Its mark opens its panel; Escape closes it, and Back opens nothing again."""
    code, latitude, longitude = REMOTE
    await desktop.open(f"at={latitude},{longitude},9")
    await desktop.page.wait_for_function(
        "() => performance.getEntriesByName('detail-drawn').length > 0", timeout=SLOW_MS
    )
    panel = desktop.text("airport")
    await desktop.page.mouse.click(*(await desktop.middle()))
    await expect(panel).to_contain_text(code)
    await desktop.says(lambda query: query.get("airport") == code)
    await desktop.page.keyboard.press("Escape")
    await expect(panel).to_be_hidden()
    await desktop.says(lambda query: "airport" not in query)


async def test_a_flight_of_the_board_is_replayed(desktop: MapPage, monitor: Monitor) -> None:
    """The panel gives way to the flight, and is there again when that is closed."""
    await monitor.wait_for_history(LONG_ENOUGH_S)
    since = int(time.time()) - 3_600
    flights = (await monitor.answer(f"/api/history/flights?from={since}&limit=50"))["flights"]
    # The oldest, whose replay takes longest to reach the present.
    flight = min((one for one in flights if one["callsign"]), key=lambda one: one["first_seen"])
    board = {
        "arrivals": [flight | {"takeoff_airport": "LSGG", "landing_airport": "LSZH"}],
        "departures": [],
    }

    async def answer(route: Route) -> None:
        await route.fulfill(content_type="application/json", body=json.dumps(board))

    # The recording has no flight that lands; the one that is named did fly.
    desktop.page = await _page_that_notes(desktop)
    await desktop.page.context.route("**/api/airports/LSZH/board*", answer)
    await desktop.open("airport=LSZH")
    panel = desktop.text("airport")
    row = panel.get_by_role("list", name="Arrivals").get_by_role("listitem")
    await expect(row).to_contain_text(flight["callsign"])
    await expect(row).to_contain_text("from LSGG")
    await expect(panel).to_contain_text("None was received in the last 24 hours.")
    await desktop.button(f"Replay {flight['callsign']}").click()
    await expect(desktop.text("callsign")).to_have_text(flight["callsign"])
    await expect(panel).to_be_hidden()
    await desktop.says(lambda query: "time" in query)
    await desktop.button("Close details").click()
    await expect(panel).to_be_visible()


async def test_past_flights_are_those_of_an_airport(desktop: MapPage) -> None:
    """The panel's button asks for them; what is no code is explained."""
    await desktop.open("airport=LSZH")
    await desktop.text("airport").get_by_role("button", name="Past flights").click()
    past = desktop.panel("Past flights")
    await expect(past.get_by_label("Search by")).to_have_value("airport")
    await expect(past.get_by_label("What to search for")).to_have_value("LSZH")
    await expect(past).to_contain_text(re.compile("took off or landed at LSZH|\\d+ flight"))
    await past.get_by_label("What to search for").fill("Zurich")
    await past.get_by_role("button", name="Search", exact=True).click()
    await expect(past).to_contain_text("An airport has a code of three or four letters")


async def test_an_airport_of_a_phone_leaves_the_map_in_view(phone: MapPage) -> None:
    """It is a sheet over the lower half, as the details are."""
    await phone.open("airport=LSZH")
    panel = phone.text("airport")
    await expect(panel).to_contain_text("Zürich Airport")
    await expect(panel).to_be_in_viewport(ratio=0.9)
    box = await panel.bounding_box()
    assert box is not None
    assert box["y"] > 300
    await phone.keep("airport-phone")
    await panel.get_by_role("button", name="Close airport").tap()
    await expect(panel).to_be_hidden()
