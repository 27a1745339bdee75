"""When the newest message of a log was published: a wrong clock would read too little of it."""

from collections.abc import Callable

CLOSE_SECONDS = 60
"""How exact it has to be: a minute more is read."""


def find_log_time(now: float, span: float, has_since: Callable[[float], bool]) -> float:
    """Return the time from which a span is to be read back.

    That is now, if anything was published within the span before now. Else the log is silent, or
    this host's clock is ahead of those of the publishers: then it is when the newest message was
    published, or up to a minute later.

    Args:
        now: Of this host's clock (Unix seconds).
        span: Seconds that are read back.
        has_since: Whether anything was published at a time or later; asks the broker, some thirty
            times at the most.
    """
    back = span
    while not has_since(now - back):
        back *= 2
        if back >= now:
            return now
    if back == span:
        return now
    known, silent = now - back, now - back / 2
    while silent - known > CLOSE_SECONDS:
        middle = (known + silent) / 2
        known, silent = (middle, silent) if has_since(middle) else (known, middle)
    return silent
