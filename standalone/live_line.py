"""The line that tells how it goes: refreshed in place on a terminal, rare anywhere else."""

import shutil
import sys
import time
from typing import TextIO

from standalone.processor_status import Figures
from standalone.terminal import write

_TERMINAL_SECONDS = 1.0
_FILE_SECONDS = 60.0
_CLOCK_SECONDS = 60.0
"""By how much clocks must differ to be worth a word; answers are some seconds behind."""

_TO_START_AND_CLEAR = "\r\x1b[K"


class LiveLine:
    """Shows figures on a stream, no more often than the stream deserves."""

    def __init__(self, stream: TextIO = sys.stdout) -> None:
        self._stream = stream
        self._is_terminal = stream.isatty()
        self._interval_seconds = _TERMINAL_SECONDS if self._is_terminal else _FILE_SECONDS
        self._next_at = time.monotonic() + (0.0 if self._is_terminal else _FILE_SECONDS)
        self._is_open = False
        self._has_had_aircraft = False

    @property
    def is_terminal(self) -> bool:
        """Whether a person reads it, and not a file or a log."""
        return self._is_terminal

    def announce(self, text: str) -> None:
        """Write a line that stays."""
        write(self._stream, f"{text}\n")

    @property
    def is_due(self) -> bool:
        """Whether it is time for new figures."""
        return time.monotonic() >= self._next_at

    def show(self, figures: Figures | None) -> None:
        """Show them; None means that the processor did not answer."""
        self._next_at = time.monotonic() + self._interval_seconds
        text = "the processor does not answer" if figures is None else self._describe(figures)
        if not self._is_terminal:
            write(self._stream, f"{text}\n")
            return
        # A line that wraps cannot be taken back.
        width = shutil.get_terminal_size().columns - 1
        write(self._stream, f"{_TO_START_AND_CLEAR}{text[:width]}")
        self._is_open = True

    def _describe(self, figures: Figures) -> str:
        self._has_had_aircraft |= figures.aircraft > 0
        return describe(figures, has_had_aircraft=self._has_had_aircraft)

    def close(self) -> None:
        """Leave the last figures there and go to the next line."""
        if self._is_open:
            write(self._stream, "\n")
            self._is_open = False


def describe(figures: Figures, *, has_had_aircraft: bool = True) -> str:
    """Put the figures into words."""
    aircraft = f"{figures.aircraft:,} aircraft" if has_had_aircraft else "no aircraft yet"
    delay = "unknown" if figures.delay_seconds is None else f"{figures.delay_seconds:.1f} s"
    failed = "".join(f", the {half} half has failed" for half in figures.failed)
    return (
        f"{aircraft}, {figures.rows_inserted:,} rows stored, "
        f"delay {delay}, {figures.subscribers:,} viewers{failed}{_clock(figures)}"
    )


def _clock(figures: Figures) -> str:
    offset = figures.clock_offset_seconds
    if abs(offset) < _CLOCK_SECONDS:
        return ""
    return f", clock {abs(offset):.0f} s {'ahead of' if offset > 0 else 'behind'} the data"
