"""Which failed requests are repeated, when, and how often."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt
from tenacity.wait import wait_random_exponential

from collector.clock import Clock
from collector.errors import RateLimitedError, TransientError

MAX_WAIT_SECONDS = 86_400.0
"""OpenSky's budgets refill within a day; a longer wish is a mistake."""

RATE_LIMITED_WAIT_SECONDS = 600.0
"""After a 429 without a time; OpenSky leaves it out at times."""

MAX_RETRY_WAIT_SECONDS = 30.0
"""A server that wants more gets it: the attempt is given up, the next poll comes later anyway."""

FULL_JITTER = wait_random_exponential(multiplier=1, max=15)

Result = TypeVar("Result")


def server_wait(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds that the server asks to wait: OpenSky's own header, else the standard one.

    Args:
        headers: Of the answer; names in any case, as httpx2 gives them.
        now: Unix seconds, for a `Retry-After` that is a date.
    """
    for name in ("X-Rate-Limit-Retry-After-Seconds", "Retry-After"):
        seconds = _parse_wait(headers.get(name, ""), now)
        if seconds is not None:
            return min(max(seconds, 0.0), MAX_WAIT_SECONDS)
    return None


def _parse_wait(text: str, now: float) -> float | None:
    if text.strip().isdecimal():
        return float(text)
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now


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
    """After a 429 the governor decides for all requests, not the retry of one."""
    if not isinstance(error, TransientError) or isinstance(error, RateLimitedError):
        return False
    return error.retry_after is None or error.retry_after <= MAX_RETRY_WAIT_SECONDS


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, TransientError) and error.retry_after is not None:
        return error.retry_after
    return FULL_JITTER(state)
