"""The past: scrubbed to, standing still or flying again, and back to now."""

import time
from datetime import UTC, datetime
from urllib.parse import parse_qs

import pytest
from playwright.async_api import Locator, expect

from tests.page.map_page import MapPage
from tests.page.monitor import Monitor
from tests.page.recorded_sky import RecordedSky

pytestmark = [
    pytest.mark.real_browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(120),
]

LONG_ENOUGH_S = 75
"""To replay some of it: what is nearer than half a minute to now is shown live."""


@pytest.fixture(autouse=True)
async def _history(monitor: Monitor) -> None:
    await monitor.wait_for_history(LONG_ENOUGH_S)


def moment_of(query: dict[str, str]) -> int:
    """Return the second that the address names."""
    return int(datetime.fromisoformat(query["time"]).timestamp())


def slider(desktop: MapPage) -> Locator:
    return desktop.page.get_by_role("slider", name="Time shown")


async def test_scrubbing_shows_the_traffic_of_then(desktop: MapPage, monitor: Monitor) -> None:
    """Pulled to a second, the map shows what is stored of it, filters included."""
    await desktop.open("country=United States")
    wanted = int(time.time()) - 40
    await slider(desktop).evaluate(
        """(slider, time) => {
            slider.value = time;
            slider.dispatchEvent(new Event("input", { bubbles: true }));
            slider.dispatchEvent(new Event("change", { bubbles: true }));
        }""",
        wanted,
    )
    await desktop.is_in("paused in the past")
    await desktop.says(lambda query: "time" in query)
    moment = moment_of(desktop.query())
    assert moment == wanted
    stored = await monitor.states_at(moment, "country=United States")
    assert stored
    await desktop.shows(len(stored))
    clock = datetime.fromtimestamp(moment, tz=UTC).strftime("%H:%M:%S")
    await expect(desktop.text("time")).to_contain_text(clock)
    await desktop.button("Live").click()
    await desktop.is_in("live")
    assert "time" not in desktop.query()
    await desktop.shows(len(await monitor.states("country=United States")))


async def test_time_is_stepped_by_keys(desktop: MapPage, monitor: Monitor) -> None:
    """An arrow is a minute, space plays, End is now."""
    await desktop.open()
    await slider(desktop).focus()
    await desktop.page.keyboard.press("ArrowLeft")
    await desktop.is_in("paused in the past")
    moment = moment_of(desktop.query())
    assert time.time() - moment == pytest.approx(60, abs=5)
    await desktop.shows(len(await monitor.states_at(moment)))
    await desktop.page.keyboard.press("Space")
    await desktop.is_in("replay")
    await desktop.page.keyboard.press("End")
    await desktop.is_in("live")


async def test_a_replay_runs_as_fast_as_chosen(desktop: MapPage) -> None:
    """Ten seconds of then in one of now, until it has caught up and is live."""
    begin = int(time.time()) - 70
    iso = datetime.fromtimestamp(begin, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    await desktop.open(f"time={iso}", state="paused in the past")
    await desktop.page.get_by_label("Speed of the replay").select_option("10")
    await desktop.button("Play").click()
    await desktop.is_in("replay")
    assert desktop.query()["speed"] == "10"
    assert f"from={begin}" in desktop.streams[-1]
    assert desktop.streams[-1].endswith("speed=10")
    await desktop.page.wait_for_function(
        "begin => Number(document.querySelector('#time input[type=range]').value) > begin + 15",
        arg=begin,
    )
    await desktop.keep("past")
    await desktop.is_in("live", timeout_ms=30_000)
    assert "time" not in desktop.query()


async def test_a_flight_is_replayed_by_few_keys(desktop: MapPage, sky: RecordedSky) -> None:
    """Eight at most, with five letters of the callsign; Back ends the replay."""
    await desktop.open()
    await desktop.has_aircraft()
    slider_text = await slider(desktop).get_attribute("aria-valuetext")
    assert slider_text == "now, live"
    await desktop.page.keyboard.press("p")
    await desktop.page.keyboard.type(sky.climbing[:5])
    await desktop.page.keyboard.press("Enter")
    await expect(desktop.page.locator(".past-replay").first).to_be_focused()
    await desktop.page.keyboard.press("Enter")
    await desktop.is_in("replay")
    await desktop.page.go_back()
    await desktop.is_in("live")
    assert "aircraft" not in desktop.query()


async def test_a_time_before_the_first_stored_one_says_so(desktop: MapPage) -> None:
    """The map is empty, and one line beside the header names the first time that is stored."""
    await desktop.open("time=2020-01-01T00:00:00Z", state="paused in the past")
    await expect(desktop.text("reason")).to_contain_text("Nothing is stored before")
    await desktop.keep("before-all")
    header = await desktop.text("header").bounding_box()
    reason = await desktop.text("reason").bounding_box()
    assert header is not None
    assert reason is not None
    assert reason["x"] >= header["x"] + header["width"]


async def test_a_reload_keeps_the_moment_of_a_replay(desktop: MapPage) -> None:
    """The address follows the replay, so that a reload does not begin it again."""
    begin = int(time.time()) - 70
    iso = datetime.fromtimestamp(begin, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    await desktop.open(f"time={iso}&speed=1", state="replay")
    await desktop.says(lambda query: moment_of(query) >= begin + 2)
    reached = moment_of(desktop.query())
    await desktop.page.reload()
    await desktop.is_in("replay")
    [resumed] = parse_qs(desktop.streams[-1])["from"]
    assert int(resumed) >= reached


async def test_a_past_flight_is_found_and_flies_again(desktop: MapPage, sky: RecordedSky) -> None:
    """Its callsign finds its track, and then all aircraft as they were when it began."""
    await desktop.open()
    await desktop.has_aircraft()
    found = await desktop.search(sky.climbing)
    await found.get_by_text(f"Past flights of {sky.climbing}").click()
    flight = desktop.page.get_by_role("list", name="Past flights").get_by_role("listitem").first
    await expect(flight).to_contain_text(sky.icao24(sky.climbing))
    await flight.get_by_role("button", name=f"Show track of {sky.climbing}").click()
    await expect(desktop.text("callsign")).to_have_text(sky.climbing)
    await desktop.has_profile()
    assert desktop.query()["aircraft"] == sky.icao24(sky.climbing)
    await flight.get_by_role("button", name=f"Replay {sky.climbing}").click()
    await desktop.is_in("replay")
    await desktop.says(lambda query: query.get("speed") == "30")
    await desktop.keep("replay")
    await desktop.button("Live").click()
    await desktop.is_in("live")
