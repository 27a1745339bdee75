"""Labels and icons as they are drawn: beside their aircraft, in each copy of the world, by type."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from processor.reference.identity import Identity
from telemetry.state_vector import StateVector
from testkit.browser import Chromium, Device, Pages
from testkit.pixels import Box, Colour, count_pixels
from testkit.scripted_app import ScriptedApp
from testkit.state_vectors import START, state_vector
from tests.page.map_page import keep_picture

pytestmark = [pytest.mark.real_browser, pytest.mark.asyncio(loop_scope="session")]

SCREEN = Device(width=1280, height=800)
SEA = Colour(0x0B, 0x12, 0x20, 24)
# With the colours of old positions, which are paler.
TEXT = Colour(200, 205, 215, 60)
EMERGENCY = Colour(210, 75, 75, 50)
A_LABEL = 60
"""The characters of a callsign have more pixels than this, and the sea has none of their colour."""

WORLD_PX = 512
PX_PER_DEGREE = WORLD_PX * 2**8 / 360
ATLANTIC = "at=0,-30,8&glide=off&theme=dark"
"""A view where the map has one colour and no names."""

DRAWN_MS = 60_000.0
"""Without a graphics card the first frames take seconds."""

Point = tuple[float, float]


@pytest_asyncio.fixture(loop_scope="session")
async def app() -> AsyncIterator[ScriptedApp]:
    """Give an application with one aircraft over the Atlantic."""
    async with ScriptedApp() as app:
        app.publish(over_sea("aaaaaa"))
        yield app


@pytest_asyncio.fixture(loop_scope="session")
async def pages(chromium: Chromium) -> AsyncIterator[Pages]:
    """Give pages on which the map is drawn, in a window of a known size."""
    context = await chromium.context(SCREEN)
    context.set_default_timeout(DRAWN_MS)
    yield Pages(context)
    await context.close()


def over_sea(
    icao24: str, last_contact: int = START, *, east: float = 0.0, **fields: object
) -> StateVector:
    """Return an aircraft over the Atlantic that flies to the north."""
    defaults: dict[str, object] = {"latitude": 0.0, "longitude": -30.0 + east, "true_track": 0.0}
    return state_vector(icao24, last_contact, **(defaults | fields))


async def opened(app: ScriptedApp, pages: Pages, query: str) -> tuple[Page, Point]:
    """Open the page; return it, and where it draws the aircraft `aaaaaa`."""
    page = await pages.open(f"{app.url}/?{query}&aircraft=aaaaaa")
    await wait_until_drawn(page, "ground-drawn")
    label = page.locator("#selected-label")
    await expect(label).to_be_visible()
    translate = await label.evaluate("label => label.style.translate")
    x, y = (float(part.removesuffix("px")) for part in translate.split())
    # The map stays as it is when the details are closed.
    await page.keyboard.press("Escape")
    await expect(label).to_be_hidden()
    return page, (x - 20, y + 20)


async def wait_until_drawn(page: Page, mark: str) -> None:
    """Wait until the page has marked that something is drawn."""
    await page.wait_for_function("mark => performance.getEntriesByName(mark).length > 0", arg=mark)


def right_of(point: Point, distance: float = 14) -> Box:
    """Return where the label of an aircraft is if it has room there."""
    return Box(point[0] + distance, point[1] - 12, 60, 24)


async def wait_for_pixels(
    page: Page, box: Box, colour: Colour, *, more: int = 0, fewer: int = 10**9
) -> int:
    """Wait until a box has more than a number of pixels of a colour, and fewer than another."""
    found = 0
    for _ in range(40):
        found = await count_pixels(page, box, colour)
        if more < found < fewer:
            return found
        await page.wait_for_timeout(250)
    raise AssertionError(f"{found} pixels in {box} are like {colour}, not {more} to {fewer}")


async def test_settings_switch_labels_on_and_off(app: ScriptedApp, pages: Pages) -> None:
    """They are off at first; the address holds what they show, and a reload shows the same."""
    page, place = await opened(app, pages, ATLANTIC)
    assert await count_pixels(page, right_of(place), TEXT) == 0
    await page.get_by_role("button", name="Settings").click()
    labels = page.get_by_role("group", name="Labels of all aircraft")
    await labels.get_by_label("callsign").check()
    callsign = await wait_for_pixels(page, right_of(place), TEXT, more=A_LABEL)
    await labels.get_by_label("speed").check()
    await page.wait_for_url(lambda url: "labels=callsign,speed" in url)
    await wait_for_pixels(page, right_of(place), TEXT, more=callsign)
    await keep_picture(page, "labels-settings")
    await page.reload()
    await wait_for_pixels(page, right_of(place), TEXT, more=callsign)
    await labels.get_by_label("callsign").uncheck()
    await labels.get_by_label("speed").uncheck()
    await wait_for_pixels(page, right_of(place), TEXT, more=-1, fewer=1)
    assert "labels" not in page.url


async def test_the_selected_aircraft_has_one_label_with_the_same_values(
    app: ScriptedApp, pages: Pages
) -> None:
    """Its own label shows what the others show, and none is drawn below it."""
    page, place = await opened(app, pages, f"{ATLANTIC}&labels=callsign,altitude&units=nautical")
    await wait_for_pixels(page, right_of(place), TEXT, more=A_LABEL)
    await page.mouse.click(*place)
    label = page.locator("#selected-label")
    await expect(label).to_have_text("SWR7EA\n38999 ft")
    await page.evaluate("document.getElementById('selected-label').style.visibility = 'hidden'")
    await wait_for_pixels(page, right_of(place, 30), TEXT, more=-1, fewer=1)


async def test_each_copy_of_the_world_has_the_label(app: ScriptedApp, pages: Pages) -> None:
    """A window that is wider than the world shows an aircraft twice."""
    app.publish(over_sea("aaaaaa", east=-148.0, latitude=-40.0, last_contact=START + 1))
    page, (x, y) = await opened(app, pages, "at=-40,-42,0.7&glide=off&theme=dark&labels=callsign")
    world = WORLD_PX * 2**0.7
    copies = [x + turn * world for turn in (-1, 0, 1) if 100 < x + turn * world < 1200]
    assert len(copies) == 2
    for copy in copies:
        await wait_for_pixels(page, right_of((copy, y), 8), TEXT, more=A_LABEL)


async def test_of_two_in_one_place_the_emergency_is_labelled(
    app: ScriptedApp, pages: Pages
) -> None:
    """Many others that are there too do not take its label's place."""
    page, place = await opened(app, pages, f"{ATLANTIC}&labels=callsign")
    await wait_for_pixels(page, right_of(place), TEXT, more=A_LABEL)
    others = [over_sea(f"bbbb{number:02x}") for number in range(40)]
    app.publish(*others)
    app.publish(over_sea("cccccc", squawk="7700"))
    await wait_for_pixels(page, right_of(place), EMERGENCY, more=A_LABEL)
    await keep_picture(page, "labels-emergency")


