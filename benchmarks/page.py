"""Benchmark: the page in Chromium with 12,000 aircraft: update, frame, draws, memory, paint."""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, Page

from benchmarks import page_draws, page_memory, page_paint
from benchmarks.page_browser import SEA, PageServer, chromium, drag, opened, play
from benchmarks.report import Figure, MeasurementError, Options, Report, ratios
from testkit.traffic import AIRCRAFT, CHANGING_SHARE

UPDATES = 100
QUICK_UPDATES = 15
UNCOUNTED_UPDATES = 5
"""Events that are not counted, in which the engine compiles hot code."""

FRAMES = 150
QUICK_FRAMES = 30
"""Drawn frames to measure; without a graphics card there are about ten a second."""

MOST_POLLS = 60
POLL_MS = 5_000

UPDATE_GOAL = "median under 16"
FRAME_GOAL = "median under 4"
LABELLED_FRAME_GOAL = "median under 6"


@dataclass(frozen=True)
class _Updates:
    """The cases of an update, and the query of the page for each."""

    name: str
    query: str
    goal: str = ""


_WHOLE = _Updates("update of the whole picture", "", UPDATE_GOAL)
_FILTERED = _Updates("update of a view that 12,000 pass (rows)", "on_ground=false", UPDATE_GOAL)
_OPEN = _Updates(
    "update with table and statistics open", "panel=statistics&table=open", UPDATE_GOAL
)

_FRAMES = {
    "gliding at zoom 9": "at=48.5,9,9",
    "gliding at zoom 9, one selected with 3,000 points of trail": "at=48.5,9,9&aircraft=400000",
    "dragged at zoom 1.8": "at=35,5,1.8",
}
_LABELLED_FRAMES = {
    "gliding at zoom 6 with labels": "at=48.5,9,6&labels=callsign,altitude,speed",
    "dragged at zoom 1.8 with labels": "at=35,5,1.8&labels=callsign,altitude,speed",
}


def run(options: Options) -> Report:
    """Measure all parts in one browser and on one server, each in a page of its own."""
    with PageServer() as server, chromium() as browser:
        figures = [
            *_measure_paint(server, browser, options),
            *_measure_updates(server, browser, options),
            *_measure_frames(server, browser, options),
            *page_draws.measure(server, browser, options),
        ]
        memory = page_memory.measure(server, browser, options)
        details = {
            "aircraft": AIRCRAFT,
            "changing_share": CHANGING_SHARE,
            "chromium": browser.version,
            **memory.details,
        }
        bundle = page_paint.measure_bytes(server, browser)
    return Report([*figures, *memory.figures, *bundle.figures], details | bundle.details)


def _measure_paint(server: PageServer, browser: Browser, options: Options) -> list[Figure]:
    return page_paint.measure(server, browser, options)


def _measure_updates(server: PageServer, browser: Browser, options: Options) -> list[Figure]:
    figures = []
    for kind in (_WHOLE, _FILTERED, _OPEN):
        with opened(browser, f"{server.url}/?{SEA}&{kind.query}") as page:
            play(server, page, UNCOUNTED_UPDATES)
            page.evaluate("pageProbe.forget()")
            play(server, page, QUICK_UPDATES if options.is_quick else UPDATES)
            taken = _floats(page, "pageProbe.events.update")
            parses = _floats(page, "pageProbe.parses")
        figures += [
            Figure(kind.name, "ms", taken, kind.goal),
            Figure(f"{kind.name}: JSON.parse alone", "ms", parses),
            Figure(f"{kind.name}: over JSON.parse alone", "ratio", ratios(taken, parses)),
        ]
        options.progress(f"{kind.name}: {sorted(taken)[len(taken) // 2]:.1f} ms")
    return figures


def _measure_frames(server: PageServer, browser: Browser, options: Options) -> list[Figure]:
    figures = []
    for name, query in (_FRAMES | _LABELLED_FRAMES).items():
        with opened(browser, f"{server.url}/?{query}") as page:
            page.evaluate("pageProbe.marked('ground-drawn')")
            play(server, page, 1)
            page.evaluate("pageProbe.forget()")
            frames = _watch(server, page, is_dragging="dragged" in name, options=options)
        goal = LABELLED_FRAME_GOAL if name in _LABELLED_FRAMES else FRAME_GOAL
        figures.append(Figure(f"a frame's script, {name}", "ms", frames, goal))
        options.progress(f"{name}: {sorted(frames)[len(frames) // 2]:.2f} ms")
    return figures


def _watch(server: PageServer, page: Page, *, is_dragging: bool, options: Options) -> list[float]:
    """Poll every five seconds, and drag the map if asked to, until enough frames were drawn."""
    wanted = QUICK_FRAMES if options.is_quick else FRAMES
    frames: list[float] = []
    for _ in range(MOST_POLLS):
        server.poll()
        if is_dragging:
            drag(page, POLL_MS)
        else:
            page.wait_for_timeout(POLL_MS)
        frames = _floats(page, "pageProbe.frames")
        if len(frames) >= wanted:
            return frames
    raise MeasurementError(f"only {len(frames)} frames in which something was drawn")


def _floats(page: Page, expression: str) -> list[float]:
    found: list[Any] = page.evaluate(expression)
    return [float(each) for each in found]
