"""Show the progress of a long command on standard error."""

import sys
import time
from types import TracebackType
from typing import Protocol, Self, TextIO

from configuration.status_line import StatusLine

_BAR_CHARACTERS = 20
_MINUTE = 60
_LEAST_SHARE = 0.01
"""Below it the time that is left cannot be estimated."""


class Progress(Protocol):
    """Takes what a command has done so far."""

    def __call__(self, line: str, share: float | None = None) -> None:
        """Take a line, and the share of the work that is done (0 to 1; None if not known)."""


class ProgressLine:
    """Shows the newest line every 0.2 s on a terminal, every 10 s in a file.

    Args:
        stream: Standard error by default, so that it does not mix with the command's output.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        stream = sys.stderr if stream is None else stream
        self._line = StatusLine(stream, terminal_seconds=0.2, file_seconds=10.0)
        self._started_at = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Clear the line on the terminal."""
        self._line.clear()

    def __call__(self, line: str, share: float | None = None) -> None:
        """Show a line, unless the last one was shown a moment ago."""
        if self._line.is_due:
            elapsed_seconds = time.monotonic() - self._started_at
            bar = "" if share is None else f"{describe_share(share, elapsed_seconds)}  "
            self._line.show(bar + line)


def describe_share(share: float, elapsed_seconds: float) -> str:
    """Return a bar, the share in percent, and the time that is left at the pace so far."""
    bar = "#" * int(share * _BAR_CHARACTERS)
    words = f"[{bar:<{_BAR_CHARACTERS}}] {share:4.0%}"
    if not _LEAST_SHARE < share < 1:
        return words
    seconds = round(elapsed_seconds * (1 - share) / share)
    left = f"{seconds} s" if seconds < _MINUTE else f"{seconds // _MINUTE} min"
    return f"{words}  {left} left"
