"""The page, as a person uses it: what they open, press, type and read."""

import asyncio
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from playwright.async_api import Locator, Page, expect

from testkit.browser import Device, Pages
from tests.page.monitor import Monitor

DESKTOP = Device(width=1280, height=800)
PHONE = Device(width=390, height=844, is_phone=True)

ARTEFACTS = Path(__file__).parents[1] / "artefacts"

_LIVE_MS = 20_000.0
# Two cores draw, store and serve, beside whatever else they do.
expect.set_options(timeout=15_000)
_STREAM = "/sse/flights"

_REPORT_SHARED_STREAMS = """
const post = MessagePort.prototype.postMessage;
MessagePort.prototype.postMessage = function (message, ...rest) {
  if (typeof message.url === "string") reportStream(message.url);
  post.call(this, message, ...rest);
};
"""
"""Reports each stream that a page asks of the shared worker, whose requests are not the page's."""


class MapPage:
    """One page; what it asks of the stream is remembered in `streams`."""

    page: Page

    def __init__(self, pages: Pages, monitor: Monitor) -> None:
        self.streams: list[str] = []
        self._pages = pages
        self._monitor = monitor

    @property
    def complaints(self) -> list[str]:
        """What any part of the page has written to the console as an error."""
        return self._pages.complaints

    async def open(self, query: str = "", *, state: str = "live") -> None:
        """Open the page, and wait until it shows what it is to show."""
        self.page = await self._pages.open("about:blank")
        self.page.on("request", lambda request: self._note_stream(request.url))
        await self.page.expose_function("reportStream", self._note_stream)
        await self.page.add_init_script(_REPORT_SHARED_STREAMS)
        await self.page.goto(f"{self._monitor.url}/?{query}")
        await self.is_in(state)

    async def is_in(self, state: str, *, timeout_ms: float = _LIVE_MS) -> None:
        """Wait for a state of the stream, as live or replay."""
        await expect(self.page.locator("#connection")).to_contain_text(state, timeout=timeout_ms)

    async def shows(self, aircraft: int, *, give: int = 0) -> None:
        """Wait until the counter names so many aircraft, or about so many."""
        await self.page.wait_for_function(
            """([wanted, give]) => {
                const text = document.getElementById("aircraft").textContent.replaceAll(",", "");
                return Math.abs(Number(text || NaN) - wanted) <= give;
            }""",
            arg=[aircraft, give],
        )

    async def has_aircraft(self) -> None:
        """Wait until an aircraft is in the air."""
        await expect(self.text("airborne")).to_have_text(re.compile("[1-9]"))

    async def has_profile(self) -> None:
        """Wait until the track of the selected aircraft is there."""
        await expect(self.text("profile").locator("canvas")).to_be_visible()

    def text(self, identity: str) -> Locator:
        """Return an element of index.html by its id."""
        return self.page.locator(f"#{identity}")

    def button(self, name: str) -> Locator:
        """Return a button by what it is called."""
        return self.page.get_by_role("button", name=name, exact=True)

    def tool(self, name: str) -> Locator:
        """Return one of the tools beside the map."""
        return self.page.get_by_role("navigation", name="Tools").get_by_role("button", name=name)

    def panel(self, name: str) -> Locator:
        """Return a panel beside the map by its title."""
        return self.page.get_by_role("region", name=name)

    async def search(self, text: str) -> Locator:
        """Press the search key and type; return what is found."""
        # A dialog that Escape closes is there for a moment longer.
        await expect(self.text("palette")).to_be_hidden()
        await self.page.keyboard.press("/")
        await self.page.get_by_role("combobox", name="Search").fill(text)
        return self.found()

    def found(self) -> Locator:
        """Return what the palette offers."""
        return self.page.get_by_role("listbox", name="Search results").get_by_role("option")

    async def select(self, callsign: str) -> None:
        """Select an aircraft by searching for its callsign."""
        found = await self.search(callsign)
        await expect(found.first).to_contain_text(callsign)
        await self.page.keyboard.press("Enter")
        await expect(self.text("details").get_by_role("heading")).to_have_text(callsign)

    def query(self) -> dict[str, str]:
        """Return what the address says."""
        return dict(parse_qsl(urlsplit(self.page.url).query))

    async def says(self, holds: Callable[[dict[str, str]], bool]) -> None:
        """Wait until the address says something."""
        await self.page.wait_for_url(lambda url: holds(dict(parse_qsl(urlsplit(url).query))))

    async def place_of_label(self) -> tuple[float, float]:
        """Return where the label of the selected aircraft is on the screen."""
        label = self.text("selected-label")
        await expect(label).to_be_visible()
        return _place(await label.evaluate("label => label.style.translate"))

    async def middle(self) -> tuple[float, float]:
        """Return the middle of what no panel covers on a desktop."""
        left, right, top, bottom = await self.evaluate(
            """() => {
                const box = id => {
                    const { width, left, right, top, bottom } =
                        document.getElementById(id).getBoundingClientRect();
                    return width === 0 ? null : { left, right, top, bottom };
                };
                const sides = ["filters", "statistics", "past", "watch", "settings"].map(box);
                const [details, footer] = [box("details"), box("footer")];
                const left = (sides.find(side => side !== null) ?? box("tools")).right;
                return [left, details?.left ?? innerWidth, box("header").bottom, footer.top];
            }"""
        )
        return (left + right) / 2, (top + bottom) / 2

    async def picture(self, *, around: tuple[float, float] | None = None, reach: int = 60) -> bytes:
        """Return what is to be seen of the page, or of the map around a point."""
        if around is None:
            return await self.page.screenshot()
        x, y = around
        side = 2.0 * reach
        return await self.page.screenshot(
            clip={"x": x - reach, "y": y - reach, "width": side, "height": side}
        )

    async def still_picture(self, *, around: tuple[float, float], reach: int) -> bytes:
        """Return what is to be seen around a point as soon as it changes no more."""
        await self.has_ground()
        before, now = b"", await self.picture(around=around, reach=reach)
        while now != before:
            await asyncio.sleep(0.3)
            before, now = now, await self.picture(around=around, reach=reach)
        return now

    async def has_ground(self) -> None:
        """Wait until land and sea are drawn."""
        await self.page.wait_for_function(
            "() => performance.getEntriesByName('ground-drawn').length > 0"
        )

    async def keep(self, name: str) -> None:
        """Keep a picture of the page and its ground, if pictures are kept."""
        if keeps_pictures():
            await self.has_ground()
            await keep_picture(self.page, name)

    async def evaluate(self, script: str, arg: object = None) -> Any:  # noqa: ANN401 - JSON
        """Run a script in the page."""
        return await self.page.evaluate(script, arg)

    def _note_stream(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.path == _STREAM:
            self.streams.append(parts.query)


def keeps_pictures() -> bool:
    """Whether pictures are kept: if KEEP_PICTURES is set."""
    return bool(os.environ.get("KEEP_PICTURES"))


async def keep_picture(page: Page, name: str) -> None:
    """Keep a picture of a page in tests/artefacts, if pictures are kept."""
    if keeps_pictures():
        ARTEFACTS.mkdir(exist_ok=True)
        await page.screenshot(path=ARTEFACTS / f"{name}.png")


def _place(translate: str) -> tuple[float, float]:
    x, y = re.findall(r"-?[\d.]+", translate)
    return float(x), float(y)
