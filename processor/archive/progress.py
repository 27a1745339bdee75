"""Show how far a long command is: in one line of a terminal, now and then anywhere else."""

import sys
import time
from types import TracebackType
from typing import Self, TextIO

_TERMINAL_SECONDS = 0.2
_FILE_SECONDS = 10.0

_TO_START_AND_CLEAR = "\r\x1b[K"


class ProgressLine:
    """Writes the newest line no more often than the stream deserves.

    Args:
        stream: Standard error by default, so that what the command prints stays clean.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._is_terminal = self._stream.isatty()
        self._interval_seconds = _TERMINAL_SECONDS if self._is_terminal else _FILE_SECONDS
        self._next_at = time.monotonic() + (0.0 if self._is_terminal else _FILE_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave an empty line of the terminal for what follows."""
        if self._is_terminal:
            self._write(_TO_START_AND_CLEAR)

    def __call__(self, line: str) -> None:
        """Show a line, unless the last one was shown just now."""
        now = time.monotonic()
        if now < self._next_at:
            return
        self._next_at = now + self._interval_seconds
        self._write(f"{_TO_START_AND_CLEAR}{line}" if self._is_terminal else f"{line}\n")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
