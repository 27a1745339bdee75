"""The page in real Chromium, with a probe inside, and the process that serves it."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.page_server import Answer, Serving
from benchmarks.report import MeasurementError
from processor.http.page import BUILT
from testkit import chromium_install
from testkit.cache import PartUnavailableError
from testkit.services import ROOT, child_environment

PROBE = Path(__file__).with_name("page_probe.js")
WINDOW = {"width": 1280, "height": 800}
TIMEOUT_MS = 30_000.0
PATIENCE_MS = 20_000
ATTEMPTS = 3
"""A stream that had to be opened anew begins with a snapshot in the place of an update."""

SEA = "at=-50,-120,5"
"""Where hardly anybody flies: a page that looks there is not held up by a processor that draws."""

# As the tests' browser; WebGL is computed by the processor where there is no graphics card.
_ARGUMENTS = (
    *("--headless", "--no-sandbox", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--enable-unsafe-swiftshader", "--js-flags=--expose-gc"),
)

# Always the same text: what a page is asked is compiled, and kept for a while.
_UNTIL = "([updates, patience]) => pageProbe.until(updates, patience)"


class PageServer:
    """The process that serves the page and the fleet."""

    def __init__(self, built: Path = BUILT) -> None:
        if not (built / "index.html").is_file():
            raise PartUnavailableError("the page has not been built: run `make web`")
        self._process = subprocess.Popen(
            [
                sys.executable,
                *("-m", "benchmarks.page_server"),
                msgspec.json.encode(Serving(str(built))).decode(),
            ],
            env=child_environment({}),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __enter__(self) -> Self:
        self.url = f"http://localhost:{self._answer().port}"
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()

    def poll(self, *, with_visitors: bool = False) -> None:
        """Move the fleet on and have the stream tell of it."""
        if self._process.stdin is not None:
            self._process.stdin.write(b"visit\n" if with_visitors else b"poll\n")
            self._process.stdin.flush()
        self._answer()

    def _answer(self) -> Answer:
        line = self._process.stdout.readline() if self._process.stdout is not None else b""
        return msgspec.json.decode(line, type=Answer)


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Run Chromium.

    Raises:
        PartUnavailableError: It is not on the PATH.
    """
    program = chromium_install.program()
    if program is None:
        raise PartUnavailableError(chromium_install.unavailable_reason())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_ARGUMENTS)
        yield browser
        browser.close()


@contextlib.contextmanager
def opened(browser: Browser, url: str) -> Iterator[Page]:
    """Open the page in a context that has never seen it, and wait for its aircraft."""
    context = browser.new_context(viewport=WINDOW)  # type: ignore[arg-type]
    context.set_default_timeout(TIMEOUT_MS)
    context.add_init_script(path=PROBE)
    page = context.new_page()
    page.goto(url)
    page.evaluate("pageProbe.marked('aircraft-drawn')")
    yield page
    context.close()


def play(server: PageServer, page: Page, updates: int, *, with_visitors: bool = False) -> None:
    """Have the fleet polled so many times, each when the page has taken the one before."""
    taken = page.evaluate("pageProbe.events.update.length")
    for number in range(1, updates + 1):
        for _ in range(ATTEMPTS):
            server.poll(with_visitors=with_visitors)
            if page.evaluate(_UNTIL, [taken + number, PATIENCE_MS]):
                break
        else:
            raise MeasurementError(f"the page has not taken update {number} of {updates}")
