"""What the page does with positions, clocks and flights that cannot be."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page, Route, expect

from testkit.browser import Chromium, Pages
from testkit.scripted_app import ScriptedApp
from testkit.state_vectors import START, state_vector
from tests.page.map_page import DESKTOP, keep_picture, keeps_pictures

pytestmark = [pytest.mark.real_browser, pytest.mark.asyncio(loop_scope="session")]

ICAO24 = "4b1814"
STEP_SECONDS = 10
STEP_DEGREES = 0.03
"""Degrees of longitude that an airliner flies in a step."""


@pytest_asyncio.fixture(loop_scope="session")
async def app() -> AsyncIterator[ScriptedApp]:
    """Give an application without a history, whose clock and reasons are in the test's hand."""
    async with ScriptedApp() as app:
        yield app


@pytest_asyncio.fixture(loop_scope="session")
async def desk(chromium: Chromium) -> AsyncIterator[Pages]:
    """Give pages on a desk."""
    context = await chromium.context(DESKTOP, is_drawn=keeps_pictures())
    yield Pages(context)
    await context.close()


async def publish(app: ScriptedApp, page: Page, step: int, **fields: object) -> None:
    """Let the aircraft go on by a step, and wait until the page shows it."""
    usual: dict[str, Any] = {
        "longitude": 8 + STEP_DEGREES * step,
        "latitude": 47.0,
        "true_track": 90.0,
    }
    app.turn_clock(STEP_SECONDS)
    altitude = 10_000.0 + step
    vector = state_vector(
        ICAO24,
        START + STEP_SECONDS * step,
        baro_altitude=altitude,
        **(usual | fields),
    )
    app.publish(vector)
    await expect(page.locator("#baro-altitude")).to_have_text(f"{altitude:,.0f} m")


async def keep_with_ground(page: Page, name: str) -> None:
    """Keep a picture of a page once land and sea are drawn, if pictures are kept."""
    if keeps_pictures():
        await page.wait_for_function(
            "() => performance.getEntriesByName('ground-drawn').length > 0"
        )
        await keep_picture(page, name)


async def test_an_outlier_is_called_implausible_until_the_next_position(
    app: ScriptedApp, desk: Pages
) -> None:
    """The details say so of a position that contradicts those before, and of none after it."""
    app.publish(state_vector(ICAO24, longitude=8.0, latitude=47.0, baro_altitude=10_000.0))
    page = await desk.open(f"{app.url}/?aircraft={ICAO24}&at=47,8.3,9&glide=off")
    await expect(page.locator("#details")).to_be_visible()
    doubt = page.locator("#implausible")
    for step in range(1, 12):
        await publish(app, page, step)
    await expect(doubt).to_be_hidden()
    await publish(app, page, 12, longitude=31.0, latitude=30.0)
    await expect(doubt).to_have_text("position implausible")
    await keep_picture(page, "implausible")
    await publish(app, page, 13)
    await expect(doubt).to_be_hidden()
    for step in range(14, 24):
        await publish(app, page, step)
    await expect(doubt).to_be_hidden()
    await keep_with_ground(page, "gap")


async def test_following_does_not_sweep_to_an_implausible_position(
    app: ScriptedApp, desk: Pages
) -> None:
    """The map stays where the aircraft was."""
    app.publish(state_vector(ICAO24, longitude=8.0, latitude=47.0))
    page = await desk.open(f"{app.url}/?aircraft={ICAO24}&at=47,8,9&glide=off")
    for step in range(1, 4):
        await publish(app, page, step)
    await page.keyboard.press("l")
    await page.wait_for_url(lambda url: "at=47.0000,8.09" in url)
    await publish(app, page, 4, longitude=31.0, latitude=30.0)
    await expect(page.locator("#implausible")).to_be_visible()
    await publish(app, page, 5)
    await page.wait_for_url(lambda url: "at=47.0000,8.15" in url)


async def test_clocks_that_differ_are_said_in_one_line(app: ScriptedApp, desk: Pages) -> None:
    """The server's sentence stands at the top; another reason only while the data are late."""
    app.publish(state_vector(ICAO24))
    app.reasons = {"live_picture": "No poll for 300 s.", "clock": "The clocks differ by 400 s."}
    page = await desk.open(app.url)
    reason = page.locator("#reason")
    await expect(reason).to_have_text("The clocks differ by 400 s.")
    app.reasons = {"live_picture": "No poll for 300 s."}
    page = await desk.open(app.url)
    await expect(page.locator("#aircraft")).to_have_text("1")
    await expect(page.locator("#reason")).to_be_hidden()
    app.turn_clock(200)
    app.tick(is_heartbeat=True)
    page = await desk.open(app.url)
    await expect(page.locator("#delay")).to_have_text("3 min")
    await expect(page.locator("#reason")).to_have_text("No poll for 300 s.")
    await keep_picture(page, "reason")


