"""A frame of the map costs few draw calls, also on a 4K screen and with all places."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page

from testkit.browser import Chromium, Device, Pages
from testkit.draw_calls import MAX_DRAW_CALLS
from testkit.scripted_app import ScriptedApp
from testkit.state_vectors import state_vector

pytestmark = [
    pytest.mark.real_browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(180),
]

SCREEN = Device(width=3840, height=2160)
GROUND_MS = 150_000.0
PLACES = {
    "41,45,4": "ground-drawn",  # nine tiles, the most, of the first view
    "48.5,9,5.2": "detail-drawn",  # of the fine ground, with airports and cities
    "48.5,9,8.2": "detail-drawn",  # with all airports and cities of a crowded part of the world
}
"""What the map shows, and the mark of what must have been drawn."""

FRAMES = 3
"""Number of frames of a drag to count."""


@pytest_asyncio.fixture(loop_scope="session", params=PLACES)
async def page(chromium: Chromium, request: pytest.FixtureRequest) -> AsyncIterator[Page]:
    """Give the page with a part of the world and one aircraft."""
    context = await chromium.context(SCREEN, is_drawn=False)
    context.set_default_timeout(GROUND_MS)
    async with ScriptedApp() as app:
        app.publish(state_vector("aaaaaa"))
        page = await Pages(context).open(f"{app.url}/?at={request.param}")
        await page.wait_for_function(
            "mark => performance.getEntriesByName(mark).length > 0", arg=PLACES[request.param]
        )
        yield page
        await context.close()


async def test_a_frame_of_a_drag_costs_few_draw_calls(page: Page) -> None:
    """The number depends on the tiles in view and the layers of each, not on the machine."""
    await page.evaluate("drawCalls.length = 0")
    await page.mouse.move(1900, 1000)
    await page.mouse.down()
    for step in range(1, FRAMES + 1):
        await page.mouse.move(1900 + 40 * step, 1000 + 20 * step)
        await page.wait_for_function(f"() => drawCalls.length >= {step}")
    await page.mouse.up()
    frames: list[int] = await page.evaluate("drawCalls")
    assert max(frames) < MAX_DRAW_CALLS
