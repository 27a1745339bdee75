"""Times and time ranges of requests."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.history.errors import InvalidRequestError
from processor.history.window import Window, WindowTooLongError, choose_window, parse_moment

NOON = dt.datetime(2026, 9, 21, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


@pytest.mark.parametrize(
    "text",
    [
        str(int(NOON.timestamp())),
        f"{NOON.timestamp():.3f}",
        "2026-09-21T12:00:00Z",
        "2026-09-21T14:00:00+02:00",
        "2026-09-21T14:00:00 02:00",  # a plus sign in a query is a blank
        "20260921T120000Z",
    ],
)
def test_formats_of_times(text: str) -> None:
    assert parse_moment(text) == NOON


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "now", "nan", "inf", "-inf", "1e300", "-1", "0", "99999999999999999999"),
        *("2026-09-21", "2026-09-21T12:00:00", "2026-13-01T00:00:00Z", "1999-12-31T23:59:59Z"),
        *("2100-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
        *("infinity", "\0", "1790000000\0", "'; DROP TABLE state_vectors"),
    ],
)
def test_refused_times(text: str) -> None:
    """A time without zone is refused, and one outside the years of state vectors."""
    with pytest.raises(ValueError, match="Unix seconds"):
        parse_moment(text)


@given(st.text() | st.floats().map(str) | st.integers().map(str))
def test_no_text_fails_otherwise(text: str) -> None:
    """Any text is a time in UTC within those years, or raises a ValueError."""
    try:
        moment = parse_moment(text)
    except ValueError:
        return
    assert 2000 <= moment.year < 2100
    assert moment.tzinfo is dt.UTC


def choose(start: dt.datetime | None, end: dt.datetime | None) -> Window:
    """Return the range of a request at noon; the default is a day, the limit 31 days."""
    return choose_window(start, end, now=NOON.timestamp(), usual=DAY, longest=31 * DAY)


def test_defaults() -> None:
    assert choose(None, None) == Window(NOON - DAY, NOON)
    assert choose(NOON - 3 * DAY, None) == Window(NOON - 3 * DAY, NOON)
    assert choose(None, NOON - DAY) == Window(NOON - 2 * DAY, NOON - DAY)


def test_longest_range() -> None:
    """The error states the limit and where to divide the range."""
    assert choose(NOON - 31 * DAY, NOON).end == NOON
    with pytest.raises(WindowTooLongError, match="at most 31 days") as caught:
        choose(NOON - 32 * DAY, NOON)
    assert "to=2026-09-20T12:00:00Z" in caught.value.reason
    assert caught.value.parameter == "from"


def test_end_before_start() -> None:
    with pytest.raises(InvalidRequestError, match="later than to"):
        choose(NOON, NOON - DAY)
