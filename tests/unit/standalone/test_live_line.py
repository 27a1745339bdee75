"""One line in place on a terminal, hardly any elsewhere."""

import io
from dataclasses import replace

import pytest

from standalone.live_line import LiveLine, describe
from standalone.processor_status import Figures

FIGURES = Figures(
    aircraft=2_926, rows_inserted=1_234_567, messages_accounted=0, delay_seconds=4.26, subscribers=2
)


class Terminal(io.StringIO):
    """The output is a terminal."""

    def isatty(self) -> bool:
        return True


def test_figures_in_words() -> None:
    """With their units."""
    assert describe(FIGURES) == "2,926 aircraft, 1,234,567 rows stored, delay 4.3 s, 2 subscribers"


def test_delay_of_no_aircraft_is_not_zero() -> None:
    """A line of zeros would say that all is well."""
    assert ", delay unknown, " in describe(replace(FIGURES, aircraft=0, delay_seconds=None))


def test_half_that_has_failed_is_named() -> None:
    """Beside the figures, which are then of the other half."""
    assert describe(replace(FIGURES, failed=("archive",))).endswith(", the archive half has failed")


def test_a_sky_without_aircraft_is_named() -> None:
    """It is no fault; one that had some before shows the figure."""
    terminal = Terminal()
    line = LiveLine(terminal)
    for aircraft in (0, 3, 0):
        line.show(replace(FIGURES, aircraft=aircraft))
    shown = [text.split(",")[0] for text in terminal.getvalue().split("\r\x1b[K")[1:]]
    assert shown == ["no aircraft yet", "3 aircraft", "0 aircraft"]


@pytest.mark.parametrize(
    ("offset", "words"),
    [(59, ""), (400, ", clock 400 s ahead of the data"), (-90, ", clock 90 s behind the data")],
)
def test_a_wrong_clock_is_named(offset: float, words: str) -> None:
    """As /ready and the log do."""
    figures = replace(FIGURES, clock_offset_seconds=offset)
    assert describe(figures) == describe(FIGURES) + words


def test_line_on_a_terminal_is_overwritten() -> None:
    """Until it is closed: what comes then gets a line of its own."""
    terminal = Terminal()
    line = LiveLine(terminal)
    due = [line.is_due]
    line.show(FIGURES)
    assert [*due, line.is_due] == [True, False]
    line.show(None)
    line.close()
    line.close()
    text = f"\r\x1b[K{describe(FIGURES)}\r\x1b[Kthe processor does not answer\n"
    assert terminal.getvalue() == text


def test_line_does_not_wrap(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that wraps cannot be taken back."""
    monkeypatch.setenv("COLUMNS", "20")
    terminal = Terminal()
    LiveLine(terminal).show(FIGURES)
    assert len(terminal.getvalue().removeprefix("\r\x1b[K")) == 19


def test_file_gets_a_line_a_minute_at_most() -> None:
    """A log is not flooded, and has no control characters."""
    file = io.StringIO()
    line = LiveLine(file)
    assert not line.is_due
    line.show(FIGURES)
    line.close()
    assert file.getvalue() == f"{describe(FIGURES)}\n"
    assert not line.is_due
