"""Counts the draw calls of a frame while the map is dragged, at all zoom levels."""

from playwright.sync_api import Browser, Page

from benchmarks.page_browser import PageServer, drag, opened
from benchmarks.report import Figure, MeasurementError, Options
from testkit.draw_calls import COUNTER, MAX_DRAW_CALLS

WINDOWS = ((1440, 900), (3840, 2160))
"""Width and height in pixels: a laptop, and a 4K screen."""

ZOOMS = (0.5, 1, 2, 3, 4, 4.9, 6, 8, 11, 14)
QUICK_ZOOMS = (0.5, 3, 4)
PLACE = "41,45"
"""Latitude and longitude of the centre: at zoom 4 the middle of a tile, which then has all eight
neighbours in view on a 4K screen."""

DRAG_MS = 1_500
MIN_FRAMES = 3
MAX_DRAGS = 5
GOAL = f"highest under {MAX_DRAW_CALLS}"


def measure(server: PageServer, browser: Browser, options: Options) -> list[Figure]:
    """Return the largest number of draw calls in a frame at each zoom, for both windows."""
    zooms = QUICK_ZOOMS if options.is_quick else ZOOMS
    figures = []
    for width, height in WINDOWS:
        name = f"draw calls in a frame, dragged at {width} x {height}"
        most = []
        for zoom in zooms:
            url = f"{server.url}/?at={PLACE},{zoom}"
            window = {"width": width, "height": height}
            with opened(browser, url, window=window, scripts=[COUNTER]) as page:
                most.append(_most_draws(page))
            options.progress(f"{name}, zoom {zoom}: {most[-1]}")
        figures.append(Figure(name, "", most, GOAL))
    return figures


def _most_draws(page: Page) -> int:
    page.evaluate("pageProbe.marked('ground-drawn')")
    page.evaluate("drawCalls.length = 0")
    frames: list[int] = []
    for _ in range(MAX_DRAGS):
        drag(page, DRAG_MS)
        frames = page.evaluate("drawCalls")
        if len(frames) >= MIN_FRAMES:
            return max(frames)
    raise MeasurementError(f"only {len(frames)} frames in which the map was drawn")
