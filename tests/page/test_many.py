"""Many aircraft at once: several are selected, and the panel of layers and tools."""

import base64
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, Route, expect

from processor.settings import PageSettings
from testkit.browser import Chromium, Device, Pages
from testkit.scripted_app import ScriptedApp
from testkit.state_vectors import state_vector
from tests.page.legibility import faults
from tests.page.map_page import keep_picture, keeps_pictures

pytestmark = [pytest.mark.real_browser, pytest.mark.asyncio(loop_scope="session")]

DESKTOP = Device(width=1440, height=900)
DRAWN = Device(width=900, height=640)
"""Small, since the processor draws it."""
PHONE = Device(width=390, height=844, is_phone=True)
NAMES = ("ONE1", "TWO2", "THREE3", "FOUR4")
ICAO24S = tuple(f"aaaa0{number}" for number in range(len(NAMES)))
TILES = PageSettings.model_validate(
    {
        "tile_urls": [
            {"name": "Streets", "url": "http://streets.test/{z}/{x}/{y}.png"},
            {"name": "Charts", "url": "http://charts.test/{z}/{x}/{y}.png"},
        ]
    }
)


@pytest_asyncio.fixture(loop_scope="session")
async def app() -> AsyncIterator[ScriptedApp]:
    """Give an application with two base maps that has received aircraft in a row."""
    async with ScriptedApp(page=TILES) as app:
        app.publish(
            *(
                state_vector(icao24, longitude=6.0 + number, latitude=47.0, callsign=name)
                for number, (icao24, name) in enumerate(zip(ICAO24S, NAMES, strict=True))
            )
        )
        yield app


async def opened(
    chromium: Chromium,
    app: ScriptedApp,
    device: Device = DESKTOP,
    query: str = "",
    *,
    at: str = "47,8,6",
    is_drawn: bool = False,
) -> Page:
    """Open the page with the base map that needs no other server."""
    context = await chromium.context(device, is_drawn=is_drawn or keeps_pictures())
    page = await Pages(context).open(f"{app.url}/?at={at}&glide=off&base=packaged&{query}")
    await expect(page.locator("#connection")).to_have_text("live")
    await expect(page.locator("#aircraft")).to_have_text(str(len(NAMES)))
    return page


async def places(page: Page) -> dict[str, tuple[float, float]]:
    """Return where each aircraft is drawn, by the label of each when it is selected."""
    found: dict[str, tuple[float, float]] = {}
    for name in NAMES:
        await page.keyboard.press("n")
        await expect(page.locator("#selected-label")).to_have_text(name)
        x, y = await page.locator("#selected-label").evaluate(
            "label => label.style.translate.match(/-?[\\d.]+/g).map(Number)"
        )
        found[name] = (x - 20, y + 20)
    await page.keyboard.press("Escape")
    return found


def row(page: Page, name: str) -> Locator:
    """Return the row of an aircraft in the list of the selection."""
    return page.locator("#selection li").filter(has_text=name)


async def test_aircraft_are_added_focused_and_removed(chromium: Chromium, app: ScriptedApp) -> None:
    """By clicks with Shift and by the list; the address holds them through a reload."""
    page = await opened(chromium, app)
    where = await places(page)
    await page.mouse.click(*where["ONE1"])
    await expect(page.locator("#callsign")).to_have_text("ONE1")
    await expect(page.locator("#selection")).to_be_hidden()
    await page.keyboard.down("Shift")
    await page.mouse.click(*where["THREE3"])
    await page.mouse.click(*where["TWO2"])
    await page.keyboard.up("Shift")
    await expect(page.locator("#selection h3")).to_have_text("3 aircraft selected")
    await expect(page.locator("#callsign")).to_have_text("ONE1")
    await page.wait_for_url(re.compile(f"aircraft={ICAO24S[0]},{ICAO24S[2]},{ICAO24S[1]}&"))
    await keep_picture(page, "many-selected")
    await page.reload()
    await expect(page.locator("#selection li")).to_have_count(3)
    await row(page, "TWO2").get_by_role("button").first.click()
    await expect(page.locator("#callsign")).to_have_text("TWO2")
    await expect(page.locator("#selection li")).to_have_count(3)
    await page.get_by_role("button", name="Remove TWO2").click()
    await expect(page.locator("#callsign")).not_to_have_text("TWO2")
    await page.get_by_role("button", name="Remove THREE3").click()
    await expect(page.locator("#selection")).to_be_hidden()
    await expect(page.locator("#callsign")).to_have_text("ONE1")
    await page.context.close()


