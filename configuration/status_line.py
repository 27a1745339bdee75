"""A line of progress: refreshed in place on a terminal, written at intervals into a file."""

import shutil
import time
from collections.abc import Callable
from typing import TextIO

_TO_START_AND_CLEAR = "\r\x1b[K"


def _write(stream: TextIO, text: str) -> None:
    stream.write(text)
    stream.flush()


class StatusLine:
    """Writes the newest text, no more often than fits the stream.

    Args:
        stream: A terminal or a file.
        terminal_seconds: Least time between two texts on a terminal; the first is due at once.
        file_seconds: Least time between two texts in a file, and before the first one.
        write: Writes and flushes a text.
    """

    def __init__(
        self,
        stream: TextIO,
        *,
        terminal_seconds: float,
        file_seconds: float,
        write: Callable[[TextIO, str], None] = _write,
    ) -> None:
        self._stream = stream
        self._write = write
        self.is_terminal = stream.isatty()
        self._interval_seconds = terminal_seconds if self.is_terminal else file_seconds
        self._next_at = time.monotonic() + (0.0 if self.is_terminal else file_seconds)
        self._is_open = False

    @property
    def is_due(self) -> bool:
        """Whether the next text may be shown."""
        return time.monotonic() >= self._next_at

    def show(self, text: str) -> None:
        """Show a text, on a terminal in place of the last one."""
        self._next_at = time.monotonic() + self._interval_seconds
        if not self.is_terminal:
            self._write(self._stream, f"{text}\n")
            return
        # A line that wraps cannot be cleared.
        width = shutil.get_terminal_size().columns - 1
        self._write(self._stream, f"{_TO_START_AND_CLEAR}{text[:width]}")
        self._is_open = True

    def keep(self) -> None:
        """Leave the last text on the terminal, and go to the next line."""
        if self._is_open:
            self._write(self._stream, "\n")
            self._is_open = False

    def clear(self) -> None:
        """Remove the last text from the terminal."""
        if self._is_open:
            self._write(self._stream, _TO_START_AND_CLEAR)
            self._is_open = False