async def test_icons_have_the_shape_and_size_of_their_type(app: ScriptedApp, pages: Pages) -> None:
    """The type becomes known after the aircraft: its icon changes without a new state vector."""
    app.publish(
        over_sea("aaaaaa", category=None, last_contact=START + 2),
        over_sea("bbbbbb", east=0.4, category=None),
        over_sea("cccccc", east=-0.4, category=None),
    )
    page, (x, y) = await opened(app, pages, ATLANTIC)
    await wait_until_drawn(page, "ground-drawn")
    boxes = [Box(x + east * PX_PER_DEGREE - 30, y - 30, 60, 60) for east in (0.0, 0.4, -0.4)]

    async def drawn() -> list[int]:
        """Return how many pixels each icon covers."""
        return [60 * 60 - await count_pixels(page, box, SEA) for box in boxes]

    unknown, *same = await drawn()
    assert unknown > 100
    assert all(abs(each - unknown) < unknown / 5 for each in same)
    app.identify(bbbbbb=Identity(type="A388"), cccccc=Identity(type="C172"))
    await wait_for_pixels(page, boxes[1], SEA, fewer=60 * 60 - unknown - unknown // 4)
    unchanged, heavy, light = await drawn()
    assert abs(unchanged - unknown) < unknown / 5
    assert light < unknown < heavy
    await keep_picture(page, "shapes")


async def test_settings_show_every_shape(app: ScriptedApp, pages: Pages) -> None:
    """The legend is drawn when it is opened, each shape with its name."""
    page = await pages.open(f"{app.url}/?{ATLANTIC}&panel=settings")
    rows = page.locator("#shape-list li")
    await expect(rows).to_have_count(0)
    await page.get_by_text("Shapes of aircraft").click()
    await expect(rows.filter(has_text="wide body")).to_be_visible()
    assert await rows.count() >= 30
    empty = await rows.locator("canvas").evaluate_all(
        """all => all.filter(({ width, height }, index) =>
            !all[index].getContext("2d").getImageData(0, 0, width, height).data.some(Boolean)
        ).length"""
    )
    assert empty == 0
    await keep_picture(page, "shape-legend")
    assert pages.complaints == [] or all("404" in each for each in pages.complaints)
