"""Measures how soon the page shows aircraft without a cache, and how much it loads for that."""

import urllib.request

from playwright.sync_api import Browser

from benchmarks.page_browser import PageServer, opened
from benchmarks.report import Figure, MeasurementError, Options, Report

ROUNDS = 10
QUICK_ROUNDS = 3

PAINT_GOAL = "median under 2"
BYTES_GOAL = "under 600"
KB = 1000
MS_PER_S = 1000

_CONTENTFUL = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"
_LOADED = "performance.getEntriesByType('resource').map(({ name }) => name)"


def measure(server: PageServer, browser: Browser, options: Options) -> list[Figure]:
    """Open the page several times, each time without a cache."""
    contentful, aircraft, ground = [], [], []
    for _ in range(QUICK_ROUNDS if options.is_quick else ROUNDS):
        with opened(browser, server.url) as page:
            ground.append(float(page.evaluate("pageProbe.marked('ground-drawn')")) / MS_PER_S)
            aircraft.append(float(page.evaluate("pageProbe.marked('aircraft-drawn')")) / MS_PER_S)
            contentful.append(float(page.evaluate(_CONTENTFUL)) / MS_PER_S)
        options.progress(f"aircraft after {aircraft[-1]:.2f} s, the map after {ground[-1]:.2f} s")
    return [
        Figure("first contentful paint", "s", contentful),
        Figure("first paint with aircraft", "s", aircraft, PAINT_GOAL),
        Figure("everything painted, the base map too", "s", ground),
    ]


def measure_bytes(server: PageServer, browser: Browser) -> Report:
    """Add up the JavaScript that the page and its worker load."""
    with opened(browser, server.url) as page:
        page.evaluate("pageProbe.marked('ground-drawn')")
        loaded = sorted({name for name in page.evaluate(_LOADED) if name.endswith(".js")})
    if not any("worker" in name for name in loaded):
        raise MeasurementError(f"the worker is not among what was loaded: {loaded}")
    figures, details = [], {}
    for encoding in ("br", "gzip", "identity"):
        sizes = {name.rpartition("/")[2]: _size(name, encoding) / KB for name in loaded}
        goal = BYTES_GOAL if encoding != "identity" else ""
        figures.append(Figure(f"JavaScript, {encoding}", "kB", [sum(sizes.values())], goal))
        details[f"javascript_kb_{encoding}"] = sizes
    return Report(figures, details)


def _size(url: str, encoding: str) -> int:
    """Return the number of bytes that are sent for it."""
    request = urllib.request.Request(url, headers={"Accept-Encoding": encoding})  # noqa: S310 - ours
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        if encoding != "identity" and answer.headers["Content-Encoding"] != encoding:
            raise MeasurementError(f"{url} came as {answer.headers['Content-Encoding']}")
        return len(answer.read())
