"""Samples the stacks of all threads a few hundred times a second."""

import sys
import threading
import time
from collections import Counter
from pathlib import Path
from types import FrameType

INTERVAL_SECONDS = 0.003
TOP_LINES = 14

_ROOT = Path(__file__).parents[1]


class Sampler(threading.Thread):
    """Counts the innermost line of this project that each thread executes.

    A thread that waits is seen too; its line tells for what. Samples are taken when the thread
    lets others run, which C code does only at its end, so a long call counts for its line.
    """

    def __init__(self) -> None:
        super().__init__(name="sampler", daemon=True)
        self._lines: dict[int, Counter[str]] = {}
        self._stopping = threading.Event()

    def run(self) -> None:
        """Sample until `stop`."""
        while not self._stopping.is_set():
            time.sleep(INTERVAL_SECONDS)
            for ident, frame in sys._current_frames().items():  # noqa: SLF001 - its public name
                if ident != self.ident:
                    self._lines.setdefault(ident, Counter())[_place(frame)] += 1

    def stop(self) -> dict[str, dict[str, float]]:
        """Return, by thread, the share of samples of its most frequent lines."""
        names = {thread.ident: thread.name for thread in threading.enumerate()}
        self._stopping.set()
        return {
            names.get(ident, "ended"): {
                place: round(count / lines.total(), 3)
                for place, count in lines.most_common(TOP_LINES)
            }
            for ident, lines in self._lines.items()
        }


def _place(frame: FrameType) -> str:
    """Return the innermost line of this project, and the library function that it calls."""
    innermost = frame
    inner = f"{Path(innermost.f_code.co_filename).name}:{innermost.f_code.co_name}"
    outer: FrameType | None = frame
    while outer is not None:
        path = Path(outer.f_code.co_filename)
        if path.is_relative_to(_ROOT) and "site-packages" not in path.parts:
            here = f"{path.relative_to(_ROOT)}:{outer.f_lineno} {outer.f_code.co_name}"
            return here if outer is innermost else f"{here} > {inner}"
        outer = outer.f_back
    return inner