async def test_an_aircraft_beyond_the_antimeridian_is_labelled_where_it_is(
    app: ScriptedApp, desk: Pages
) -> None:
    """It flies westwards over it; label and way are on the screen."""
    app.publish(state_vector(ICAO24, longitude=-179.5, latitude=47.0))
    page = await desk.open(f"{app.url}/?aircraft={ICAO24}&at=47,179.6,8&glide=off")
    label = page.locator("#selected-label")
    await expect(label).to_be_in_viewport()
    for step in range(1, 34):
        longitude = -179.5 - STEP_DEGREES * step
        turned = longitude + 360 * (longitude < -180)
        await publish(app, page, step, longitude=turned, true_track=270.0)
    await expect(label).to_be_in_viewport()
    await expect(page.locator("#implausible")).to_be_hidden()
    await keep_with_ground(page, "westwards")


def flight(**fields: object) -> dict[str, object]:
    """Return a past flight over the Pacific, as the server has it."""
    usual = {
        "icao24": ICAO24,
        "callsign": "SWR7EA",
        "origin_country": "Switzerland",
        "first_seen": START - 7_200,
        "last_seen": START - 3_600,
        "take_off": None,
        "landing": None,
        "distance_km": 900.0,
        "max_altitude": 11_000.0,
        "state_vectors": 360,
        "west": 175.0,
        "south": 40.0,
        "east": -175.0,
        "north": 45.0,
        "implausible_positions": 1,
    }
    return usual | fields


def track() -> list[dict[str, object]]:
    """Return its track: eastwards over the antimeridian, with one position in Europe."""
    states: list[dict[str, object]] = []
    for step in range(361):
        longitude = 175 + step / 36
        is_wrong = step == 100
        states.append(
            {
                "last_contact": START - 7_200 + 10 * step,
                "time_position": START - 7_200 + 10 * step,
                "longitude": 8.0 if is_wrong else longitude - 360 * (longitude > 180),
                "latitude": 47.0 if is_wrong else 40 + step / 72,
                "baro_altitude": 37_887.0 if step == 200 else 4_000.0 + step * 20,
                "geo_altitude": None,
                "velocity": 240.0,
                "on_ground": False,
                "implausible": is_wrong,
            }
        )
    return states


async def answer_history(page: Page, asked: list[str]) -> None:
    """Let the history hold that flight."""

    async def answer(route: Route) -> None:
        asked.append(route.request.url)
        is_track = "/track" in route.request.url
        body = (
            {"icao24": ICAO24, "states": track()}
            if is_track
            else {"flights": [flight()], "next": None}
        )
        await route.fulfill(status=200, content_type="application/json", body=json.dumps(body))

    await page.route("**/api/history/flights*", answer)
    await page.route("**/api/flights/*/track*", answer)


async def test_a_flight_over_the_antimeridian_is_shown_whole(app: ScriptedApp, desk: Pages) -> None:
    """The map is fitted to it and not to the globe, nor to the position that cannot be."""
    page = await desk.open("about:blank")
    asked: list[str] = []
    await answer_history(page, asked)
    await page.goto(f"{app.url}/?panel=past&theme=dark")
    await page.get_by_label("What to search for").fill("SWR7EA")
    await page.get_by_role("button", name="Search", exact=True).last.click()
    row = page.get_by_role("list", name="Past flights").get_by_role("listitem")
    await expect(row).to_contain_text("1 implausible position left out")
    assert "include_ground" not in asked[-1]
    await page.get_by_label("Include aircraft that stayed on the ground").check()
    await expect(row).to_be_visible()
    assert "include_ground=true" in asked[-1]
    await keep_picture(page, "past-ground")
    await row.get_by_role("button", name="Show track of SWR7EA").click()
    await page.wait_for_url(lambda url: "at=42." in url)
    await expect(page.locator("#profile canvas")).to_be_visible()
    latitude, longitude, zoom = (
        float(part) for part in page.url.split("at=")[1].split("&")[0].split(",")
    )
    assert latitude == pytest.approx(42.5, abs=1.5)
    assert abs(longitude) == pytest.approx(180, abs=1)
    assert zoom > 4
    await keep_with_ground(page, "antimeridian")
