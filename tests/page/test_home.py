"""A home: set in each way, it measures, draws rings, sorts and filters, and is in no address."""

from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Page, expect

from testkit.browser import Chromium, Device, Pages
from testkit.scripted_app import ScriptedApp
from testkit.state_vectors import state_vector
from tests.page.legibility import faults
from tests.page.map_page import PHONE, keep_picture, keeps_pictures

pytestmark = [pytest.mark.real_browser, pytest.mark.asyncio(loop_scope="session")]

DESK = Device(width=1440, height=900)
HOME = "47.458, 8.548"
DISTANCES_KM = {"NEAR01": 38, "MIDDLE": 151, "FAR001": 377}
"""The distances of aircraft on the meridian of the home, to the north of it."""


@pytest_asyncio.fixture(loop_scope="session")
async def app() -> AsyncIterator[ScriptedApp]:
    """Give an application with three aircraft north of a home."""
    async with ScriptedApp() as app:
        app.publish(
            *(
                state_vector(
                    f"aaaa0{index}",
                    longitude=8.548,
                    latitude=47.458 + kilometres / 111.195,
                    callsign=name,
                    baro_altitude=3_000.0 * (index + 1),
                )
                for index, (name, kilometres) in enumerate(DISTANCES_KM.items())
            )
        )
        yield app


@pytest_asyncio.fixture(loop_scope="session")
async def context(chromium: Chromium) -> AsyncIterator[BrowserContext]:
    """Give the browser of one user."""
    context = await chromium.context(DESK, is_drawn=keeps_pictures())
    yield context
    await context.close()


async def opened(context: BrowserContext, app: ScriptedApp, query: str = "") -> Page:
    """Open the page with its settings."""
    page = await Pages(context).open(f"{app.url}/?at=47.458,8.548,6&panel=settings&{query}")
    await expect(page.locator("#connection")).to_have_text("live")
    return page


async def type_home(page: Page, text: str = HOME) -> None:
    """Type the coordinates of a home."""
    field = page.get_by_label("Latitude, longitude")
    await field.fill(text)
    await field.press("Enter")


async def column(page: Page, field: str) -> list[str]:
    """Return the texts of a column of the table from the top down."""
    return list(
        await page.evaluate(
            """field => [...document.querySelectorAll("#table .body [role=row]:not([hidden])")]
                .sort((one, other) => one.ariaRowIndex - other.ariaRowIndex)
                .map(row => row.querySelector(`[data-field=${field}]`).textContent)""",
            field,
        )
    )


async def test_a_home_measures_and_sorts(app: ScriptedApp, context: BrowserContext) -> None:
    """Details and table say how far an aircraft is and where to look; the address says nothing."""
    page = await opened(context, app, "units=metric&table=open")
    await expect(page.get_by_role("columnheader", name="distance")).to_have_count(0)
    await type_home(page)
    await expect(page.locator(".home-marker .ring")).to_have_count(4)
    await expect(page.locator(".home-marker")).to_contain_text("200 km")
    header = page.get_by_role("columnheader", name="distance")
    await header.get_by_role("button").click()
    await expect(header).to_have_attribute("aria-sort", "ascending")
    assert await column(page, "callsign") == list(DISTANCES_KM)
    assert await column(page, "distance") == [str(each) for each in DISTANCES_KM.values()]
    await page.keyboard.press("Escape")
    await page.get_by_role("gridcell", name="NEAR01").click()
    await expect(page.locator("#from-home")).to_have_text("38 km · 0° N")
    await keep_picture(page, "home-desk")
    assert "home" not in page.url
    await page.reload()
    await expect(page.locator("#from-home")).to_have_text("38 km · 0° N")


async def test_a_home_is_set_on_the_map(app: ScriptedApp, context: BrowserContext) -> None:
    """By its middle, and by a click; Escape leaves it as it was."""
    page = await opened(context, app)
    field = page.get_by_label("Latitude, longitude")
    await page.get_by_role("button", name="Middle of the map").click()
    await expect(field).not_to_have_value("")
    middle = await field.input_value()
    at = parse_qs(urlsplit(page.url).query)["at"][0]
    assert [float(part) for part in middle.split(",")] == pytest.approx(
        [float(part) for part in at.split(",")[:2]], abs=0.001
    )
    await page.get_by_role("button", name="Click on the map").click()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("region", name="Settings")).to_be_visible()
    await expect(field).to_have_value(middle)
    await page.get_by_role("button", name="Click on the map").click()
    await page.mouse.click(900, 300)
    await expect(field).not_to_have_value(middle)
    house = await page.locator(".home-marker .house").bounding_box()
    assert house is not None
    assert house["x"] + house["width"] / 2 == pytest.approx(900, abs=2)
    assert house["y"] + house["height"] / 2 == pytest.approx(300, abs=3)


