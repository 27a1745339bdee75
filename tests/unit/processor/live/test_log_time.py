"""The time from which the log is read back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.live.log_time import TOLERANCE_SECONDS, find_log_time
from testkit.state_vectors import START

SPAN = 600


@pytest.mark.parametrize("age", [0, 1, SPAN, -600])
def test_a_log_with_new_messages_is_read_from_now(age: float) -> None:
    """It takes one request to the broker; a host clock that is late reads more than it must."""
    requested: list[float] = []

    def has_since(moment: float) -> bool:
        requested.append(moment)
        return START - age >= moment

    assert find_log_time(START, SPAN, has_since) == START
    assert requested == [START - SPAN]


@given(st.floats(SPAN + 1, START - 1))
def test_a_silent_log_is_read_from_its_end(age: float) -> None:
    """So is one whose publishers' clocks are late: within a minute, by few requests."""
    n_requests = 0

    def has_since(moment: float) -> bool:
        nonlocal n_requests
        n_requests += 1
        return START - age >= moment

    found = find_log_time(START, SPAN, has_since)
    assert n_requests <= 60
    assert START - age <= found <= START - age + TOLERANCE_SECONDS or found == START


def test_an_empty_log_is_read_from_now() -> None:
    """There is no message whose time could be used."""
    assert find_log_time(START, SPAN, lambda _: False) == START