async def test_a_box_is_dragged_with_shift_or_after_a_button(
    chromium: Chromium, app: ScriptedApp
) -> None:
    """The map stays where it is; Escape ends the selection, and Back does not bring it back."""
    page = await opened(chromium, app)
    where = await places(page)
    (left, top), (right, bottom) = where["TWO2"], where["FOUR4"]
    await page.keyboard.down("Shift")
    await page.mouse.move(left - 15, top - 40)
    await page.mouse.down()
    await page.mouse.move(left + 100, top)
    await page.mouse.move(right + 15, bottom + 40)
    await page.mouse.up()
    await page.keyboard.up("Shift")
    await expect(page.locator("#selection li")).to_have_count(3)
    await expect(page.locator(".area-sheet")).to_have_count(0)
    await page.keyboard.press("Escape")
    await expect(page.locator("#details")).to_be_hidden()
    assert await places(page) == where
    await page.keyboard.press("o")
    await page.get_by_role("button", name="Select in a box").click()
    await page.mouse.move(left - 15, top - 40)
    await page.mouse.down()
    await page.mouse.move(left + 100, top + 40)
    await page.mouse.up()
    await expect(page.locator("#callsign")).to_have_text("TWO2")
    await page.context.close()


async def test_all_in_view_by_keys_and_rows_of_the_table(
    chromium: Chromium, app: ScriptedApp
) -> None:
    """A command selects all in view; Shift and Enter adds the row of the table."""
    page = await opened(chromium, app)
    await page.keyboard.press("/")
    await page.get_by_role("combobox", name="Search").fill("all aircraft in view")
    await page.keyboard.press("Enter")
    await expect(page.locator("#selection li")).to_have_count(len(NAMES))
    await page.keyboard.press("l")
    await expect(page.get_by_role("button", name="Follow all")).to_have_attribute(
        "aria-pressed", "true"
    )
    await page.keyboard.press("Escape")
    await page.keyboard.press("t")
    grid = page.get_by_role("grid", name="Aircraft")
    await grid.focus()
    await page.keyboard.press("Enter")
    await grid.focus()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Shift+Enter")
    await expect(page.locator("#selection li")).to_have_count(2)
    await page.context.close()


async def test_following_several_shows_all_of_them(chromium: Chromium, app: ScriptedApp) -> None:
    """The map is fitted to all, and again when one has left."""
    page = await opened(chromium, app, query=f"aircraft={','.join(ICAO24S)}", at="20,-60,6")
    await page.get_by_role("button", name="Follow all").click()
    await page.wait_for_url(re.compile(r"at=4[67]\.\d+,[67]\.\d+,"))
    before = page.url
    app.publish(state_vector(ICAO24S[0], int(app.now) + 1, longitude=-20.0, latitude=30.0))
    await page.wait_for_url(lambda url: url != before and "at=4" not in url)
    await page.context.close()


async def test_fingers_add_aircraft_too(chromium: Chromium, app: ScriptedApp) -> None:
    """With the button pressed a tap adds; the sheet of the details leaves room to tap."""
    page = await opened(chromium, app, PHONE, at="47,8,5.2")
    where = await places(page)
    await page.touchscreen.tap(*where["TWO2"])
    await expect(page.locator("#callsign")).to_have_text("TWO2")
    await page.get_by_role("button", name="Add", exact=True).tap()
    await page.touchscreen.tap(*where["THREE3"])
    await expect(page.locator("#selection li")).to_have_count(2)
    assert await faults(page) == []
    await keep_picture(page, "many-phone-selection")
    await page.context.close()


