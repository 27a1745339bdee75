"""Measures the memory of the page over hundreds of updates, with aircraft that come and go."""

from typing import NamedTuple

from playwright.sync_api import Browser, CDPSession

from benchmarks.page_browser import SEA, PageServer, opened, play
from benchmarks.page_heap import data_bytes
from benchmarks.report import Figure, Options, Report
from testkit.trend import fit

UPDATES = 500
QUICK_UPDATES = 100
SAMPLE_EVERY_UPDATES = 25
QUICK_SAMPLE_EVERY_UPDATES = 5
UNCOUNTED_UPDATES = 25
"""Updates that are not counted, until as many visitors expire as appear."""

OPEN_FROM, OPEN_UNTIL = 0.2, 0.4
"""The part of the updates during which table and statistics are open."""

KIB = 1024
GOAL = "no growth beyond two standard errors"


class _Sample(NamedTuple):
    """The memory of the page after a number of updates and a garbage collection."""

    update: int
    data_kib: float
    heap_kib: float
    nodes: int
    listeners: int


def measure(server: PageServer, browser: Browser, options: Options) -> Report:
    """Sample the heap of one page."""
    updates = QUICK_UPDATES if options.is_quick else UPDATES
    every = QUICK_SAMPLE_EVERY_UPDATES if options.is_quick else SAMPLE_EVERY_UPDATES
    samples = []
    with opened(browser, f"{server.url}/?{SEA}") as page:
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        play(server, page, UNCOUNTED_UPDATES, with_visitors=True)
        for update in range(every, updates + 1, every):
            for at in (OPEN_FROM, OPEN_UNTIL):
                if update - every < at * updates <= update:
                    page.click("#open-statistics")
                    page.keyboard.press("t")
            page.evaluate("pageProbe.forget()")
            play(server, page, every, with_visitors=True)
            samples.append(_sample(session, update))
            options.progress(f"update {update}: {samples[-1].heap_kib / KIB:.2f} MiB")
    return Report(_figures(samples), _details(samples))


def _sample(session: CDPSession, update: int) -> _Sample:
    # What was let go of by the first is freed by the second at the latest.
    session.send("HeapProfiler.collectGarbage")
    session.send("HeapProfiler.collectGarbage")
    metrics = {
        each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]
    }
    return _Sample(
        update,
        data_bytes(session) / KIB,
        metrics["JSHeapUsedSize"] / KIB,
        int(metrics["Nodes"]),
        int(metrics["JSEventListeners"]),
    )


def _figures(samples: list[_Sample]) -> list[Figure]:
    half = samples[len(samples) // 2 :]
    updates = [each.update for each in half]
    data = fit(updates, [each.data_kib for each in half])
    heap = fit(updates, [each.heap_kib for each in half])
    return [
        Figure("JavaScript's data, slope over the second half", "KiB/update", [data.slope], GOAL),
        Figure("JavaScript's data, standard error of the slope", "KiB/update", [data.error]),
        Figure("JavaScript's data, second half", "MiB", [each.data_kib / KIB for each in half]),
        Figure("whole heap, slope over the second half", "KiB/update", [heap.slope]),
        Figure("whole heap, second half", "MiB", [each.heap_kib / KIB for each in half]),
        Figure("DOM nodes, second half", "", [each.nodes for each in half]),
        Figure("event listeners, second half", "", [each.listeners for each in half]),
    ]


def _details(samples: list[_Sample]) -> dict[str, object]:
    return {
        "data_mib_after_updates": {each.update: round(each.data_kib / KIB, 3) for each in samples},
        "heap_mib_after_updates": {each.update: round(each.heap_kib / KIB, 3) for each in samples},
        "nodes_after_updates": {each.update: each.nodes for each in samples},
    }
