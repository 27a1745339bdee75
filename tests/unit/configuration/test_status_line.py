"""One line on a terminal that is refreshed in place, and few lines in a file."""

import io

import pytest

from configuration.status_line import StatusLine


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_the_line_does_not_wrap(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that wraps cannot be cleared."""
    monkeypatch.setenv("COLUMNS", "20")
    terminal = Terminal()
    line = StatusLine(terminal, terminal_seconds=0.0, file_seconds=0.0)
    line.show("x" * 30)
    line.clear()
    line.clear()
    assert terminal.getvalue() == "\r\x1b[K" + "x" * 19 + "\r\x1b[K"


def test_a_file_gets_no_control_characters() -> None:
    file = io.StringIO()
    line = StatusLine(file, terminal_seconds=0.0, file_seconds=60.0)
    assert not line.is_due
    line.show("1 of 2")
    line.keep()
    line.clear()
    assert file.getvalue() == "1 of 2\n"
