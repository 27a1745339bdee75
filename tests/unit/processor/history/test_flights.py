"""Cursors of pages, and the range of an index that a callsign pattern selects."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.history.errors import InvalidRequestError
from processor.history.flights import FlightFilter, _arguments, decode_cursor, encode_cursor

SECONDS = st.floats(946_684_800, 4_102_444_799)


@given(SECONDS, st.from_regex("[0-9a-f]{6}", fullmatch=True))
def test_a_cursor_comes_back(seconds: float, icao24: str) -> None:
    """A cursor is exact to the microsecond, and needs no escaping in a URL."""
    first_seen = dt.datetime.fromtimestamp(seconds, dt.UTC)
    text = encode_cursor(first_seen, icao24)
    assert text.replace("-", "").replace("_", "").isalnum()
    cursor = decode_cursor(text)
    assert (cursor.first_seen, cursor.icao24) == (first_seen, icao24)


@given(st.text())
@pytest.mark.parametrize("prefix", ["", "WzE3"])
def test_no_other_text_is_one(prefix: str, text: str) -> None:
    """An invented text is refused, unless it happens to be a cursor."""
    try:
        cursor = decode_cursor(prefix + text)
    except InvalidRequestError:
        return
    assert 2000 <= cursor.first_seen.year < 2100


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "WzFlMzAwLCIwIl0",  # [1e300,"0"]
        "WzE3OTAwMDAwMDAwMDAwMDAsIlx1MDAwMCJd",  # [1790000000000000,"\u0000"]
        "Wzk5OTk5OTk5OTk5OTk5OTk5OTk5LCJhIl0",  # [99999999999999999999,"a"]
        "Wy05OTk5OTk5OTk5OTk5OTk5OTk5LCJhIl0",
    ],
)
def test_hostile_cursors(text: str) -> None:
    with pytest.raises(InvalidRequestError):
        decode_cursor(text)


@pytest.mark.parametrize(
    ("pattern", "found", "missed"),
    [
        ("SWR*", ["SWR", "SWR1", "SWRZZZZZ", "SWR\u20ac"], ["SWQ", "SW", "SWS", "ASWR"]),
        ("swr1*", ["SWR1", "SWR12"], ["SWR", "SWR2"]),
        ("SWR1", ["SWR1"], ["SWR", "SWR10", "SWR1 X"]),
    ],
)
def test_callsigns_in_the_order_of_bytes(pattern: str, found: list[str], missed: list[str]) -> None:
    """The range holds all callsigns that match, and no others."""
    _, low, high, *_ = _arguments(FlightFilter(callsign=pattern), 1)
    assert isinstance(low, str)
    assert isinstance(high, str)

    def is_within(text: str) -> bool:
        return low.encode() <= text.encode() < high.encode()

    assert [text for text in found + missed if is_within(text)] == found