@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_distances_are_measured_by_clicks(
    chromium: Chromium, app: ScriptedApp, device: Device
) -> None:
    """In the user's units, without selecting an aircraft; Escape ends it."""
    page = await opened(chromium, app, device, query="units=nautical", at="0,0,5")
    tools = page.get_by_role("navigation", name="Tools")
    await tools.get_by_role("button", name="Layers").click()
    assert not device.is_phone or await faults(page) == []
    await page.get_by_role("button", name="Measure a distance").click()
    result = page.get_by_role("group", name="Measure a distance").get_by_role("status")
    await expect(result).to_have_text("Click two or more places")
    x, y = device.width / 3, device.height / 2
    await page.mouse.click(x, y)
    # At zoom level 5 a degree at the equator has 512 * 32 / 360 pixels, and 60 nautical miles.
    await page.mouse.click(x + 512 * 32 / 360 * 3, y)
    await expect(result).to_have_text(re.compile(r"^(179|180|181) NM 90° E$"))
    await page.mouse.click(x + 512 * 32 / 360 * 3, y + 60)
    await expect(result).to_have_text(re.compile(r"^\d+ NM in all, last \d+ NM 180° S$"))
    assert not device.is_phone or await faults(page) == []
    await keep_picture(page, f"measure-{device.width}")
    await page.get_by_role("button", name="Undo").click()
    await expect(result).to_have_text(re.compile("90° E$"))
    await page.keyboard.press("Escape")
    await expect(page.locator(".measure-bar, .measure")).to_have_count(0)
    await expect(page.locator("#details")).to_be_hidden()
    await page.context.close()


async def test_distances_are_measured_by_keys(chromium: Chromium, app: ScriptedApp) -> None:
    """Enter adds the middle of the map, which the arrows move."""
    page = await opened(chromium, app, at="0,0,5")
    await page.keyboard.press("m")
    result = page.locator(".measure-bar output")
    await page.keyboard.press("Enter")
    await page.keyboard.press("ArrowRight")
    await page.wait_for_url(re.compile(r"at=-?0\.\d+,2\."))
    await page.keyboard.press("Enter")
    await expect(result).to_have_text(re.compile(r"^2\d\d km 90° E$"))
    await page.keyboard.press("Backspace")
    await expect(result).to_have_text("Click two or more places")
    await page.keyboard.press("Escape")
    await expect(result).to_have_count(0)
    await page.context.close()


async def picture(page: Page) -> bytes:
    """Return the part of the map in the middle as soon as it no longer changes."""
    await page.wait_for_function(
        "() => performance.getEntriesByName('ground-drawn').length > 0", timeout=90_000
    )
    before, now = b"", await _clip(page)
    while now != before:
        await page.wait_for_timeout(400)
        before, now = now, await _clip(page)
    return now


async def brightness(page: Page) -> float:
    """Return the mean brightness of the middle of the map, from 0 to 255."""
    value = await page.evaluate(
        """async picture => {
            const image = new Image();
            image.src = `data:image/png;base64,${picture}`;
            await image.decode();
            const canvas = new OffscreenCanvas(image.width, image.height);
            const context = canvas.getContext("2d");
            context.drawImage(image, 0, 0);
            const { data } = context.getImageData(0, 0, image.width, image.height);
            return data.reduce((sum, value, at) => sum + (at % 4 < 3 ? value : 0), 0)
                / (data.length * 0.75);
        }""",
        base64.b64encode(await picture(page)).decode(),
    )
    return float(value)


async def _clip(page: Page) -> bytes:
    return await page.screenshot(
        clip={"x": 560, "y": 250, "width": 200, "height": 120}, timeout=60_000
    )


