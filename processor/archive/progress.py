"""Show the progress of a long command on standard error."""

import sys
from types import TracebackType
from typing import Self, TextIO

from configuration.status_line import StatusLine


class ProgressLine:
    """Shows the newest line every 0.2 s on a terminal, every 10 s in a file.

    Args:
        stream: Standard error by default, so that it does not mix with the command's output.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        stream = sys.stderr if stream is None else stream
        self._line = StatusLine(stream, terminal_seconds=0.2, file_seconds=10.0)

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

    def __call__(self, line: str) -> None:
        """Show a line, unless the last one was shown a moment ago."""
        if self._line.is_due:
            self._line.show(line)
