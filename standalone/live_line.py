"""Show the figures of the running pipeline in one line."""

import sys
from typing import TextIO

from configuration.status_line import StatusLine
from standalone.processor_status import Figures
from standalone.terminal import write

_CLOCK_SECONDS = 60.0
"""Difference of the clocks from which on it is shown; answers are some seconds old."""


class LiveLine:
    """Shows figures every second on a terminal, every minute in a file."""

    def __init__(self, stream: TextIO = sys.stdout) -> None:
        self._stream = stream
        self._line = StatusLine(stream, terminal_seconds=1.0, file_seconds=60.0, write=write)
        self._has_had_aircraft = False

    @property
    def is_terminal(self) -> bool:
        """Whether a person reads it, and not a file or a log."""
        return self._line.is_terminal

    def announce(self, text: str) -> None:
        """Write a line that stays."""
        write(self._stream, f"{text}\n")

    @property
    def is_due(self) -> bool:
        """Whether it is time for new figures."""
        return self._line.is_due

    def show(self, figures: Figures | None) -> None:
        """Show figures; None means that the processor did not answer."""
        text = "the processor does not answer" if figures is None else self._describe(figures)
        self._line.show(text)

    def _describe(self, figures: Figures) -> str:
        self._has_had_aircraft |= figures.aircraft > 0
        return describe(figures, has_had_aircraft=self._has_had_aircraft)

    def close(self) -> None:
        """Leave the last figures there and go to the next line."""
        self._line.keep()


def describe(figures: Figures, *, has_had_aircraft: bool = True) -> str:
    """Return the figures as a sentence."""
    aircraft = f"{figures.aircraft:,} aircraft" if has_had_aircraft else "no aircraft yet"
    delay = "unknown" if figures.delay_seconds is None else f"{figures.delay_seconds:.1f} s"
    failed = "".join(f", the {half} half has failed" for half in figures.failed)
    return (
        f"{aircraft}, {figures.rows_inserted:,} rows stored, "
        f"delay {delay}, {figures.subscribers:,} subscribers{failed}{_clock(figures)}"
    )


def _clock(figures: Figures) -> str:
    offset = figures.clock_offset_seconds
    if abs(offset) < _CLOCK_SECONDS:
        return ""
    return f", clock {abs(offset):.0f} s {'ahead of' if offset > 0 else 'behind'} the data"
