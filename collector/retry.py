"""Which failed requests are repeated, when, and how often."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt
from tenacity.wait import wait_random_exponential

from collector.answer_time import http_date, parse_http_date
from collector.clock import Clock
from collector.errors import ImplausibleTimeError, RateLimitedError, TransientError

MAX_WAIT_SECONDS = 86_400.0
"""OpenSky's budgets refill within a day; a longer wish is a mistake."""

RATE_LIMITED_WAIT_SECONDS = 600.0
"""After a 429 without a time; OpenSky leaves it out at times."""

MAX_RETRY_WAIT_SECONDS = 30.0
"""A server that wants more gets it: the attempt is given up, the next poll comes later anyway."""

FULL_JITTER = wait_random_exponential(multiplier=1, max=15)

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
"""RFC 9110 has whole seconds; servers also send fractions, and a negative number for "now"."""

Result = TypeVar("Result")


def server_wait(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds that the server asks to wait: OpenSky's own header, else the standard one.

    Args:
        headers: Of the answer; names in any case, as httpx2 gives them.
        now: The host's Unix seconds, for a `Retry-After` that is a date in an answer without one.
    """
    date = http_date(headers)
    now = now if date is None else date
    for name in ("X-Rate-Limit-Retry-After-Seconds", "Retry-After"):
        seconds = _parse_wait(headers.get(name, ""), now)
        if seconds is not None:
            return min(max(seconds, 0.0), MAX_WAIT_SECONDS)
    return None


def _parse_wait(text: str, now: float) -> float | None:
    if _NUMBER.fullmatch(text.strip()):
        return float(text)
    date = parse_http_date(text)
    return None if date is None else date - now


async def retrying(
    request: Callable[[], Awaitable[Result]], *, max_attempts: int, clock: Clock
) -> Result:
    """Repeat a request after transient errors, unless the process stops.

    Raises:
        OpenSkyError: Of the last attempt.
    """
    last_error: TransientError | None = None

    async def attempt() -> Result:
        nonlocal last_error
        if last_error is not None and clock.is_stopping:
            raise last_error
        try:
            return await request()
        except TransientError as error:
            last_error = error
            raise

    attempts = AsyncRetrying(
        retry=retry_if_exception(_is_repeatable),
        wait=_wait,
        stop=lambda state: clock.is_stopping or stop_after_attempt(max_attempts)(state),
        sleep=clock.pause,
        reraise=True,
    )
    return await attempts(attempt)


def _is_repeatable(error: BaseException) -> bool:
    """After a 429 the governor decides for all requests; a wrong clock is wrong a second later."""
    if not isinstance(error, TransientError):
        return False
    if isinstance(error, RateLimitedError | ImplausibleTimeError):
        return False
    return error.retry_after is None or error.retry_after <= MAX_RETRY_WAIT_SECONDS


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, TransientError) and error.retry_after is not None:
        return error.retry_after
    return FULL_JITTER(state)
