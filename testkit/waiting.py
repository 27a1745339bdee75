"""Waits until a condition holds, with an error that names it if it takes too long."""

import time
from collections.abc import Callable

FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 0.5
_GROWTH = 1.3


def wait_until(
    holds: Callable[[], bool], *, timeout_s: float, what: str | Callable[[], str]
) -> float:
    """Wait until the condition holds, and return the seconds that passed.

    The pauses grow, because a condition that asks a database or a broker opens a connection each
    time: ten times a second that is a third of a processor, which what is waited for lacks.

    Raises:
        TimeoutError: It did not hold in time; the message is `what`.
    """
    started = time.monotonic()
    pause_s = FIRST_PAUSE_S
    while not holds():
        if time.monotonic() - started > timeout_s:
            text = what if isinstance(what, str) else what()
            raise TimeoutError(f"not within {timeout_s:g} s: {text}")
        time.sleep(pause_s)
        pause_s = min(pause_s * _GROWTH, LONGEST_PAUSE_S)
    return time.monotonic() - started
