"""Very large screens enlarge all that is drawn; less motion means none; the focus returns."""

import pytest
from playwright.async_api import expect

from testkit.browser import Chromium, Device, Pages
from tests.page.map_page import MapPage, keep_picture
from tests.page.monitor import Monitor
from tests.page.recorded_sky import RecordedSky

pytestmark = [pytest.mark.real_browser, pytest.mark.asyncio(loop_scope="session")]

USUAL = Device(width=2560, height=1440)
HUGE = Device(width=5120, height=2880)
FACTOR = 2.0

MOST_STEPS = 4
"""The label changes when it appears, when the map moves, and when an update arrives."""

_SIZES = """() => ({
    text: parseFloat(getComputedStyle(document.querySelector("#aircraft")).fontSize),
    button: document.querySelector(".maplibregl-ctrl-zoom-in").getBoundingClientRect().width,
    tool: document.querySelector("#open-palette svg").getBoundingClientRect().width,
    label: document.querySelector("#selected-label").getBoundingClientRect().height,
})"""


async def _sizes(
    device: Device, chromium: Chromium, monitor: Monitor, query: str
) -> dict[str, float]:
    context = await chromium.context(device, is_drawn=False)
    map_page = MapPage(Pages(context), monitor)
    await map_page.open(query)
    await map_page.place_of_label()
    sizes: dict[str, float] = await map_page.evaluate(_SIZES)
    await keep_picture(map_page.page, f"screen-{device.width}")
    await context.close()
    return sizes


async def test_a_screen_of_twice_the_size_shows_twice_the_size(
    chromium: Chromium, monitor: Monitor, sky: RecordedSky
) -> None:
    """At 5120 x 2880 with one pixel for each: texts, buttons, icons of tools, and labels."""
    icao24 = sky.icao24(sky.lonely)
    usual = await _sizes(USUAL, chromium, monitor, f"aircraft={icao24}&glide=off")
    huge = await _sizes(HUGE, chromium, monitor, f"aircraft={icao24}&glide=off")
    for name in ("text", "button", "tool", "label"):
        assert huge[name] / usual[name] == pytest.approx(FACTOR, rel=0.1), name


_COUNT_STEPS = """() => {
    globalThis.steps = 0;
    new MutationObserver(() => { globalThis.steps += 1; }).observe(
        document.querySelector("#selected-label"), { attributes: true, attributeFilter: ["style"] },
    );
}"""
_MOVING = """() => [...document.querySelectorAll("*")].filter(element => {
    const { transitionDuration, animationName } = getComputedStyle(element);
    return /[1-9]/.test(transitionDuration) || animationName !== "none";
}).map(element => element.id || element.className || element.tagName)"""


async def _steps_of_a_flight(desktop: MapPage, sky: RecordedSky) -> int:
    """Fly to an aircraft; return in how many steps its label came to its place."""
    await desktop.evaluate(_COUNT_STEPS)
    await desktop.select(sky.climbing)
    await desktop.says(lambda query: float(query["at"].split(",")[2]) >= 6)
    return int(await desktop.evaluate("globalThis.steps"))


async def test_with_less_motion_nothing_moves_by_itself(desktop: MapPage, sky: RecordedSky) -> None:
    """No transition, no animation, and the map is at once where it would have flown to."""
    await desktop.open("glide=off&panel=filters&table=open")
    await desktop.has_aircraft()
    assert await desktop.evaluate(_MOVING) == []
    assert await _steps_of_a_flight(desktop, sky) <= MOST_STEPS


async def test_without_that_wish_the_map_flies(desktop: MapPage, sky: RecordedSky) -> None:
    """So the test above would notice a flight."""
    await desktop.open("glide=off")
    await desktop.page.emulate_media(reduced_motion="no-preference")
    await desktop.page.reload()
    await desktop.is_in("live")
    await desktop.has_aircraft()
    assert await _steps_of_a_flight(desktop, sky) > MOST_STEPS


@pytest.mark.parametrize("before", ["open-table", "open-settings"])
async def test_after_the_search_the_focus_is_where_it_was(desktop: MapPage, before: str) -> None:
    """By Escape, and by the key that opens it."""
    await desktop.open()
    await desktop.has_aircraft()
    await desktop.text(before).focus()
    for closing in ("Escape", "Control+k"):
        await desktop.search("SW")
        await desktop.page.keyboard.press(closing)
        await expect(desktop.text("palette")).to_be_hidden()
        await expect(desktop.text(before)).to_be_focused()


async def test_after_a_search_from_nowhere_the_focus_is_on_its_button(
    desktop: MapPage, sky: RecordedSky
) -> None:
    """Also when something was chosen: the next Tab does not begin at the top of the page."""
    await desktop.open()
    await desktop.has_aircraft()
    await desktop.select(sky.climbing)
    await expect(desktop.text("open-palette")).to_be_focused()
