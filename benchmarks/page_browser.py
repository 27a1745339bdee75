"""Runs the page in real Chromium with a probe inside, and the process that serves it."""

import contextlib
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.page_server import Answer, Serving
from benchmarks.report import MeasurementError
from processor.http.page import BUILT
from testkit.browser_install import CHROMIUM
from testkit.cache import PartUnavailableError
from testkit.line_process import LineProcess

PROBE = Path(__file__).with_name("page_probe.js")
WINDOW = {"width": 1280, "height": 800}
TIMEOUT_MS = 30_000.0
PATIENCE_MS = 20_000
MOVE_MS = 20
MS_PER_S = 1000
ATTEMPTS = 3
"""Polls until an update must have come; a stream that reconnects gets a snapshot instead."""

SEA = "at=-50,-120,5"
"""A view with hardly any aircraft, so that drawing them does not delay the page."""

# As the tests' browser; WebGL is computed by the processor where there is no graphics card.
_ARGUMENTS = (
    *("--headless", "--no-sandbox", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--enable-unsafe-swiftshader", "--js-flags=--expose-gc"),
)

# The text is always the same, because Chromium compiles each new one and keeps it for a while.
_UNTIL = "([updates, patience]) => pageProbe.until(updates, patience)"


class PageServer(LineProcess):
    """The process that serves the page and the fleet.

    Raises:
        PartUnavailableError: The page has not been built.
    """

    def __init__(self, built: Path = BUILT) -> None:
        if not (built / "index.html").is_file():
            raise PartUnavailableError("the page has not been built: run `make web`")
        serving = msgspec.json.encode(Serving(str(built))).decode()
        super().__init__("benchmarks.page_server", serving)
        self.url = f"http://localhost:{self._answer(self.read()).port}"

    def poll(self, *, with_visitors: bool = False) -> None:
        """Move the fleet on and publish it."""
        self.exchange(b"visit" if with_visitors else b"poll")

    def _answer(self, line: bytes) -> Answer:
        return msgspec.json.decode(line, type=Answer)


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Run Chromium.

    Raises:
        PartUnavailableError: Chromium is not installed.
    """
    program = CHROMIUM.required_program()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_ARGUMENTS)
        yield browser
        browser.close()


@contextlib.contextmanager
def opened(
    browser: Browser,
    url: str,
    *,
    window: dict[str, int] = WINDOW,
    scripts: Sequence[Path] = (),
) -> Iterator[Page]:
    """Open the page in a new browser context, and wait for its aircraft.

    Args:
        browser: Chromium.
        url: The address of the page.
        window: Its width and height in pixels.
        scripts: Run inside the page before its own and before the probe.
    """
    context = browser.new_context(viewport=window)  # type: ignore[arg-type]
    context.set_default_timeout(TIMEOUT_MS)
    for script in (*scripts, PROBE):
        context.add_init_script(path=script)
    page = context.new_page()
    page.goto(url)
    page.evaluate("pageProbe.marked('aircraft-drawn')")
    yield page
    context.close()


def play(server: PageServer, page: Page, updates: int, *, with_visitors: bool = False) -> None:
    """Poll the fleet so many times, each after the page has applied the one before."""
    taken = page.evaluate("pageProbe.events.update.length")
    for number in range(1, updates + 1):
        for _ in range(ATTEMPTS):
            server.poll(with_visitors=with_visitors)
            if page.evaluate(_UNTIL, [taken + number, PATIENCE_MS]):
                break
        else:
            raise MeasurementError(f"the page has not taken update {number} of {updates}")


def drag(page: Page, during_ms: int) -> None:
    """Move the map as fast as the page follows, for so many milliseconds."""
    ends_at = time.monotonic() + during_ms / MS_PER_S
    step = 0
    page.mouse.move(640, 400)
    page.mouse.down()
    while time.monotonic() < ends_at:
        step += 1
        page.mouse.move(640 + 10 * abs(step % 40 - 20), 400)
        page.wait_for_timeout(MOVE_MS)
    page.mouse.up()
