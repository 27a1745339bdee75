"""The breaker stops the archive when too many messages are malformed to be chance."""

import pytest

from processor.archive.breaker import MIN_MESSAGES, WINDOW_MESSAGES, Breaker
from processor.errors import PoisonedLogError


def test_some_are_set_aside() -> None:
    """One malformed message in a hundred does not stop the archive."""
    breaker = Breaker(max_consecutive=10, max_ratio=0.1)
    _share_malformed(breaker, 3 * WINDOW_MESSAGES, one_in=100)
    with pytest.raises(PoisonedLogError, match="10 in a row"):
        _all_malformed(breaker, 10)


def test_many_in_a_row_stop() -> None:
    """After a bad deployment, at most so many messages become dead letters."""
    breaker = Breaker(max_consecutive=10, max_ratio=1)
    _all_malformed(breaker, 9)
    breaker.record_read()
    _all_malformed(breaker, 9)
    with pytest.raises(PoisonedLogError, match="the last one: no JSON"):
        breaker.record_malformed("no JSON")


def test_a_large_share_stops() -> None:
    """It does so although valid messages come in between."""
    breaker = Breaker(max_consecutive=10, max_ratio=0.3)
    with pytest.raises(PoisonedLogError, match="334 of the last 1002 "):
        _share_malformed(breaker, 2 * MIN_MESSAGES, one_in=3)


def test_old_messages_count_less_and_less() -> None:
    """A bad hour does not stop the good day that follows."""
    breaker = Breaker(max_consecutive=10, max_ratio=0.3)
    _share_malformed(breaker, WINDOW_MESSAGES, one_in=4)
    _share_malformed(breaker, 10 * WINDOW_MESSAGES, one_in=WINDOW_MESSAGES)
    _share_malformed(breaker, WINDOW_MESSAGES, one_in=4)
    with pytest.raises(PoisonedLogError):
        _share_malformed(breaker, 2 * WINDOW_MESSAGES, one_in=2)


def _share_malformed(breaker: Breaker, messages: int, *, one_in: int) -> None:
    for number in range(1, messages + 1):
        if number % one_in == 0:
            breaker.record_malformed("")
        else:
            breaker.record_read()


def _all_malformed(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        breaker.record_malformed("")
