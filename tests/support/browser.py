"""Real Chromium: one program for all tests, and for each a browser context of its own."""

from types import TracebackType
from typing import Self

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    Playwright,
    async_playwright,
)

from tests.support import chromium_install
from tests.support.cache import PartUnavailableError

OTHER_HOST = "flights.test"
"""This machine under a name by which a browser does not know that it is this machine."""

# It runs as root in containers, draws for nobody, and asks nobody but the server under test.
_ARGUMENTS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    f"--host-resolver-rules=MAP {OTHER_HOST} 127.0.0.1",
)
_TIMEOUT_MS = 10_000.0


class Chromium:
    """The program, running; its contexts share nothing, connections included."""

    _playwright: Playwright
    _browser: Browser

    async def __aenter__(self) -> Self:
        program = chromium_install.program()
        if program is None:
            raise PartUnavailableError(chromium_install.unavailable_reason())
        self._playwright = await async_playwright().start()
        self._browser = await self._playwright.chromium.launch(
            executable_path=program, args=_ARGUMENTS
        )
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._browser.close()
        await self._playwright.stop()

    async def context(self) -> BrowserContext:
        """Give a context as a browser just installed has it."""
        context = await self._browser.new_context()
        context.set_default_timeout(_TIMEOUT_MS)
        return context


class Pages:
    """The pages of one test; `complaints` has what any of them wrote to its console as an error."""

    def __init__(self, context: BrowserContext) -> None:
        self.complaints: list[str] = []
        self._context = context

    async def open(self, url: str, *, accept_encoding: str | None = None) -> Page:
        """Open an address in a page of its own.

        Args:
            url: What to open.
            accept_encoding: What every request of the page says that it takes; Chromium's own
                list without. No script of the page could change that.
        """
        page = await self._context.new_page()
        page.on("console", self._on_console)
        page.on("pageerror", self._on_error)
        if accept_encoding is not None:
            await page.set_extra_http_headers({"Accept-Encoding": accept_encoding})
        await page.goto(url)
        return page

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def _on_error(self, error: Error) -> None:
        self.complaints.append(str(error))
