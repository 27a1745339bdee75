"""The living picture: all aircraft are there, move, can be chosen, followed and found."""

import math
import re

import pytest
from playwright.async_api import expect

from tests.page.map_page import MapPage
from tests.page.monitor import Monitor
from tests.page.recorded_sky import RecordedSky

pytestmark = [pytest.mark.real_browser, pytest.mark.asyncio(loop_scope="session")]


async def over(monitor: Monitor, icao24: str, zoom: int) -> str:
    """Return the query of a map over an aircraft."""
    [state] = await monitor.states(f"icao24={icao24}")
    return f"at={state['latitude']},{state['longitude']},{zoom}"


async def test_every_aircraft_is_counted(desktop: MapPage, monitor: Monitor) -> None:
    """As many as the server has, in the air as many as it says; and no delay of minutes."""
    await desktop.open()
    states = await monitor.states()
    await desktop.shows(len(states))
    airborne = [state for state in states if state["on_ground"] is False]
    await expect(desktop.text("airborne")).to_have_text(str(len(airborne)))
    await expect(desktop.text("delay")).to_have_text(re.compile(r"^\d s$"))


@pytest.mark.drawn
async def test_aircraft_are_drawn_and_move(
    desktop: MapPage, monitor: Monitor, sky: RecordedSky
) -> None:
    """The selected one goes where its true track leads, and what is seen of it changes."""
    icao24 = sky.icao24(sky.lonely)
    await desktop.open(f"{await over(monitor, icao24, 10)}&aircraft={icao24}")
    before = await desktop.place_of_label()
    picture = await desktop.picture()
    await desktop.page.wait_for_function(
        """before => {
            const { translate } = document.getElementById("selected-label").style;
            const [x, y] = translate.match(/-?[\\d.]+/g).map(Number);
            return Math.hypot(x - before[0], y - before[1]) > 5;
        }""",
        arg=list(before),
    )
    after = await desktop.place_of_label()
    assert await desktop.picture() != picture
    [state] = await monitor.states(f"icao24={icao24}")
    track = math.degrees(math.atan2(after[0] - before[0], before[1] - after[1])) % 360
    assert abs((track - state["true_track"] + 180) % 360 - 180) < 10


@pytest.mark.drawn
async def test_an_aircraft_is_drawn_where_it_is(
    desktop: MapPage, monitor: Monitor, sky: RecordedSky
) -> None:
    """Where another view has nothing there is a picture."""
    icao24 = sky.icao24(sky.lonely)
    place = f"{await over(monitor, icao24, 8)}&glide=off"
    await desktop.open(f"{place}&icao24=000000")
    await desktop.shows(0)
    middle = await desktop.middle()
    empty = await desktop.picture(around=middle)
    await desktop.open(place)
    await desktop.has_aircraft()
    assert await desktop.picture(around=middle) != empty


async def test_a_click_selects_and_the_pointer_names(
    desktop: MapPage, monitor: Monitor, sky: RecordedSky
) -> None:
    """What is under the pointer has its callsign beside it; pressed, its details are shown."""
    icao24 = sky.icao24(sky.lonely)
    await desktop.open(f"{await over(monitor, icao24, 8)}&glide=off")
    await desktop.shows(len(await monitor.states()))
    x, y = await desktop.middle()
    await desktop.page.mouse.move(x, y)
    await expect(desktop.text("hovered-label")).to_have_text(sky.lonely)
    await desktop.page.mouse.click(x, y)
    details = desktop.page.get_by_role("complementary", name="Selected aircraft")
    await expect(details.get_by_role("heading")).to_have_text(sky.lonely)
    await expect(desktop.text("icao24")).to_have_text(icao24)
    await expect(desktop.text("selected-label")).to_have_text(sky.lonely)
    await desktop.says(lambda query: query.get("aircraft") == icao24)
    await desktop.page.mouse.click(x, y + 200)
    await expect(details).to_be_hidden()
    assert "aircraft" not in desktop.query()


async def test_what_is_followed_stays_in_the_middle(
    desktop: MapPage, monitor: Monitor, sky: RecordedSky
) -> None:
    """The map follows until the user drags it."""
    icao24 = sky.icao24(sky.lonely)
    await desktop.open(f"{await over(monitor, icao24, 9)}&aircraft={icao24}")
    await desktop.page.keyboard.press("l")
    follow = desktop.button("Follow")
    await expect(follow).to_have_attribute("aria-pressed", "true")
    place = desktop.query()["at"]
    await desktop.says(lambda query: query["at"] != place)
    await desktop.says(lambda query: _longitude(query) - _longitude({"at": place}) > 0.02)
    x, y = await desktop.place_of_label()
    middle = await desktop.middle()
    assert math.hypot(x - middle[0], y - middle[1]) < 60
    await desktop.page.mouse.move(500, 500)
    await desktop.page.mouse.down()
    await desktop.page.mouse.move(400, 450, steps=5)
    await desktop.page.mouse.up()
    await expect(follow).to_have_attribute("aria-pressed", "false")


def _longitude(query: dict[str, str]) -> float:
    return float(query["at"].split(",")[1])


async def test_search_finds_by_the_beginning(desktop: MapPage, sky: RecordedSky) -> None:
    """Arrows choose, Enter selects and flies there; other lines narrow or command."""
    await desktop.open()
    await desktop.has_aircraft()
    found = await desktop.search(sky.climbing[:3])
    await expect(found.first).to_have_attribute("aria-selected", "true")
    await desktop.page.keyboard.press("ArrowDown")
    await expect(found.nth(1)).to_have_attribute("aria-selected", "true")
    await desktop.page.keyboard.press("Escape")
    await desktop.select(sky.climbing)
    await desktop.says(lambda query: float(query["at"].split(",")[2]) >= 6)
    assert desktop.query()["aircraft"] == sky.icao24(sky.climbing)
    await desktop.has_profile()
    await desktop.keep("selected")
    found = await desktop.search("statis")
    await desktop.page.keyboard.press("Enter")
    await expect(desktop.panel("Statistics")).to_be_visible()


async def test_an_emergency_is_shown_at_once(desktop: MapPage, sky: RecordedSky) -> None:
    """With its code, who it is and what it means; pressed, it is selected."""
    await desktop.open()
    alarm = desktop.page.get_by_role("alert").get_by_role("button")
    await expect(alarm).to_have_text(f"7700 {sky.in_trouble} · emergency")
    await alarm.click()
    await expect(desktop.text("squawk")).to_have_text("7700")
    await desktop.says(lambda query: query.get("aircraft") == sky.icao24(sky.in_trouble))
    await expect(desktop.text("selected-label")).to_be_visible()
    await desktop.has_profile()
    await desktop.keep("emergency")
