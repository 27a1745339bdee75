"""Nothing covers anything, also on phones on their side; users have their own sizes and colours."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from testkit.browser import Chromium, Device, Pages
from testkit.scripted_app import ScriptedApp
from testkit.state_vectors import state_vector
from tests.page.legibility import faults
from tests.page.map_page import keep_picture, keeps_pictures

pytestmark = [pytest.mark.real_browser, pytest.mark.asyncio(loop_scope="session")]

SQUAWKS = ("7700", "7600", "7500")
FILTERS = "country=Switzerland,Germany,France,Spain&on_ground=false&min_altitude=100"
LONG_STATE = "offline: the server does not answer, the page tries again in 10 seconds"


@pytest_asyncio.fixture(loop_scope="session")
async def app() -> AsyncIterator[ScriptedApp]:
    """Give an application that has received three emergencies and aircraft in two places."""
    async with ScriptedApp() as app:
        app.publish(
            *(
                state_vector(
                    f"aaaa0{index}",
                    longitude=8.0 + index,
                    latitude=47.0,
                    baro_altitude=9_000.0,
                    squawk=squawk,
                )
                for index, squawk in enumerate(SQUAWKS)
            ),
            *(
                state_vector(icao24, longitude=6.0, latitude=45.0, callsign=name)
                for icao24, name in (("bbbb01", "STACK1"), ("bbbb02", "STACK2"))
            ),
        )
        yield app


async def opened(
    chromium: Chromium, app: ScriptedApp, device: Device, query: str = "", at: str = "47,8,5"
) -> Page:
    """Open the page on a device, live."""
    context = await chromium.context(device, is_drawn=keeps_pictures())
    page = await Pages(context).open(f"{app.url}/?at={at}&{query}")
    await expect(page.locator("#connection")).to_have_text("live")
    await expect(page.locator("#emergencies button").first).to_be_visible()
    return page


async def boxes(page: Page, selector: str) -> list[tuple[float, float, float, float]]:
    """Return left, top, right and bottom of what is to be seen."""
    return [
        (box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"])
        for part in await page.locator(selector).all()
        if (box := await part.bounding_box()) is not None and box["width"] > 0
    ]


async def test_the_header_covers_neither_emergencies_nor_chips(
    chromium: Chromium, app: ScriptedApp
) -> None:
    """Not even while its text is long."""
    page = await opened(chromium, app, Device(width=1440, height=900), FILTERS)
    for width in (1440, 1536):
        await page.set_viewport_size({"width": width, "height": 900})
        await page.evaluate(
            "text => { document.getElementById('connection').textContent = text; }", LONG_STATE
        )
        [(_, _, header_right, header_bottom)] = await boxes(page, "#header")
        pills = await boxes(page, "#notices button")
        assert len(pills) >= len(SQUAWKS)
        assert all(left > header_right or top > header_bottom for left, top, _, _ in pills)
        assert header_bottom < (await boxes(page, "#tools"))[0][1]
        await keep_picture(page, f"header-{width}")
    await page.context.close()


async def test_emergencies_take_one_line_of_a_phone(chromium: Chromium, app: ScriptedApp) -> None:
    """One of them and a button that lists all."""
    page = await opened(chromium, app, Device(width=390, height=844, is_phone=True))
    shown = await boxes(page, "#emergencies button:visible")
    assert len(shown) == 2
    assert max(bottom for *_, bottom in shown) - min(top for _, top, *_ in shown) < 60
    await page.get_by_role("button", name="List all 3").tap()
    await expect(page.locator("#table-count")).to_have_text("3 aircraft")
    await page.context.close()


async def test_a_phone_on_its_side_shows_everything(chromium: Chromium, app: ScriptedApp) -> None:
    """What is opened can be read and pressed: no panel lies under the time bar."""
    page = await opened(chromium, app, Device(width=844, height=390, is_phone=True))
    tools = page.get_by_role("navigation", name="Tools")
    found: list[str] = []
    for width, height in ((844, 390), (932, 430), (740, 360)):
        await page.set_viewport_size({"width": width, "height": height})
        await expect(page.locator("#time")).to_be_in_viewport(ratio=1)
        found += [f"{width} map: {fault}" for fault in await faults(page)]
        for name, panel in (("Filters", "filters"), ("Settings", "settings"), ("Table", "table")):
            await tools.get_by_role("button", name=name).tap()
            await expect(page.locator(f"#{panel}")).to_be_in_viewport(ratio=1)
            found += [f"{width} {name}: {fault}" for fault in await faults(page)]
            await keep_picture(page, f"side-{width}-{panel}")
        await tools.get_by_role("button", name="Table").tap()
        await page.get_by_role("alert").get_by_role("button").first.tap()
        await expect(page.locator("#details")).to_be_in_viewport(ratio=1)
        found += [f"{width} details: {fault}" for fault in await faults(page)]
        await page.get_by_role("button", name="Close details").tap()
    assert "\n".join(found) == ""
    await page.context.close()


async def test_texts_follow_the_browser_and_large_screens(
    chromium: Chromium, app: ScriptedApp
) -> None:
    """As large as the user wants them, and in proportion to a large screen."""
    size = "() => Number.parseFloat(getComputedStyle(document.documentElement).fontSize)"
    page = await opened(chromium, app, Device(width=1440, height=900))
    assert await page.evaluate(size) == 14
    session = await page.context.new_cdp_session(page)
    await session.send("Page.setFontSizes", {"fontSizes": {"standard": 24}})
    assert await page.evaluate(size) == 21
    await session.send("Page.setFontSizes", {"fontSizes": {"standard": 16}})
    await page.set_viewport_size({"width": 3840, "height": 2160})
    assert await page.evaluate(size) == pytest.approx(21, abs=0.1)
    await page.context.close()


async def test_systems_colours_and_paper(chromium: Chromium, app: ScriptedApp) -> None:
    """The picture of Play keeps a colour of its own; on paper there is nothing to press."""
    page = await opened(chromium, app, Device(width=1440, height=900), "table=open")
    await page.emulate_media(forced_colors="active")
    colours = await page.evaluate(
        """() => {
            const button = document.querySelector(".time-play");
            const colour = (...of) => getComputedStyle(...of).backgroundColor;
            return [colour(button), colour(button, "::before")];
        }"""
    )
    assert colours[0] != colours[1]
    await keep_picture(page, "forced-colours")
    await page.emulate_media(forced_colors="none", media="print")
    await expect(page.locator("#tools")).to_be_hidden()
    await expect(page.locator("#footer")).to_be_hidden()
    await expect(page.locator("#table")).to_have_css("position", "static")
    await keep_picture(page, "print")
    await page.context.close()


async def test_aircraft_are_reached_by_keys_and_stacked_ones_by_clicks(
    chromium: Chromium, app: ScriptedApp
) -> None:
    """The next in view is announced; of two in one place the second click selects the other."""
    page = await opened(chromium, app, Device(width=1440, height=900), "glide=off")
    spoken = page.locator("#announcement")
    await page.keyboard.press("n")
    await expect(spoken).to_contain_text("1 of 5 in view")
    first = await page.locator("#callsign").inner_text()
    await expect(page.locator("#selected-label")).to_have_text(f"{first} +1")
    await page.keyboard.press("n")
    await expect(spoken).to_contain_text("2 of 5 in view")
    await page.keyboard.press("Shift+N")
    await expect(page.locator("#callsign")).to_have_text(first)
    x, y = await page.locator("#selected-label").evaluate(
        "label => label.style.translate.match(/-?[\\d.]+/g).map(Number)"
    )
    await page.mouse.click(x - 20, y + 20)
    other = "STACK2" if first == "STACK1" else "STACK1"
    await expect(page.locator("#callsign")).to_have_text(other)
    await page.context.close()


async def test_an_aircraft_is_labelled_in_each_copy_of_the_world(
    chromium: Chromium, app: ScriptedApp
) -> None:
    """A wide window shows the world several times."""
    wide = Device(width=1440, height=900)
    page = await opened(chromium, app, wide, "aircraft=aaaa00", at="0,179,0.5")
    labels = page.locator(".label:visible")
    await expect(labels.first).to_be_visible()
    assert await labels.count() >= 2
    await page.context.close()
