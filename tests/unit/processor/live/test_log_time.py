"""From which time on the log is read back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.live.log_time import TOLERANCE_SECONDS, find_log_time
from testkit.state_vectors import START

SPAN = 600


@pytest.mark.parametrize("age", [0, 1, SPAN, -600])
def test_a_log_with_new_messages_is_read_from_now(age: float) -> None:
    """One question to the broker, and a clock that is behind reads more than it must."""
    asked: list[float] = []

    def has_since(moment: float) -> bool:
        asked.append(moment)
        return START - age >= moment

    assert find_log_time(START, SPAN, has_since) == START
    assert asked == [START - SPAN]


@given(st.floats(SPAN + 1, START - 1))
def test_a_silent_log_is_read_from_its_end(age: float) -> None:
    """Or one whose publishers' clocks are behind this host's: within a minute, by few questions."""
    asked = 0

    def has_since(moment: float) -> bool:
        nonlocal asked
        asked += 1
        return START - age >= moment

    found = find_log_time(START, SPAN, has_since)
    assert asked <= 60
    assert START - age <= found <= START - age + TOLERANCE_SECONDS or found == START


def test_an_empty_log_is_read_from_now() -> None:
    """There is nothing to go by."""
    assert find_log_time(START, SPAN, lambda _: False) == START
