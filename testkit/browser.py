"""Real Chromium: one program for all tests, and for each a browser context of its own."""

from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    Playwright,
    async_playwright,
)

from testkit.browser_install import CHROMIUM
from testkit.draw_calls import COUNTER

OTHER_HOST = "flights.test"
"""This machine under a name by which a browser does not know that it is this machine."""

_DISABLED_FEATURES = (
    # Pages that Chromium loads for the list below its address bar, beside each first page of a
    # context: to load them takes more of the processor's time than the map.
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup"),
    # The switch replaces the list of Playwright. These are its features but those of other systems.
    *("AimEnabled", "AvoidCorsURLLoaderRestartOnRedirect", "AvoidUnnecessaryBeforeUnloadCheckSync"),
    *("DestroyProfileOnBrowserClose", "HttpsFirstBalancedModeAutoEnable", "HttpsUpgrades"),
    *("LensOverlay", "MediaRouter", "NetworkTimeServiceQuerying", "OptimizationHints"),
    *("PaintHolding", "PreconnectToSearch", "ThirdPartyStoragePartitioning"),
)
# It runs as root in containers, without a display, and connects to the server under test alone.
# Without a graphics card the CPU draws WebGL, which must be enabled.
_ARGUMENTS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader"),
    *("--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    f"--disable-features={','.join(_DISABLED_FEATURES)}",
    f"--host-resolver-rules=MAP {OTHER_HOST} 127.0.0.1",
)
_TIMEOUT_MS = 20_000.0


@dataclass(frozen=True, kw_only=True)
class Device:
    """A screen, and how its user prefers the page."""

    width: int
    height: int
    is_phone: bool = False
    theme: Literal["dark", "light"] = "dark"

    async def context(self, browser: Browser) -> BrowserContext:
        """Give a context as a browser on the device has it."""
        return await browser.new_context(
            viewport={"width": self.width, "height": self.height},
            is_mobile=self.is_phone,
            has_touch=self.is_phone,
            device_scale_factor=2 if self.is_phone else 1,
            color_scheme=self.theme,
            reduced_motion="reduce",
        )


class Chromium:
    """The program, running; its contexts share nothing, connections included."""

    _playwright: Playwright
    _browser: Browser

    async def __aenter__(self) -> Self:
        program = CHROMIUM.required_program()
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

    async def context(
        self, device: Device | None = None, *, is_drawn: bool = True
    ) -> BrowserContext:
        """Give a context as a browser just installed has it.

        Args:
            device: The screen; None for Chromium's own.
            is_drawn: Whether WebGL is drawn. Without a graphics card that takes most of the
                processor's time of a page, and its other parts work without it.
        """
        new = self._browser.new_context() if device is None else device.context(self._browser)
        context = await new
        context.set_default_timeout(_TIMEOUT_MS)
        if not is_drawn:
            await context.add_init_script(path=COUNTER)
        return context

    async def renderers(self) -> list[int]:
        """Return the ids of the processes that run pages."""
        session = await self._browser.new_browser_cdp_session()
        answer = await session.send("SystemInfo.getProcessInfo")
        await session.detach()
        return [each["id"] for each in answer["processInfo"] if each["type"] == "renderer"]


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
