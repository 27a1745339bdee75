"""Waits until a condition holds, with an error that names it if it takes too long."""

import time
from collections.abc import Callable

POLL_S = 0.1


def wait_until(
    holds: Callable[[], bool], *, timeout_s: float, what: str | Callable[[], str]
) -> float:
    """Wait until the condition holds, and return the seconds that passed.

    Raises:
        TimeoutError: It did not hold in time; the message is `what`.
    """
    started = time.monotonic()
    while not holds():
        if time.monotonic() - started > timeout_s:
            text = what if isinstance(what, str) else what()
            raise TimeoutError(f"not within {timeout_s:g} s: {text}")
        time.sleep(POLL_S)
    return time.monotonic() - started
