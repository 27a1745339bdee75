"""The page at `/` in real Chromium: it shows the living picture, and nothing is refused."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.support.browser import Pages
from tests.support.scripted_app import ScriptedApp
from tests.support.state_vectors import START, state_vector

pytestmark = [pytest.mark.real_browser, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def app() -> AsyncIterator[ScriptedApp]:
    """Give an application that has heard two aircraft."""
    async with ScriptedApp() as app:
        app.publish(state_vector("aaaaaa"), state_vector("bbbbbb"))
        yield app


async def test_page_shows_every_aircraft(app: ScriptedApp, pages: Pages) -> None:
    """Those of the snapshot, then one more, then those that were not removed."""
    page = await pages.open(app.url)
    await expect(page.locator("#connection")).to_have_text("connected")
    await expect(page.locator("#aircraft")).to_have_text("2")
    app.publish(state_vector("cccccc", START + 200))
    await expect(page.locator("#aircraft")).to_have_text("3")
    app.turn_clock(400)
    app.tick()
    await expect(page.locator("#aircraft")).to_have_text("1")
    assert pages.complaints == []


async def test_page_draws_the_aircraft(app: ScriptedApp, pages: Pages) -> None:
    """A dot where the aircraft is, in a colour that the empty sky has not."""
    page = await pages.open(app.url)
    await expect(page.locator("#aircraft")).to_have_text("2")
    pixel = await page.evaluate(
        """([longitude, latitude]) => {
            const canvas = document.getElementById("sky");
            const x = (longitude + 180) / 360 * canvas.width;
            const y = (90 - latitude) / 180 * canvas.height;
            return [...canvas.getContext("2d").getImageData(x, y, 1, 1).data];
        }""",
        [8.5695, 47.4556],
    )
    assert pixel[3] == 255
    assert max(pixel[:3]) > 128
    assert pages.complaints == []


async def test_page_comes_back_by_itself(app: ScriptedApp, pages: Pages) -> None:
    """It tells that the connection is lost, and goes on when the server is there again."""
    page = await pages.open(app.url)
    await expect(page.locator("#connection")).to_have_text("connected")
    await app.stop()
    await expect(page.locator("#connection")).to_have_text("reconnecting")
    app.start()
    app.publish(state_vector("cccccc", START + 1))
    await expect(page.locator("#connection")).to_have_text("connected")
    await expect(page.locator("#aircraft")).to_have_text("3")
