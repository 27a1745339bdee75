"""Windows of one browser share a stream, although a browser has few connections to a server."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Page, expect

from testkit.browser import Chromium, Pages
from testkit.sky_process import SkyServer
from testkit.tcp_proxy import TcpProxy

pytestmark = [pytest.mark.real_browser, pytest.mark.asyncio(loop_scope="session")]

AIRCRAFT = 300
WINDOWS = 7
"""More than the six connections to a server that a browser opens over HTTP/1.1."""

HEARTBEAT_S = 2.0
STALE_MS = 1_000 * 1.3 * HEARTBEAT_S
"""The time without an event after which the page says so."""

PATIENCE_MS = 60_000.0

NO_WEBGL = """
const context = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  return kind === "webgl2" ? null : context.call(this, kind, ...rest);
};
"""
"""Leaves the map out, because to start seven of them takes most of a machine."""


@pytest.fixture(scope="module")
def server(chromium: Chromium) -> Iterator[SkyServer]:
    """Give a server with aircraft that move each second; without Chromium it is not started."""
    del chromium
    settings = {"sse": {"heartbeat_seconds": HEARTBEAT_S}}
    with SkyServer(aircraft=AIRCRAFT, settings=settings) as server:
        server.send("move")
        yield server


@pytest_asyncio.fixture(loop_scope="session")
async def windows(chromium: Chromium) -> AsyncIterator[Pages]:
    """Give the windows of a browser; history, which this server lacks, may fail."""
    context = await _browser(chromium)
    yield Pages(context)
    await context.close()


async def _browser(chromium: Chromium) -> BrowserContext:
    context = await chromium.context(is_drawn=False)
    context.set_default_timeout(PATIENCE_MS)
    await context.add_init_script(NO_WEBGL)
    return context


async def is_live(page: Page) -> None:
    """Wait until a window has aircraft and says that it is live."""
    await expect(page.locator("#connection")).to_have_text("live", timeout=PATIENCE_MS)
    await expect(page.locator("#aircraft")).to_have_text(str(AIRCRAFT), timeout=PATIENCE_MS)


async def moves(page: Page) -> None:
    """Wait until a window has applied two further updates."""
    await page.evaluate(
        """() => new Promise(resolve => {
            let updates = 0;
            new PerformanceObserver(list => {
                updates += list.getEntriesByName("event:update").length;
                if (updates >= 2) resolve();
            }).observe({ type: "measure" });
        })"""
    )


async def test_seven_windows_share_one_stream(server: SkyServer, windows: Pages) -> None:
    """Each is live, its requests are answered, and it goes on when the first is closed."""
    url = f"http://127.0.0.1:{server.port}/"
    pages = [await windows.open(url) for _ in range(WINDOWS)]
    for page in pages:
        await is_live(page)
    assert server.send().subscribers == 1
    for page in pages:
        request = "fetch('api/flights?fields=callsign').then(answer => answer.status)"
        assert await page.evaluate(request) == 200
    first, *others = pages
    await first.close()
    for page in others:
        await moves(page)
    assert server.send().subscribers == 1


async def test_a_window_with_a_filter_has_its_own_stream(server: SkyServer, windows: Pages) -> None:
    """Another query is another stream, which ends with its window."""
    url = f"http://127.0.0.1:{server.port}/"
    everything = await windows.open(url)
    await is_live(everything)
    filtered = await windows.open(f"{url}?on_ground=false")
    await is_live(filtered)
    server.wait_for_subscribers(2, timeout_s=20)
    await filtered.close()
    server.wait_for_subscribers(1, timeout_s=20)
    await moves(everything)


async def test_the_last_window_ends_the_stream(server: SkyServer, windows: Pages) -> None:
    """No stream is left open without a window."""
    pages = [await windows.open(f"http://127.0.0.1:{server.port}/") for _ in range(2)]
    for page in pages:
        await is_live(page)
        await page.goto("about:blank")
    server.wait_for_subscribers(0, timeout_s=20)


async def test_without_shared_workers_each_window_has_a_stream(
    server: SkyServer, chromium: Chromium
) -> None:
    """As in Chrome for Android."""
    context = await _browser(chromium)
    await context.add_init_script("delete globalThis.SharedWorker")
    windows = Pages(context)
    for _ in range(2):
        await is_live(await windows.open(f"http://127.0.0.1:{server.port}/"))
    assert server.send().subscribers == 2
    await context.close()


async def test_a_dead_line_is_named_in_every_window(server: SkyServer, windows: Pages) -> None:
    """Not `live` for longer than a heartbeat may take; live again when the line is."""
    with TcpProxy(server.port) as line:
        pages = [await windows.open(f"http://127.0.0.1:{line.port}/") for _ in range(3)]
        for page in pages:
            await is_live(page)
        line.stall()
        for page in pages:
            stale = expect(page.locator("#connection"))
            await stale.to_have_text("stale: no data from the server", timeout=STALE_MS + 3_000)
        line.restore()
        for page in pages:
            await is_live(page)
            await moves(page)
