"""Progress is shown on a terminal, and does not fill a log."""

import io

import pytest

from processor.archive.progress import ProgressLine, describe_share


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


@pytest.mark.parametrize(
    ("share", "elapsed_seconds", "expected"),
    [
        (0.2, 30.0, "[####                ]  20%  2 min left"),
        (0.75, 30.0, "[###############     ]  75%  10 s left"),
        (0.001, 5.0, "[                    ]   0%"),
        (1.0, 30.0, "[####################] 100%"),
    ],
)
def test_a_known_share_is_a_bar_with_the_time_that_is_left(
    share: float, elapsed_seconds: float, expected: str
) -> None:
    """The time is that of the pace so far."""
    assert describe_share(share, elapsed_seconds) == expected


def test_the_bar_stands_before_the_line() -> None:
    """A line of a known share has a bar, others have none."""
    terminal = _Terminal()
    ProgressLine(terminal)("minutes", 0.5)
    assert terminal.getvalue().startswith("\r\x1b[K[##########          ]  50%")
    assert terminal.getvalue().endswith("  minutes")


def test_a_file_is_not_filled() -> None:
    """A short command writes no progress to a file."""
    file = io.StringIO()
    with ProgressLine(file) as progress:
        for number in range(100):
            progress(f"{number} of 100")
    assert file.getvalue() == ""
