"""Show the progress of a long command: one line on a terminal, a line at times elsewhere."""

import sys
import time
from types import TracebackType
from typing import Self, TextIO

_TERMINAL_SECONDS = 0.2
_FILE_SECONDS = 10.0

_TO_START_AND_CLEAR = "\r\x1b[K"


class ProgressLine:
    """Writes the newest line: on a terminal every 0.2 s in place, in a file every 10 s.

    Args:
        stream: Standard error by default, so that it does not mix with the command's output.
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
        """Clear the line on the terminal."""
        if self._is_terminal:
            self._write(_TO_START_AND_CLEAR)

    def __call__(self, line: str) -> None:
        """Show a line, unless the last one was shown a moment ago."""
        now = time.monotonic()
        if now < self._next_at:
            return
        self._next_at = now + self._interval_seconds
        self._write(f"{_TO_START_AND_CLEAR}{line}" if self._is_terminal else f"{line}\n")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
