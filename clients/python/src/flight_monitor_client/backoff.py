"""How long to wait before a client returns."""

import random

_FIRST_WAIT_S = 2.0
_LONGEST_WAIT_S = 60.0
_MAX_DOUBLINGS = 10


class Backoff:
    """Waits double with each failure in a row, with jitter: clients must not return together."""

    def __init__(self) -> None:
        self._failures = 0

    def succeed(self) -> None:
        """Forget the failures: the server has sent something."""
        self._failures = 0

    def next(self, retry_s: float | None, at_least_s: float = 0.0) -> float:
        """Return the seconds to wait after a connection has ended or failed.

        Args:
            retry_s: What the server stated last; None if it has not.
            at_least_s: What a refusal states (Retry-After), which no jitter shortens.
        """
        first = _FIRST_WAIT_S if retry_s is None else retry_s
        wait = min(first * 2.0 ** min(self._failures, _MAX_DOUBLINGS), _LONGEST_WAIT_S)
        # The server states another time to each client, so that the first wait has its jitter.
        is_spread = self._failures == 0 and retry_s is not None
        self._failures += 1
        share = 1.0 if is_spread else 0.5 + random.random() / 2  # noqa: S311 - no secret
        return max(wait * share, at_least_s)