@pytest.mark.timeout(240)
async def test_a_file_is_drawn_and_removed(
    chromium: Chromium, app: ScriptedApp, tmp_path: Path
) -> None:
    """One that cannot be read says why, and leaves the one before."""
    page = await opened(chromium, app, DRAWN, at="47,20,5", is_drawn=True)
    square = [[19.0, 46.0], [21.0, 46.0], [21.0, 48.0], [19.0, 48.0], [19.0, 46.0]]
    good, bad = tmp_path / "zone.geojson", tmp_path / "bad.geojson"
    good.write_text(
        json.dumps(
            {
                "type": "Feature",
                "properties": {"name": "<img src=x onerror=alert(1)>"},
                "geometry": {"type": "Polygon", "coordinates": [square]},
            }
        )
    )
    bad.write_text("{")
    await page.keyboard.press("o")
    before = await picture(page)
    field = page.get_by_label("GeoJSON file")
    await field.set_input_files(good)
    await expect(page.locator("#layers")).to_contain_text("zone.geojson: 1 features")
    assert await picture(page) != before
    await field.set_input_files(bad)
    await expect(page.locator("#layers").get_by_role("alert")).to_have_text(
        "bad.geojson: The file is not JSON."
    )
    await expect(page.locator("#layers")).to_contain_text("zone.geojson: 1 features")
    await page.get_by_role("button", name="Remove the file").click()
    await expect(page.locator("#layers")).not_to_contain_text("zone.geojson")
    await page.context.close()


@pytest.mark.timeout(240)
async def test_night_falls_at_the_time_that_is_shown(chromium: Chromium, app: ScriptedApp) -> None:
    """Switched by a box in the panel, and kept in the address."""
    page = await opened(chromium, app, DRAWN, at="0,-170,3", is_drawn=True)
    before = await brightness(page)
    await page.keyboard.press("o")
    box = page.get_by_label("Day and night")
    await box.check()
    await page.wait_for_url(re.compile("night=on"))
    assert await brightness(page) < 0.9 * before
    await keep_picture(page, "night")
    await box.uncheck()
    await page.wait_for_url(lambda url: "night" not in url)
    assert await brightness(page) == pytest.approx(before, rel=0.03)
    await page.context.close()


@pytest.mark.timeout(240)
async def test_density_takes_the_place_of_aircraft_at_world_zoom(
    chromium: Chromium, app: ScriptedApp
) -> None:
    """The legend says how many a square has; closer the aircraft are there again."""
    page = await opened(chromium, app, DRAWN, "panel=layers", at="47,7,2", is_drawn=True)
    before = await picture(page)
    await page.locator("#density").select_option("live")
    legend = page.locator("#layers .note").first
    await expect(legend).to_have_text(re.compile(r"^1 to [1-4] aircraft in a square$"))
    assert await picture(page) != before
    await keep_picture(page, "density")
    await page.goto(page.url.replace(",2.00", ",6.00"))
    await expect(legend).to_contain_text("Zoom out")
    await page.context.close()


async def test_users_choose_a_base_map(chromium: Chromium, app: ScriptedApp) -> None:
    """Its tiles are requested from its server alone, which the policy of the page allows."""
    asked: set[str] = set()

    async def answer(route: Route) -> None:
        asked.add(route.request.url.split("/")[2])
        await route.fulfill(status=404)

    context = await chromium.context(DESKTOP, is_drawn=keeps_pictures())
    await context.route(re.compile(r"^http://(streets|charts)\.test/"), answer)
    page = await Pages(context).open(f"{app.url}/?panel=layers")
    choice = page.get_by_label("Base map")
    await expect(choice).to_have_value("Streets")
    async with page.expect_request(re.compile("^http://charts.test/")):
        await choice.select_option("Charts")
    await page.wait_for_url(re.compile("base=Charts"))
    assert asked <= {"streets.test", "charts.test"}
    await choice.select_option("Natural Earth")
    await page.wait_for_url(re.compile("base=packaged"))
    await context.close()
