"""When malformed messages are too many to be chance."""

import pytest

from processor.archive.breaker import MIN_MESSAGES, WINDOW_MESSAGES, Breaker
from processor.errors import PoisonedLogError


def test_some_are_set_aside() -> None:
    """One in a hundred for ever is no reason to stop."""
    breaker = Breaker(max_consecutive=10, max_ratio=0.1)
    for number in range(3 * WINDOW_MESSAGES):
        breaker.record(is_malformed=number % 100 == 0)
    with pytest.raises(PoisonedLogError, match="10 in a row"):
        _all_malformed(breaker, 10)


def test_many_in_a_row_stop() -> None:
    """After a bad deploy the limit is the most that is lost sight of."""
    breaker = Breaker(max_consecutive=10, max_ratio=1)
    _all_malformed(breaker, 9)
    breaker.record(is_malformed=False)
    _all_malformed(breaker, 9)
    with pytest.raises(PoisonedLogError, match="the last one: no JSON"):
        breaker.record(is_malformed=True, reason="no JSON")


def test_a_large_share_stops() -> None:
    """Also when good messages come between."""
    breaker = Breaker(max_consecutive=10, max_ratio=0.5)
    for _ in range(MIN_MESSAGES // 2):
        breaker.record(is_malformed=False)
    with pytest.raises(PoisonedLogError):
        _mostly_malformed(breaker)


def test_old_messages_are_forgotten() -> None:
    """The share is that of the last ten thousand."""
    breaker = Breaker(max_consecutive=WINDOW_MESSAGES, max_ratio=0.3)
    for number in range(WINDOW_MESSAGES):
        breaker.record(is_malformed=number % 4 == 0)
    for _ in range(WINDOW_MESSAGES):
        breaker.record(is_malformed=False)
    for number in range(WINDOW_MESSAGES):
        breaker.record(is_malformed=number % 4 == 0)
    with pytest.raises(PoisonedLogError):
        _all_malformed(breaker, WINDOW_MESSAGES)


def _mostly_malformed(breaker: Breaker) -> None:
    for number in range(10 * MIN_MESSAGES):
        breaker.record(is_malformed=number % 4 != 0)


def _all_malformed(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        breaker.record(is_malformed=True)
