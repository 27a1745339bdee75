"""The Python parser reads what an independent one reads, however the text is divided."""

import pytest
from httpx_sse._decoders import SSEDecoder
from hypothesis import given
from hypothesis import strategies as st

from flight_monitor_client.errors import FlightMonitorError
from flight_monitor_client.sse import MAX_EVENT_CHARACTERS, ServerEvent, SseParser

LINES = st.sampled_from(
    (
        *("data: {}", "data:x", "data", "event: update", "id: a.b", "id", "id: \0", "retry: 2804"),
        *("retry: soon", ": comment", "", "", "unknown: 1", "data: ä 𝄞", "event:remove"),
    )
)
ENDS = st.sampled_from(["\n", "\r\n", "\r"])


@given(st.lists(st.tuples(LINES, ENDS), max_size=30), st.integers(1, 7))
def test_any_division_gives_the_same_events(lines: list[tuple[str, str]], size: int) -> None:
    """In pieces of some characters, which may part a line end."""
    text = "".join(line + end for line, end in lines) + "\n"
    parser, other = SseParser(), SSEDecoder()
    found: list[ServerEvent] = []
    for first in range(0, len(text), size):
        found += parser.feed(text[first : first + size])
    whole = text.replace("\r\n", "\n").replace("\r", "\n")
    # The other parser also returns events without data, which the standard does not dispatch.
    events = [event for line in whole.split("\n")[:-1] if (event := other.decode(line))]
    expected = [(event.event, event.data) for event in events if event.data]
    assert [(name, data) for name, data in found if data] == expected
    if events:
        assert parser.last_id == events[-1].id


def test_an_event_without_end_is_refused() -> None:
    """The bound is that of the memory that it takes."""
    parser = SseParser()
    half = "x" * (MAX_EVENT_CHARACTERS // 2)
    assert list(parser.feed("data: " + half)) == []
    with pytest.raises(FlightMonitorError, match="longer than"):
        list(parser.feed(half))


def test_a_cut_off_event_is_forgotten() -> None:
    """The next connection begins with a line of its own; the last id stays."""
    parser = SseParser()
    assert list(parser.feed("id: 1\ndata: a\n\nid: 2\ndata: b\n")) == [ServerEvent("message", "a")]
    parser.reset()
    assert parser.last_id == "1"
    assert list(parser.feed("data: c\n\n")) == [ServerEvent("message", "c")]
