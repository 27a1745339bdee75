"""Find the time from which to read a log back, also if this host's clock is wrong."""

from collections.abc import Callable

TOLERANCE_SECONDS = 60
"""Accuracy of the time; up to a minute more than needed is read."""


def find_log_time(now: float, span: float, has_since: Callable[[float], bool]) -> float:
    """Return the end of the span that is read back (Unix seconds).

    This is `now` if any message was published within the span before it. Otherwise the log is
    silent, or this host's clock is ahead of the publishers' clocks. Then it is the time at which
    the newest message was published, or up to a minute later; `now` if there is no message.

    Args:
        now: Time of this host's clock (Unix seconds).
        span: Length of the span (seconds).
        has_since: Returns whether any message was published at a time or later. It asks the
            broker, and is called some thirty times at most.
    """
    back = span
    while not has_since(now - back):
        back *= 2
        if back >= now:
            return now
    if back == span:
        return now
    known, silent = now - back, now - back / 2
    while silent - known > TOLERANCE_SECONDS:
        middle = (known + silent) / 2
        known, silent = (middle, silent) if has_since(middle) else (known, middle)
    return silent
