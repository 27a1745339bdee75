"""On a slow line the page says what it loads, and receives less by itself."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from testkit.browser import Chromium, Device, Pages
from testkit.sky_process import SkyServer
from testkit.tcp_proxy import TcpProxy

pytestmark = [pytest.mark.real_browser, pytest.mark.asyncio(loop_scope="session")]

AIRCRAFT = 1_500
FEWER_BYTES_PER_S = 1_000.0
"""Less than the differences of all aircraft each second, more than the rows of a view."""

SCRIPTS_BYTES_PER_S = 50_000.0
LATE_MS = 180_000.0
"""The page waits for 15 s of delay that last for 20 s, or for a first event that never comes."""


@pytest.fixture(scope="module")
def server(chromium: Chromium) -> Iterator[SkyServer]:
    """Give a server with aircraft that move each second; without Chromium it is not started."""
    del chromium
    with SkyServer(aircraft=AIRCRAFT) as server:
        server.send("move")
        yield server


@pytest_asyncio.fixture(loop_scope="session")
async def browser(chromium: Chromium) -> AsyncIterator[Pages]:
    """Give a browser on a desk; the history, which this server lacks, may fail."""
    context = await chromium.context(Device(width=1280, height=800), is_drawn=False)
    context.set_default_timeout(60_000)
    yield Pages(context)
    await context.close()


@pytest.mark.timeout(400)
async def test_a_slow_line_receives_what_is_in_view(server: SkyServer, browser: Pages) -> None:
    """It says so, and has the aircraft in view only."""
    with TcpProxy(server.port) as line:
        page = await browser.open(f"http://127.0.0.1:{line.port}/?at=47,8,7")
        counter = page.locator("#aircraft")
        await expect(page.locator("#connection")).to_have_text("live", timeout=60_000)
        await expect(counter).to_have_text(re.compile(r"^1,\d{3}$"), timeout=60_000)
        # The fine ground, megabytes, would leave the stream nothing of the line.
        for _ in range(240):
            if await page.evaluate("performance.getEntriesByName('detail-drawn').length"):
                break
            await asyncio.sleep(0.5)
        else:
            pytest.fail("the fine ground was not drawn within two minutes")
        line.slow_down(FEWER_BYTES_PER_S)
        status = expect(page.locator("#connection"))
        await status.to_have_text("live: slow connection, only aircraft in view", timeout=LATE_MS)
        await expect(counter).to_have_text(re.compile(r"^\d{1,3}$"), timeout=LATE_MS)


@pytest.mark.timeout(200)
async def test_a_slow_line_shows_what_is_loading(server: SkyServer, browser: Pages) -> None:
    """Before the script is there, and after it until the ground is drawn."""
    with TcpProxy(server.port) as line:
        page = await browser.open("about:blank")
        line.slow_down(SCRIPTS_BYTES_PER_S)
        await page.goto(f"http://127.0.0.1:{line.port}/", wait_until="commit")
        loading = page.locator("#loading")
        await expect(loading).to_have_text("Loading the map …", timeout=20_000)
        await expect(loading).to_have_text("Loading the ground and the aircraft …", timeout=60_000)
        line.restore()
        await expect(loading).to_be_hidden(timeout=100_000)
