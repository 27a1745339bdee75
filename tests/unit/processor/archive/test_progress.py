"""Progress is shown on a terminal, and does not fill a log."""

import io

from processor.archive.progress import ProgressLine


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_one_line_and_is_clean_afterwards() -> None:
    """The next output overwrites the progress."""
    terminal = _Terminal()
    with ProgressLine(terminal) as progress:
        progress("1 of 3")
        progress("2 of 3")
    assert terminal.getvalue() == "\r\x1b[K1 of 3\r\x1b[K"


def test_a_file_is_not_filled() -> None:
    """A short command writes no progress to a file."""
    file = io.StringIO()
    with ProgressLine(file) as progress:
        for number in range(100):
            progress(f"{number} of 100")
    assert file.getvalue() == ""