async def test_the_browser_is_asked_where_it_is_on_request_only(
    app: ScriptedApp, context: BrowserContext
) -> None:
    """What it answers is the home; what it refuses is a sentence."""
    await context.add_init_script(
        "const real = navigator.geolocation.getCurrentPosition.bind(navigator.geolocation);"
        "window.asked = 0;"
        "navigator.geolocation.getCurrentPosition = (...given) => { asked += 1; real(...given); }"
    )
    page = await opened(context, app)
    button = page.get_by_role("button", name="Where I am")
    await button.click()
    await expect(page.locator("#home-message")).to_contain_text("was not allowed")
    await context.grant_permissions(["geolocation"])
    await context.set_geolocation({"latitude": 46.2, "longitude": 6.15})
    await page.reload()
    await expect(page.locator("#connection")).to_have_text("live")
    assert await page.evaluate("() => asked") == 0
    await button.click()
    await expect(page.get_by_label("Latitude, longitude")).to_have_value("46.2, 6.15")


async def test_a_home_filters(app: ScriptedApp, context: BrowserContext) -> None:
    """Within a distance in the user's unit, which the server gets in kilometres."""
    page = await opened(context, app, "units=nautical")
    await type_home(page)
    await page.get_by_label("Only aircraft within").select_option("100 NM")
    await expect(page.locator("#aircraft")).to_have_text("2")
    await expect(page.locator("#chips")).to_contain_text("within 100 NM of 47.5° N, 8.5° E")
    assert "near=47.458,8.548,185.2" in page.url
    await page.get_by_label("Only aircraft within").select_option("any distance")
    await expect(page.locator("#aircraft")).to_have_text("3")


async def test_a_link_shows_a_home_that_is_not_kept(
    app: ScriptedApp, context: BrowserContext
) -> None:
    """It is copied on request; who opens it keeps a home of their own."""
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = await opened(context, app)
    await type_home(page)
    await page.get_by_role("button", name="Copy link with home").click()
    await expect(page.locator("#home-message")).to_contain_text("Copied")
    link = await page.evaluate("() => navigator.clipboard.readText()")
    assert "home=47.458,8.548" in link
    await type_home(page, "46.2, 6.15")
    await page.goto(link)
    field = page.get_by_label("Latitude, longitude")
    await expect(field).to_have_value(HOME)
    await page.goto(f"{app.url}/?panel=settings")
    await expect(field).to_have_value("46.2, 6.15")
    await page.get_by_role("button", name="Forget home").click()
    await expect(page.locator(".home-marker > *")).to_have_count(0)
    await type_home(page, "north")
    await expect(field).to_have_attribute("aria-invalid", "true")


async def test_columns_are_chosen(app: ScriptedApp, context: BrowserContext) -> None:
    """By keys; the choice is in the address and there at the next visit."""
    page = await Pages(context).open(f"{app.url}/?table=open")
    choice = page.get_by_role("button", name="Columns", exact=True)
    await choice.focus()
    await page.keyboard.press("Enter")
    box = page.get_by_role("checkbox", name="squawk")
    await expect(box).to_be_checked()
    await box.focus()
    await page.keyboard.press("Space")
    await expect(page.get_by_role("columnheader", name="squawk")).to_have_count(0)
    await keep_picture(page, "columns-desk")
    await page.keyboard.press("Escape")
    await expect(box).to_be_hidden()
    await expect(page.locator("#table")).to_be_visible()
    await expect(choice).to_be_focused()
    assert "columns=callsign,icao24" in page.url
    page = await Pages(context).open(f"{app.url}/?table=open")
    await expect(page.get_by_role("gridcell", name="NEAR01")).to_be_visible()
    await expect(page.get_by_role("columnheader", name="squawk")).to_have_count(0)
    await page.get_by_role("button", name="Columns", exact=True).click()
    await page.get_by_role("button", name="Usual columns").click()
    await expect(page.get_by_role("columnheader", name="squawk")).to_have_count(1)
    assert "columns" not in page.url


async def test_a_home_fits_a_phone(app: ScriptedApp, chromium: Chromium) -> None:
    """Everything can be pressed and read; the last column of the table is reached by a swipe."""
    context = await chromium.context(PHONE, is_drawn=keeps_pictures())
    page = await opened(context, app)
    await type_home(page)
    await page.locator("#home-near").scroll_into_view_if_needed()
    await keep_picture(page, "home-phone")
    found = [f"settings: {fault}" for fault in await faults(page)]
    await page.get_by_role("button", name="Table").tap()
    await page.get_by_role("button", name="Columns", exact=True).tap()
    await keep_picture(page, "columns-phone")
    found += [f"columns: {fault}" for fault in await faults(page)]
    await page.get_by_role("button", name="Columns", exact=True).tap()
    grid = page.get_by_role("grid", name="Aircraft")
    await grid.evaluate("grid => { grid.scrollLeft = grid.scrollWidth; }")
    last = page.get_by_role("row", name="NEAR01").get_by_role("gridcell").last
    await expect(last).to_be_in_viewport(ratio=0.95)
    assert "\n".join(found) == ""
    await context.close()
